//! Clients that mean harm: whatever they do, it costs them and nobody else.

use std::time::Duration;

use muster_core::{id::GroupRef, limits::Limits};
use muster_realtime::RealtimeConfig;
use serde_json::json;
use tokio::{io::AsyncWriteExt as _, time::Instant};

use crate::support::{Client, Ended, Server, quick};

/// Bytes between the two sides of a client that does not read.
const NARROW: usize = 2_048;

/// A group in which much was said.
async fn talkative(server: &Server, id: &str) -> GroupRef {
    let at = server.group(id).await;
    let mut first = server.client("first").await;
    first.join(id).await;
    for _ in 0..20 {
        server.announce(&at, &"x".repeat(10_000)).await;
    }
    at
}

/// A client behind a narrow pipe that has joined a group and reads nothing from now on.
async fn deaf(server: &Server, group: &str) -> Client {
    let mut client = server.open_with(NARROW).await;
    client.ask("connect", json!({ "token": server.token("deaf") })).await;
    client.join(group).await;
    client
}

fn history(id: usize, group: &str) -> String {
    json!({ "id": id, "history": { "channel": format!("g:{group}"), "limit": -1 } }).to_string()
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_does_not_hold_up_who_joins_the_same_group() {
    let server = Server::start().await;
    talkative(&server, "talk").await;
    server.group("cold").await;
    let mut deaf = deaf(&server, "talk").await;
    let mut anna = server.client("anna").await;
    let subscribe = json!({ "id": 102, "subscribe": { "channel": "g:cold" } });
    deaf.send_text(&format!("{}\n{subscribe}", history(101, "talk"))).await;
    let begun = Instant::now();
    anna.join("cold").await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn commands_begin_when_there_is_room_and_none_does_after_a_failed_write() {
    let config = RealtimeConfig { queue_bytes: 300_000, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    talkative(&server, "talk").await;
    let mut deaf = deaf(&server, "talk").await;
    let before = server.store.reads();
    let frame: Vec<_> = (101..201).map(|id| history(id, "talk")).collect();
    deaf.send_text(&frame.join("\n")).await;
    tokio::time::sleep(Duration::from_secs(9)).await;
    let begun = server.store.reads() - before;
    assert!(begun <= 2, "{begun} histories of 200 KB were read into a queue of 300 KB");
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert_eq!(server.hub.counters().closes().get(&3009), Some(&1));
    assert_eq!(server.store.reads() - before, begun, "a command began after the failed write");
}

#[tokio::test(start_paused = true)]
async fn a_frame_of_too_many_commands_closes_the_connection_and_none_is_carried_out() {
    let config = RealtimeConfig { commands_per_frame: 3, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    let publish = |id| json!({ "id": id, "publish": { "channel": "g:g1", "data": "x" } }).to_string();
    let three: Vec<_> = (11..14).map(publish).collect();
    anna.send_text(&three.join("\n")).await;
    anna.reply(13).await;
    let four: Vec<_> = (21..25).map(publish).collect();
    anna.send_text(&four.join("\n")).await;
    assert_eq!(anna.ended().await, Ended { code: 3501, reason: "too many commands in one frame".into() });
    let top = server.muster.delivery().top(&muster_core::message::StreamRef::Group(at)).await.unwrap();
    assert_eq!(top.unwrap().sequence, 3);
}

#[tokio::test(start_paused = true)]
async fn a_history_ends_where_a_reply_is_full_and_goes_on_behind_it() {
    let config = RealtimeConfig { reply_bytes: 45_000, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    talkative(&server, "talk").await;
    let mut anna = server.client("anna").await;
    let epoch = anna.join("talk").await["epoch"].as_str().unwrap().to_owned();
    let mut seen = Vec::new();
    while seen.last() != Some(&20) {
        let since = json!({ "offset": seen.last().copied().unwrap_or(0_u64), "epoch": epoch });
        let asked = json!({ "channel": "g:talk", "limit": -1, "since": since });
        let page = anna.ask("history", asked).await["history"].clone();
        assert_eq!(page["offset"], 20);
        let page = page["publications"].as_array().unwrap();
        assert!((1..=4).contains(&page.len()), "{}", page.len());
        seen.extend(page.iter().map(|publication| publication["offset"].as_u64().unwrap()));
    }
    assert!(seen.into_iter().eq(1..=20));
    let backwards = json!({ "channel": "g:talk", "limit": -1, "reverse": true });
    let page = anna.ask("history", backwards).await["history"]["publications"].clone();
    assert_eq!((&page[0]["offset"], page.as_array().unwrap().len()), (&json!(20), 4));
}

#[tokio::test(start_paused = true)]
async fn a_returning_client_that_missed_more_than_a_reply_holds_starts_anew() {
    let config = RealtimeConfig { reply_bytes: 45_000, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    talkative(&server, "talk").await;
    let mut anna = server.client("anna").await;
    for (offset, recovered) in [(17, true), (10, false), (0, false)] {
        let epoch = anna.rejoin("talk", "", offset).await;
        assert_eq!(epoch["recovered"] == true, recovered, "{offset}");
        assert_eq!(epoch["publications"].is_array(), recovered, "{offset}");
        anna.ask("unsubscribe", json!({ "channel": "g:talk" })).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_client_began_is_finished_and_told_when_it_goes_away() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    let mut ben = server.client("ben").await;
    ben.join("g1").await;
    server.store.delay_next(Duration::from_secs(2));
    ben.send("publish", json!({ "channel": "g:g1", "data": "last words" })).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    ben.drop_link();
    assert_eq!(anna.event("recvgroupmessage").await["data"]["data"], "last words");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_talks_too_fast_is_refused_for_a_while_and_others_are_not() {
    let config = RealtimeConfig { messages_per_client: 2, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    server.group("g1").await;
    let [mut anna, mut ben] = [server.client("anna").await, server.client("ben").await];
    anna.join("g1").await;
    ben.join("g1").await;
    let publish = json!({ "channel": "g:g1", "data": "x" });
    for _ in 0..20 {
        assert!(anna.ask("publish", publish.clone()).await["publish"].is_object());
    }
    let error = anna.ask("publish", publish.clone()).await["error"].clone();
    assert_eq!((&error["code"], &error["temporary"]), (&json!(412), &json!(true)), "{error}");
    assert!(ben.ask("publish", publish.clone()).await["publish"].is_object());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(anna.ask("publish", publish).await["publish"].is_object());
}

#[tokio::test(start_paused = true)]
async fn the_members_of_a_group_together_talk_so_fast_and_no_faster() {
    let config = RealtimeConfig { messages_per_group: 1, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    for group in ["loud", "quiet"] {
        server.group(group).await;
    }
    let [mut anna, mut ben] = [server.client("anna").await, server.client("ben").await];
    for client in [&mut anna, &mut ben] {
        client.join("loud").await;
        client.join("quiet").await;
    }
    for _ in 0..10 {
        anna.ask("publish", json!({ "channel": "g:loud", "data": "x" })).await;
    }
    assert_eq!(ben.ask("publish", json!({ "channel": "g:loud", "data": "x" })).await["error"]["code"], 412);
    assert!(ben.ask("publish", json!({ "channel": "g:quiet", "data": "x" })).await["publish"].is_object());
    let gift = json!({ "groupId": "loud", "type": 20_001, "data": "a rose", "level": 1 });
    assert!(ben.call("sendGroupMessage", gift.clone()).await["messageId"].is_string(), "gifts go last");
    assert_eq!(ben.call("sendGroupMessage", gift).await["code"], 412);
    // Of ten texts nine came through.
    assert_eq!(server.hub.counters().dropped(), [("like", 0), ("text", 2), ("gift", 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_login_of_too_many_bytes_closes_the_connection_and_a_good_one_may_send_more_afterwards() {
    let config = RealtimeConfig { login_bytes: 8_192, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    let mut stranger = server.open().await;
    stranger.send_text(&" ".repeat(20_000)).await;
    assert_eq!(stranger.ended().await, Ended { code: 1009, reason: "message size limit exceeded".into() });
    server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    for _ in 0..4 {
        let long = json!({ "channel": "g:g1", "data": "x".repeat(10_000) });
        assert!(anna.ask("publish", long).await["publish"].is_object());
    }
}

#[tokio::test(start_paused = true)]
async fn unfinished_logins_beyond_the_budget_are_closed_and_others_log_in() {
    let config = RealtimeConfig { login_budget_bytes: 20_000, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    let mut strangers = Vec::new();
    for _ in 0..10 {
        let mut stranger = server.open().await;
        // A frame of 8,000 bytes of which the last do not come.
        let begun = [&[0x81, 0xfe, 0x1f, 0x40, 0, 0, 0, 0][..], &vec![b' '; 7_000]].concat();
        stranger.socket.get_mut().write_all(&begun).await.unwrap();
        strangers.push(stranger);
    }
    server.client("anna").await;
    for stranger in &mut strangers[..8] {
        assert_eq!(stranger.ended().await.code, 3502);
    }
    assert_eq!(server.hub.counters().closes().get(&3502), Some(&8), "all but the two that fit");
}
