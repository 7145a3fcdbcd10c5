//! `GetMessageApp`.

use std::sync::Arc;

use muster_core::id::AppId;
use muster_gateway::{Call, Failure, Level, Operation, Spec};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Answer, app_row::AppRow, scope, spec};
use crate::{Live, Services, error::failure, wire};

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
    type Response = Answer<AppRow>;
    const SPEC: Spec = spec("GetMessageApp", "Tells everything about an application.", Level::Get)
        .resources(&[wire::DOMAIN, wire::RTC]);

    async fn call(call: &Call<'_, Services>, request: Request) -> Result<Answer<AppRow>, Failure> {
        let account = wire::account(call)?;
        let app =
            call.state.muster.apps().describe(scope(&account), &request.app_id).await.map_err(failure)?;
        Answer::of(Arc::unwrap_or_clone(app).into())
    }
}
