//! `AssumeRole`.

use muster_core::{
    account::Role,
    service::{DEFAULT_SESSION_SECONDS, MAX_SESSION_SECONDS},
    time::Millis,
};
use muster_gateway::{
    Operation, PrincipalKind, Spec,
    parameter::{ByteText, Long},
    policy::{Context, Decision, Policy, TrustPolicy},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Call, Sts,
    error::{ASSUME_ROLE, Error, Result},
    external_id::ExternalId,
    role_arn::RoleArn,
    session_name::SessionName,
};

/// What policies call it.
const ACTION: &str = "sts:AssumeRole";

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The role: `acs:ram::<account>:role/<role>`.
    role_arn: RoleArn,
    /// What the session is called, in the log and in refusals: 2 to 64 of `A-Z a-z 0-9 . @ - _`.
    role_session_name: SessionName,
    /// What the session may do at most, of what the role may: a policy of at most 2048 bytes.
    policy: Option<ByteText<1, 2048>>,
    /// How long the session lasts, in seconds: from 900 to what the role allows, an hour when not said.
    #[schemars(extend("default" = 3600))]
    duration_seconds: Option<Long<900, { MAX_SESSION_SECONDS as i64 }>>,
    /// What the role's trust policy may ask for under `sts:ExternalId`: 2 to 1224 of `A-Z a-z 0-9 _ + = , . @ : / -`.
    external_id: Option<ExternalId>,
}

/// Who the caller is in the session.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct AssumedRoleUser {
    /// `acs:ram::<account>:role/<role>/<session>`.
    arn: String,
    /// The role's number and the session's name.
    assumed_role_id: String,
}

/// A temporary key.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    /// The public half; it begins with `STS.`.
    access_key_id: String,
    /// The secret half.
    access_key_secret: String,
    /// When the session ends, UTC.
    expiration: String,
    /// What every call that is signed with the key must carry.
    security_token: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Assumed {
    /// Who the caller is in the session.
    assumed_role_user: AssumedRoleUser,
    /// The temporary key.
    credentials: Credentials,
}

pub(crate) struct AssumeRole;

impl Operation for AssumeRole {
    type Product = Sts;
    type Request = Request;
    type Response = Assumed;
    const SPEC: Spec = Spec::new("AssumeRole", "Gives the caller a temporary key of a role.")
        .zh("为调用者签发某个角色的临时密钥。")
        .resources(&["{#RoleArn}"])
        .quota(100)
        .errors(ASSUME_ROLE)
        .tag("Temporary keys", "临时密钥")
        .example(&[("RoleArn", "{#RoleArn}"), ("RoleSessionName", "ann"), ("DurationSeconds", "900")])
        .notes(&[
            "The caller needs a policy that allows sts:AssumeRole on the role, and the role's trust policy must name the \
             caller. The account itself cannot become a role: only users and other roles can.",
            "What the session may do is what the role may at the moment of each call: a policy that is detached from the role \
             is detached from its sessions, and a role that is deleted ends them.",
            "A role whose trust policy has a condition on sts:ExternalId is for who names it in ExternalId. Where the trust \
             policy has none, ExternalId may be anything.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Assumed> {
        let RoleArn { account, role: name } = &request.role_arn;
        let accounts = call.state.muster.accounts();
        let role = accounts.role(account, name).await?.ok_or(Error::NoRole)?;
        check_trust(call, &role, request.external_id.as_ref())?;
        let seconds = duration(&role, request.duration_seconds.map(Long::get))?;
        let policy = request.policy.map(String::from);
        if let Some(policy) = &policy {
            Policy::accept("session", policy).map_err(|fault| Error::Policy(fault.to_string()))?;
        }
        let SessionName(session) = request.role_session_name;
        // Whole seconds, as the answer tells.
        let ends_at = Millis(call.now).seconds() + seconds;
        let key = accounts.begin_session(&role, &session, Millis::from_seconds(ends_at), policy);
        Ok(Assumed {
            assumed_role_user: AssumedRoleUser {
                arn: format!("acs:ram::{account}:role/{name}/{session}"),
                assumed_role_id: format!("{}:{session}", role.id),
            },
            credentials: Credentials {
                access_key_id: key.id.to_string(),
                access_key_secret: key.secret,
                expiration: jiff::Timestamp::from_second(ends_at).unwrap_or_default().to_string(),
                security_token: key.token,
            },
        })
    }
}

/// Refuses whom the role does not trust, with what the caller names to become it.
fn check_trust(call: &Call<'_>, role: &Role, external_id: Option<&ExternalId>) -> Result<()> {
    if call.principal.kind == PrincipalKind::Root {
        return Err(Error::Root);
    }
    let context = Context {
        now: call.now,
        secure: call.secure,
        source_ip: call.source_ip,
        principal_arn: &call.principal.arn(),
        external_id: external_id.map(|ExternalId(id)| id.as_str()),
    };
    // A trust policy that cannot be read trusts nobody.
    let decision = match TrustPolicy::parse(&role.trust) {
        Ok(trust) => trust.decide(call.principal, ACTION, &context),
        Err(_) => Decision::ExplicitDeny,
    };
    match decision {
        Decision::Allowed => Ok(()),
        Decision::ImplicitDeny | Decision::ExplicitDeny => {
            let explicit = decision == Decision::ExplicitDeny;
            Err(Error::NotTrusted(Box::new(call.denied_by("AssumeRolePolicy", ACTION, explicit))))
        }
    }
}

/// How long the session lasts, in seconds.
fn duration(role: &Role, asked: Option<i64>) -> Result<i64> {
    let seconds = asked.unwrap_or_else(|| DEFAULT_SESSION_SECONDS.into());
    let most = i64::from(role.max_session_seconds);
    if seconds <= most { Ok(seconds) } else { Err(Error::TooLong(most)) }
}
