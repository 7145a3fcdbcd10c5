//! `SendMessageToGroup`.

use muster_core::{
    message::{Body, DEFAULT_MESSAGE_TYPE, Sender},
    service::OperatorMessage,
};
use muster_gateway::parameter::Int;

use super::{Envelope, Sent, open_group, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// In whose name. The user need not be in the group.
    operator_user_id: UserId,
    /// Its type, 10001 when not said. Above 10000 it is the application's own.
    #[schemars(extend("default" = 10001))]
    r#type: Option<Int>,
    /// The message, at most 15 KB: JSON by custom, and any text.
    data: Body,
    /// Whether it is spared moderation.
    #[serde(default)]
    skip_audit: bool,
}

pub(crate) struct SendMessageToGroup;

impl Operation for SendMessageToGroup {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Sent>;
    const SPEC: Spec = spec("SendMessageToGroup", "Sends a message to everybody in a group.", "向群组内所有人发送消息。", Level::Get)
        .example(&[
            ("AppId", "{#AppId}"),
            ("GroupId", "{#GroupId}"),
            ("OperatorUserId", "{#UserId}"),
            ("Data", "hello"),
        ])
        .notes(&[
            "It is stored also when nobody is in the group. Mutes do not apply.",
            "Unless SkipAudit is true, a message that holds an entry of the application's word list answers InputInvalid.",
            "A group sees at most 1,000 types, unless the operator of the server says otherwise.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Sent>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let sender = Sender { user: request.operator_user_id, info: None };
        let message = OperatorMessage {
            kind: request.r#type.map_or(DEFAULT_MESSAGE_TYPE, Int::get),
            moderated: !request.skip_audit,
            ..OperatorMessage::of(sender, request.data)
        };
        let sent = call.state.muster.messages().announce(&group, message).await?;
        Envelope::of(Sent { message_id: sent.id })
    }
}
