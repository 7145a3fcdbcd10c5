//! `AddChatGroupInviteLink`.

use crate::{
    address::invite_link,
    error::OF_GROUP,
    prelude::*,
    wire::{OF_GROUP_EXAMPLE, OfGroup},
};

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Link {
    /// The link that people join through.
    invite_link: String,
}

pub(crate) struct AddChatGroupInviteLink;

impl Operation for AddChatGroupInviteLink {
    type Product = Cams;
    type Request = OfGroup;
    type Response = Envelope<Link>;
    const SPEC: Spec = spec(
        "AddChatGroupInviteLink",
        "Makes the invite link of a group.",
        "生成客户群的邀请链接。",
        Level::Create,
    )
    .example(OF_GROUP_EXAMPLE)
    .errors(OF_GROUP)
    .notes(&["A group has one link: a new one ends the one before.", "The group must be ACTIVE."]);

    async fn call(call: &Call<'_>, request: OfGroup) -> Result<Envelope<Link>> {
        let group = request.open(call).await?;
        let code = call.state.muster.chats().renew_invite(&group).await?;
        Envelope::of(Link { invite_link: invite_link(call, &code) })
    }
}
