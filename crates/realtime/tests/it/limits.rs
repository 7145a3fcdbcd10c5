//! Bounds: times, sizes and numbers.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use muster_core::limits::Limits;
use muster_realtime::{Handshake, RealtimeConfig, protocol::Form};
use serde_json::json;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

use crate::support::{Ended, Server, quick};

#[tokio::test(start_paused = true)]
async fn a_connection_that_does_not_log_in_is_closed() {
    let server = Server::start().await;
    let start = Instant::now();
    assert_eq!(server.open().await.ended().await, Ended { code: 3502, reason: "stale".into() });
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_has_five_seconds_to_go_and_nothing_else_counts() {
    let server = Server::start().await;
    let mut client = server.open().await;
    let connect = json!({ "id": 1, "connect": { "token": "bad" } });
    let subscribe = json!({ "id": 2, "subscribe": { "channel": "g:g1" } });
    client.send_text(&format!("{connect}\n{subscribe}")).await;
    assert_eq!(client.next().await["error"]["code"], 403);
    client.send_text(&subscribe.to_string()).await;
    let start = Instant::now();
    assert_eq!(client.ended().await.code, 3502);
    assert!(start.elapsed() <= Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn pings_come_on_time_and_a_client_that_does_not_answer_is_closed() {
    let server = Server::start().await;
    let mut anna = server.client("anna").await;
    anna.within(Duration::from_secs(110)).await;
    anna.answers_pings = false;
    let start = Instant::now();
    assert_eq!(anna.ended().await, Ended { code: 3012, reason: "no pong".into() });
    assert!(start.elapsed() <= Duration::from_secs(25 + 8));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_for_it_is_pinged_by_frames_of_websocket_alone() {
    for form in Form::ALL {
        let server = Server::start().await;
        let mut anna = server.open_asking(Handshake { form, frame_pings: true }, 1 << 20).await;
        let reply = anna.ask("connect", json!({ "token": server.token("anna") })).await;
        assert!(reply["connect"]["ping"].is_null() && reply["connect"]["pong"].is_null(), "{reply}");
        for _ in 0..4 {
            // The library answers it with the next look.
            let frame = timeout(Duration::from_secs(26), anna.socket.next()).await.unwrap();
            assert!(matches!(frame, Some(Ok(Message::Ping(_)))), "{frame:?}");
        }
        // A pong that nobody has asked for breaks nothing.
        anna.socket.send(Message::Pong(Bytes::new())).await.unwrap();
        assert_eq!(anna.call("queryGroup", json!("none")).await["code"], 440);
        // Whoever does not look for anything answers nothing.
        tokio::time::sleep(Duration::from_secs(25 + 8)).await;
        assert_eq!(anna.ended().await, Ended { code: 3012, reason: "no pong".into() });
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_above_the_bound_closes_the_connection() {
    let server = Server::start().await;
    let mut anna = server.client("anna").await;
    anna.send_text(&" ".repeat(65_537)).await;
    assert_eq!(anna.ended().await, Ended { code: 1009, reason: "message size limit exceeded".into() });
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_at_all_is_closed() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut deaf = server.open_with(2_048).await;
    deaf.ask("connect", json!({ "token": server.token("deaf") })).await;
    deaf.join("g1").await;
    for _ in 0..10 {
        server.announce(&at, &"x".repeat(1_000)).await;
    }
    tokio::time::sleep(Duration::from_secs(17)).await;
    assert_eq!(server.hub.counters().closes().get(&3009), Some(&1));
    assert_eq!(server.hub.counters().connections.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_group_too_many_is_refused() {
    let config = RealtimeConfig { channels_per_connection: 2, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    for group in ["a", "b", "c"] {
        server.group(group).await;
    }
    let mut anna = server.client("anna").await;
    anna.join("a").await;
    anna.join("b").await;
    assert_eq!(anna.ask("subscribe", json!({ "channel": "g:c" })).await["error"]["code"], 106);
    anna.ask("unsubscribe", json!({ "channel": "g:a" })).await;
    anna.join("c").await;
}

#[tokio::test(start_paused = true)]
async fn a_full_server_takes_no_more_connections() {
    let config = RealtimeConfig { max_connections: 1, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    let anna = server.client("anna").await;
    assert!(!server.hub.has_room());
    assert_eq!(
        server.open().await.ended().await,
        Ended { code: 3013, reason: "too many connections".into() }
    );
    anna.drop_link();
    server.client("ben").await;
}

#[tokio::test(start_paused = true)]
async fn commands_that_arrive_in_binary_frames_are_read() {
    let server = Server::start().await;
    let mut client = server.open().await;
    let connect = json!({ "id": 1, "connect": { "token": server.token("anna") } });
    client.socket.send(Message::binary(connect.to_string().into_bytes())).await.unwrap();
    assert!(client.next().await["connect"]["client"].is_string());
    client.socket.send(Message::binary(vec![0xff, 0xfe])).await.unwrap();
    assert_eq!(client.ended().await.code, 3501);
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    assert!(quick().check().is_ok());
    assert!(RealtimeConfig { ping_seconds: 8, ..quick() }.check().is_err());
    assert!(RealtimeConfig { queue_bytes: 0, ..quick() }.check().is_err());
    let unknown = serde_json::from_str::<RealtimeConfig>(r#"{"grace":1}"#);
    assert!(unknown.is_err());
    let partly: RealtimeConfig = serde_json::from_str(r#"{"grace_seconds":3}"#).unwrap();
    assert_eq!(partly, RealtimeConfig { grace_seconds: 3, ..quick() });
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closes_is_answered() {
    let server = Server::start().await;
    let mut anna = server.client("anna").await;
    let frame = CloseFrame { code: 1000.into(), reason: "bye".into() };
    anna.socket.send(Message::Close(Some(frame))).await.unwrap();
    assert_eq!(anna.ended().await, Ended { code: 1000, reason: "bye".into() });
}

#[tokio::test(start_paused = true)]
async fn a_store_that_answers_late_does_not_cost_a_connection() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = server.client("anna").await;
    for _ in 0..20 {
        server.store.delay_next(Duration::from_secs(9));
        anna.call("queryGroup", json!("g1")).await;
    }
}
