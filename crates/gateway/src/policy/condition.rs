//! Conditions of a statement: operator, key, values.

use std::net::IpAddr;

use super::document::StatementFault;
use super::network::Network;
use super::{Context, pattern};

/// One operator on one key with its values, of which one must match.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    /// Lower case, since keys are compared without regard to case.
    key: String,
    /// Operator and key as written.
    written: (String, String),
    negated: bool,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Equal(Vec<String>),
    EqualIgnoringCase(Vec<String>),
    Like(Vec<String>),
    Number(Order, Vec<f64>),
    Date(Order, Vec<i64>),
    Flag(Vec<bool>),
    Address(Vec<Network>),
}

#[derive(Debug, Clone, Copy)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }

    /// Reads what follows `Numeric` or `Date` in an operator's name.
    fn of(name: &str) -> Option<(bool, Self)> {
        Some(match name {
            "Equals" => (false, Self::Equal),
            "NotEquals" => (true, Self::Equal),
            "LessThan" => (false, Self::Less),
            "LessThanEquals" => (false, Self::LessOrEqual),
            "GreaterThan" => (false, Self::Greater),
            "GreaterThanEquals" => (false, Self::GreaterOrEqual),
            _ => return None,
        })
    }
}

/// What the caller names to become a role, in lower case. Only what is asked of a trust policy has it.
const EXTERNAL_ID: &str = "sts:externalid";

/// What a condition is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A policy of what its holder may do.
    Policy,
    /// A trust policy of a role.
    Trust,
}

/// What a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Time,
    Flag,
    Address,
}

impl Kind {
    /// The documented keys, in lower case; the requests of this server have not all of them.
    fn of(key: &str) -> Option<Self> {
        Some(match key {
            "acs:currenttime" => Self::Time,
            "acs:securetransport" | "acs:mfapresent" => Self::Flag,
            "acs:sourceip" | "acs:vpcsourceip" => Self::Address,
            "acs:principalarn" | "acs:sourcevpc" | EXTERNAL_ID => Self::Text,
            _ if key.starts_with("acs:requesttag/") || key.starts_with("acs:resourcetag/") => Self::Text,
            _ => return None,
        })
    }
}

/// A value of the request. Conditions write every value as text; this is what they compare with.
enum Value<'a> {
    Text(&'a str),
    Time(i64),
    Flag(bool),
    Address(IpAddr),
}

/// Why a condition cannot be read.
pub(super) enum Unreadable {
    Operator,
    Value(String),
}

impl Condition {
    pub(super) fn parse(operator: &str, key: &str, values: &[String]) -> Result<Self, Unreadable> {
        let (negated, test) = if let Some(order) = operator.strip_prefix("Numeric").and_then(Order::of) {
            (order.0, Test::Number(order.1, parsed(values, |text| text.parse().ok())?))
        } else if let Some(order) = operator.strip_prefix("Date").and_then(Order::of) {
            (order.0, Test::Date(order.1, parsed(values, time)?))
        } else {
            match operator {
                "StringEquals" => (false, Test::Equal(values.to_vec())),
                "StringNotEquals" => (true, Test::Equal(values.to_vec())),
                "StringEqualsIgnoreCase" => (false, Test::EqualIgnoringCase(values.to_vec())),
                "StringNotEqualsIgnoreCase" => (true, Test::EqualIgnoringCase(values.to_vec())),
                "StringLike" => (false, Test::Like(values.to_vec())),
                "StringNotLike" => (true, Test::Like(values.to_vec())),
                "Bool" => (false, Test::Flag(parsed(values, flag)?)),
                "IpAddress" => (false, Test::Address(parsed(values, |text| text.parse().ok())?)),
                "NotIpAddress" => (true, Test::Address(parsed(values, |text| text.parse().ok())?)),
                _ => return Err(Unreadable::Operator),
            }
        };
        let written = (operator.to_owned(), key.to_owned());
        Ok(Self { key: key.to_ascii_lowercase(), written, negated, test })
    }

    /// Why the condition cannot be meant: its key is none, or none in this place, or its operator compares other things.
    pub(super) fn fault(&self, place: Place) -> Option<StatementFault> {
        let (operator, key) = &self.written;
        let Some(kind) = Kind::of(&self.key) else { return Some(StatementFault::Key(key.clone())) };
        if self.key == EXTERNAL_ID && place != Place::Trust {
            return Some(StatementFault::KeyOfTrust(key.clone()));
        }
        let fits = match self.test {
            Test::Equal(_) | Test::EqualIgnoringCase(_) | Test::Like(_) => true,
            Test::Number(..) => false,
            Test::Date(..) => kind == Kind::Time,
            Test::Flag(_) => kind == Kind::Flag,
            Test::Address(_) => kind == Kind::Address,
        };
        (!fits).then(|| StatementFault::Mismatch { operator: operator.clone(), key: key.clone() })
    }

    pub(super) fn holds(&self, context: &Context<'_>) -> bool {
        match value_of(&self.key, context) {
            Some(value) => self.test.matches(&value) != self.negated,
            None => self.negated,
        }
    }
}

fn parsed<T>(values: &[String], parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Unreadable> {
    values.iter().map(|text| parse(text).ok_or_else(|| Unreadable::Value(text.clone()))).collect()
}

fn flag(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// ISO 8601 with a zone, for example `2026-11-20T10:00:00+08:00`.
fn time(text: &str) -> Option<i64> {
    text.parse().ok().map(|time: jiff::Timestamp| time.as_millisecond())
}

/// The value of a key, if this request has it. Access keys come without a second factor; requests
/// come from no VPC and carry no tags.
fn value_of<'a>(key: &str, context: &Context<'a>) -> Option<Value<'a>> {
    Some(match key {
        "acs:currenttime" => Value::Time(context.now),
        "acs:securetransport" => Value::Flag(context.secure),
        "acs:sourceip" => Value::Address(context.source_ip),
        "acs:mfapresent" => Value::Flag(false),
        "acs:principalarn" => Value::Text(context.principal_arn),
        EXTERNAL_ID => Value::Text(context.external_id?),
        _ => return None,
    })
}

impl Value<'_> {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => (*text).to_owned(),
            Self::Time(now) => {
                jiff::Timestamp::from_millisecond(*now).map(|time| time.to_string()).unwrap_or_default()
            }
            Self::Flag(flag) => flag.to_string(),
            Self::Address(address) => address.to_canonical().to_string(),
        }
    }
}

impl Test {
    fn matches(&self, value: &Value<'_>) -> bool {
        match self {
            Self::Equal(values) => values.contains(&value.text()),
            Self::EqualIgnoringCase(values) => {
                let text = value.text().to_lowercase();
                values.iter().any(|value| value.to_lowercase() == text)
            }
            Self::Like(patterns) => {
                let text = value.text();
                patterns.iter().any(|pattern| pattern::matches(pattern, &text, false))
            }
            Self::Number(order, numbers) => value
                .text()
                .parse::<f64>()
                .is_ok_and(|value| numbers.iter().any(|number| order.holds(&value, number))),
            Self::Date(order, times) => {
                let now = match value {
                    Value::Time(now) => Some(*now),
                    other => time(&other.text()),
                };
                now.is_some_and(|now| times.iter().any(|time| order.holds(&now, time)))
            }
            Self::Flag(flags) => match value {
                Value::Flag(value) => flags.contains(value),
                other => flag(&other.text()).is_some_and(|value| flags.contains(&value)),
            },
            Self::Address(networks) => match value {
                Value::Address(address) => networks.iter().any(|network| network.contains(*address)),
                _ => false,
            },
        }
    }
}
