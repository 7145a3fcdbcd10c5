//! Every subscriber sees the stored messages of a group as 1, 2, 3, … whatever becomes of the notices.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Client, Server};

/// The offsets of the next `count` stored messages.
async fn offsets(client: &mut Client, count: u64) -> Vec<u64> {
    let mut offsets = Vec::new();
    while offsets.len() < usize::try_from(count).unwrap() {
        let publication = client.event("recvgroupmessage").await;
        assert_eq!(publication["offset"], publication["data"]["seqnum"]);
        offsets.push(publication["offset"].as_u64().unwrap());
    }
    offsets
}

#[tokio::test(start_paused = true)]
async fn under_many_senders_at_once_each_subscriber_sees_the_stream_without_a_hole() {
    const SENDERS: u64 = 32;
    const EACH: u64 = 20;
    let server = Server::start().await;
    server.group("g1").await;
    let mut clients = Vec::new();
    for number in 0..SENDERS {
        let mut client = server.client(&format!("u{number}")).await;
        client.join("g1").await;
        clients.push(client);
    }
    for client in &mut clients {
        for _ in 0..EACH {
            client.send("publish", json!({ "channel": "g:g1", "data": "x" })).await;
        }
    }
    for client in &mut clients {
        let seen = offsets(client, SENDERS * EACH).await;
        assert_eq!(seen, (1..=SENDERS * EACH).collect::<Vec<_>>());
    }
    assert_eq!(server.hub.counters().messages_in.get(), SENDERS * EACH);
}

#[tokio::test(start_paused = true)]
async fn notices_that_come_backwards_and_twice_are_passed_on_once_and_in_order() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    server.bus.hold();
    for number in 0..50 {
        server.announce(&at, &format!("m{number}")).await;
    }
    let reads = server.store.reads();
    server.bus.release_backwards();
    assert_eq!(offsets(&mut anna, 50).await, (1..=50).collect::<Vec<_>>());
    assert!(anna.within(Duration::from_secs(20)).await.iter().all(|m| m["push"]["pub"]["offset"].is_null()));
    assert_eq!(server.store.reads(), reads, "nothing was missing, so nothing was read");
}

#[tokio::test(start_paused = true)]
async fn lost_notices_are_made_up_for_from_the_store_with_the_next_one() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    server.announce(&at, "one").await;
    server.bus.lose();
    for _ in 0..700 {
        server.announce(&at, "lost").await;
    }
    server.bus.tell();
    server.announce(&at, "last").await;
    assert_eq!(offsets(&mut anna, 702).await, (1..=702).collect::<Vec<_>>());
    assert!(server.hub.counters().filled.get() >= 700);
}

#[tokio::test(start_paused = true)]
async fn a_lost_notice_that_none_follows_is_found_by_the_positions() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    server.bus.lose();
    server.announce(&at, "lost").await;
    server.bus.tell();
    assert_eq!(offsets(&mut anna, 1).await, [1]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_out_for_a_while_delays_missing_messages_and_loses_none() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    server.bus.lose();
    server.announce(&at, "lost").await;
    server.bus.tell();
    server.announce(&at, "next").await;
    server.store.set_broken(true);
    let quiet: Vec<Value> = anna.within(Duration::from_secs(10)).await;
    assert!(quiet.iter().all(|message| message["push"]["pub"]["offset"].is_null()));
    server.store.set_broken(false);
    assert_eq!(offsets(&mut anna, 2).await, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn entries_that_the_store_has_lost_end_the_subscription_with_a_wish_to_come_again() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    server.bus.lose();
    server.announce(&at, "lost").await;
    server.bus.tell();
    server.announce(&at, "next").await;
    server.store.purge_entries(&muster_core::message::StreamRef::Group(at), 1);
    let pushes = anna.within(Duration::from_secs(1)).await;
    let unsubscribe = json!({ "code": 2500, "reason": "insufficient state" });
    assert!(pushes.iter().any(|push| push["push"]["unsubscribe"] == unsubscribe), "{pushes:?}");
    let again = anna.rejoin("g1", "epoch", 0).await;
    assert_eq!((&again["was_recovering"], &again["recovered"]), (&json!(true), &Value::Null));
    assert_eq!(again["offset"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_who_comes_while_others_talk_sees_everything_behind_its_position() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut talker = server.client("talker").await;
    talker.join("g1").await;
    let mut late = Vec::new();
    for number in 0..20 {
        let mut client = server.client(&format!("late{number}")).await;
        let id = client.send("subscribe", json!({ "channel": "g:g1" })).await;
        for _ in 0..5 {
            server.announce(&at, "x").await;
        }
        late.push((client, id));
    }
    for (client, id) in &mut late {
        let from = client.reply(*id).await["subscribe"]["offset"].as_u64().unwrap_or(0);
        let seen = offsets(client, 100 - from).await;
        assert_eq!(seen, (from + 1..=100).collect::<Vec<_>>());
    }
}
