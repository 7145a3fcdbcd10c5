//! Messages to one user: who hears them, what they carry, and what a receiver who was away has.

use std::sync::Arc;

use muster_core::{
    app::{AppChange, Audit},
    error::Error,
    id::UserId,
    limits::Limits,
    message::{Body, Sender},
    service::{OperatorWord, Storage},
};
use serde_json::json;

use crate::support::{Server, quick};

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn word(text: &str, storage: Storage) -> OperatorWord {
    let sender = Sender { user: user("host"), info: Some("meta".into()) };
    OperatorWord { storage, ..OperatorWord::of(sender, Body::new(text).unwrap()) }
}

#[tokio::test(start_paused = true)]
async fn the_receiver_alone_hears_what_another_user_says_to_it() {
    let server = Server::start().await;
    let (mut anna, mut ben, mut carl) =
        (server.client("anna").await, server.client("ben").await, server.client("carl").await);
    let said =
        json!({ "receiverId": "ben", "type": 20001, "data": "{\"a\":1}", "level": 1, "groupId": "g1" });
    let sent = anna.call("sendC2cMessage", said).await;
    let heard = ben.event("recvc2cmessage").await;
    let told = json!({
        "event": "recvc2cmessage", "messageId": sent["messageId"], "type": 20001, "data": "{\"a\":1}",
        "sender": { "userId": "anna", "userExtension": "{\"nick\":\"anna\"}" },
        "seqnum": 1, "timestamp": 1_800_000_000, "level": 1, "repeatCount": 1, "totalMsgs": 0,
    });
    assert_eq!((&heard["data"], &heard["offset"]), (&told, &json!(1)));
    for other in [&mut anna, &mut carl] {
        // Whatever was told to them came before the reply.
        let own = json!({ "receiverId": "ben", "type": 1, "data": "" });
        other.call("sendC2cMessage", own).await;
        let unread = other.within(std::time::Duration::from_millis(1)).await;
        assert_eq!(unread, Vec::<serde_json::Value>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_who_is_away_is_told_of_and_nothing_is_kept() {
    let server = Server::start().await;
    let mut anna = server.client("anna").await;
    let refused = anna.call("sendC2cMessage", json!({ "receiverId": "ben", "type": 1, "data": "x" })).await;
    assert_eq!((&refused["code"], &refused["message"]), (&json!(424), &json!("user not online")));
    let refused = anna.call("sendC2cMessage", json!({ "receiverId": "b n", "type": 1, "data": "x" })).await;
    assert_eq!(refused["code"], 400);
    let rules = server.muster.messages();
    let refused = rules.announce_to(&server.app, &user("ben"), word("x", Storage::Stored)).await;
    assert!(matches!(refused, Err(Error::NotOnline(who)) if who == user("ben")));
    let mut ben = server.open().await;
    let reply = ben.ask("connect", json!({ "token": server.token("ben") })).await;
    assert_eq!(reply["connect"]["subs"]["u:ben"]["offset"].as_u64().unwrap_or(0), 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_operator_says_to_a_user_has_a_position_when_it_is_stored_and_is_recovered() {
    let server = Server::start().await;
    let mut ben = server.open().await;
    let reply = ben.ask("connect", json!({ "token": server.token("ben") })).await;
    let epoch = reply["connect"]["subs"]["u:ben"]["epoch"].clone();
    let rules = server.muster.messages();
    let kept = OperatorWord { id: Some("c-1".parse().unwrap()), ..word("kept", Storage::Stored) };
    for told in [word("fleeting", Storage::Ephemeral), kept.clone(), kept] {
        rules.announce_to(&server.app, &user("ben"), told).await.unwrap();
    }
    let fleeting = ben.event("recvc2cmessage").await;
    assert_eq!((&fleeting["data"]["data"], fleeting.get("offset")), (&json!("fleeting"), None));
    let kept = ben.event("recvc2cmessage").await;
    assert_eq!((&kept["data"]["messageId"], &kept["offset"]), (&json!("c-1"), &json!(1)));
    assert_eq!(kept["data"]["sender"], json!({ "userId": "host", "userExtension": "meta" }));
    let after = OperatorWord { id: Some("c-2".parse().unwrap()), ..word("after", Storage::Stored) };
    rules.announce_to(&server.app, &user("ben"), after).await.unwrap();
    let after = ben.event("recvc2cmessage").await;
    assert_eq!(
        (&after["data"]["messageId"], &after["offset"]),
        (&json!("c-2"), &json!(2)),
        "c-1 was said once"
    );
    let mut again = server.open().await;
    let held = json!({ "u:ben": { "recover": true, "epoch": epoch, "offset": 0 } });
    let reply = again.ask("connect", json!({ "token": server.token("ben"), "subs": held })).await;
    let found = &reply["connect"]["subs"]["u:ben"];
    assert_eq!(found["recovered"], true);
    let ids: Vec<_> = found["publications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["data"]["messageId"].clone())
        .collect();
    assert_eq!(ids, ["c-1", "c-2"]);
}

#[tokio::test(start_paused = true)]
async fn what_moderation_refuses_is_not_told_unless_an_operator_of_the_application_asks_for_it() {
    let server = Server::start().await;
    let built_in = AppChange { audit: Some(Audit::BuiltIn), ..AppChange::default() };
    let app = server.muster.apps().modify(&server.app, built_in).await.unwrap();
    server.muster.moderation().add(&app, "forbidden").await.unwrap();
    let (mut anna, mut ben) = (server.client("anna").await, server.client("ben").await);
    let said = json!({ "receiverId": "ben", "type": 1, "data": "a forbidden word", "skipAudit": true });
    assert_eq!(anna.call("sendC2cMessage", said.clone()).await["code"], 403);
    let mut boss = server.open().await;
    boss.ask("connect", json!({ "token": server.token_of("boss", "admin", 1_800_003_600) })).await;
    let sent = boss.call("sendC2cMessage", said).await;
    let heard = ben.event("recvc2cmessage").await;
    assert_eq!(heard["data"]["messageId"], sent["messageId"]);
    assert_eq!(heard["offset"], 1, "the refused one took no place");
}

/// A word whose sender waits until it is acknowledged.
fn reliable(id: &str, storage: Storage) -> OperatorWord {
    OperatorWord { id: Some(id.parse().unwrap()), acknowledged: true, ..word("hear me", storage) }
}

#[tokio::test(start_paused = true)]
async fn a_message_is_waited_for_until_a_client_that_acknowledges_has_done_so() {
    let server = Server::start().await;
    let mut ben = server.open().await;
    let offer = json!({ "token": server.token("ben"), "data": { "acknowledges": true } });
    ben.ask("connect", offer).await;
    for (id, storage) in [("c-1", Storage::Ephemeral), ("c-2", Storage::Stored), ("c-2", Storage::Stored)] {
        let (muster, app) = (Arc::clone(&server.muster), server.app.clone());
        let sent = tokio::spawn(async move {
            muster.messages().announce_to(&app, &user("ben"), reliable(id, storage)).await
        });
        assert_eq!(ben.event("recvc2cmessage").await["data"]["messageId"], id);
        ben.call("ackMessage", json!({ "messageId": "another" })).await;
        assert!(!sent.is_finished());
        assert_eq!(ben.call("ackMessage", json!({ "messageId": id })).await, json!({}));
        sent.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_not_acknowledged_in_time_is_a_failure_whoever_was_told() {
    let server = Server::start().await;
    let mut ben = server.open().await;
    let offer = json!({ "token": server.token("ben"), "data": { "acknowledges": true } });
    ben.ask("connect", offer).await;
    let rules = server.muster.messages();
    let began = tokio::time::Instant::now();
    let failed = rules.announce_to(&server.app, &user("ben"), reliable("c-1", Storage::Stored)).await;
    assert!(matches!(failed, Err(Error::NotAcknowledged(who)) if who == user("ben")));
    assert_eq!(began.elapsed().as_millis(), 2_500);
    assert_eq!(ben.event("recvc2cmessage").await["offset"], 1);
    // A client that has never heard of acknowledgements: what is written to it counts.
    let mut anna = server.client("anna").await;
    for storage in [Storage::Ephemeral, Storage::Stored] {
        rules.announce_to(&server.app, &user("anna"), reliable("c-1", storage)).await.unwrap();
        assert_eq!(anna.event("recvc2cmessage").await["data"]["messageId"], "c-1");
    }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_who_comes_back_while_its_acknowledgement_is_waited_for_gives_it_then() {
    let server = Server::start().await;
    let mut ben = server.open().await;
    let offer = json!({ "token": server.token("ben"), "data": { "acknowledges": true } });
    let reply = ben.ask("connect", offer.clone()).await;
    let epoch = reply["connect"]["subs"]["u:ben"]["epoch"].clone();
    let (muster, app) = (Arc::clone(&server.muster), server.app.clone());
    let sent = tokio::spawn(async move {
        muster.messages().announce_to(&app, &user("ben"), reliable("c-1", Storage::Stored)).await
    });
    ben.event("recvc2cmessage").await;
    drop(ben);
    let mut again = server.open().await;
    let mut offer = offer;
    offer["subs"] = json!({ "u:ben": { "recover": true, "epoch": epoch, "offset": 0 } });
    let reply = again.ask("connect", offer).await;
    let missed = &reply["connect"]["subs"]["u:ben"]["publications"];
    assert_eq!(missed[0]["data"]["messageId"], "c-1");
    assert_eq!(again.call("ackMessage", json!({ "messageId": "c-1" })).await, json!({}));
    sent.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_wait_for_acknowledgements_than_may() {
    let limits = Limits { acknowledgements_awaited: 1, ..Limits::default() };
    let server = Server::with(quick(), limits).await;
    let mut ben = server.open().await;
    let offer = json!({ "token": server.token("ben"), "data": { "acknowledges": true } });
    ben.ask("connect", offer).await;
    let rules = server.muster.messages();
    let (ben, word) = (user("ben"), || reliable("c-1", Storage::Ephemeral));
    let both = tokio::join!(
        rules.announce_to(&server.app, &ben, word()),
        rules.announce_to(&server.app, &ben, word())
    );
    assert!(matches!(both.0, Err(Error::NotAcknowledged(_))), "{both:?}");
    assert!(matches!(both.1, Err(Error::TooManyAwaited(1))), "{both:?}");
}
