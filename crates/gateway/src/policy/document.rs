//! Policy documents: reading them, and saying what is wrong with them.

use std::sync::Arc;

use serde_json::{Map, Value};
use thiserror::Error;

use super::condition::{Condition, Place, Unreadable};
use super::{Context, pattern, strict};

/// The longest document, in characters. Older documentation says 2,048; 6,144 is what a custom
/// policy may have today.
pub const MAX_DOCUMENT: usize = 6144;

/// A policy, read and checked.
#[derive(Debug, Clone)]
pub struct Policy {
    name: Arc<str>,
    statements: Vec<Statement>,
}

/// Why a document is no policy. The text names the statement, counted from one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// Longer than [`MAX_DOCUMENT`].
    #[error("the document has {0} characters, {MAX_DOCUMENT} are the most")]
    TooLong(usize),
    /// No JSON object.
    #[error("the document is not a JSON object: {0}")]
    NotJson(String),
    /// Version other than "1".
    #[error("Version must be \"1\"")]
    Version,
    /// A member that the grammar does not have.
    #[error("the document has an unknown member {0}")]
    UnknownMember(String),
    /// Statement is absent, no list, or empty.
    #[error("Statement must be a list of at least one statement")]
    NoStatement,
    /// A statement is wrong.
    #[error("statement {number}: {fault}")]
    Statement {
        /// Which one, counted from one.
        number: usize,
        /// What is wrong with it.
        fault: StatementFault,
    },
}

/// What is wrong with one statement.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StatementFault {
    /// No JSON object.
    #[error("it is not a JSON object")]
    NotObject,
    /// A member that the grammar does not have.
    #[error("unknown member {0}")]
    UnknownMember(String),
    /// Effect is neither Allow nor Deny.
    #[error("Effect must be Allow or Deny")]
    Effect,
    /// Both or neither of Action and NotAction.
    #[error("exactly one of Action and NotAction must be given")]
    Action,
    /// An action that is neither `*` nor `code:Name`.
    #[error("action {0:?} is neither * nor of the form code:Name")]
    ActionForm(String),
    /// No Principal in a statement of a trust policy.
    #[error("Principal must be an object with RAM, Service or Federated")]
    Principal,
    /// A principal that is no account, user or role.
    #[error(
        "principal {0:?} is none of acs:ram::account:root, acs:ram::account:user/name and acs:ram::account:role/name"
    )]
    PrincipalForm(String),
    /// No Resource.
    #[error("Resource must be given")]
    Resource,
    /// A resource that is neither `*` nor `acs:…`.
    #[error("resource {0:?} is neither * nor of the form acs:code:region:account:id")]
    ResourceForm(String),
    /// Not a text or a list of texts.
    #[error("{0} must be a text or a list of texts, not empty")]
    Texts(String),
    /// Condition, or one of its operators, is no object.
    #[error("Condition must be an object of operators, each an object of keys")]
    Condition,
    /// An operator the language does not have.
    #[error("unknown condition operator {0}")]
    Operator(String),
    /// A key that no request has.
    #[error("unknown condition key {0}")]
    Key(String),
    /// A key that is there when a role is asked for, and in no other request.
    #[error("condition key {0} is for trust policies alone")]
    KeyOfTrust(String),
    /// An operator that never holds for the key, or always.
    #[error("{operator} cannot compare with {key}")]
    Mismatch {
        /// The operator.
        operator: String,
        /// The key.
        key: String,
    },
    /// A value the operator cannot compare with.
    #[error("{operator} cannot compare with {value:?}")]
    Value {
        /// The operator.
        operator: String,
        /// The value it was given.
        value: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) effect: Effect,
    /// True for NotAction: it applies to all actions but these.
    all_but: bool,
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

impl Policy {
    /// Reads and checks a document.
    pub fn parse(name: impl Into<Arc<str>>, document: &str) -> Result<Self, PolicyError> {
        Ok(Self { name: name.into(), statements: statements(document, Statement::parse)? })
    }

    /// Reads a document that is to be stored: what [`Policy::parse`] takes, without members that stand twice
    /// and without conditions that cannot be meant.
    pub fn accept(name: impl Into<Arc<str>>, document: &str) -> Result<Self, PolicyError> {
        let policy = Self::parse(name, document)?;
        strict::check(document).map_err(|error| PolicyError::NotJson(error.to_string()))?;
        for (at, statement) in policy.statements.iter().enumerate() {
            let fault = statement.conditions.iter().find_map(|condition| condition.fault(Place::Policy));
            if let Some(fault) = fault {
                return Err(PolicyError::Statement { number: at + 1, fault });
            }
        }
        Ok(policy)
    }

    /// What stands in for a policy that cannot be read: nobody knows what it denies, so it denies
    /// everything.
    pub fn unreadable(name: impl Into<Arc<str>>) -> Self {
        let all = || vec!["*".to_owned()];
        let deny = Statement {
            effect: Effect::Deny,
            all_but: false,
            actions: all(),
            resources: all(),
            conditions: Vec::new(),
        };
        Self { name: name.into(), statements: vec![deny] }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

/// Reads the statements of a document.
pub(super) fn statements<T>(
    document: &str,
    parse: impl Fn(&Value) -> Result<T, StatementFault>,
) -> Result<Vec<T>, PolicyError> {
    let length = document.chars().count();
    if length > MAX_DOCUMENT {
        return Err(PolicyError::TooLong(length));
    }
    let members: Map<String, Value> =
        serde_json::from_str(document).map_err(|error| PolicyError::NotJson(error.to_string()))?;
    if let Some(other) = members.keys().find(|name| !matches!(name.as_str(), "Version" | "Statement")) {
        return Err(PolicyError::UnknownMember(other.clone()));
    }
    if members.get("Version").and_then(Value::as_str) != Some("1") {
        return Err(PolicyError::Version);
    }
    let statements = match members.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => statements,
        _ => return Err(PolicyError::NoStatement),
    };
    let numbered = statements.iter().enumerate();
    numbered
        .map(|(at, value)| parse(value).map_err(|fault| PolicyError::Statement { number: at + 1, fault }))
        .collect()
}

impl Effect {
    pub(super) fn of(value: Option<&Value>) -> Result<Self, StatementFault> {
        match value.and_then(Value::as_str) {
            Some("Allow") => Ok(Self::Allow),
            Some("Deny") => Ok(Self::Deny),
            _ => Err(StatementFault::Effect),
        }
    }
}

impl Statement {
    fn parse(value: &Value) -> Result<Self, StatementFault> {
        let members = value.as_object().ok_or(StatementFault::NotObject)?;
        let known = ["Effect", "Action", "NotAction", "Resource", "Condition"];
        if let Some(other) = members.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(StatementFault::UnknownMember(other.clone()));
        }
        let effect = Effect::of(members.get("Effect"))?;
        let (all_but, actions) = match (members.get("Action"), members.get("NotAction")) {
            (Some(actions), None) => (false, texts("Action", actions)?),
            (None, Some(actions)) => (true, texts("NotAction", actions)?),
            _ => return Err(StatementFault::Action),
        };
        if let Some(other) = actions.iter().find(|action| *action != "*" && !action.contains(':')) {
            return Err(StatementFault::ActionForm(other.clone()));
        }
        let resources = texts("Resource", members.get("Resource").ok_or(StatementFault::Resource)?)?;
        let well_formed =
            |text: &String| text == "*" || text.starts_with("acs:") && text.split(':').count() >= 5;
        if let Some(other) = resources.iter().find(|resource| !well_formed(resource)) {
            return Err(StatementFault::ResourceForm(other.clone()));
        }
        let conditions = members.get("Condition").map(conditions).transpose()?.unwrap_or_default();
        Ok(Self { effect, all_but, actions, resources, conditions })
    }

    pub(super) fn actions(&self) -> &[String] {
        &self.actions
    }

    pub(super) fn resources(&self) -> &[String] {
        &self.resources
    }

    pub(super) fn applies(&self, action: &str, resources: &[String], context: &Context<'_>) -> bool {
        let named = self.actions.iter().any(|pattern| pattern::matches(pattern, action, true));
        named != self.all_but
            && self
                .resources
                .iter()
                .any(|pattern| resources.iter().any(|resource| pattern::matches(pattern, resource, false)))
            && self.conditions.iter().all(|condition| condition.holds(context))
    }
}

pub(super) fn texts(member: &str, value: &Value) -> Result<Vec<String>, StatementFault> {
    let fault = || StatementFault::Texts(member.to_owned());
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(values) if !values.is_empty() => {
            values.iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(fault)).collect()
        }
        _ => Err(fault()),
    }
}

pub(super) fn conditions(value: &Value) -> Result<Vec<Condition>, StatementFault> {
    let mut conditions = Vec::new();
    for (operator, keys) in value.as_object().ok_or(StatementFault::Condition)? {
        for (key, values) in keys.as_object().ok_or(StatementFault::Condition)? {
            let condition = Condition::parse(operator, key, &texts(key, values)?);
            conditions.push(condition.map_err(|unreadable| match unreadable {
                Unreadable::Operator => StatementFault::Operator(operator.clone()),
                Unreadable::Value(value) => StatementFault::Value { operator: operator.clone(), value },
            })?);
        }
    }
    Ok(conditions)
}
