//! Receipts on the wire: `ChatAppInbound`, of what people write to a business, and `ChatAppStatus`, of what becomes of what it
//! sent. A receipt is a JSON array of records; here it has one. No signature is documented, so there is none.

use std::time::Duration;

use muster_core::{
    callback::ChatNews,
    chat_message::{Author, ChatMessage, Content, Conversation, Media, MessageStatus},
    id::MessageId,
    outbound::Call,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::content::written;

/// How long a receiver has to answer (documented).
pub(crate) const ANSWER_TIME: Duration = Duration::from_secs(3);
/// The error code of a message that failed: Meta's for what has no code of its own.
pub(crate) const FAILED: &str = "131000";

/// What people write to a business.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Inbound<'a> {
    /// Not documented: the message that it answers, under the name that `SendChatappMessage` has for the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    context_message_id: Option<&'a str>,
    cust_space_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
    from: &'a str,
    /// Not documented: the group that it was written in.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'a str>,
    message: String,
    message_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    notice_type: &'static str,
    timestamp: i64,
    to: &'a str,
    r#type: String,
}

/// What becomes of what a business sent.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Status<'a> {
    cust_space_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<String>,
    from: &'a str,
    /// Not documented: the group that it was sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'a str>,
    message_id: &'a str,
    msg_frame_type: &'static str,
    status: &'static str,
    status_description: &'static str,
    task_id: &'a str,
    timestamp: i64,
    to: &'a str,
    r#type: &'static str,
}

/// The call that tells of `news` at `url`.
///
/// # Errors
/// None that news can cause.
pub fn call(news: &ChatNews, url: &str) -> Result<Call, String> {
    let mut call = Call::post_json(url, body(news)?);
    call.time = Some(ANSWER_TIME);
    Ok(call)
}

/// What is said of `news`.
///
/// # Errors
/// None that news can cause.
pub fn body(news: &ChatNews) -> Result<Vec<u8>, String> {
    let record = match &news.message.author {
        Author::Person { number, name } => {
            serde_json::to_vec(&[inbound(news, number.as_str(), name.as_deref())])
        }
        Author::Business => serde_json::to_vec(&[status(news)]),
    };
    record.map_err(|error| error.to_string())
}

fn inbound<'a>(news: &'a ChatNews, from: &'a str, name: Option<&'a str>) -> Inbound<'a> {
    let message = &news.message;
    let (kind, text) = said(message);
    Inbound {
        context_message_id: message.reply_to.as_ref().map(MessageId::as_str),
        cust_space_id: message.channel.as_str(),
        display_name: name,
        from,
        group_id: message.group().map(|group| group.as_str()),
        message: text,
        message_id: message.id.as_str(),
        name,
        notice_type: "inbound",
        timestamp: message.at.0,
        to: message.number.as_str(),
        r#type: kind,
    }
}

/// The type of what people write, and what it says: a text as it is, a file as JSON text of where it is.
fn said(message: &ChatMessage) -> (String, String) {
    let (kind, text) = written(&message.content);
    let file = |url: &str, caption: &Option<String>, name: &Option<String>| {
        let mut file = json!({ "id": message.id.as_str(), "url": url });
        for (key, value) in [("caption", caption), ("filename", name)] {
            if let Some(value) = value {
                file[key] = Value::from(value.as_str());
            }
        }
        file.to_string()
    };
    let text = match &message.content {
        Content::Image(Media { link, caption }) | Content::Video(Media { link, caption }) => {
            file(link, caption, &None)
        }
        Content::Audio { link } | Content::Sticker { link } => file(link, &None, &None),
        Content::Document { link, name, caption } => file(link, caption, name),
        _ => text,
    };
    (kind.to_uppercase(), text)
}

fn status(news: &ChatNews) -> Status<'_> {
    let message = &news.message;
    let to = match &message.conversation {
        Conversation::Group(group) => group.as_str(),
        Conversation::Person(person) => person.as_str(),
    };
    let status = match message.status {
        MessageStatus::Accepted | MessageStatus::Received | MessageStatus::Sent => "Sent",
        MessageStatus::Delivered => "Delivered",
        MessageStatus::Read => "Read",
        MessageStatus::Failed => "Failed",
    };
    let failed = message.status == MessageStatus::Failed;
    let why = || format!("{FAILED}:{}", message.fault.as_deref().unwrap_or("unknown"));
    Status {
        cust_space_id: message.channel.as_str(),
        error_code: failed.then_some(FAILED),
        error_description: failed.then(why),
        from: message.number.as_str(),
        group_id: message.group().map(|group| group.as_str()),
        message_id: message.id.as_str(),
        msg_frame_type: "message",
        status,
        status_description: status,
        task_id: message.task.as_deref().unwrap_or(message.id.as_str()),
        timestamp: news.at.0,
        to,
        r#type: written(&message.content).0,
    }
}

#[cfg(test)]
mod tests {
    use muster_core::{
        chat::PhoneNumber,
        id::{AppId, GroupId},
        time::Millis,
    };

    use super::*;

    fn phone(digits: &str) -> PhoneNumber {
        PhoneNumber::new(digits).unwrap()
    }

    fn news(author: Author, conversation: Conversation, content: Content, status: MessageStatus) -> ChatNews {
        let message = ChatMessage {
            id: MessageId::new("m").unwrap(),
            channel: AppId::new("cams-1").unwrap(),
            number: phone("8613800138000"),
            conversation,
            author,
            content,
            reply_to: None,
            task: None,
            status,
            fault: None,
            provider_id: None,
            at: Millis(1_700_000_000_000),
        };
        ChatNews { message, at: Millis(1_700_000_000_500) }
    }

    fn told(news: &ChatNews) -> Value {
        let call = call(news, "https://shop.example.com/up").unwrap();
        assert_eq!(call.time, Some(ANSWER_TIME));
        serde_json::from_slice(&call.body).unwrap()
    }

    fn ann() -> Author {
        Author::Person { number: phone("491600000001"), name: Some("Ann".to_owned()) }
    }

    fn group() -> Conversation {
        Conversation::Group(GroupId::new("E1").unwrap())
    }

    #[test]
    fn what_people_write_has_the_documented_form() {
        let text = Content::Text("hello".to_owned());
        let said = news(ann(), group(), text, MessageStatus::Received);
        let expected = json!([{
            "CustSpaceId": "cams-1", "DisplayName": "Ann", "From": "491600000001", "GroupId": "E1", "Message": "hello",
            "MessageId": "m", "Name": "Ann", "NoticeType": "inbound", "Timestamp": 1_700_000_000_000_i64,
            "To": "8613800138000", "Type": "TEXT",
        }]);
        assert_eq!(told(&said), expected);
        let mut answer = said;
        answer.message.reply_to = Some(MessageId::new("before").unwrap());
        let record = &told(&answer)[0];
        assert_eq!((&record["Type"], &record["ContextMessageId"]), (&json!("TEXT"), &json!("before")));
        let link = "https://a/b.pdf".to_owned();
        let file = Content::Document { link, name: Some("b.pdf".to_owned()), caption: None };
        let record = &told(&news(ann(), group(), file, MessageStatus::Received))[0];
        assert_eq!(record["Type"], "DOCUMENT");
        let message: Value = serde_json::from_str(record["Message"].as_str().unwrap()).unwrap();
        assert_eq!(message, json!({ "id": "m", "url": "https://a/b.pdf", "filename": "b.pdf" }));
    }

    #[test]
    fn what_becomes_of_a_message_has_the_documented_form() {
        let text = || Content::Text("hello".to_owned());
        let person = Conversation::Person(phone("491600000001"));
        let mut sent = news(Author::Business, person, text(), MessageStatus::Sent);
        let expected = json!([{
            "CustSpaceId": "cams-1", "From": "8613800138000", "MessageId": "m", "MsgFrameType": "message",
            "Status": "Sent", "StatusDescription": "Sent", "TaskId": "m", "Timestamp": 1_700_000_000_500_i64,
            "To": "491600000001", "Type": "text",
        }]);
        assert_eq!(told(&sent), expected);
        sent.message.task = Some("t".to_owned());
        assert_eq!(told(&sent)[0]["TaskId"], "t");
        let mut failed = news(Author::Business, group(), text(), MessageStatus::Failed);
        failed.message.fault = Some("nobody".to_owned());
        let record = &told(&failed)[0];
        assert_eq!(
            (&record["To"], &record["GroupId"], &record["Status"]),
            (&json!("E1"), &json!("E1"), &json!("Failed"))
        );
        assert_eq!(
            (&record["ErrorCode"], &record["ErrorDescription"]),
            (&json!("131000"), &json!("131000:nobody"))
        );
        for (status, name) in [(MessageStatus::Delivered, "Delivered"), (MessageStatus::Read, "Read")] {
            assert_eq!(told(&news(Author::Business, group(), text(), status))[0]["Status"], name);
        }
    }
}
