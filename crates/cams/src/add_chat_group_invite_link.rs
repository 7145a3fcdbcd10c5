//! `AddChatGroupInviteLink`.

use crate::{error::OF_GROUP, invite_link::invite_link, prelude::*, wire::open_group};

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

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Link {
    /// The link that people join through.
    invite_link: String,
}

pub(crate) struct AddChatGroupInviteLink;

impl Operation for AddChatGroupInviteLink {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<Link>;
    const SPEC: Spec = spec("AddChatGroupInviteLink", "Makes the invite link of a group.", Level::Create)
        .example(&[
            ("CustSpaceId", "{#CustSpaceId}"),
            ("BusinessNumber", "{#BusinessNumber}"),
            ("GroupId", "{#GroupId}"),
        ])
        .errors(OF_GROUP)
        .notes(&["A group has one link: a new one ends the one before.", "The group must be ACTIVE."]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Link>> {
        let Request { business_number, cust_space_id, group_id, .. } = &request;
        let group = open_group(call, cust_space_id, business_number, group_id).await?;
        let code = call.state.muster.chats().renew_invite(&group).await?;
        Envelope::of(Link { invite_link: invite_link(call, &code) })
    }
}
