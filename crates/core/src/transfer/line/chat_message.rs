//! What was said through a business number, as lines.

use serde::{Deserialize, Serialize};

use crate::{
    chat::PhoneNumber,
    chat_message::{Author, ChatMessage, Content, Conversation, MessageStatus},
    id::{AppId, GroupId, MessageId},
    time::Millis,
};

#[derive(Serialize, Deserialize)]
pub(super) struct ChatMessageForm {
    id: MessageId,
    channel: AppId,
    number: PhoneNumber,
    conversation: ConversationForm,
    author: AuthorForm,
    /// JSON in a text: see [`Content::to_form`].
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    status: MessageStatusForm,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<String>,
    at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ConversationForm {
    Group(GroupId),
    Person(PhoneNumber),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AuthorForm {
    Business,
    Person { number: PhoneNumber, name: Option<String> },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MessageStatusForm {
    Accepted,
    Sent,
    Delivered,
    Read,
    Failed,
    Received,
}

impl From<MessageStatus> for MessageStatusForm {
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

impl From<MessageStatusForm> for MessageStatus {
    fn from(form: MessageStatusForm) -> Self {
        match form {
            MessageStatusForm::Accepted => Self::Accepted,
            MessageStatusForm::Sent => Self::Sent,
            MessageStatusForm::Delivered => Self::Delivered,
            MessageStatusForm::Read => Self::Read,
            MessageStatusForm::Failed => Self::Failed,
            MessageStatusForm::Received => Self::Received,
        }
    }
}

impl From<ChatMessage> for ChatMessageForm {
    fn from(message: ChatMessage) -> Self {
        Self {
            id: message.id,
            channel: message.channel,
            number: message.number,
            conversation: match message.conversation {
                Conversation::Group(group) => ConversationForm::Group(group),
                Conversation::Person(person) => ConversationForm::Person(person),
            },
            author: match message.author {
                Author::Business => AuthorForm::Business,
                Author::Person { number, name } => AuthorForm::Person { number, name },
            },
            content: message.content.to_form(),
            reply_to: message.reply_to,
            task: message.task,
            status: message.status.into(),
            fault: message.fault,
            provider_id: message.provider_id,
            at: message.at.0,
        }
    }
}

impl From<ChatMessageForm> for ChatMessage {
    fn from(form: ChatMessageForm) -> Self {
        Self {
            id: form.id,
            channel: form.channel,
            number: form.number,
            conversation: match form.conversation {
                ConversationForm::Group(group) => Conversation::Group(group),
                ConversationForm::Person(person) => Conversation::Person(person),
            },
            author: match form.author {
                AuthorForm::Business => Author::Business,
                AuthorForm::Person { number, name } => Author::Person { number, name },
            },
            content: Content::of_form(&form.content),
            reply_to: form.reply_to,
            task: form.task,
            status: form.status.into(),
            fault: form.fault,
            provider_id: form.provider_id,
            at: Millis(form.at),
        }
    }
}
