//! Trust policies: whom a role trusts to become it.
//!
//! A document is `{"Version":"1","Statement":[…]}`. A statement has an `Effect`, an `Action`, a `Principal` and
//! optionally a `Condition`, and no `Resource`: that is the role. `Principal` names accounts (`acs:ram::<account>:root`,
//! which stands for every user and role of the account), users and roles under `RAM`; services and identity providers, under
//! `Service` and `Federated`, may be named and are nobody who calls here.

use serde_json::Value;

use super::condition::Condition;
use super::document::{Effect, PolicyError, StatementFault, conditions, statements, texts};
use super::{Context, Decision, pattern, strict};
use crate::identity::{Principal, PrincipalKind};

/// A trust policy, read and checked.
#[derive(Debug, Clone)]
pub struct TrustPolicy(Vec<Statement>);

#[derive(Debug, Clone)]
struct Statement {
    effect: Effect,
    actions: Vec<String>,
    trusted: Vec<Trusted>,
    conditions: Vec<Condition>,
}

/// Whom a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Trusted {
    /// Every user and role of an account.
    Account(String),
    /// The user of an account.
    User(String, String),
    /// The sessions of a role of an account.
    Role(String, String),
    /// A service or an identity provider.
    Elsewhere,
}

impl TrustPolicy {
    /// Reads what is stored.
    ///
    /// # Errors
    /// [`PolicyError`], which names the statement.
    pub fn parse(document: &str) -> Result<Self, PolicyError> {
        statements(document, Statement::parse).map(Self)
    }

    /// Reads a document that is to be stored: what [`TrustPolicy::parse`] takes, without members that stand twice and
    /// without conditions that cannot be meant.
    ///
    /// # Errors
    /// [`PolicyError`], which names the statement.
    pub fn accept(document: &str) -> Result<Self, PolicyError> {
        let policy = Self::parse(document)?;
        strict::check(document).map_err(|error| PolicyError::NotJson(error.to_string()))?;
        for (at, statement) in policy.0.iter().enumerate() {
            if let Some(fault) = statement.conditions.iter().find_map(Condition::fault) {
                return Err(PolicyError::Statement { number: at + 1, fault });
            }
        }
        Ok(policy)
    }

    /// The document of a role that trusts every user and role of an account.
    pub fn of_account(account: &str) -> String {
        format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"RAM":["acs:ram::{account}:root"]}}}}]}}"#
        )
    }

    /// Whether the role trusts who calls to do `action`, such as `sts:AssumeRole`.
    pub fn decide(&self, caller: &Principal, action: &str, context: &Context<'_>) -> Decision {
        let mut decision = Decision::ImplicitDeny;
        for statement in self.0.iter().filter(|statement| statement.applies(caller, action, context)) {
            match statement.effect {
                Effect::Deny => return Decision::ExplicitDeny,
                Effect::Allow => decision = Decision::Allowed,
            }
        }
        decision
    }
}

impl Statement {
    fn parse(value: &Value) -> Result<Self, StatementFault> {
        let members = value.as_object().ok_or(StatementFault::NotObject)?;
        let known = ["Effect", "Action", "Principal", "Condition"];
        if let Some(other) = members.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(StatementFault::UnknownMember(other.clone()));
        }
        let effect = Effect::of(members.get("Effect"))?;
        let actions = texts("Action", members.get("Action").ok_or(StatementFault::Action)?)?;
        if let Some(other) = actions.iter().find(|action| *action != "*" && !action.contains(':')) {
            return Err(StatementFault::ActionForm(other.clone()));
        }
        let trusted = trusted(members.get("Principal").ok_or(StatementFault::Principal)?)?;
        let conditions = members.get("Condition").map(conditions).transpose()?.unwrap_or_default();
        Ok(Self { effect, actions, trusted, conditions })
    }

    fn applies(&self, caller: &Principal, action: &str, context: &Context<'_>) -> bool {
        self.actions.iter().any(|pattern| pattern::matches(pattern, action, true))
            && self.trusted.iter().any(|trusted| trusted.is(caller))
            && self.conditions.iter().all(|condition| condition.holds(context))
    }
}

fn trusted(value: &Value) -> Result<Vec<Trusted>, StatementFault> {
    let members = value.as_object().filter(|members| !members.is_empty());
    let mut all = Vec::new();
    for (kind, names) in members.ok_or(StatementFault::Principal)? {
        let names = texts(kind, names)?;
        match kind.as_str() {
            "RAM" => {
                for name in names {
                    all.push(Trusted::parse(&name).ok_or(StatementFault::PrincipalForm(name))?);
                }
            }
            "Service" | "Federated" => all.push(Trusted::Elsewhere),
            other => return Err(StatementFault::UnknownMember(other.to_owned())),
        }
    }
    Ok(all)
}

impl Trusted {
    /// Reads `acs:ram::<account>:root`, `…:user/<name>` or `…:role/<name>`.
    fn parse(arn: &str) -> Option<Self> {
        let (account, who) = arn.strip_prefix("acs:ram::")?.split_once(':')?;
        let is_account = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
        let named = |name: &str| (!name.is_empty() && !name.contains('/')).then(|| name.to_owned());
        let account = is_account.then(|| account.to_owned())?;
        match who.split_once('/') {
            None if who == "root" => Some(Self::Account(account)),
            Some(("user", name)) => Some(Self::User(account, named(name)?)),
            Some(("role", name)) => Some(Self::Role(account, named(name)?)),
            _ => None,
        }
    }

    fn is(&self, caller: &Principal) -> bool {
        match (self, &caller.kind) {
            (Self::Account(account), _) => **account == *caller.account,
            (Self::User(account, user), PrincipalKind::User { name, .. }) => {
                **account == *caller.account && **user == **name
            }
            (Self::Role(account, trusted), PrincipalKind::RoleSession { role, .. }) => {
                **account == *caller.account && **trusted == **role
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use super::*;

    const ACCOUNT: &str = "1234567890123456";

    fn caller(account: &str, kind: PrincipalKind) -> Principal {
        Principal { account: account.into(), kind, policies: Arc::from([]) }
    }

    fn user(name: &str) -> Principal {
        caller(ACCOUNT, PrincipalKind::User { id: "2".into(), name: name.into() })
    }

    fn decided(statements: &str, caller: &Principal) -> Decision {
        let document = format!(r#"{{"Version":"1","Statement":[{statements}]}}"#);
        let context = Context {
            now: 0,
            secure: false,
            source_ip: IpAddr::from([10, 0, 0, 1]),
            principal_arn: "acs:ram::1234567890123456:user/ann",
        };
        TrustPolicy::accept(&document).unwrap().decide(caller, "sts:AssumeRole", &context)
    }

    fn allow(principal: &str) -> String {
        format!(r#"{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{principal}}}"#)
    }

    #[test]
    fn an_account_stands_for_its_users_and_a_user_for_itself() {
        let account = allow(r#"{"RAM":"acs:ram::1234567890123456:root"}"#);
        let ann = allow(r#"{"RAM":["acs:ram::1234567890123456:user/ann"]}"#);
        assert_eq!(decided(&account, &user("bob")), Decision::Allowed);
        assert_eq!(decided(&ann, &user("ann")), Decision::Allowed);
        assert_eq!(decided(&ann, &user("bob")), Decision::ImplicitDeny);
        let stranger = caller("9999999999999999", PrincipalKind::User { id: "3".into(), name: "ann".into() });
        assert_eq!(decided(&account, &stranger), Decision::ImplicitDeny);
        assert_eq!(decided(&ann, &stranger), Decision::ImplicitDeny);
    }

    #[test]
    fn a_service_is_nobody_and_a_denial_counts_more() {
        let service = allow(r#"{"Service":["ecs.aliyuncs.com"]}"#);
        assert_eq!(decided(&service, &user("ann")), Decision::ImplicitDeny);
        let deny = allow(r#"{"RAM":"acs:ram::1234567890123456:user/ann"}"#).replace("Allow", "Deny");
        let both = format!("{},{deny}", allow(r#"{"RAM":"acs:ram::1234567890123456:root"}"#));
        assert_eq!(decided(&both, &user("ann")), Decision::ExplicitDeny);
        assert_eq!(decided(&both, &user("bob")), Decision::Allowed);
    }

    #[test]
    fn a_condition_must_hold() {
        let inside = r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::1234567890123456:root"},
            "Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}}"#;
        assert_eq!(decided(inside, &user("ann")), Decision::Allowed);
        assert_eq!(decided(&inside.replace("10.0.0.0", "11.0.0.0"), &user("ann")), Decision::ImplicitDeny);
    }

    #[test]
    fn what_is_no_trust_policy_is_refused_by_its_fault() {
        for (statement, fault) in [
            (r#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#.to_owned(), "Principal"),
            (allow(r#"{"RAM":"ann"}"#), "acs:ram::"),
            (allow(r#"{"RAM":"acs:ram::1234567890123456:user/"}"#), "acs:ram::"),
            (allow(r#"{"Everybody":"*"}"#), "Everybody"),
            (allow("{}").replace("{}", r#"{},"Resource":"*""#), "Resource"),
        ] {
            let document = format!(r#"{{"Version":"1","Statement":[{statement}]}}"#);
            let refused = TrustPolicy::accept(&document).expect_err(&document).to_string();
            assert!(refused.contains(fault), "{refused}");
        }
    }

    #[test]
    fn the_document_of_an_account_is_one() {
        assert!(TrustPolicy::accept(&TrustPolicy::of_account(ACCOUNT)).is_ok());
    }
}
