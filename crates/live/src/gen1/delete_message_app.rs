//! `DeleteMessageApp`.

use super::{Done, Envelope, known_app, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
}

pub(crate) struct DeleteMessageApp;

impl Operation for DeleteMessageApp {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Done>;
    const SPEC: Spec = spec("DeleteMessageApp", "Deletes an application.", "删除应用。", Level::Delete)
        .example(&[("AppId", "{#AppId}")])
        .resources(&[wire::DOMAIN, wire::RTC])
        .notes(&[
            "It goes with its groups, whether there is somebody in them or not: from then on none of them is found.",
            "Its connections end. Its groups and messages are purged 30 days later; there is no way back.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Done>> {
        let app = known_app(call, &request.app_id).await?;
        call.state.muster.apps().delete(&app).await?;
        Envelope::of(Done { success: true })
    }
}
