//! `CreateMessageApp`.

use muster_core::service::NewApp;
use muster_gateway::parameter::{StringMap, Text};

use super::{Envelope, scope, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application's name, 2 to 16 characters.
    app_name: Text<2, 16>,
    /// The caller's settings, texts by name; the server keeps them and does not read them.
    app_config: Option<StringMap>,
    /// The caller's own fields, texts by name; the server keeps them and does not read them.
    extension: Option<StringMap>,
}

/// The application.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Made {
    /// The application, a name made by the server.
    app_id: AppId,
}

pub(crate) struct CreateMessageApp;

impl Operation for CreateMessageApp {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Made>;
    const SPEC: Spec = spec("CreateMessageApp", "Makes an application.", "创建应用。", Level::Create)
        .example(&[("AppName", "shop")])
        .resources(&[wire::DOMAIN])
        .notes(&["The operations of generation 2 do not see the application."]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Made>> {
        let account = wire::account(call)?;
        let new = NewApp {
            name: Some(request.app_name.into_string()),
            config: request.app_config.unwrap_or_default().0,
            extension: request.extension.unwrap_or_default().0,
            ..NewApp::default()
        };
        let app = call.state.muster.apps().create(scope(&account), new).await?;
        Envelope::of(Made { app_id: app.id.clone() })
    }
}
