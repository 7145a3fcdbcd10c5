//! `GetMessageApp`.

use super::{Envelope, app_row::AppRow, known_app, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
}

pub(crate) struct GetMessageApp;

impl Operation for GetMessageApp {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<AppRow>;
    const SPEC: Spec =
        spec("GetMessageApp", "Tells everything about an application.", "查询应用的详细信息。", Level::Get)
            .example(&[("AppId", "{#AppId}")])
            .resources(&[wire::DOMAIN, wire::RTC]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<AppRow>> {
        Envelope::of(known_app(call, &request.app_id).await?.into())
    }
}
