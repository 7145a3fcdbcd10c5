use muster_core::limits::Limits;
use muster_realtime::{RealtimeConfig, compat::CompatConfig};
use serde_json::{Value, json};

use super::{connected, heard, jwt, on, refused, says, server, subscribed, user};
use crate::support::{Server, quick};

#[tokio::test(start_paused = true)]
async fn so_many_channels_are_held_and_those_that_nobody_needs_make_room() {
    let server = server(CompatConfig { channels: 2, ..on() }).await;
    let mut ann = user(&server, "ann").await;
    subscribed(&mut ann, "a").await;
    subscribed(&mut ann, "b").await;
    assert_eq!(refused(&mut ann, "subscribe", json!({"channel": "c"})).await, 106);
    server.clock.advance(1_000);
    says(&mut ann, "b", json!(1)).await;
    ann.ask("unsubscribe", json!({"channel": "a"})).await;
    ann.ask("unsubscribe", json!({"channel": "b"})).await;
    subscribed(&mut ann, "c").await;
    assert_eq!(refused(&mut ann, "subscribe", json!({"channel": "d"})).await, 106, "b has a history");
}

#[tokio::test(start_paused = true)]
async fn a_connection_has_so_many_subscriptions() {
    let config = RealtimeConfig { channels_per_connection: 2, compat: on(), ..quick() };
    let server = Server::with(config, Limits::default()).await;
    let mut ann = user(&server, "ann").await;
    subscribed(&mut ann, "a").await;
    subscribed(&mut ann, "b").await;
    assert_eq!(refused(&mut ann, "subscribe", json!({"channel": "c"})).await, 106);
    let mut bob = server.open().await;
    bob.send("connect", json!({"token": jwt(&json!({"sub": "bob", "channels": ["a", "b", "c"]}))})).await;
    assert_eq!(bob.ended().await.code, 3505);
}

#[tokio::test(start_paused = true)]
async fn histories_keep_no_more_than_their_bytes() {
    let server = server(CompatConfig { channel_history_bytes: 2_000, ..on() }).await;
    let mut ann = user(&server, "ann").await;
    let epoch = subscribed(&mut ann, "room").await["epoch"].clone();
    for _ in 0..3 {
        says(&mut ann, "room", json!("x".repeat(700))).await;
    }
    let past = ann.ask("history", json!({"channel": "room", "limit": -1})).await["history"].clone();
    assert_eq!((past["publications"].as_array().unwrap().len(), &past["offset"]), (2, &json!(3)));
    ann.ask("unsubscribe", json!({"channel": "room"})).await;
    let wish = json!({"channel": "room", "recover": true, "offset": 0, "epoch": epoch});
    assert_eq!(ann.ask("subscribe", wish).await["subscribe"]["recovered"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_full_channel_is_counted_and_not_listed_and_its_joins_are_not_told() {
    let server = server(CompatConfig { presence_clients: 1, join_leave_clients: 1, ..on() }).await;
    let (mut ann, mut bob) = (user(&server, "ann").await, user(&server, "bob").await);
    subscribed(&mut ann, "told:room").await;
    assert_eq!(heard(&mut ann).await.len(), 1);
    subscribed(&mut bob, "told:room").await;
    assert_eq!(heard(&mut ann).await, [] as [Value; 0]);
    assert_eq!(refused(&mut ann, "presence", json!({"channel": "told:room"})).await, 108);
    let stats = ann.ask("presence_stats", json!({"channel": "told:room"})).await;
    assert_eq!(stats["presence_stats"]["num_clients"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_connection_says_so_much_in_a_second() {
    let config = RealtimeConfig { messages_per_client: 1, compat: on(), ..quick() };
    let server = Server::with(config, Limits::default()).await;
    let mut ann = user(&server, "ann").await;
    subscribed(&mut ann, "room").await;
    for _ in 0..10 {
        says(&mut ann, "room", json!(1)).await;
    }
    let reply = ann.ask("publish", json!({"channel": "room", "data": 1})).await;
    assert_eq!((&reply["error"]["code"], &reply["error"]["temporary"]), (&json!(111), &json!(true)));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_is_closed_and_holds_up_nobody() {
    let config = RealtimeConfig { queue_bytes: 10_000, compat: on(), ..quick() };
    let server = Server::with(config, Limits::default()).await;
    let mut deaf = server.open_with(256).await;
    deaf.send_text(&format!(
        "{}\n{}",
        json!({"id": 1, "connect": {"token": jwt(&json!({"sub": "deaf"}))}}),
        json!({"id": 2, "subscribe": {"channel": "room"}})
    ))
    .await;
    let (mut ann, _) = connected(&server, &json!({"sub": "ann"})).await;
    subscribed(&mut ann, "room").await;
    for number in 0..50 {
        says(&mut ann, "room", json!({"number": number, "filler": "x".repeat(500)})).await;
        assert_eq!(ann.next().await["push"]["pub"]["data"]["number"], number);
    }
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while server.hub.counters().closes().is_empty() && tokio::time::Instant::now() < deadline {
        tokio::task::yield_now().await;
        tokio::time::advance(std::time::Duration::from_millis(100)).await;
    }
    let closes = server.hub.counters().closes();
    assert!(closes.contains_key(&3008) || closes.contains_key(&3009), "{closes:?}");
    drop(deaf);
}
