//! A trial of policies: who, what, on which resource; whether it is allowed, and by which statement.

use muster_core::{account::KeyOwner, time::Clock as _};
use muster_gateway::{
    PrincipalKind,
    policy::{Context, Decision, applying, decide},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Console, Refusal, command::check_owner, session::Session};
use crate::{identities, net::Origin};

/// What is tried.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trial {
    /// The user; the account itself when it is left out.
    #[serde(default)]
    user: Option<String>,
    /// The action, such as `live:ListLiveMessageApps`.
    action: String,
    /// The resource, such as `acs:live::1234567890123456:rtc/app`.
    resource: String,
}

impl Trial {
    /// Decides it as the gateway would decide a call that is made now, from where the page is.
    pub(super) async fn run(
        self,
        console: &Console,
        session: &Session,
        origin: Origin,
    ) -> Result<Value, Refusal> {
        check_owner(console, session).await?;
        let account = console.muster.accounts().sole().await;
        let directory = console.muster.accounts().directory().await;
        let (Ok(account), Ok(directory)) = (account, directory) else {
            return Err(Refusal::NotDone("The store cannot be read now.".to_owned()));
        };
        let owner = match self.user {
            Some(name) if directory.users.iter().any(|user| user.account == account && user.name == name) => {
                KeyOwner::User(name)
            }
            Some(name) => return Err(Refusal::NotDone(format!("There is no user {name}."))),
            None => KeyOwner::Root,
        };
        let principal = identities::principal(&directory, &account, &owner);
        let arn = principal.arn();
        if principal.kind == PrincipalKind::Root {
            return Ok(json!({ "principal": arn, "decision": "Allowed", "by": [] }));
        }
        let context = Context {
            now: console.clock.now().0,
            secure: origin.secure,
            source_ip: origin.client.ip(),
            principal_arn: &arn,
            external_id: None,
        };
        let policies = || principal.policies.iter().map(|policy| &**policy);
        let resources = [self.resource];
        let decision = match decide(policies(), &self.action, &resources, &context) {
            Decision::Allowed => "Allowed",
            Decision::ImplicitDeny => "ImplicitDeny",
            Decision::ExplicitDeny => "ExplicitDeny",
        };
        let by: Vec<Value> = applying(policies(), &self.action, &resources, &context)
            .map(|one| json!({ "policy": one.policy, "statement": one.statement, "effect": if one.denies { "Deny" } else { "Allow" } }))
            .collect();
        Ok(json!({ "principal": arn, "decision": decision, "by": by }))
    }
}
