//! A connection breaks and comes back: everything missed arrives, or nothing and a plain word; nobody else notices.

use std::time::Duration;

use muster_core::{limits::Limits, message::StreamRef};
use muster_realtime::RealtimeConfig;
use serde_json::{Value, json};

use crate::support::{Server, quick};

fn offsets(result: &Value) -> Vec<u64> {
    let publications = result["publications"].as_array().cloned().unwrap_or_default();
    publications.iter().map(|publication| publication["offset"].as_u64().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_member_who_returns_in_time_misses_nothing_and_nobody_is_told() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    let mut ben = server.client("ben").await;
    anna.join("g1").await;
    ben.join("g1").await;
    server.announce(&at, "heard").await;
    anna.within(Duration::from_secs(1)).await;
    ben.drop_link();
    for number in 0..10 {
        server.announce(&at, &format!("missed {number}")).await;
    }
    tokio::time::sleep(Duration::from_secs(9)).await;
    let mut ben = server.client("ben").await;
    let reads = server.store.reads();
    let back = ben.rejoin("g1", "epoch", 1).await;
    assert_eq!(offsets(&back), (2..=11).collect::<Vec<_>>());
    assert_eq!(back["publications"][0]["data"]["data"], "missed 0");
    assert_eq!((&back["recovered"], &back["was_recovering"]), (&json!(true), &json!(true)));
    assert_eq!(back["offset"], 1, "the position from which the publications go on");
    assert_eq!(back["data"]["statistics"]["pv"], 2, "coming back is no new view");
    assert_eq!(server.store.reads(), reads, "the missed messages were in memory");
    let told = anna.within(Duration::from_secs(20)).await;
    assert!(told.iter().all(|message| message["push"]["pub"]["data"]["event"] != "memberchange"), "{told:?}");
    assert_eq!(server.store.members(&at).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_member_who_stays_away_longer_than_the_grace_period_has_left() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    let mut ben = server.client("ben").await;
    anna.join("g1").await;
    ben.join("g1").await;
    anna.within(Duration::from_secs(1)).await;
    ben.drop_link();
    assert!(anna.within(Duration::from_secs(9)).await.is_empty());
    let told = anna.event("memberchange").await["data"].clone();
    assert_eq!(told["leaveUsers"][0]["userId"], "ben");
    assert_eq!(told["memberCount"], 1);
    assert_eq!(server.store.members(&at).len(), 1);
    let users = [muster_core::id::UserId::new("ben").unwrap()];
    assert_eq!(server.muster.logins().signed_in(&server.app, &users).await.unwrap(), [false]);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_returns_to_one_of_two_groups_leaves_the_other() {
    let server = Server::start().await;
    let (one, two) = (server.group("g1").await, server.group("g2").await);
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    anna.join("g2").await;
    anna.drop_link();
    let mut anna = server.client("anna").await;
    anna.join("g2").await;
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert!(server.store.members(&one).is_empty());
    assert_eq!(server.store.members(&two).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_grace_period_a_broken_connection_leaves_at_once() {
    let config = RealtimeConfig { grace_seconds: 0, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    server.group("g1").await;
    let mut anna = server.client("anna").await;
    let mut ben = server.client("ben").await;
    anna.join("g1").await;
    ben.join("g1").await;
    anna.within(Duration::from_secs(1)).await;
    ben.drop_link();
    let told = anna.within(Duration::from_secs(1)).await;
    assert_eq!(told[0]["push"]["pub"]["data"]["leaveUsers"][0]["userId"], "ben");
}

#[tokio::test(start_paused = true)]
async fn a_join_that_the_store_did_and_called_failed_does_not_outlast_its_connection() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    server.store.set_unsure(true);
    let refused = anna.ask("subscribe", json!({ "channel": "g:g1" })).await;
    assert_eq!(refused["error"]["temporary"], true);
    server.store.set_unsure(false);
    assert_eq!(server.store.members(&at).len(), 1);
    anna.drop_link();
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert!(server.store.members(&at).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_leave_that_the_store_did_and_called_failed_is_told_when_it_is_tried_again() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    let mut ben = server.client("ben").await;
    anna.join("g1").await;
    ben.join("g1").await;
    anna.within(Duration::from_secs(1)).await;
    server.store.set_unsure(true);
    ben.ask("unsubscribe", json!({ "channel": "g:g1" })).await;
    server.store.set_unsure(false);
    assert_eq!(server.store.members(&at).len(), 1);
    let told = anna.within(Duration::from_secs(60)).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["push"]["pub"]["data"]["leaveUsers"][0]["userId"], "ben");
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_failed_join_or_leave_does_not_end_a_later_join_of_the_same_connection() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    server.store.set_unsure(true);
    anna.ask("subscribe", json!({ "channel": "g:g1" })).await;
    server.store.set_unsure(false);
    anna.join("g1").await;
    server.store.set_broken(true);
    anna.ask("unsubscribe", json!({ "channel": "g:g1" })).await;
    server.store.set_broken(false);
    anna.join("g1").await;
    anna.within(Duration::from_secs(60)).await;
    assert_eq!(server.store.members(&at).len(), 1);
    anna.drop_link();
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert!(server.store.members(&at).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_member_who_went_while_the_store_was_out_has_left_soon_after_however_long_that_was() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    server.store.set_broken(true);
    anna.drop_link();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    server.store.set_broken(false);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(server.store.members(&at).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_recovered_whole_is_not_recovered_at_all() {
    let config = RealtimeConfig { recovery_limit: 5, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    let at = server.group("g1").await;
    let mut boss = server.client("boss").await;
    boss.join("g1").await;
    for _ in 0..10 {
        server.announce(&at, "x").await;
    }
    let mut number = 0;
    for (epoch, offset, expected) in [
        ("epoch", 5, Some((6..=10).collect::<Vec<_>>())),
        ("", 9, Some(vec![10])),
        ("epoch", 10, Some(vec![])),
        ("epoch", 4, None),
        ("epoch", 11, None),
        ("another", 9, None),
    ] {
        number += 1;
        let mut client = server.client(&format!("u{number}")).await;
        let result = client.rejoin("g1", epoch, offset).await;
        assert_eq!(result["was_recovering"], true);
        assert_eq!(result["epoch"], "epoch");
        match expected {
            Some(missed) => {
                assert_eq!(result["recovered"], true, "{epoch} {offset}");
                assert_eq!(offsets(&result), missed);
                assert_eq!(result["offset"], offset);
            }
            None => {
                assert!(result["recovered"].is_null(), "{epoch} {offset}");
                assert!(result["publications"].is_null());
                assert_eq!(result["offset"], 10);
            }
        }
    }
    let counters = server.hub.counters();
    assert_eq!((counters.recovered.get(), counters.unrecovered.get()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn who_has_seen_more_than_its_new_node_has_heard_of_goes_on_from_there() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    server.announce(&at, "heard").await;
    server.bus.lose();
    server.announce(&at, "heard elsewhere").await;
    server.announce(&at, "missed").await;
    let mut ben = server.client("ben").await;
    let back = ben.rejoin("g1", "epoch", 2).await;
    assert_eq!((&back["recovered"], &back["offset"]), (&json!(true), &json!(2)));
    assert_eq!(offsets(&back), [3]);
    server.bus.tell();
    server.announce(&at, "told").await;
    for (member, first) in [(&mut anna, 1), (&mut ben, 4)] {
        for offset in first..=4 {
            assert_eq!(member.event("recvgroupmessage").await["offset"], offset);
        }
    }
    let mut liar = server.client("liar").await;
    let lost = liar.rejoin("g1", "epoch", 5).await;
    assert_eq!((&lost["recovered"], &lost["offset"]), (&Value::Null, &json!(4)));
    server.announce(&at, "told").await;
    assert_eq!(anna.event("recvgroupmessage").await["offset"], 5);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_wants_no_gap_is_refused_instead() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    let body = json!({ "channel": "g:g1", "recover": true, "epoch": "other", "offset": 3, "flag": 3 });
    let error = anna.ask("subscribe", body).await["error"].clone();
    assert_eq!(error, json!({ "code": 112, "message": "unrecoverable position" }));
    assert!(server.store.members(&at).is_empty(), "a refused subscription is no membership");
    anna.join("g1").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_in_memory_is_read_from_the_store() {
    let config = RealtimeConfig { ring_entries: 3, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    for _ in 0..10 {
        server.announce(&at, "x").await;
    }
    let mut ben = server.client("ben").await;
    let back = ben.rejoin("g1", "epoch", 2).await;
    assert_eq!(offsets(&back), (3..=10).collect::<Vec<_>>());
    assert_eq!(server.store.reads(), 1);
    // Nobody follows the group in between: memory holds nothing of it.
    anna.ask("unsubscribe", json!({ "channel": "g:g1" })).await;
    ben.ask("unsubscribe", json!({ "channel": "g:g1" })).await;
    let back = ben.rejoin("g1", "epoch", 8).await;
    assert_eq!(offsets(&back), [9, 10]);
    server.store.purge_entries(&StreamRef::Group(at), 5);
    let lost = anna.rejoin("g1", "epoch", 4).await;
    assert!(lost["recovered"].is_null() && lost["publications"].is_null());
}

#[tokio::test(start_paused = true)]
async fn a_user_learns_on_returning_that_it_was_removed_meanwhile() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    anna.drop_link();
    server
        .muster
        .rosters()
        .kick(&server.opened(&at).await, &muster_core::id::UserId::new("anna").unwrap())
        .await
        .unwrap();
    let mut anna = server.open().await;
    let subs =
        json!({ "u:anna": { "recover": true, "offset": 0, "epoch": "epoch" }, "u:ben": { "recover": true } });
    let reply = anna.ask("connect", json!({ "token": server.token("anna"), "subs": subs })).await;
    let own = &reply["connect"]["subs"]["u:anna"];
    assert_eq!((&own["recovered"], &own["was_recovering"]), (&json!(true), &json!(true)));
    assert_eq!(own["publications"][0]["data"], json!({ "event": "exit", "groupId": "g1", "reason": 2 }));
    assert!(reply["connect"]["subs"]["u:ben"].is_null());
}

#[tokio::test(start_paused = true)]
async fn a_reader_too_slow_for_its_group_is_closed_and_recovers() {
    let config = RealtimeConfig { queue_bytes: 20_000, write_timeout_seconds: 60, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    let at = server.group("g1").await;
    let mut quick = server.client("quick").await;
    quick.join("g1").await;
    let mut slow = server.open_with(4_096).await;
    slow.ask("connect", json!({ "token": server.token("slow") })).await;
    slow.join("g1").await;
    for number in 0..60 {
        server.announce(&at, &format!("{number}{}", "x".repeat(1_000))).await;
    }
    let mut last = 0;
    let ended = loop {
        match tokio::time::timeout(Duration::from_secs(3_600), slow.ended_or_next()).await.unwrap() {
            Ok(message) => last = message["push"]["pub"]["offset"].as_u64().unwrap_or(last),
            Err(ended) => break ended,
        }
    };
    assert_eq!((ended.code, ended.reason.as_str()), (3008, "slow"));
    assert!((1..60).contains(&last));
    assert_eq!(server.hub.counters().closes().get(&3008), Some(&1));
    let mut slow = server.client("slow").await;
    let back = slow.rejoin("g1", "epoch", last).await;
    assert_eq!(offsets(&back), (last + 1..=60).collect::<Vec<_>>());
    let mut heard = 0;
    while heard < 60 {
        heard = quick.event("recvgroupmessage").await["offset"].as_u64().unwrap();
    }
}
