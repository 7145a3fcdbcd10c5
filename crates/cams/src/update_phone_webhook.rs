//! `UpdatePhoneWebhook`.

use muster_core::{called_url::CalledUrl, chat::WebhookChange};
use muster_gateway::parameter::Change;

use crate::{
    error::OF_NUMBER,
    prelude::*,
    webhook::{Done, Flag, address, demand_no_queue},
    wire::of_channels,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The channel.
    cust_space_id: AppId,
    /// Whether what happens is pushed over HTTP: Y or N. Not given, it stays as it is; at first it is Y.
    http_flag: Option<Flag>,
    /// The number: digits, country code first.
    phone_number: PhoneNumber,
    /// Whether what happens is put into queues: N, this server has none.
    queue_flag: Option<Flag>,
    /// Where is told what becomes of messages (ChatAppStatus); nowhere when empty, unchanged when not given. It begins with http://
    /// or https:// and names no port and no private address, unless the operator allows them.
    #[serde(default)]
    status_callback_url: Change<CalledUrl>,
    /// Where is told what people write (ChatAppInbound); likewise.
    #[serde(default)]
    up_callback_url: Change<CalledUrl>,
}

pub(crate) struct UpdatePhoneWebhook;

impl Operation for UpdatePhoneWebhook {
    type Product = Cams;
    type Request = Request;
    type Response = Done;
    const SPEC: Spec = of_channels(
        "UpdatePhoneWebhook",
        "Says where a business is told of what happens at a number.",
        "设定接收某个号码事件的回调地址。",
        Level::Update,
    )
    .quota(10)
    .example(&[("CustSpaceId", "{#CustSpaceId}"), ("PhoneNumber", "{#BusinessNumber}"), ("HttpFlag", "Y")])
    .errors(OF_NUMBER)
    .notes(&[
        "QueueFlag Y is refused: this server has no queues.",
        "QueryChatappPhoneNumbers tells the addresses.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Done> {
        demand_no_queue(request.queue_flag)?;
        let change = WebhookChange {
            status_url: address(call, "StatusCallbackUrl", request.status_callback_url)?,
            inbound_url: address(call, "UpCallbackUrl", request.up_callback_url)?,
            silent: request.http_flag.map(|flag| flag == Flag::N),
        };
        let number = open_number(call, &request.cust_space_id, &request.phone_number).await?;
        call.state.muster.chats().set_webhook_of(&number, change).await?;
        Ok(Done::OK)
    }
}
