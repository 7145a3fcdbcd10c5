//! Many messages of one client at once: their order, their answers, and what comes between them.

use std::time::Duration;

use muster_realtime::RealtimeConfig;
use serde_json::{Value, json};

use crate::support::{Client, SLOW, Server, quick, talk_to_two_groups};

/// The commands of one frame, each with its id from `first` on.
fn frame(first: u32, commands: &[Value]) -> String {
    let with_id = |(id, command): (u32, &Value)| {
        let mut command = command.clone();
        command["id"] = id.into();
        command.to_string()
    };
    (first..).zip(commands).map(with_id).collect::<Vec<_>>().join("\n")
}

fn publish(group: &str, text: &str) -> Value {
    json!({ "publish": { "channel": format!("g:{group}"), "data": text } })
}

/// The ids of answers, and the texts of messages, in the order in which they come within a moment.
async fn answers_and_texts(client: &mut Client) -> (Vec<u64>, Vec<String>) {
    let (mut answers, mut texts) = (Vec::new(), Vec::new());
    for message in client.within(Duration::from_secs(1)).await {
        let data = &message["push"]["pub"]["data"];
        if let Some(id) = message["id"].as_u64() {
            assert!(message["error"].is_null(), "{message}");
            answers.push(id);
        } else if data["event"] == "recvgroupmessage" {
            texts.push(data["data"].as_str().unwrap().to_owned());
        }
    }
    (answers, texts)
}

#[tokio::test(start_paused = true)]
async fn thousands_of_messages_to_two_groups_keep_the_order_of_each_in_memory() {
    let config = RealtimeConfig { messages_per_client: 0, queue_bytes: 1 << 26, ..quick() };
    let server = Server::with(config, muster_core::limits::Limits::default()).await;
    for group in ["a", "b"] {
        server.group(group).await;
    }
    talk_to_two_groups(server.client("anna").await).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_moderation_holds_up_its_own_group_alone_and_changes_no_order() {
    let server = Server::moderated(quick()).await;
    for group in ["a", "b"] {
        server.group(group).await;
    }
    let mut anna = server.client("anna").await;
    anna.join("a").await;
    anna.join("b").await;
    let said = [
        publish("a", "a1"),
        publish("a", SLOW),
        publish("a", "a2"),
        publish("b", "b1"),
        publish("a", "a3"),
        publish("b", "b2"),
    ];
    anna.send_text(&frame(11, &said)).await;
    let (answers, texts) = answers_and_texts(&mut anna).await;
    assert_eq!(answers.len(), 3, "{answers:?}");
    assert!([11, 14, 16].iter().all(|id| answers.contains(id)), "{answers:?}");
    assert_eq!(texts.len(), 3, "{texts:?}");
    server.gate.open();
    let (answers, texts) = answers_and_texts(&mut anna).await;
    assert_eq!(answers, [12, 13, 15]);
    assert_eq!(texts, [SLOW, "a2", "a3"]);
}

#[tokio::test(start_paused = true)]
async fn every_other_command_sees_what_was_said_before_it() {
    let server = Server::moderated(quick()).await;
    server.group("a").await;
    let mut anna = server.client("anna").await;
    anna.join("a").await;
    let leave = json!({ "unsubscribe": { "channel": "g:a" } });
    let list = json!({ "rpc": { "method": "listRecentMessage", "data": { "groupId": "a" } } });
    let said = [publish("a", "a1"), publish("a", SLOW), list, publish("a", "a2"), leave, publish("a", "a3")];
    anna.send_text(&frame(11, &said)).await;
    let before: Vec<_> = anna.within(Duration::from_secs(1)).await;
    assert!(before.iter().all(|message| message["id"].as_u64().is_none_or(|id| id == 11)), "{before:?}");
    server.gate.open();
    let listed = anna.reply(13).await["rpc"]["data"]["messageList"].clone();
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
    assert!(anna.reply(14).await["publish"].is_object());
    assert!(anna.reply(15).await["unsubscribe"].is_object());
    assert_eq!(anna.reply(16).await["error"]["code"], 425, "who has left says nothing more");
}

#[tokio::test(start_paused = true)]
async fn no_more_messages_are_under_way_than_may_be() {
    let server = Server::moderated(RealtimeConfig { messages_in_flight: 2, ..quick() }).await;
    for group in ["a", "b", "c"] {
        server.group(group).await;
    }
    let mut anna = server.client("anna").await;
    for group in ["a", "b", "c"] {
        anna.join(group).await;
    }
    let said = [publish("a", SLOW), publish("b", SLOW), publish("c", "c1")];
    anna.send_text(&frame(11, &said)).await;
    assert_eq!(answers_and_texts(&mut anna).await, (vec![], vec![]), "the third has no place");
    server.gate.open();
    assert_eq!(answers_and_texts(&mut anna).await.0.len(), 2, "one is done, and the third has its place");
    server.gate.open();
    assert_eq!(answers_and_texts(&mut anna).await.0.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_had_begun_when_the_connection_ended_is_told_and_nothing_else_begins() {
    let server = Server::moderated(quick()).await;
    let at = server.group("a").await;
    let (mut anna, mut ben) = (server.client("anna").await, server.client("ben").await);
    anna.join("a").await;
    ben.join("a").await;
    let said = [publish("a", "a1"), publish("a", SLOW), publish("a", "a2"), publish("a", "a3")];
    anna.send_text(&frame(11, &said)).await;
    assert_eq!(ben.event("recvgroupmessage").await["data"]["data"], "a1");
    anna.drop_link();
    assert!(answers_and_texts(&mut ben).await.1.is_empty());
    server.gate.open();
    assert_eq!(ben.event("recvgroupmessage").await["data"]["data"], SLOW);
    server.announce(&at, "the end").await;
    assert_eq!(ben.event("recvgroupmessage").await["data"]["data"], "the end");
}

#[tokio::test(start_paused = true)]
async fn what_comes_before_a_command_that_cannot_be_read_is_answered() {
    let server = Server::start().await;
    server.group("a").await;
    let mut anna = server.client("anna").await;
    anna.join("a").await;
    anna.send_text(&format!("{}\nnonsense", frame(11, &[publish("a", "a1"), publish("a", "a2")]))).await;
    for id in [11, 12] {
        assert!(anna.reply(id).await["publish"].is_object());
    }
    assert_eq!(anna.ended().await.code, 3501);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_not_stored_keeps_its_place_among_those_that_are() {
    let server = Server::start().await;
    server.group("a").await;
    let mut anna = server.client("anna").await;
    anna.join("a").await;
    let once = |text: &str| {
        let data = json!({ "groupId": "a", "type": 7, "data": text, "noStorage": true });
        json!({ "rpc": { "method": "sendGroupMessage", "data": data } })
    };
    let said = [publish("a", "1"), once("2"), once("3"), publish("a", "4"), publish("a", "5"), once("6")];
    anna.send_text(&frame(11, &said)).await;
    let (answers, texts) = answers_and_texts(&mut anna).await;
    assert_eq!(answers, [11, 12, 13, 14, 15, 16]);
    assert_eq!(texts, ["1", "2", "3", "4", "5", "6"]);
}
