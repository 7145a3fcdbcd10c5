//! Policies: what is accepted and what they decide, against a second evaluator that was written from the language's
//! description and not from the gateway's code. It reads the documents as JSON, matches patterns by a table, compares
//! addresses bit by bit, and asks every statement.

use std::net::IpAddr;

use muster_gateway::policy::{Context, Decision, MAX_DOCUMENT, Policy, decide, pattern_matches};
use serde_json::Value;

/// What stands between the documents of one principal, and before the request that they decide.
const BETWEEN: &str = "\n---\n";
/// 2027-01-15T08:00:00Z, unless the request says otherwise.
const NOW: i64 = 1_800_000_000_000;

/// Documents and a request, with `---` on a line between them: what is accepted is JSON within its bound and stays
/// accepted when it is written anew, and all together decide as the second evaluator does. A text without such a line
/// is one document.
///
/// The request is up to six lines: action, resources with blanks between, address, ARN, milliseconds since 1970, and
/// `secure`. What is left out has a value of its own.
pub fn policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut documents: Vec<&str> = text.split(BETWEEN).collect();
    let request = if documents.len() > 1 { documents.pop().unwrap_or_default() } else { "" };
    documents.iter().for_each(|document| acceptance(document));
    let request = Asked::read(request);
    let policies: Vec<Policy> = documents
        .iter()
        .map(|document| Policy::parse("probed", document).unwrap_or_else(|_| Policy::unreadable("probed")))
        .collect();
    let decision = decide(&policies, request.action, &request.resources, &request.context);
    assert_eq!(decision, expected(&documents, &request), "{text}");
}

fn acceptance(text: &str) {
    let read = Policy::parse("probed", text).is_ok();
    assert!(read || Policy::accept("probed", text).is_err(), "what may be stored can be read");
    if !read {
        return;
    }
    assert!(text.chars().count() <= MAX_DOCUMENT, "a document beyond its bound is accepted");
    let value: Value = serde_json::from_str(text).expect("what is accepted is JSON");
    let anew = value.to_string();
    if anew.chars().count() <= MAX_DOCUMENT {
        assert!(Policy::parse("probed", &anew).is_ok(), "accepted as {text}, and refused as {anew}");
    }
}

/// A request as its six lines say it.
struct Asked<'a> {
    action: &'a str,
    resources: Vec<String>,
    context: Context<'a>,
}

impl<'a> Asked<'a> {
    fn read(text: &'a str) -> Self {
        let mut lines = text.split('\n');
        let mut line = |otherwise| match lines.next() {
            Some(line) if !line.is_empty() => line,
            _ => otherwise,
        };
        let action = line("live:ListGroups");
        let resources = line("acs:live::42:rtc/app").split(' ').map(str::to_owned).collect();
        let source_ip = line("").parse().unwrap_or(IpAddr::from([10, 1, 2, 3]));
        let principal_arn = line("acs:ram::42:user/alice");
        let now = line("").parse().ok().filter(|now| jiff::Timestamp::from_millisecond(*now).is_ok());
        let now = now.unwrap_or(NOW);
        let secure = line("") == "secure";
        Self {
            action,
            resources,
            context: Context { now, secure, source_ip, principal_arn, external_id: None },
        }
    }
}

/// Who has a policy that nobody can read is denied everything; a statement that denies wins; nothing said is a denial.
fn expected(documents: &[&str], request: &Asked<'_>) -> Decision {
    if documents.iter().any(|document| Policy::parse("probed", document).is_err()) {
        return Decision::ExplicitDeny;
    }
    let statements: Vec<Value> = documents
        .iter()
        .flat_map(|document| {
            let document: Value = serde_json::from_str(document).expect("what is read is JSON");
            document["Statement"].as_array().expect("a list of statements").clone()
        })
        .collect();
    let says = |effect: &str| {
        let applying: Vec<_> = statements.iter().filter(|statement| applies(statement, request)).collect();
        applying.iter().any(|statement| statement["Effect"] == effect)
    };
    match (says("Deny"), says("Allow")) {
        (true, _) => Decision::ExplicitDeny,
        (false, true) => Decision::Allowed,
        (false, false) => Decision::ImplicitDeny,
    }
}

fn applies(statement: &Value, request: &Asked<'_>) -> bool {
    let acts = |pattern: &String| like(&pattern.to_ascii_lowercase(), &request.action.to_ascii_lowercase());
    let action = match &statement["Action"] {
        Value::Null => !texts(&statement["NotAction"]).iter().any(acts),
        actions => texts(actions).iter().any(acts),
    };
    let resource = texts(&statement["Resource"])
        .iter()
        .any(|pattern| request.resources.iter().any(|resource| like(pattern, resource)));
    let none = serde_json::Map::new();
    let conditions = statement["Condition"].as_object().unwrap_or(&none);
    let conditions = conditions.iter().flat_map(|(operator, keys)| {
        let keys = keys.as_object().expect("an operator holds keys");
        keys.iter().map(move |(key, values)| (operator.as_str(), key.as_str(), texts(values)))
    });
    let mut failing = conditions.filter(|(operator, key, values)| !holds(operator, key, values, request));
    action && resource && failing.next().is_none()
}

/// A text, or a list of them.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => panic!("{other} is taken for a text"),
    }
}

/// Whether a condition holds. One on a key that the request does not have holds when it is a negation.
fn holds(operator: &str, key: &str, values: &[String], request: &Asked<'_>) -> bool {
    let negation = operator.contains("Not");
    let Some(actual) = value_of(key, &request.context) else { return negation };
    if operator.ends_with("IpAddress") && !key.eq_ignore_ascii_case("acs:SourceIp") {
        return negation;
    }
    let operator = operator.replace("Not", "");
    values.iter().any(|expected| compared(&operator, &actual, expected)) != negation
}

/// What a request says under a key, as a text.
fn value_of(key: &str, context: &Context<'_>) -> Option<String> {
    Some(match key.to_ascii_lowercase().as_str() {
        "acs:currenttime" => {
            jiff::Timestamp::from_millisecond(context.now).map(|now| now.to_string()).unwrap_or_default()
        }
        "acs:securetransport" => context.secure.to_string(),
        "acs:mfapresent" => "false".to_owned(),
        "acs:sourceip" => context.source_ip.to_canonical().to_string(),
        "acs:principalarn" => context.principal_arn.to_owned(),
        _ => return None,
    })
}

/// One comparison, of an operator without its negation.
fn compared(operator: &str, actual: &str, expected: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    let time = |text: &str| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
    match operator {
        "StringEquals" => actual == expected,
        "StringEqualsIgnoreCase" => actual.to_lowercase() == expected.to_lowercase(),
        "StringLike" => like(expected, actual),
        "Bool" => {
            matches!(actual.to_ascii_lowercase().as_str(), "true" | "false")
                && actual.eq_ignore_ascii_case(expected)
        }
        "IpAddress" => inside(actual, expected),
        _ => match operator.strip_prefix("Numeric") {
            Some(order) => ordered(order, number(actual), number(expected)),
            None => {
                let order = operator.strip_prefix("Date").expect("an operator of the language");
                ordered(order, time(actual), time(expected))
            }
        },
    }
}

fn ordered<T: PartialOrd>(order: &str, actual: Option<T>, expected: Option<T>) -> bool {
    let (Some(actual), Some(expected)) = (actual, expected) else { return false };
    match order {
        "Equals" => actual == expected,
        "LessThan" => actual < expected,
        "LessThanEquals" => actual <= expected,
        "GreaterThan" => actual > expected,
        "GreaterThanEquals" => actual >= expected,
        other => panic!("{other} is taken for a comparison"),
    }
}

/// Whether an address lies in a block, bit by bit. IPv4 is compared in the form that it has in IPv6, and a block of
/// IPv6 addresses around that form holds none of IPv4.
fn inside(address: &str, block: &str) -> bool {
    let (network, length) = block.split_once('/').unwrap_or((block, ""));
    let (address, mut network_bits) = (bits(address), bits(network));
    if let Ok(length) = length.parse::<usize>() {
        network_bits.truncate(if network.contains(':') { length } else { V4.len() + length });
    }
    address.starts_with(&network_bits) && address.starts_with(&V4) == network_bits.starts_with(&V4)
}

/// What IPv4 addresses begin with in IPv6: `::ffff:0:0/96`.
const V4: [bool; 96] = {
    let mut bits = [false; 96];
    let mut at = 80;
    while at < 96 {
        bits[at] = true;
        at += 1;
    }
    bits
};

fn bits(address: &str) -> Vec<bool> {
    let octets = match address.parse().expect("an address") {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    };
    octets.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect()
}

/// Whether a text matches a pattern: a table of which beginnings of one match which beginnings of the other. The
/// gateway's own matcher is held against it for every pair that comes by.
fn like(pattern: &str, text: &str) -> bool {
    let (letters, characters): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
    let mut matching = vec![vec![false; characters.len() + 1]; letters.len() + 1];
    matching[0][0] = true;
    for (i, letter) in letters.iter().enumerate() {
        matching[i + 1][0] = matching[i][0] && *letter == '*';
        for (j, character) in characters.iter().enumerate() {
            matching[i + 1][j + 1] = match letter {
                '*' => matching[i][j + 1] || matching[i + 1][j],
                '?' => matching[i][j],
                letter => matching[i][j] && letter == character,
            };
        }
    }
    let matches = matching[letters.len()][characters.len()];
    assert_eq!(pattern_matches(pattern, text, false), matches, "{pattern} and {text}");
    matches
}
