//! `ListChatappMessage`.

use muster_core::{
    chat_message::{ChatMessage, Conversation, MessageFilter, MessageStatus},
    id::MessageId,
    time::Millis,
};
use muster_gateway::parameter::{Json, Long};

use crate::{
    content::written,
    error::{Error, OF_MESSAGES},
    prelude::*,
    wire::{Found, Page},
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The business number: digits, country code first.
    business_number: PhoneNumber,
    /// The kind of channel: whatsapp.
    #[expect(dead_code, reason = "checked and documented; there is one kind")]
    channel_type: ChannelType,
    /// The channel.
    cust_space_id: AppId,
    /// Only messages that were taken until then, in milliseconds.
    end_time: Option<Moment>,
    /// Only messages of the business, or only those that people wrote.
    event_action: Option<EventAction>,
    /// Only messages that stand here.
    message_status: Option<Status>,
    /// The page, as JSON text: `{"Index":1,"Size":20}`.
    page: Json<Page>,
    /// Only messages that were taken since then, in milliseconds.
    start_time: Option<Moment>,
    /// Only messages of this template. There are no templates: then no message is listed.
    template_code: Option<String>,
    /// Only messages that this number wrote or alone was sent, or those in this group.
    user_number: Option<String>,
}

/// A time in milliseconds.
type Moment = Long<0, 9_007_199_254_740_991>;

/// Which way a message went.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum EventAction {
    /// From the business.
    Down,
    /// To the business.
    Up,
}

/// Where a message stands.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum Status {
    /// Taken, and not yet sent.
    Accepted,
    /// Sent.
    Sent,
    /// Somebody whom it was for has it.
    Delivered,
    /// Somebody whom it was for has read it.
    Read,
    /// It could not be sent.
    Failed,
    /// Somebody wrote it to the business.
    Received,
}

impl From<Status> for MessageStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Accepted => Self::Accepted,
            Status::Sent => Self::Sent,
            Status::Delivered => Self::Delivered,
            Status::Read => Self::Read,
            Status::Failed => Self::Failed,
            Status::Received => Self::Received,
        }
    }
}

impl From<MessageStatus> for Status {
    fn from(status: MessageStatus) -> Self {
        match status {
            MessageStatus::Accepted => Self::Accepted,
            MessageStatus::Sent => Self::Sent,
            MessageStatus::Delivered => Self::Delivered,
            MessageStatus::Read => Self::Read,
            MessageStatus::Failed => Self::Failed,
            MessageStatus::Received => Self::Received,
        }
    }
}

/// A message.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Row {
    /// The business number.
    business_number: PhoneNumber,
    /// The kind of channel: WHATSAPP.
    channel_type: &'static str,
    /// The message of the same conversation that it answers. Not documented: named as SendChatappMessage names the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    context_message_id: Option<MessageId>,
    /// The conversation: the group, or the number of the person that the business talks with.
    conversation_id: String,
    /// Which way it went.
    event_action: EventAction,
    /// Why it failed, empty when it has not.
    fail_reason: String,
    /// What it says: a text as it is, all else as JSON text with the keys of SendChatappMessage.
    message: String,
    /// Its id.
    message_id: MessageId,
    /// Where it stands.
    message_status: Status,
    /// Its type, as SendChatappMessage has it.
    message_type: &'static str,
    /// When it was taken: milliseconds, as text.
    send_time: String,
    /// What kind of message it is: `message`.
    r#type: &'static str,
    /// Who wrote it, or the person or group that the business wrote to.
    user_number: String,
}

pub(crate) struct ListChatappMessage;

impl Operation for ListChatappMessage {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<Found<Vec<Row>>>;
    const SPEC: Spec = spec("ListChatappMessage", "Lists the messages of a business number.", "查询商家号码的消息列表。", Level::List)
        .example(&[
            ("CustSpaceId", "{#CustSpaceId}"),
            ("BusinessNumber", "{#BusinessNumber}"),
            ("ChannelType", "whatsapp"),
            ("Page", r#"{"Index":1,"Size":20}"#),
        ])
        .errors(OF_MESSAGES)
        .notes(&[
            "The newest message comes first. Messages are kept for 30 days, also those of groups that are gone.",
            "A page holds at most 100 messages; one that holds fewer than it may is the last.",
            "A message in a group has the group as ConversationId; what the business said there has it as UserNumber too.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Found<Vec<Row>>>> {
        let number = open_number(call, &request.cust_space_id, &request.business_number).await?;
        if request.template_code.is_some_and(|code| !code.is_empty()) {
            return Envelope::of(Found::new(Vec::new()));
        }
        let filter = MessageFilter {
            inbound: request.event_action.map(|action| action == EventAction::Up),
            other: request.user_number.as_deref().filter(|text| !text.is_empty()).map(other).transpose()?,
            status: request.message_status.map(Into::into),
            from: request.start_time.map(|at| Millis(at.get())),
            until: request.end_time.map(|at| Millis(at.get())),
        };
        let messages = call.state.muster.chats().messages(&number, filter, request.page.window()).await?;
        Envelope::of(Found::new(messages.into_iter().map(row).collect()))
    }
}

/// A number in digits, or a group.
fn other(text: &str) -> Result<String> {
    let number = PhoneNumber::new(text).map(|number| number.to_string()).ok();
    let other = number.or_else(|| GroupId::new(text).ok().map(|group| group.to_string()));
    other.ok_or_else(|| {
        Error::Invalid("UserNumber", "UserNumber must be a phone number or a group".to_owned())
    })
}

fn row(message: ChatMessage) -> Row {
    let (message_type, text) = written(&message.content);
    let conversation = match &message.conversation {
        Conversation::Group(group) => group.to_string(),
        Conversation::Person(person) => person.to_string(),
    };
    let inbound = message.author.is_person();
    Row {
        user_number: message.person().map_or_else(|| conversation.clone(), ToString::to_string),
        business_number: message.number,
        channel_type: "WHATSAPP",
        context_message_id: message.reply_to,
        conversation_id: conversation,
        event_action: if inbound { EventAction::Up } else { EventAction::Down },
        fail_reason: message.fault.unwrap_or_default(),
        message: text,
        message_id: message.id,
        message_status: message.status.into(),
        message_type,
        send_time: message.at.0.to_string(),
        r#type: "message",
    }
}
