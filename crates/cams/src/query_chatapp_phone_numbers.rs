//! `QueryChatappPhoneNumbers`.

use muster_core::chat::Channel;

use crate::{
    error::OF_INSTANCE,
    phone_numbers::{PhoneNumbers, stand_at},
    prelude::*,
    wire::{account, of_channels, open_channel},
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The channel. Without one, the numbers of all channels of the account are listed.
    cust_space_id: Option<AppId>,
    /// Only numbers that stand here: in `Status` or in `CodeVerificationStatus`.
    status: Option<String>,
}

pub(crate) struct QueryChatappPhoneNumbers;

impl Operation for QueryChatappPhoneNumbers {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<PhoneNumbers>;
    const SPEC: Spec =
        of_channels("QueryChatappPhoneNumbers", "Lists the business numbers of a channel.", "查询通道的商家号码列表。", Level::Get)
            .quota(10)
            .example(&[("CustSpaceId", "{#CustSpaceId}")])
            .errors(OF_INSTANCE)
            .notes(&[
                "The number that was bound first comes first.",
                "What a network would say of a number is the same of all: it is connected, verified, and may run groups.",
            ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<PhoneNumbers>> {
        let chats = call.state.muster.chats();
        let channels = match &request.cust_space_id {
            Some(id) => {
                let channel = open_channel(call, id).await?;
                vec![(Channel::clone(&channel), chats.numbers(&channel).await?)]
            }
            None => chats.channels(&account(call)?).await?,
        };
        let asked_for = request.status.is_none_or(|status| stand_at(&status));
        Envelope::of(if asked_for { PhoneNumbers::of(channels) } else { PhoneNumbers::none() })
    }
}
