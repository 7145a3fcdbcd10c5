//! `SendMessageToGroupUsers`.

use muster_core::{
    message::{Body, Sender},
    service::MembersMessage,
};
use muster_gateway::parameter::{Int, List};

use super::{Envelope, Sent, open_group, spec};
use crate::{error::Error, prelude::*};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// Its type. Above 10000 it is the application's own.
    r#type: Int,
    /// In whose name. The user need not be in the group.
    operator_user_id: UserId,
    /// Who hears it: 1 to 100 users. Must be said.
    receiver_id_list: Option<List<UserId, 1, 100>>,
    /// The message, at most 15 KB: JSON by custom, and any text.
    data: Body,
    /// Whether it is spared moderation.
    #[serde(default)]
    skip_audit: bool,
}

pub(crate) struct SendMessageToGroupUsers;

impl Operation for SendMessageToGroupUsers {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Sent>;
    const SPEC: Spec = spec("SendMessageToGroupUsers", "Sends a message to some members of a group.", "向群组内部分成员发送消息。", Level::Get)
        .example(&[
            ("AppId", "{#AppId}"),
            ("GroupId", "{#GroupId}"),
            ("Type", "10001"),
            ("OperatorUserId", "{#UserId}"),
            ("ReceiverIdList", "{#UserId}"),
            ("Data", "hello"),
        ])
        .resources(&[wire::DOMAIN, wire::RTC])
        .notes(&[
            "Whoever of ReceiverIdList is not in the group is passed over; when nobody of them is in it, the answer is \
             ResourceNotExist. None at all answers MissingReceiverIdList.",
            "The receivers alone hear it, each in a stream of the user's own that is recovered after a drop. ListMessage \
             does not show it, and it counts among no types. Mutes do not apply.",
            "Unless SkipAudit is true, a message that holds an entry of the application's word list answers InputInvalid.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Sent>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let receivers = request.receiver_id_list.ok_or(Error::Missing("ReceiverIdList"))?.into_vec();
        let message = MembersMessage {
            kind: request.r#type.get(),
            body: request.data,
            sender: Sender { user: request.operator_user_id, info: None },
            moderated: !request.skip_audit,
        };
        let sent = call.state.muster.messages().announce_to_members(&group, &receivers, message).await?;
        Envelope::of(Sent { message_id: sent.id })
    }
}
