//! `DeleteChatGroup`.

use crate::{
    error::OF_GROUP,
    prelude::*,
    wire::{Affected, OF_GROUP_EXAMPLE, OfGroup},
};

pub(crate) struct DeleteChatGroup;

impl Operation for DeleteChatGroup {
    type Product = Cams;
    type Request = OfGroup;
    type Response = Envelope<Affected>;
    const SPEC: Spec = spec("DeleteChatGroup", "Deletes a group for ever.", "永久删除客户群。", Level::Delete)
        .example(OF_GROUP_EXAMPLE)
        .errors(OF_GROUP)
        .notes(&[
            "The group is DELETING at first, and soon after it is not listed any more. It cannot be had back.",
            "Result is 1, or 0 for a group that is being deleted already. A group that is CREATING cannot be deleted yet.",
        ]);

    async fn call(call: &Call<'_>, request: OfGroup) -> Result<Envelope<Affected>> {
        let group = request.open(call).await?;
        let begun = call.state.muster.chats().delete_group(&group).await?;
        Envelope::of(Affected::rows(begun.into()))
    }
}
