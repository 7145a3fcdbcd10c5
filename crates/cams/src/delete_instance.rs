//! `DeleteInstance`.

use crate::{
    error::OF_OLD_INSTANCE,
    prelude::*,
    wire::{of_channels, open_channel},
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The channel.
    instance_id: AppId,
}

/// Nothing more.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Deleted {}

pub(crate) struct DeleteInstance;

impl Operation for DeleteInstance {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<Deleted>;
    const SPEC: Spec =
        of_channels("DeleteInstance", "Deletes a channel for ever.", "永久删除通道。", Level::Delete)
            .example(&[("InstanceId", "{#CustSpaceId}")])
            .errors(OF_OLD_INSTANCE)
            .notes(&[
                "A channel that has groups is not deleted: delete them first.",
                "Its numbers are bound to no channel any more, and can be bound to another.",
            ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Deleted>> {
        let channel = open_channel(call, &request.instance_id).await?;
        call.state.muster.chats().delete_channel(&channel).await?;
        Envelope::of(Deleted {})
    }
}
