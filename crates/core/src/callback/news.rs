//! What a business is told of its conversations at the addresses of its numbers.

use serde::{Deserialize, Serialize};

use crate::{
    chat::{PhoneNumber, Webhook},
    chat_message::{Author, ChatMessage, Content, Conversation, MessageStatus},
    id::{AppId, GroupId, MessageId},
    time::Millis,
};

/// Somebody has written a message to a business, or a message of the business's has come to stand where it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatNews {
    /// The message as it stood then.
    pub message: ChatMessage,
    /// When it was written, or came to stand there.
    pub at: Millis,
}

impl ChatNews {
    /// Where it is told: nowhere when the number names no address for it, and of a message that nobody has sent yet.
    #[must_use]
    pub fn address<'a>(&self, webhook: &'a Webhook) -> Option<&'a str> {
        match self.message.status {
            MessageStatus::Accepted => None,
            MessageStatus::Received => webhook.of_inbound(),
            MessageStatus::Sent | MessageStatus::Delivered | MessageStatus::Read | MessageStatus::Failed => {
                webhook.of_statuses()
            }
        }
    }

    /// The name of the lane in which it is told: that of its conversation.
    pub(super) fn lane(&self) -> String {
        match &self.message.conversation {
            Conversation::Group(group) => format!("g:{group}"),
            Conversation::Person(person) => format!("n:{}:{person}", self.message.number),
        }
    }
}

/// How news stands in rows.
#[derive(Serialize, Deserialize)]
pub(super) struct NewsForm {
    id: MessageId,
    channel: AppId,
    number: PhoneNumber,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    group: Option<GroupId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    person: Option<PhoneNumber>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    author: Option<AuthorForm>,
    content: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    reply_to: Option<MessageId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    task: Option<String>,
    status: StatusForm,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    provider_id: Option<String>,
    taken_at: i64,
    at: i64,
}

#[derive(Serialize, Deserialize)]
struct AuthorForm {
    number: PhoneNumber,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    name: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatusForm {
    Accepted,
    Sent,
    Delivered,
    Read,
    Failed,
    Received,
}

impl From<MessageStatus> for StatusForm {
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

impl From<StatusForm> for MessageStatus {
    fn from(status: StatusForm) -> Self {
        match status {
            StatusForm::Accepted => Self::Accepted,
            StatusForm::Sent => Self::Sent,
            StatusForm::Delivered => Self::Delivered,
            StatusForm::Read => Self::Read,
            StatusForm::Failed => Self::Failed,
            StatusForm::Received => Self::Received,
        }
    }
}

impl From<&ChatNews> for NewsForm {
    fn from(ChatNews { message, at }: &ChatNews) -> Self {
        let (group, person) = match message.conversation.clone() {
            Conversation::Group(group) => (Some(group), None),
            Conversation::Person(person) => (None, Some(person)),
        };
        let author = match message.author.clone() {
            Author::Business => None,
            Author::Person { number, name } => Some(AuthorForm { number, name }),
        };
        Self {
            id: message.id.clone(),
            channel: message.channel.clone(),
            number: message.number.clone(),
            group,
            person,
            author,
            content: message.content.to_form(),
            reply_to: message.reply_to.clone(),
            task: message.task.clone(),
            status: message.status.into(),
            fault: message.fault.clone(),
            provider_id: message.provider_id.clone(),
            taken_at: message.at.0,
            at: at.0,
        }
    }
}

impl NewsForm {
    /// What it says; `None` when it is of no conversation.
    pub(super) fn read(self) -> Option<ChatNews> {
        let conversation = match (self.group, self.person) {
            (Some(group), _) => Conversation::Group(group),
            (None, Some(person)) => Conversation::Person(person),
            (None, None) => return None,
        };
        let author = self
            .author
            .map_or(Author::Business, |AuthorForm { number, name }| Author::Person { number, name });
        let message = ChatMessage {
            id: self.id,
            channel: self.channel,
            number: self.number,
            conversation,
            author,
            content: Content::of_form(&self.content),
            reply_to: self.reply_to,
            task: self.task,
            status: self.status.into(),
            fault: self.fault,
            provider_id: self.provider_id,
            at: Millis(self.taken_at),
        };
        Some(ChatNews { message, at: Millis(self.at) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callback::CallbackEvent;

    fn news(conversation: Conversation, author: Author, status: MessageStatus) -> ChatNews {
        let message = ChatMessage {
            id: MessageId::new("m").unwrap(),
            channel: AppId::new("c").unwrap(),
            number: PhoneNumber::new("8613800138000").unwrap(),
            conversation,
            author,
            content: Content::Text("hi".to_owned()),
            reply_to: None,
            task: None,
            status,
            fault: None,
            provider_id: None,
            at: Millis(1),
        };
        ChatNews { message, at: Millis(2) }
    }

    fn person() -> PhoneNumber {
        PhoneNumber::new("491600000001").unwrap()
    }

    #[test]
    fn news_is_read_as_it_was_written_and_rows_are_read_for_ever() {
        let group = || Conversation::Group(GroupId::new("g").unwrap());
        let author = Author::Person { number: person(), name: Some("Ann".to_owned()) };
        let said = news(group(), author, MessageStatus::Received);
        let mut failed = news(Conversation::Person(person()), Author::Business, MessageStatus::Failed);
        failed.message.fault = Some("gone".to_owned());
        failed.message.task = Some("t".to_owned());
        for (news, lane) in [(said.clone(), "g:g"), (failed, "n:8613800138000:491600000001")] {
            let event = CallbackEvent::News(Box::new(news));
            assert_eq!(event.lane(), lane);
            assert_eq!(CallbackEvent::of_form(&event.to_form().unwrap()), Some(event));
        }
        let row = r#"{"event":"news","id":"m","channel":"c","number":"8613800138000","group":"g",
            "author":{"number":"491600000001","name":"Ann"},"content":"{\"kind\":\"text\",\"text\":\"hi\"}",
            "status":"received","taken_at":1,"at":2}"#;
        assert_eq!(CallbackEvent::of_form(row), Some(CallbackEvent::News(Box::new(said))));
    }

    #[test]
    fn what_people_write_and_what_becomes_of_messages_have_addresses_of_their_own() {
        let webhook = Webhook {
            status_url: "http://s/".to_owned(),
            inbound_url: "http://u/".to_owned(),
            silent: false,
        };
        let of = |status| news(Conversation::Person(person()), Author::Business, status);
        use MessageStatus as S;
        for (status, address) in [
            (S::Accepted, None),
            (S::Sent, Some("http://s/")),
            (S::Delivered, Some("http://s/")),
            (S::Read, Some("http://s/")),
            (S::Failed, Some("http://s/")),
            (S::Received, Some("http://u/")),
        ] {
            assert_eq!(of(status).address(&webhook), address, "{status:?}");
            assert_eq!(of(status).address(&Webhook { silent: true, ..webhook.clone() }), None);
            assert_eq!(of(status).address(&Webhook::default()), None);
        }
    }
}
