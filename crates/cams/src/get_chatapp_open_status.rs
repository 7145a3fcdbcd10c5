//! `GetChatappOpenStatus`.

use crate::{
    prelude::*,
    wire::{Opened, of_channels},
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Request {}

pub(crate) struct GetChatappOpenStatus;

impl Operation for GetChatappOpenStatus {
    type Product = Cams;
    type Request = Request;
    type Response = Opened;
    const SPEC: Spec = of_channels(
        "GetChatappOpenStatus",
        "Tells whether the service may be used.",
        "查询服务是否已开通。",
        Level::Get,
    )
    .notes(&["It always may: a server of one's own is ordered from nobody."]);

    async fn call(_: &Call<'_>, _: Request) -> Result<Opened> {
        Ok(Opened::OPEN)
    }
}
