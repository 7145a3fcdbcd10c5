//! `GetCallerIdentity`.

use muster_gateway::{Operation, PrincipalKind, Spec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Call, Sts,
    error::{GET_CALLER_IDENTITY, Result},
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Request {}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Caller {
    /// `Account`, `RAMUser` or `AssumedRoleUser`.
    identity_type: &'static str,
    /// The account.
    account_id: String,
    /// The account's or user's number, or the role's with the session's name.
    principal_id: String,
    /// The account's or user's number; not of a role's session.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    /// What policies call the caller.
    arn: String,
    /// The role's number; of a role's session alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    role_id: Option<String>,
}

pub(crate) struct GetCallerIdentity;

impl Operation for GetCallerIdentity {
    type Product = Sts;
    type Request = Request;
    type Response = Caller;
    const SPEC: Spec = Spec::new("GetCallerIdentity", "Tells who the caller is.")
        .zh("查询调用者的身份。")
        .read_only()
        .open()
        .errors(GET_CALLER_IDENTITY)
        .tag("Temporary keys", "临时密钥")
        .notes(&["Needs no permission."]);

    async fn call(call: &Call<'_>, _: Request) -> Result<Caller> {
        let account = call.account.to_owned();
        let (identity_type, principal_id, user_id, role_id) = match &call.principal.kind {
            PrincipalKind::Root => ("Account", account.clone(), Some(account.clone()), None),
            PrincipalKind::User { id, .. } => ("RAMUser", id.to_string(), Some(id.to_string()), None),
            PrincipalKind::RoleSession { role_id, session, .. } => {
                ("AssumedRoleUser", format!("{role_id}:{session}"), None, Some(role_id.to_string()))
            }
        };
        let arn = call.principal.arn();
        Ok(Caller { identity_type, account_id: account, principal_id, user_id, arn, role_id })
    }
}
