//! What a business says, and how it is listed.

use std::time::Duration;

use muster_core::{
    callback::{CallbackEvent, UnderWay},
    channel::{ChannelEvent, MessageName, MessageReport},
    chat::PhoneNumber,
    chat_message::{Content, MessageStatus},
    id::{AppId, GroupId, GroupRef, MessageId},
    service::OutboxBounds,
};
use serde_json::{Value, json};

use crate::{House, NUMBER, active_group, call, cams, new_channel, rules::failed};

const ANN: &str = "491600000001";

/// Parameters, with others in the place of those of the same name. One without a name is none.
fn overridden<'a>(common: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = common.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    kept.chain(more.iter().filter(|(name, _)| !name.is_empty())).copied().collect()
}

/// The answer to a message of [`NUMBER`].
async fn answer(
    house: &House,
    channel: &str,
    to: &str,
    kind: &str,
    content: &str,
    more: &[(&str, &str)],
) -> Value {
    let recipient = if to.starts_with('E') { "group" } else { "individual" };
    let common = [
        ("CustSpaceId", channel),
        ("ChannelType", "whatsapp"),
        ("From", NUMBER),
        ("To", to),
        ("RecipientType", recipient),
        ("Type", "message"),
        ("MessageType", kind),
        ("Content", content),
    ];
    house.call("SendChatappMessage", &overridden(&common, more)).await.ok()
}

/// The id of a message that was taken.
pub(crate) async fn sent(house: &House, channel: &str, to: &str, kind: &str, content: &str) -> String {
    let answer = answer(house, channel, to, kind, content, &[]).await;
    assert_eq!((&answer["Code"], answer.get("Success")), (&json!("OK"), None), "{answer}");
    answer["MessageId"].as_str().expect("an id").to_owned()
}

async fn listed(house: &House, channel: &str, more: &[(&str, &str)]) -> Vec<Value> {
    let common = [("ChannelType", "whatsapp"), ("Page", r#"{"Index":1,"Size":20}"#)];
    let mut answer = call(house, channel, "ListChatappMessage", &overridden(&common, more)).await;
    assert_eq!((&answer["Code"], &answer["Success"]), (&json!("OK"), &json!(true)), "{answer}");
    serde_json::from_value(answer["Data"].take()).expect("a bare list")
}

/// Somebody writes in a group.
async fn write(house: &House, channel: &str, group: &str, text: &str) {
    answer_to(house, channel, group, text, None).await;
}

/// Somebody writes in a group, perhaps in answer to a message.
async fn answer_to(house: &House, channel: &str, group: &str, text: &str, reply_to: Option<MessageName>) {
    let at = GroupRef::new(AppId::new(channel).expect("an id"), GroupId::new(group).expect("an id"));
    let said = ChannelEvent::Said {
        number: PhoneNumber::new(ANN).expect("a number"),
        name: Some("Ann".into()),
        content: Content::Text(text.into()),
        reply_to,
        provider_id: None,
    };
    assert!(house.muster.chats().hear(&at, said).await.expect("heard"));
}

#[tokio::test]
async fn what_answers_a_message_of_its_group_says_so_and_nothing_is_lost_for_one_that_is_unknown() {
    let (house, channel) = cams().await;
    let group = active_group(&house, &channel, "team").await;
    let other = active_group(&house, &channel, "other").await;
    let asked = sent(&house, &channel, &group, "text", r#"{"text":"at ten?"}"#).await;
    let elsewhere = sent(&house, &channel, &other, "text", r#"{"text":"hello"}"#).await;
    let ours = |id: &str| Some(MessageName::Ours(MessageId::new(id).expect("an id")));
    answer_to(&house, &channel, &group, "yes", ours(&asked)).await;
    answer_to(&house, &channel, &group, "of another group", ours(&elsewhere)).await;
    let unknown = Some(MessageName::Provided("wamid.none".into()));
    answer_to(&house, &channel, &group, "of long ago", unknown).await;
    answer(&house, &channel, &group, "text", r#"{"text":"fine"}"#, &[("ContextMessageId", &asked)]).await;
    let rows = listed(&house, &channel, &[("UserNumber", &group)]).await;
    let told = |row: &Value| (row["Message"].clone(), row.get("ContextMessageId").cloned());
    let found: Vec<_> = rows.iter().rev().map(told).collect();
    let expected = [
        (json!("at ten?"), None),
        (json!("yes"), Some(json!(asked))),
        (json!("of another group"), None),
        (json!("of long ago"), None),
        (json!("fine"), Some(json!(asked))),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_message_of_each_type_is_taken_for_a_group_and_listed_as_it_was_said() {
    let (house, channel) = cams().await;
    let group = active_group(&house, &channel, "team").await;
    let first = sent(&house, &channel, &group, "text", r#"{"text":"hello"}"#).await;
    let about = |rest: &str| format!(r#"{{"messageId":"{first}"{rest}}}"#);
    let link = r#"{"link":"https://example.com/a"}"#;
    let all = [
        ("image", r#"{"caption":"c","link":"https://example.com/a"}"#.to_owned()),
        ("video", link.to_owned()),
        ("audio", link.to_owned()),
        ("document", r#"{"fileName":"a.pdf","link":"https://example.com/a"}"#.to_owned()),
        ("location", r#"{"latitude":"47.3","longitude":"8.5"}"#.to_owned()),
        ("contacts", r#"[{"name":{"formatted_name":"Ann"}}]"#.to_owned()),
        ("sticker", link.to_owned()),
        ("reaction", about(r#","emoji":"👍""#)),
        ("pin", about(r#","expirationDays":3,"type":"pin""#)),
    ];
    for (kind, content) in &all {
        sent(&house, &channel, &group, kind, content).await;
    }
    let rows = listed(&house, &channel, &[]).await;
    let oldest = json!({
        "BusinessNumber": NUMBER, "ChannelType": "WHATSAPP", "ConversationId": group, "EventAction": "DOWN",
        "FailReason": "", "Message": "hello", "MessageId": first, "MessageStatus": "Sent", "MessageType": "text",
        "SendTime": rows[0]["SendTime"], "Type": "message", "UserNumber": group,
    });
    assert_eq!(rows.last(), Some(&oldest));
    let told = |row: &Value| {
        let content: Value = serde_json::from_str(row["Message"].as_str().expect("a text")).expect("JSON");
        (row["MessageType"].as_str().expect("a type").to_owned(), content)
    };
    let found: Vec<_> = rows.iter().rev().skip(1).map(told).collect();
    let expected: Vec<_> = all
        .iter()
        .map(|(kind, content)| ((*kind).to_owned(), serde_json::from_str::<Value>(content).expect("JSON")))
        .collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_told_by_its_code() {
    let (house, channel) = cams().await;
    let group = active_group(&house, &channel, "team").await;
    let other = active_group(&house, &channel, "other").await;
    let elsewhere = sent(&house, &channel, &other, "text", r#"{"text":"hello"}"#).await;
    let about = format!(r#"{{"messageId":"{elsewhere}","emoji":"x"}}"#);
    let (text, long) = (r#"{"text":"hello"}"#, format!(r#"{{"text":"{}"}}"#, "群".repeat(4_097)));
    for (to, kind, content, more, code) in [
        (&*group, "interactive", text, ("", ""), "MessageTypeNotSupport"),
        (&*group, "text", "", ("", ""), "ContentNotEmpty"),
        (&*group, "text", "hello", ("", ""), "ContentError"),
        (&*group, "text", "{}", ("", ""), "TextNotEmpty"),
        (&*group, "text", &*long, ("", ""), "ContentError"),
        (&*group, "image", "{}", ("", ""), "LinkNotEmpty"),
        (&*group, "reaction", &*about, ("", ""), "MessageNotExist"),
        (&*group, "text", text, ("ContextMessageId", &*elsewhere), "MessageNotExist"),
        (ANN, "pin", &*about, ("", ""), "MessageTypeNotSupport"),
        ("hello", "text", text, ("", ""), "ToOnlyNumeric"),
        ("Enone", "text", text, ("", ""), "GroupNotExist"),
        (&*group, "text", text, ("From", "hello"), "FromOnlyNumeric"),
        (&*group, "text", text, ("From", "8613800138009"), "PhoneNumberError"),
        (&*group, "text", text, ("Type", "template"), "TypeInvalid"),
        (&*group, "text", text, ("RecipientType", "userId"), "RecipientTypeInvalid"),
        (&*group, "text", text, ("ChannelType", "viber"), "ChannelTypeNotSupport"),
    ] {
        let body = answer(&house, &channel, to, kind, content, &[more]).await;
        assert_eq!(body["Code"], format!("InvalidParameter.{code}"), "{to} {kind} {content}: {body}");
    }
    assert_eq!(listed(&house, &channel, &[]).await.len(), 1, "nothing else was kept");
}

#[tokio::test]
async fn the_channel_of_a_message_is_that_of_its_number_where_it_is_not_said() {
    let (house, _) = cams().await;
    let to_ann = [
        ("ChannelType", "whatsapp"),
        ("From", "+86 138 0013 8000"),
        ("To", ANN),
        ("Type", "message"),
        ("MessageType", "text"),
        ("Content", r#"{"text":"hello"}"#),
    ];
    assert_eq!(house.call("SendChatappMessage", &to_ann).await.ok()["Code"], "OK");
    let unbound = [to_ann[0], ("From", "8613800138009"), to_ann[2], to_ann[3], to_ann[4], to_ann[5]];
    let body = house.call("SendChatappMessage", &unbound).await.ok();
    assert_eq!(body["Code"], "InvalidParameter.PhoneNumberError");
}

#[tokio::test]
async fn messages_are_listed_by_way_time_status_and_other_side() {
    let (house, channel) = cams().await;
    let other = new_channel(&house, "8613800138001").await;
    let group = active_group(&house, &channel, "team").await;
    let begun = house.muster.now().0;
    sent(&house, &channel, &group, "text", r#"{"text":"one"}"#).await;
    house.clock.advance(1_000);
    write(&house, &channel, &group, "two").await;
    house.clock.advance(1_000);
    sent(&house, &channel, "+49 160 0000002", "text", r#"{"text":"three"}"#).await;
    let texts = async |more: &[(&str, &str)]| {
        let rows = listed(&house, &channel, more).await;
        rows.iter().map(|row| row["Message"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&[]).await, ["three", "two", "one"]);
    assert_eq!(texts(&[("EventAction", "UP")]).await, ["two"]);
    assert_eq!(texts(&[("EventAction", "DOWN")]).await, ["three", "one"]);
    assert_eq!(texts(&[("UserNumber", &group)]).await, ["two", "one"]);
    assert_eq!(texts(&[("UserNumber", "+49 160 0000001")]).await, ["two"]);
    assert_eq!(texts(&[("MessageStatus", "Received")]).await, ["two"]);
    assert_eq!(texts(&[("TemplateCode", "744c4b5c79c9432497a075bdfca3****")]).await, [""; 0]);
    let (from, until) = ((begun + 1_000).to_string(), (begun + 1_999).to_string());
    assert_eq!(texts(&[("StartTime", &from), ("EndTime", &until)]).await, ["two"]);
    assert_eq!(texts(&[("Page", r#"{"Index":2,"Size":2}"#)]).await, ["one"]);
    let inbound = listed(&house, &channel, &[("EventAction", "UP")]).await;
    assert_eq!(
        (&inbound[0]["UserNumber"], &inbound[0]["ConversationId"], &inbound[0]["MessageStatus"]),
        (&json!(ANN), &json!(group), &json!("Received"))
    );
    let body = call(
        &house,
        &other,
        "ListChatappMessage",
        &[("ChannelType", "whatsapp"), ("Page", r#"{"Index":1,"Size":20}"#)],
    );
    failed(&body.await, "InvalidParameter.PhoneNumberError");
}

#[tokio::test]
async fn a_channel_reports_what_becomes_of_a_message() {
    let (house, channel) = cams().await;
    let id = sent(&house, &channel, ANN, "text", r#"{"text":"hello"}"#).await;
    let at = AppId::new(&channel).expect("an id");
    let report = async |status, fault: Option<&str>| {
        let message = MessageName::Ours(MessageId::new(&id).expect("an id"));
        let report = MessageReport { message, status, fault: fault.map(str::to_owned) };
        house.muster.chats().hear_of(&at, report).await.expect("heard")
    };
    let stands = async || listed(&house, &channel, &[]).await[0]["MessageStatus"].clone();
    assert!(report(MessageStatus::Read, None).await, "a step may be passed over");
    assert!(!report(MessageStatus::Delivered, None).await, "and none is gone back");
    assert!(!report(MessageStatus::Failed, Some("why")).await);
    assert_eq!(stands().await, "Read");
}

pub(crate) const STATUSES: &str = "https://shop.example.com/status";
const INBOUND: &str = "https://shop.example.com/up";

/// Says where a business is told of what happens at [`NUMBER`].
pub(crate) async fn webhook(house: &House, channel: &str, more: &[(&str, &str)]) {
    let at = [("CustSpaceId", channel), ("PhoneNumber", NUMBER)];
    let answer = house.call("UpdatePhoneWebhook", &[&at[..], more].concat()).await.ok();
    assert_eq!(answer["Code"], "OK", "{answer}");
}

/// Takes all receipts that are owed, in their order: where each is sent, and its record.
pub(crate) async fn receipts(house: &House) -> Vec<(String, Value)> {
    let bounds = OutboxBounds {
        per_app: 8,
        lease: Duration::from_secs(60),
        tried_for: Duration::from_secs(60),
        owed_per_app: 1_000,
        dead_per_app: 1_000,
    };
    let (outbox, mut told) = (house.muster.outbox(), Vec::new());
    loop {
        let due = outbox.take(&UnderWay::new(), bounds).await.expect("callbacks");
        if due.is_empty() {
            return told;
        }
        for due in due {
            assert!(due.key.is_none(), "no signature is documented");
            let body = match &due.event {
                CallbackEvent::News(news) => muster_cams::callback::body(news),
                CallbackEvent::ChatGroup(news) => muster_cams::group_callback::body(&due.call.id, news),
                other => panic!("{other:?}"),
            };
            let body = body.expect("a body");
            let records: Vec<Value> = serde_json::from_slice(&body).expect("an array");
            told.extend(records.into_iter().map(|record| (due.url.clone(), record)));
            outbox.settle(&due.call, Ok(()), bounds).await.expect("settled");
        }
    }
}

#[tokio::test]
async fn a_business_is_owed_receipts_of_what_it_sends_and_of_what_people_write() {
    let (house, channel) = cams().await;
    let group = active_group(&house, &channel, "team").await;
    sent(&house, &channel, &group, "text", r#"{"text":"unheard"}"#).await;
    write(&house, &channel, &group, "unheard").await;
    assert!(receipts(&house).await.is_empty(), "no address was said");
    webhook(&house, &channel, &[("StatusCallbackUrl", STATUSES), ("UpCallbackUrl", INBOUND)]).await;
    let id = sent(&house, &channel, &group, "text", r#"{"text":"hello"}"#).await;
    write(&house, &channel, &group, "hello too").await;
    let told = receipts(&house).await;
    let [(status_url, status), (inbound_url, inbound)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((status_url.as_str(), inbound_url.as_str()), (STATUSES, INBOUND));
    assert_eq!(
        (&status["MessageId"], &status["Status"], &status["To"]),
        (&json!(id), &json!("Sent"), &json!(group))
    );
    assert_eq!((&inbound["From"], &inbound["To"]), (&json!(ANN), &json!(NUMBER)));
    assert_eq!((&inbound["Message"], &inbound["GroupId"]), (&json!("hello too"), &json!(group)));
}

#[tokio::test]
pub(crate) async fn receipts_go_where_the_number_says_now_and_nowhere_once_pushes_are_off() {
    let (house, channel) = cams().await;
    webhook(&house, &channel, &[("StatusCallbackUrl", "https://old.example.com/")]).await;
    sent(&house, &channel, ANN, "text", r#"{"text":"one"}"#).await;
    webhook(&house, &channel, &[("StatusCallbackUrl", STATUSES)]).await;
    let told = receipts(&house).await;
    assert_eq!(told.iter().map(|(url, _)| url.as_str()).collect::<Vec<_>>(), [STATUSES]);
    sent(&house, &channel, ANN, "text", r#"{"text":"two"}"#).await;
    webhook(&house, &channel, &[("HttpFlag", "N")]).await;
    sent(&house, &channel, ANN, "text", r#"{"text":"three"}"#).await;
    assert!(receipts(&house).await.is_empty());
    webhook(&house, &channel, &[("HttpFlag", "Y")]).await;
    assert!(receipts(&house).await.is_empty(), "what was owed by then is told nowhere");
    let id = sent(&house, &channel, ANN, "text", r#"{"text":"four"}"#).await;
    assert_eq!(receipts(&house).await[0].1["MessageId"], json!(id));
}
