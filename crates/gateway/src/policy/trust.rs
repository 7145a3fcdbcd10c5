//! Trust policies: whom a role trusts to become it.
//!
//! A document is `{"Version":"1","Statement":[…]}`. A statement has an `Effect`, an `Action`, a `Principal` and
//! optionally a `Condition`, and no `Resource`: that is the role. `Principal` names accounts (`acs:ram::<account>:root`,
//! which stands for every user and role of the account), users and roles under `RAM`; services and identity providers, under
//! `Service` and `Federated`, may be named and are nobody who calls here. Conditions may ask for what the caller names to
//! become the role, `sts:ExternalId`, besides what those of other policies ask for.

use serde_json::Value;

use super::condition::{Condition, Place};
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
            let fault = statement.conditions.iter().find_map(|condition| condition.fault(Place::Trust));
            if let Some(fault) = fault {
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
        decided_for(statements, caller, None)
    }

    fn decided_for(statements: &str, caller: &Principal, external_id: Option<&str>) -> Decision {
        let document = format!(r#"{{"Version":"1","Statement":[{statements}]}}"#);
        let context = Context {
            now: 0,
            secure: false,
            source_ip: IpAddr::from([10, 0, 0, 1]),
            principal_arn: "acs:ram::1234567890123456:user/ann",
            external_id,
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

    /// A statement that trusts the account under a condition.
    fn if_external_id(operator: &str, value: &str) -> String {
        let condition = format!(r#"{{"{operator}":{{"sts:ExternalId":{value}}}}}"#);
        allow(&format!(r#"{{"RAM":"acs:ram::{ACCOUNT}:root"}},"Condition":{condition}"#))
    }

    #[test]
    fn who_asks_for_a_role_without_what_it_is_to_name_is_not_trusted() {
        let one = if_external_id("StringEquals", r#"["shop-1","shop-2"]"#);
        for (named, decision) in [
            (Some("shop-1"), Decision::Allowed),
            (Some("shop-2"), Decision::Allowed),
            (Some("Shop-1"), Decision::ImplicitDeny),
            (Some("shop-3"), Decision::ImplicitDeny),
            (None, Decision::ImplicitDeny),
        ] {
            assert_eq!(decided_for(&one, &user("ann"), named), decision, "{named:?}");
        }
        let like = if_external_id("StringLike", r#""shop-*""#);
        assert_eq!(decided_for(&like, &user("ann"), Some("shop-9")), Decision::Allowed);
        assert_eq!(decided_for(&like, &user("ann"), None), Decision::ImplicitDeny);
        // Not to be named is not to be this one.
        let other = if_external_id("StringNotEquals", r#""shop-1""#);
        assert_eq!(decided_for(&other, &user("ann"), Some("shop-1")), Decision::ImplicitDeny);
        assert_eq!(decided_for(&other, &user("ann"), None), Decision::Allowed);
    }

    #[test]
    fn what_is_named_to_become_a_role_is_asked_for_by_trust_policies_alone() {
        let condition = r#""Condition":{"StringEquals":{"sts:ExternalId":"shop-1"}}"#;
        let document = format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Deny","Action":"*","Resource":"*",{condition}}}]}}"#
        );
        let refused =
            super::super::Policy::accept("p", &document).expect_err("a policy of what its holder may");
        assert_eq!(
            refused.to_string(),
            "statement 1: condition key sts:ExternalId is for trust policies alone"
        );
        let flag = if_external_id("Bool", r#""true""#);
        let document = format!(r#"{{"Version":"1","Statement":[{flag}]}}"#);
        let refused = TrustPolicy::accept(&document).expect_err("it is a text").to_string();
        assert_eq!(refused, "statement 1: Bool cannot compare with sts:ExternalId");
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
