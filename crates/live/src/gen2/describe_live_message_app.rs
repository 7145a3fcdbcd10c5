//! `DescribeLiveMessageApp`.

use muster_core::app::Audit;

use super::{audit_type, known_app, msg_life_cycle, spec};
use crate::{app_sign::app_sign, prelude::*};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// The application.
    app_id: AppId,
    /// Its name, empty when it has none.
    app_name: String,
    /// The key that login tokens are made with. A secret.
    app_key: String,
    /// The text that client SDKs are initialised with.
    app_sign: String,
    /// How messages are moderated: 0 not at all, 1 by the server's own rules, 2 by `AuditUrl`.
    audit_type: i32,
    /// The moderation service, only when `AuditType` is 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_url: Option<String>,
    /// Where events are told, empty when nowhere.
    event_callback_url: String,
    /// Whether the application is disabled.
    disable: bool,
    /// When it was made, in seconds.
    create_time: i64,
    /// When it was last changed, in seconds.
    modify_time: i64,
    /// Its data center.
    data_center: DataCenter,
    /// How long messages are kept: 0 for 30 days, 1 for 90 days, 2 for 180 days.
    msg_life_cycle: i32,
}

pub(crate) struct DescribeLiveMessageApp;

impl Operation for DescribeLiveMessageApp {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec(
        "DescribeLiveMessageApp",
        "Tells everything about an application.",
        "查询应用的详细信息。",
        Level::Get,
    )
    .example(&[("AppId", "{#AppId}")])
    .notes(&["The AppKey is told in clear.", "A disabled application is told too."]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let app = known_app(call, request.data_center, &request.app_id).await?;
        Ok(Response {
            app_name: app.name.clone().unwrap_or_default(),
            app_key: call.state.muster.apps().key(&app)?,
            app_sign: app_sign(&app.id, call.state.endpoints.http.as_deref()),
            audit_type: audit_type(&app.audit),
            audit_url: match &app.audit {
                Audit::Custom(url) => Some(url.clone()),
                Audit::Off | Audit::BuiltIn => None,
            },
            event_callback_url: app.callback_url.clone().unwrap_or_default(),
            disable: app.disabled,
            create_time: app.created_at.seconds(),
            modify_time: app.modified_at.seconds(),
            data_center: app.data_center,
            msg_life_cycle: msg_life_cycle(app.retention),
            app_id: request.app_id,
        })
    }
}
