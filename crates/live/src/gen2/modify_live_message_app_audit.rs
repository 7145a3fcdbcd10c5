//! `ModifyLiveMessageAppAudit`.

use muster_core::{
    app::{AppChange, Audit},
    called_url::CalledUrl,
};

use super::{AuditType, audit, audit_type, open_app, spec};
use crate::{app_sign::app_sign, prelude::*};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// How messages are moderated: 0 not at all, 1 by the server's own rules, 2 by `AuditUrl`. Not said, it stays as it
    /// is.
    audit_type: Option<AuditType>,
    /// The moderation service, needed with `AuditType` 2. It begins with http:// or https:// and names no port and no
    /// private address.
    audit_url: Option<CalledUrl>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// The application.
    app_id: AppId,
    /// The text that client SDKs are initialised with.
    app_sign: String,
    /// How messages are moderated now.
    audit_type: i32,
    /// The moderation service, only with `AuditType` 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_url: Option<String>,
    /// Whether the service is called with a signature: always, where one is called.
    audit_need_authentication: bool,
}

pub(crate) struct ModifyLiveMessageAppAudit;

impl Operation for ModifyLiveMessageAppAudit {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec(
        "ModifyLiveMessageAppAudit",
        "Changes how an application's messages are moderated.",
        "修改应用的消息审核方式。",
        Level::Update,
    )
    .example(&[("AppId", "{#AppId}"), ("AuditType", "1")])
    .notes(&["A URL without AuditType is for an application that is moderated by a service already."]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let app = open_app(call, request.data_center, &request.app_id).await?;
        let kind = request.audit_type.or_else(|| match &app.audit {
            Audit::Custom(_) if request.audit_url.is_some() => Some(AuditType::Custom),
            _ => None,
        });
        let audit = kind.map(|kind| audit(call, Some(kind), request.audit_url)).transpose()?;
        let apps = call.state.muster.apps();
        let app = apps.modify(&app, AppChange { audit, ..AppChange::default() }).await?;
        let audit_url = match &app.audit {
            Audit::Custom(url) => Some(url.clone()),
            Audit::Off | Audit::BuiltIn => None,
        };
        Ok(Response {
            app_sign: app_sign(&app.id, call.state.endpoints.http.as_deref()),
            audit_type: audit_type(&app.audit),
            audit_need_authentication: audit_url.is_some(),
            audit_url,
            app_id: request.app_id,
        })
    }
}
