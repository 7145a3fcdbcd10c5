//! `OpenChatappService`.

use crate::{
    prelude::*,
    wire::{Opened, of_channels},
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Request {}

pub(crate) struct OpenChatappService;

impl Operation for OpenChatappService {
    type Product = Cams;
    type Request = Request;
    type Response = Opened;
    const SPEC: Spec = of_channels(
        "OpenChatappService",
        "Orders the service, which is there already.",
        "开通服务；服务本已可用。",
        Level::Create,
    )
    .notes(&["Nothing is to be ordered of a server of one's own: the answer is that the service is open."]);

    async fn call(_: &Call<'_>, _: Request) -> Result<Opened> {
        Ok(Opened::OPEN)
    }
}
