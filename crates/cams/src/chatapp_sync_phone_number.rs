//! `ChatappSyncPhoneNumber`.

use muster_core::chat::Channel;

use crate::{
    error::OF_INSTANCE,
    phone_numbers::PhoneNumbers,
    prelude::*,
    wire::{of_channels, open_channel},
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The channel.
    cust_space_id: AppId,
}

pub(crate) struct ChatappSyncPhoneNumber;

impl Operation for ChatappSyncPhoneNumber {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<PhoneNumbers>;
    const SPEC: Spec = of_channels(
        "ChatappSyncPhoneNumber",
        "Brings the business numbers of a channel up to date, and lists them.",
        "同步通道的商家号码，并返回列表。",
        Level::Update,
    )
    .quota(10)
    .example(&[("CustSpaceId", "{#CustSpaceId}")])
    .errors(OF_INSTANCE)
    .notes(&[
        "The local channel has its numbers from this server: they are up to date, and nothing is changed.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<PhoneNumbers>> {
        let channel = open_channel(call, &request.cust_space_id).await?;
        let numbers = call.state.muster.chats().numbers(&channel).await?;
        Envelope::of(PhoneNumbers::of(vec![(Channel::clone(&channel), numbers)]))
    }
}
