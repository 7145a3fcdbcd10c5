//! `ModifyLiveMessageAppDisable`.

use muster_core::{app::DataCenter, id::AppId};
use muster_gateway::{Call, Failure, Level, Operation, Spec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{scope, spec};
use crate::{Live, Services, app_sign::app_sign, error::failure, wire};

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
        spec("ModifyLiveMessageAppDisable", "Disables an application or enables it again.", Level::Update).notes(&[
            "Nothing deletes an application of this generation; disabling is its end.",
            "A disabled application can be described, listed and enabled; everything else answers NoAuth, and its \
             clients are disconnected.",
        ]);

    async fn call(call: &Call<'_, Services>, request: Request) -> Result<Response, Failure> {
        let apps = call.state.muster.apps();
        let account = wire::account(call)?;
        let scope = scope(&account, request.data_center);
        let disabled = match request.disable {
            Some(disabled) => {
                apps.set_disabled(scope, &request.app_id, disabled).await.map_err(failure)?.disabled
            }
            None => apps.describe(scope, &request.app_id).await.map_err(failure)?.disabled,
        };
        let app_sign = app_sign(&request.app_id, call.state.endpoints.http.as_deref());
        Ok(Response { app_id: request.app_id, app_sign, disable: disabled })
    }
}
