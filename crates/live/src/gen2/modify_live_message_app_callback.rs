//! `ModifyLiveMessageAppCallback`.

use muster_core::{app::AppChange, called_url::CalledUrl};
use muster_gateway::parameter::Change;

use super::{allowed, open_app, spec};
use crate::{app_sign::app_sign, prelude::*};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// Where events of the application are told: nowhere when empty, and where they are told now when not said. It begins
    /// with http:// or https:// and names no port and no private address.
    #[serde(default)]
    event_callback_url: Change<CalledUrl>,
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
    /// Where events are told now; absent when nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_callback_url: Option<String>,
    /// Whether what is told there is signed: always, since no request says otherwise.
    event_callback_need_authentication: bool,
}

pub(crate) struct ModifyLiveMessageAppCallback;

impl Operation for ModifyLiveMessageAppCallback {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec(
        "ModifyLiveMessageAppCallback",
        "Changes where an application's events are told.",
        "修改应用的事件回调地址。",
        Level::Update,
    )
    .example(&[("AppId", "{#AppId}"), ("EventCallbackUrl", "https://hooks.example.com/im")])
    .notes(&[
        "What is still owed goes to the new URL; with none it is dropped.",
        "EventCallbackNeedAuthentication is always true: there is no parameter that turns signatures off.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let app = open_app(call, request.data_center, &request.app_id).await?;
        let callback_url = match request.event_callback_url {
            Change::Keep => None,
            Change::Clear => Some(String::new()),
            Change::Set(url) => Some(allowed(call, "EventCallbackUrl", url)?),
        };
        let apps = call.state.muster.apps();
        let app = apps.modify(&app, AppChange { callback_url, ..AppChange::default() }).await?;
        Ok(Response {
            app_sign: app_sign(&app.id, call.state.endpoints.http.as_deref()),
            event_callback_url: app.callback_url.clone(),
            event_callback_need_authentication: true,
            app_id: request.app_id,
        })
    }
}
