//! Reading the messages of a group again: the recent ones, and the history by pages.

use muster_core::{
    id::{GroupRef, UserId},
    limits::Limits,
    message::{Body, Sender},
    service::OperatorMessage,
};
use muster_realtime::RealtimeConfig;
use serde_json::{Value, json};

use crate::support::{Server, quick};

/// What the operator says to a group; `cached` is whether the list of recent messages shows it.
async fn say(server: &Server, at: &GroupRef, (text, kind): (&str, i64), cached: bool) {
    let sender = Sender { user: UserId::new("host").unwrap(), info: Some("meta".into()) };
    let said = OperatorMessage { kind, cached, ..OperatorMessage::of(sender, Body::new(text).unwrap()) };
    server.muster.messages().announce(&server.opened(at).await, said).await.unwrap();
}

/// What messages of a list say.
fn texts(list: &Value) -> Vec<&str> {
    let messages = list["messageList"].as_array().unwrap();
    messages.iter().map(|message| message["data"].as_str().unwrap()).collect()
}

fn numbered(range: std::ops::RangeInclusive<usize>) -> Vec<String> {
    range.map(|number| format!("m{number}")).collect()
}

#[tokio::test(start_paused = true)]
async fn the_recent_messages_are_those_that_are_cached_the_oldest_first() {
    let server = Server::start().await;
    let g = server.group("g1").await;
    let mut anna = server.client("anna").await;
    assert_eq!(anna.call("listRecentMessage", json!("g1")).await["code"], 425);
    anna.join("g1").await;
    assert_eq!(
        anna.call("listRecentMessage", json!({ "groupId": "g1" })).await,
        json!({ "groupId": "g1", "messageList": [] })
    );
    for number in 1..=60 {
        say(&server, &g, (&format!("m{number}"), 7), true).await;
        say(&server, &g, ("not cached", 7), false).await;
    }
    let fleeting = json!({ "groupId": "g1", "type": 7, "data": "fleeting", "noStorage": true });
    anna.call("sendGroupMessage", fleeting).await;
    let said = json!({ "groupId": "g1", "type": 8, "data": "of anna", "level": 1, "repeatCount": 2 });
    let said = anna.call("sendGroupMessage", said).await["messageId"].clone();
    let recent = anna.call("listRecentMessage", json!("g1")).await;
    let mut expected = numbered(12..=60);
    expected.push("of anna".to_owned());
    assert_eq!(texts(&recent), expected);
    let last = json!({
        "groupId": "g1", "messageId": said, "type": 8, "data": "of anna",
        "sender": { "userId": "anna", "userExtension": "{\"nick\":\"anna\"}" },
        "seqnum": 121, "timestamp": 1_800_000_000, "level": 1, "repeatCount": 2, "totalMsgs": 2,
    });
    assert_eq!(recent["messageList"][49], last);
    let newest = anna.call("listRecentMessage", json!({ "groupId": "g1", "pageSize": 2 })).await;
    assert_eq!(texts(&newest), ["m60", "of anna"]);
    let behind = anna.call("listRecentMessage", json!({ "groupId": "g1", "seqnum": 117 })).await;
    assert_eq!(texts(&behind), ["m60", "of anna"]);
    for wrong in [
        json!({ "groupId": "g1", "pageSize": 0 }),
        json!({ "groupId": "g1", "pageSize": 51 }),
        json!({ "groupId": "g1", "seqnum": "x" }),
        json!({}),
    ] {
        assert_eq!(anna.call("listRecentMessage", wrong.clone()).await["code"], 400, "{wrong}");
    }
    // Those who run the group see it from outside.
    let mut boss = server.client("boss").await;
    assert_eq!(texts(&boss.call("listRecentMessage", json!("g1")).await).len(), 50);
    let taken_back = json!({ "groupId": "g1", "messageId": said });
    anna.call("deleteMessage", taken_back).await;
    assert_eq!(texts(&anna.call("listRecentMessage", json!("g1")).await), numbered(11..=60));
}

#[tokio::test(start_paused = true)]
async fn those_who_run_a_group_list_its_messages_by_pages_and_anybody_of_the_application_its_history() {
    let server = Server::start().await;
    let g = server.group("g1").await;
    server.client("anna").await.join("g1").await;
    let mut member = server.client("mia").await;
    member.join("g1").await;
    for number in 1..=25 {
        say(&server, &g, (&format!("m{number}"), 7), number % 2 == 0).await;
        say(&server, &g, ("of another type", 8), true).await;
    }
    let asked = json!({ "groupId": "g1", "type": 7 });
    assert_eq!(member.call("listMessage", asked.clone()).await["code"], 403);
    let (mut boss, mut stranger) = (server.client("boss").await, server.client("zoe").await);
    for (client, method) in [(&mut boss, "listMessage"), (&mut stranger, "listHistoryMessage")] {
        let first = client.call(method, asked.clone()).await;
        assert_eq!(texts(&first), numbered(1..=10));
        assert_eq!((&first["groupId"], &first["hasMore"]), (&json!("g1"), &json!(true)));
        assert_eq!(first["nextPageToken"], first["nextpagetoken"]);
        for (spelling, token) in [
            ("nextPageToken", first["nextPageToken"].clone()),
            ("nextpagetoken", json!(first["nextPageToken"].to_string())),
        ] {
            let mut next = json!({ "groupId": "g1", "type": 7, "sortType": 0, "pageSize": 30 });
            next[spelling] = token;
            let last = client.call(method, next).await;
            assert_eq!(texts(&last), numbered(11..=25));
            assert_eq!((&last["hasMore"], &last["nextPageToken"]), (&json!(false), &json!(0)));
        }
        let newest = json!({ "groupId": "g1", "type": 7, "sortType": 1, "pageSize": 2, "nextPageToken": -1 });
        assert_eq!(texts(&client.call(method, newest).await), ["m25", "m24"]);
        let all = client.call(method, json!({ "groupId": "g1", "pageSize": 30 })).await;
        assert_eq!(texts(&all).len(), 30, "without a type those of every type");
        for (from, until, some) in [
            (0, 0, true),
            (1_800_000_000, 1_800_000_000, true),
            (1_800_000_001, 0, false),
            (0, 1_799_999_999, false),
        ] {
            let within = json!({ "groupId": "g1", "type": 7, "beginTime": from, "endTime": until });
            assert_eq!(!texts(&client.call(method, within).await).is_empty(), some, "{from} {until}");
        }
        for wrong in [
            json!({ "groupId": "g1", "type": 7, "pageSize": 31 }),
            json!({ "groupId": "g1", "type": 7, "sortType": 2 }),
            json!({ "groupId": "g1", "type": 7, "beginTime": -1 }),
            json!({ "groupId": "g1", "type": 7, "endTime": i64::MAX }),
            json!("g1"),
        ] {
            assert_eq!(client.call(method, wrong.clone()).await["code"], 400, "{wrong}");
        }
        assert_eq!(client.call(method, json!({ "groupId": "none", "type": 7 })).await["code"], 440);
    }
    server.muster.groups().delete(&server.app, &g.group, None).await.unwrap();
    for method in ["listMessage", "listHistoryMessage", "listRecentMessage"] {
        assert_eq!(boss.call(method, json!({ "groupId": "g1", "type": 7 })).await["code"], 441, "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_of_messages_ends_where_a_reply_is_full() {
    let config = RealtimeConfig { reply_bytes: 25, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    let g = server.group("g1").await;
    let mut boss = server.client("boss").await;
    boss.join("g1").await;
    for text in ["0123456789", "abcdefghij", "ABCDEFGHIJ"] {
        say(&server, &g, (text, 7), true).await;
    }
    say(&server, &g, (&"x".repeat(100), 7), true).await;
    let page = boss.call("listMessage", json!({ "groupId": "g1", "type": 7 })).await;
    assert_eq!(texts(&page), ["0123456789", "abcdefghij"]);
    assert_eq!((&page["hasMore"], &page["nextPageToken"]), (&json!(true), &json!(2)));
    let recent = boss.call("listRecentMessage", json!("g1")).await;
    assert_eq!(texts(&recent), ["x".repeat(100)], "the newest, and always one");
}
