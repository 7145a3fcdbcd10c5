//! `DeleteChatGroup`.

use crate::{
    error::OF_GROUP,
    prelude::*,
    wire::{Affected, open_group},
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The business number that runs the group: digits, country code first.
    business_number: PhoneNumber,
    /// The kind of channel: WHATSAPP.
    #[expect(dead_code, reason = "checked and documented; there is one kind")]
    #[schemars(extend("default" = "WHATSAPP"))]
    channel_type: Option<ChannelType>,
    /// The channel.
    cust_space_id: AppId,
    /// The group.
    group_id: GroupId,
}

pub(crate) struct DeleteChatGroup;

impl Operation for DeleteChatGroup {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<Affected>;
    const SPEC: Spec = spec("DeleteChatGroup", "Deletes a group for ever.", Level::Delete)
        .example(&[
            ("CustSpaceId", "{#CustSpaceId}"),
            ("BusinessNumber", "{#BusinessNumber}"),
            ("GroupId", "{#GroupId}"),
        ])
        .errors(OF_GROUP)
        .notes(&[
            "The group is DELETING at first, and soon after it is not listed any more. It cannot be had back.",
            "Result is 1, or 0 for a group that is being deleted already. A group that is CREATING cannot be deleted yet.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Affected>> {
        let Request { business_number, cust_space_id, group_id, .. } = &request;
        let group = open_group(call, cust_space_id, business_number, group_id).await?;
        let begun = call.state.muster.chats().delete_group(&group).await?;
        Envelope::of(Affected::rows(begun.into()))
    }
}
