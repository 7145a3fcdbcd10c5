//! `UpdateMessageApp`.

use muster_core::app::AppChange;
use muster_gateway::parameter::{StringMap, Text};

use super::{Done, Envelope, open_app, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// Its new name, 2 to 16 characters; not said, it stays.
    app_name: Option<Text<2, 16>>,
    /// The caller's settings, which take the place of those there are; not said, they stay.
    app_config: Option<StringMap>,
    /// The caller's own fields, which take the place of those there are; not said, they stay.
    extension: Option<StringMap>,
}

pub(crate) struct UpdateMessageApp;

impl Operation for UpdateMessageApp {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Done>;
    const SPEC: Spec = spec("UpdateMessageApp", "Changes an application.", "修改应用。", Level::Update)
        .example(&[("AppId", "{#AppId}"), ("AppName", "shop 2")])
        .resources(&[wire::DOMAIN, wire::RTC])
        .notes(&[
            "A map that is given replaces the whole map; one that is not given stays. Nothing is merged.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Done>> {
        let app = open_app(call, &request.app_id).await?;
        let change = AppChange {
            name: request.app_name.map(Text::into_string),
            config: request.app_config.map(|map| map.0),
            extension: request.extension.map(|map| map.0),
            ..AppChange::default()
        };
        call.state.muster.apps().modify(&app, change).await?;
        Envelope::of(Done { success: true })
    }
}
