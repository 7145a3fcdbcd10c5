//! `SendChatappMessage`.

use muster_core::{
    id::MessageId,
    service::{NewChatMessage, OpenNumber, Recipient},
};
use muster_gateway::parameter::Text;

use crate::{
    content::{MessageType, parsed},
    error::{Code, Error, OF_SENDING},
    prelude::*,
    wire::account,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The kind of channel: whatsapp.
    #[expect(dead_code, reason = "checked and documented; there is one kind")]
    channel_type: ChannelType,
    /// What the message says, as JSON text; which keys it has depends on `MessageType`.
    content: Option<String>,
    /// The message of the same conversation that it answers.
    context_message_id: Option<MessageId>,
    /// The channel. Without it, that of the business number.
    cust_space_id: Option<AppId>,
    /// The business number that sends: digits, country code first.
    from: PhoneNumber,
    /// The type of the message.
    message_type: Option<MessageType>,
    /// Whom it is for.
    #[serde(default)]
    recipient_type: RecipientType,
    /// What the caller calls the work that the message is sent for, at most 64 characters. Callbacks tell it.
    task_id: Option<Text<0, 64>>,
    /// The group, or the receiver's number.
    to: String,
    /// What kind of message it is: `message`.
    #[expect(dead_code, reason = "checked and documented; there is one kind")]
    #[serde(rename = "Type")]
    kind: Kind,
}

/// What kind of message is sent.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// One whose content is given.
    Message,
}

/// Whom a message is for.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum RecipientType {
    /// One person, by number.
    #[default]
    Individual,
    /// Everybody in a group.
    Group,
}

/// A message was taken. The answer has no `Success`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Taken {
    /// `OK`.
    code: &'static str,
    /// The message's id.
    message_id: MessageId,
}

pub(crate) struct SendChatappMessage;

impl Operation for SendChatappMessage {
    type Product = Cams;
    type Request = Request;
    type Response = Taken;
    const SPEC: Spec =
        spec("SendChatappMessage", "Sends a message to a group or to one person.", "向客户群或个人发送消息。", Level::Create)
            .example(&[
                ("CustSpaceId", "{#CustSpaceId}"),
                ("ChannelType", "whatsapp"),
                ("From", "{#BusinessNumber}"),
                ("To", "{#GroupId}"),
                ("RecipientType", "group"),
                ("Type", "message"),
                ("MessageType", "text"),
                ("Content", r#"{"text":"The market opens at ten."}"#),
            ])
            .quota(250)
            .errors(OF_SENDING)
            .notes(&[
                "A message to a group needs a group that is ACTIVE or UPDATING. Everybody in it reads it in the group's \
                 room, behind its invite link.",
                "A message to one person is read in the rooms of all groups of the number that the person is in.",
                "A message is Sent once it is taken, and Delivered once somebody whom it is for has it. The local channel \
                 reports nothing as Read, and knows no window of 24 hours: a business may write at any time.",
                "There are no templates: Type is message.",
                "A text has at most cams.message_characters characters.",
            ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Taken> {
        let empty = |code, name: &str| Error::Coded(code, format!("{name} must not be empty"));
        let kind = request.message_type.ok_or_else(|| empty(Code::MessageTypeNotEmpty, "MessageType"))?;
        let content = request.content.filter(|content| !content.trim().is_empty());
        let content = content.ok_or_else(|| empty(Code::ContentNotEmpty, "Content"))?;
        let content = parsed(kind, &content)?;
        let number = match &request.cust_space_id {
            Some(channel) => open_number(call, channel, &request.from).await?,
            None => call.state.muster.chats().number_of(&account(call)?, &request.from).await?,
        };
        let to = recipient(call, &number, request.recipient_type, &request.to).await?;
        let task = request.task_id.map(Text::into_string).filter(|task| !task.is_empty());
        let new = NewChatMessage { to, content, reply_to: request.context_message_id, task };
        let message = call.state.muster.chats().send(&number, new).await?;
        Ok(Taken { code: "OK", message_id: message.id })
    }
}

async fn recipient(call: &Call<'_>, number: &OpenNumber, kind: RecipientType, to: &str) -> Result<Recipient> {
    match kind {
        RecipientType::Individual => match PhoneNumber::new(to) {
            Ok(person) => Ok(Recipient::Person(person)),
            Err(rule) => Err(Error::Coded(Code::ToOnlyNumeric, format!("To {rule}"))),
        },
        RecipientType::Group => {
            let id =
                GroupId::new(to).map_err(|rule| Error::Coded(Code::GroupNotExist, format!("To {rule}")))?;
            Ok(Recipient::Group(Box::new(call.state.muster.chats().group(number, &id).await?)))
        }
    }
}
