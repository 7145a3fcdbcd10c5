//! `CreateLiveMessageApp`.

use muster_core::{called_url::CalledUrl, service::NewApp};
use muster_gateway::parameter::Text;

use super::{AuditType, MsgLifeCycle, allowed, audit, scope, spec};
use crate::{app_sign::app_sign, prelude::*};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application's name, 2 to 16 characters.
    app_name: Option<Text<2, 16>>,
    /// How messages are moderated: 0 not at all (when not said), 1 by the server's own rules, 2 by `AuditUrl`.
    #[schemars(extend("default" = 0))]
    audit_type: Option<AuditType>,
    /// The moderation service, needed with `AuditType` 2. It begins with http:// or https:// and names no port and no
    /// private address.
    audit_url: Option<CalledUrl>,
    /// Where events of the application are told; nowhere when empty. The rules of `AuditUrl` apply.
    event_callback_url: Option<CalledUrl>,
    /// The data center that the application belongs to, Shanghai when not said. All later calls name it.
    #[serde(default)]
    data_center: DataCenter,
    /// How long messages are kept: 0 for 30 days (when not said), 1 for 90 days, 2 for 180 days.
    #[schemars(extend("default" = 0))]
    msg_life_cycle: Option<MsgLifeCycle>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// The application, a name made by the server.
    app_id: AppId,
    /// The key that login tokens are made with. A secret.
    app_key: String,
    /// The text that client SDKs are initialised with.
    app_sign: String,
    /// The data center that the application belongs to.
    data_center: DataCenter,
}

pub(crate) struct CreateLiveMessageApp;

impl Operation for CreateLiveMessageApp {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec(
        "CreateLiveMessageApp",
        "Makes an interactive messaging application.",
        "创建互动消息应用。",
        Level::Create,
    )
    .example(&[("AppName", "shop")])
    .resources(&["*"])
    .notes(&[
        "An account has at most 300 applications; the 301st is refused with InputInvalid.",
        "The data center and MsgLifeCycle cannot be changed later.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let new = NewApp {
            name: request.app_name.map(Text::into_string),
            retention: request.msg_life_cycle.map(Into::into).unwrap_or_default(),
            audit: audit(call, request.audit_type, request.audit_url)?,
            callback_url: request
                .event_callback_url
                .map(|url| allowed(call, "EventCallbackUrl", url))
                .transpose()?,
            ..NewApp::default()
        };
        let apps = call.state.muster.apps();
        let account = wire::account(call)?;
        let app = apps.create(scope(&account, request.data_center), new).await?;
        Ok(Response {
            app_key: apps.key(&app)?,
            app_sign: app_sign(&app.id, call.state.endpoints.http.as_deref()),
            data_center: app.data_center,
            app_id: app.id.clone(),
        })
    }
}
