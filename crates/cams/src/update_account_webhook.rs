//! `UpdateAccountWebhook`.

use muster_core::{called_url::CalledUrl, chat::WebhookChange};
use muster_gateway::parameter::Change;

use crate::{
    error::OF_INSTANCE,
    prelude::*,
    webhook::{Done, Flag, address, demand_no_queue},
    wire::{of_channels, open_channel},
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The channel.
    cust_space_id: AppId,
    /// Whether what happens is pushed over HTTP: Y or N. Not given, it stays as it is; at first it is Y.
    http_flag: Option<Flag>,
    /// Whether what happens is put into queues: N, this server has none.
    queue_flag: Option<Flag>,
    /// Where is told what concerns the whole account, the review of templates; nowhere when empty, unchanged when not given. It
    /// begins with http:// or https:// and names no port and no private address, unless the operator allows them. It is kept, and
    /// nothing is told there: this server reviews no templates.
    #[serde(default)]
    status_callback_url: Change<CalledUrl>,
}

pub(crate) struct UpdateAccountWebhook;

impl Operation for UpdateAccountWebhook {
    type Product = Cams;
    type Request = Request;
    type Response = Done;
    const SPEC: Spec = of_channels(
        "UpdateAccountWebhook",
        "Says where the owner of a channel is told of what concerns the whole account.", "设定接收账号级通知的通道回调地址。",
        Level::Update,
    )
    .quota(10)
    .example(&[("CustSpaceId", "{#CustSpaceId}"), ("HttpFlag", "Y")])
    .errors(OF_INSTANCE)
    .notes(&[
        "The address is kept, and nothing is told there: only reviews of templates are, and this server has none.",
        "QueueFlag Y is refused: this server has no queues.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Done> {
        demand_no_queue(request.queue_flag)?;
        let change = WebhookChange {
            status_url: address(call, "StatusCallbackUrl", request.status_callback_url)?,
            inbound_url: None,
            silent: request.http_flag.map(|flag| flag == Flag::N),
        };
        let channel = open_channel(call, &request.cust_space_id).await?;
        call.state.muster.chats().set_webhook(&channel, change).await?;
        Ok(Done::OK)
    }
}
