//! `AddChatGroupInviteLink`.

use muster_core::{
    chat::PhoneNumber,
    id::{AppId, GroupId},
};
use muster_gateway::{Call, Failure, Level, Operation, Spec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Cams, Services,
    channel_type::ChannelType,
    error::{OF_GROUP, failure},
    invite_link::invite_link,
    wire::{Answer, bound, spec},
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
    type Response = Answer<Link>;
    const SPEC: Spec = spec("AddChatGroupInviteLink", "Makes the invite link of a group.", Level::Create)
        .errors(OF_GROUP)
        .notes(&["A group has one link: a new one ends the one before.", "The group must be ACTIVE."]);

    async fn call(call: &Call<'_, Services>, request: Request) -> Result<Answer<Link>, Failure> {
        let chats = call.state.muster.chats();
        let channel = bound(call, &request.cust_space_id, &request.business_number).await?;
        let group =
            chats.group(&channel, &request.business_number, &request.group_id).await.map_err(failure)?;
        let code = chats.renew_invite(&group).await.map_err(failure)?;
        Answer::of(Link { invite_link: invite_link(call, &code) })
    }
}
