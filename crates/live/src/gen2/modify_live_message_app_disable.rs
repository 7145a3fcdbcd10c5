//! `ModifyLiveMessageAppDisable`.

use super::{known_app, spec};
use crate::{app_sign::app_sign, prelude::*};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// `true` disables it, `false` enables it again. Not said, it stays as it is.
    disable: Option<bool>,
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
    /// Whether it is disabled now.
    disable: bool,
}

pub(crate) struct ModifyLiveMessageAppDisable;

impl Operation for ModifyLiveMessageAppDisable {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec =
        spec("ModifyLiveMessageAppDisable", "Disables an application or enables it again.", "停用应用，或重新启用。", Level::Update).example(&[("AppId", "{#AppId}"), ("Disable", "true")]).notes(&[
            "Nothing deletes an application of this generation; disabling is its end.",
            "A disabled application can be described, listed and enabled; everything else answers NoAuth, and its \
             clients are disconnected.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let app = known_app(call, request.data_center, &request.app_id).await?;
        let app = match request.disable {
            Some(disabled) => call.state.muster.apps().set_disabled(&app, disabled).await?,
            None => app,
        };
        let app_sign = app_sign(&request.app_id, call.state.endpoints.http.as_deref());
        Ok(Response { app_id: request.app_id, app_sign, disable: app.disabled })
    }
}
