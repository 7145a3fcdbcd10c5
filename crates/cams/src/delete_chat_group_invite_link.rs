//! `DeleteChatGroupInviteLink`.

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

pub(crate) struct DeleteChatGroupInviteLink;

impl Operation for DeleteChatGroupInviteLink {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<Affected>;
    const SPEC: Spec = spec("DeleteChatGroupInviteLink", "Ends the invite link of a group.", Level::Delete)
        .example(&[
            ("CustSpaceId", "{#CustSpaceId}"),
            ("BusinessNumber", "{#BusinessNumber}"),
            ("GroupId", "{#GroupId}"),
        ])
        .errors(OF_GROUP)
        .notes(&[
            "Nobody joins through the link any more, until AddChatGroupInviteLink makes a new one. Who is in the group stays in it.",
            "Result is 1, or 0 for a group that has no link. The group must be ACTIVE, UPDATING or SUSPENDED.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Affected>> {
        let Request { business_number, cust_space_id, group_id, .. } = &request;
        let group = open_group(call, cust_space_id, business_number, group_id).await?;
        let revoked = call.state.muster.chats().revoke_invite(&group).await?;
        Envelope::of(Affected::rows(revoked.into()))
    }
}
