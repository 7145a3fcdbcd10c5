//! `SendLiveMessageGroup`.

use muster_core::{
    id::MessageId,
    message::{Body, DEFAULT_MESSAGE_TYPE, Sender, Weight},
    number::RepeatCount,
    service::{OperatorMessage, Storage},
};
use muster_gateway::parameter::{ByteText, Long};

use super::{open_group, spec};
use crate::prelude::*;

/// The largest step of a counter: the domain's.
const MAX_STEP: i64 = RepeatCount::MAX.get().cast_signed();

/// A step, whose type bounds it as the domain does.
fn increment(step: Long<0, MAX_STEP>) -> RepeatCount {
    RepeatCount::clamped(wire::count(step))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// Who sends. The sender need not be in the group, nor logged in.
    sender_id: UserId,
    /// What is told of the sender, at most 512 bytes.
    sender_meta_info: Option<ByteText<0, 512>>,
    /// The message, at most 15 KB.
    body: Option<Body>,
    /// Its type, 10001 when not said; a group sees at most 30 types.
    #[schemars(extend("default" = 10001))]
    msg_type: Option<Long>,
    /// Its id, chosen by the caller; made by the server when not said.
    msg_tid: Option<MessageId>,
    /// How much it adds to the count of its type, 1 when not said.
    #[schemars(extend("default" = 1))]
    statics_increase: Option<Long<0, MAX_STEP>>,
    /// What it counts for when a group gets too many messages, 1 when not said. Suggested: 1 likes, 5 texts, 1000000
    /// gifts.
    #[schemars(extend("default" = 1))]
    weight: Option<Long>,
    /// Whether it is told only to those who are there now, and not kept.
    #[serde(default)]
    no_storage: bool,
    /// Whether it is left out of the list of recent messages.
    #[serde(default)]
    no_cache: bool,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// The message's id.
    msg_tid: MessageId,
}

pub(crate) struct SendLiveMessageGroup;

impl Operation for SendLiveMessageGroup {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec =
        spec("SendLiveMessageGroup", "Sends a message to a group.", "向群组发送消息。", Level::None)
            .example(&[
                ("AppId", "{#AppId}"),
                ("GroupId", "{#GroupId}"),
                ("SenderId", "carl"),
                ("Body", "hello"),
            ])
            .notes(&[
                "The group needs at least one user in it; one with nobody answers ResourceNotExist.",
                "Mutes do not apply: a message sent by this operation is the operator's voice.",
                "How long a message is kept is the application's MsgLifeCycle.",
            ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let group = open_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        let message = OperatorMessage {
            id: request.msg_tid,
            kind: request.msg_type.map_or(DEFAULT_MESSAGE_TYPE, Long::get),
            body: request.body.unwrap_or_default(),
            sender: Sender {
                user: request.sender_id,
                info: request.sender_meta_info.as_deref().map(Into::into),
            },
            storage: if request.no_storage { Storage::Ephemeral } else { Storage::Stored },
            cached: !request.no_cache,
            increment: request.statics_increase.map_or(RepeatCount::ONE, increment),
            weight: request.weight.map_or(Weight::LIKE, |weight| Weight(weight.get())),
            moderated: false,
        };
        let sent = call.state.muster.messages().announce(&group, message).await?;
        Ok(Response { msg_tid: sent.id })
    }
}
