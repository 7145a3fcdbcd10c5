//! `SendLiveMessageUser`.

use muster_core::{
    id::MessageId,
    message::{Body, DEFAULT_MESSAGE_TYPE, Sender},
    service::{OperatorWord, Storage},
};
use muster_gateway::parameter::{ByteText, Long};

use super::{open_app, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// Who is told. The user must be logged in.
    receiver_id: UserId,
    /// Who sends. The sender need not be logged in.
    sender_id: UserId,
    /// What is told of the sender, at most 512 bytes.
    sender_info: Option<ByteText<0, 512>>,
    /// The message, at most 15 KB.
    body: Option<Body>,
    /// Its type, 10001 when not said.
    #[schemars(extend("default" = 10001))]
    msg_type: Option<Long>,
    /// Its id, chosen by the caller; made by the server when not said.
    msg_tid: Option<MessageId>,
    /// Whether it is kept, so that a receiver whose connection drops just then has it after coming back.
    #[serde(default)]
    storage: bool,
    /// Whether the call succeeds only when the receiver has acknowledged the message.
    #[serde(default)]
    high_reliability: bool,
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

pub(crate) struct SendLiveMessageUser;

impl Operation for SendLiveMessageUser {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec("SendLiveMessageUser", "Sends a message to a user.", "向用户发送消息。", Level::Create)
        .example(&[("AppId", "{#AppId}"), ("ReceiverId", "{#UserId}"), ("SenderId", "carl"), ("Body", "hello")])
        .notes(&[
            "A receiver who is not logged in answers ResourceNotExist.",
            "A message with Storage is kept as long as the application's MsgLifeCycle says. Sent again under the same \
             MsgTid, it is told once.",
            "With HighReliability the call fails with ResourceNotExist when the receiver has not acknowledged the message \
             in time (`limits.acknowledgement_millis`), though it may have arrived. A client that acknowledges says so \
             when it connects and calls ackMessage; for others the message counts as acknowledged when it has been \
             written to their connection.",
            "Sent again with HighReliability under the same MsgTid, a kept message is told once more, at no new place.",
            "What the operator says is not moderated.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let app = open_app(call, request.data_center, &request.app_id).await?;
        let word = OperatorWord {
            id: request.msg_tid,
            kind: request.msg_type.map_or(DEFAULT_MESSAGE_TYPE, Long::get),
            body: request.body.unwrap_or_default(),
            sender: Sender { user: request.sender_id, info: request.sender_info.as_deref().map(Into::into) },
            storage: if request.storage { Storage::Stored } else { Storage::Ephemeral },
            acknowledged: request.high_reliability,
        };
        let sent = call.state.muster.messages().announce_to(&app, &request.receiver_id, word).await?;
        Ok(Response { msg_tid: sent.id })
    }
}
