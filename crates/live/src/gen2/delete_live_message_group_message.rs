//! `DeleteLiveMessageGroupMessage`.

use muster_core::{id::MessageId, message::Sender};
use muster_gateway::parameter::ByteText;

use super::{open_group, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// The message: the `MsgTid` that sending it answered.
    message_id: MessageId,
    /// Who takes it back.
    deleter_id: Option<UserId>,
    /// What is told of who takes it back, at most 512 bytes; nothing without `DeleterId`.
    deleter_info: Option<ByteText<0, 512>>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// The group.
    group_id: GroupId,
    /// The message, also one that does not exist.
    message_id: MessageId,
}

pub(crate) struct DeleteLiveMessageGroupMessage;

impl Operation for DeleteLiveMessageGroupMessage {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec =
        spec("DeleteLiveMessageGroupMessage", "Takes a message of a group back.", "撤回群组消息。", Level::Delete)
            .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("MessageId", "c-1-1-0")])
            .notes(&[
                "The message is gone from the store, from the history and from the list of recent messages; the count of \
                 its type stays. Everybody in the group is told, and whoever reads the group's stream from before the \
                 message finds at its place that it was taken back.",
                "A message that does not exist, or that was sent with NoStorage, succeeds: those who are there are told \
                 once.",
            ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let group = open_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        let info = request.deleter_info.as_deref().map(Into::into);
        let by = request.deleter_id.map(|user| Sender { user, info });
        call.state.muster.messages().recall(&group, &request.message_id, by).await?;
        Ok(Response { group_id: request.group_id, message_id: request.message_id })
    }
}
