//! A message is taken back: those who heard it are told, and those who come later never hear it.

use muster_core::{
    id::{MessageId, UserId},
    limits::Limits,
    message::{Sender, StreamRef},
};
use serde_json::json;

use crate::support::{Server, quick};

#[tokio::test(start_paused = true)]
async fn who_returns_finds_at_the_place_of_a_message_that_it_was_taken_back() {
    // From memory, and from the store where memory holds nothing.
    for ring_entries in [1_000, 1] {
        let mut config = quick();
        config.ring_entries = ring_entries;
        let server = Server::with(config, Limits::default()).await;
        server.group("g1").await;
        let mut anna = server.client("anna").await;
        anna.join("g1").await;
        let mut ids = Vec::new();
        for text in ["one", "two", "three"] {
            let sent =
                anna.call("sendGroupMessage", json!({ "groupId": "g1", "type": 1, "data": text })).await;
            ids.push(sent["messageId"].clone());
            anna.event("recvgroupmessage").await;
        }
        let doomed = json!({ "groupId": "g1", "messageId": ids[1] });
        assert_eq!(anna.call("deleteMessage", doomed).await, json!({}));
        let heard = anna.event("deletegroupmessage").await;
        let told = json!({
            "event": "deletegroupmessage", "groupId": "g1", "messageId": ids[1],
            "deleter": { "userId": "anna", "userExtension": "{\"nick\":\"anna\"}" },
        });
        assert_eq!((&heard["data"], &heard["offset"]), (&told, &json!(4)));
        let mut ben = server.client("ben").await;
        let found = ben.rejoin("g1", "epoch", 0).await;
        let said = found["publications"].as_array().unwrap();
        let events: Vec<_> = said
            .iter()
            .map(|one| (one["offset"].as_u64().unwrap_or(0), one["data"]["event"].as_str().unwrap()))
            .collect();
        let (heard, gone) = ("recvgroupmessage", "deletegroupmessage");
        assert_eq!(events, [(1, heard), (2, gone), (3, heard), (4, gone)]);
        assert_eq!((&said[1]["data"], &said[3]["data"]), (&told, &told));
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_is_taken_back_by_who_said_it_and_by_who_runs_the_group() {
    let server = Server::start().await;
    server.group("g1").await;
    let (mut anna, mut ben, mut boss) =
        (server.client("anna").await, server.client("ben").await, server.client("boss").await);
    anna.join("g1").await;
    let mut ids = Vec::new();
    for text in ["one", "two"] {
        let sent = anna.call("sendGroupMessage", json!({ "groupId": "g1", "type": 1, "data": text })).await;
        ids.push(sent["messageId"].clone());
    }
    let of = |id: &serde_json::Value| json!({ "groupId": "g1", "messageId": id });
    assert_eq!(ben.call("deleteMessage", of(&ids[0])).await["code"], 403);
    assert_eq!(ben.call("deleteMessage", of(&json!("none"))).await["code"], 403);
    assert_eq!(anna.call("deleteMessage", of(&ids[0])).await, json!({}));
    assert_eq!(anna.call("deleteMessage", of(&ids[0])).await["code"], 403, "it is nobody's any more");
    assert_eq!(boss.call("deleteMessage", of(&ids[1])).await, json!({}));
    assert_eq!(boss.call("deleteMessage", of(&json!("none"))).await, json!({}));
    assert_eq!(boss.call("deleteMessage", of(&json!("a b"))).await["code"], 400);
    let offsets = [anna.event("deletegroupmessage").await, anna.event("deletegroupmessage").await]
        .map(|told| told["offset"].clone());
    assert_eq!(offsets, [json!(3), json!(4)]);
    // One that is not stored is told once, at no place.
    assert!(anna.event("deletegroupmessage").await.get("offset").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_user_is_told_of_a_message_to_it_that_was_taken_back() {
    let server = Server::start().await;
    let mut anna = server.client("anna").await;
    let by = Sender { user: UserId::new("boss").unwrap(), info: None };
    let (user, id) = (UserId::new("anna").unwrap(), MessageId::new("m-1").unwrap());
    server.muster.messages().recall_from(&server.app, &user, &id, by).await.unwrap();
    let told = anna.event("deletec2cmessage").await["data"].clone();
    let expected = json!({
        "event": "deletec2cmessage", "messageId": "m-1", "deleter": { "userId": "boss", "userExtension": "" },
    });
    assert_eq!(told, expected);
    let own = StreamRef::User(server.app.id.clone(), user);
    assert_eq!(server.muster.delivery().top(&own).await.unwrap().unwrap().sequence, 0);
}
