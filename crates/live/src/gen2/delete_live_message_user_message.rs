//! `DeleteLiveMessageUserMessage`.

use muster_core::{id::MessageId, message::Sender};
use muster_gateway::parameter::ByteText;

use super::{open_app, spec};
use crate::{error::Error, prelude::*};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The user whom the message was sent to.
    receiver_id: UserId,
    /// The message: the `MsgTid` that sending it answered.
    message_id: MessageId,
    /// Who takes it back. Published as optional, and demanded.
    deleter_id: Option<UserId>,
    /// What is told of who takes it back, at most 512 bytes.
    deleter_info: Option<ByteText<0, 512>>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Response {}

pub(crate) struct DeleteLiveMessageUserMessage;

impl Operation for DeleteLiveMessageUserMessage {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec =
        spec("DeleteLiveMessageUserMessage", "Takes a message to a user back.", "撤回发给用户的消息。", Level::Delete)
            .resources(&[wire::DOMAIN, wire::RTC])
            .example(&[
                ("AppId", "{#AppId}"),
                ("ReceiverId", "{#UserId}"),
                ("MessageId", "c-1-1-0"),
                ("DeleterId", "carl"),
            ])
            .notes(&[
                "A request without DeleterId answers InputInvalid.",
                "The receiver is told; a stored message is gone from the store. A message that does not exist, or that \
                 was sent without Storage, succeeds: a receiver who is online is told once.",
            ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let Some(user) = request.deleter_id else {
            return Err(Error::Input("DeleterId is mandatory".to_owned()));
        };
        let app = open_app(call, request.data_center, &request.app_id).await?;
        let by = Sender { user, info: request.deleter_info.as_deref().map(Into::into) };
        call.state.muster.messages().recall_from(&app, &request.receiver_id, &request.message_id, by).await?;
        Ok(Response {})
    }
}
