//! `DeleteChatGroupInviteLink`.

use crate::{
    error::OF_GROUP,
    prelude::*,
    wire::{Affected, OF_GROUP_EXAMPLE, OfGroup},
};

pub(crate) struct DeleteChatGroupInviteLink;

impl Operation for DeleteChatGroupInviteLink {
    type Product = Cams;
    type Request = OfGroup;
    type Response = Envelope<Affected>;
    const SPEC: Spec = spec("DeleteChatGroupInviteLink", "Ends the invite link of a group.", "使客户群的邀请链接失效。", Level::Delete)
        .example(OF_GROUP_EXAMPLE)
        .errors(OF_GROUP)
        .notes(&[
            "Nobody joins through the link any more, until AddChatGroupInviteLink makes a new one. Who is in the group stays in it.",
            "Result is 1, or 0 for a group that has no link. The group must be ACTIVE, UPDATING or SUSPENDED.",
        ]);

    async fn call(call: &Call<'_>, request: OfGroup) -> Result<Envelope<Affected>> {
        let group = request.open(call).await?;
        let revoked = call.state.muster.chats().revoke_invite(&group).await?;
        Envelope::of(Affected::rows(revoked.into()))
    }
}
