//! A user's own stream: who returns has all that was said meanwhile or nothing, and may read what was.

use std::time::Duration;

use muster_core::{
    id::UserId,
    limits::Limits,
    message::{Body, Sender, StreamRef},
    service::{OperatorWord, Storage},
};
use muster_realtime::{RealtimeConfig, protocol::Form};
use serde_json::{Value, json};

use crate::support::{Client, Server, quick};

fn ben() -> UserId {
    UserId::new("ben").unwrap()
}

/// Says so much to ben, who is logged in.
async fn tell(server: &Server, count: u64) {
    for number in 1..=count {
        let sender = Sender { user: UserId::new("host").unwrap(), info: None };
        let word = OperatorWord::of(sender, Body::new(&format!("m{number}")).unwrap());
        let word = OperatorWord { storage: Storage::Stored, ..word };
        server.muster.messages().announce_to(&server.app, &ben(), word).await.unwrap();
    }
}

/// Logs ben in, who has seen so much of his stream; what is said of it.
async fn returned(server: &Server, form: Form, epoch: &str, offset: u64) -> (Client, Value) {
    let mut client = server.open_as(form, 1 << 20).await;
    let held = json!({ "u:ben": { "recover": true, "epoch": epoch, "offset": offset } });
    let reply = client.ask("connect", json!({ "token": server.token("ben"), "subs": held })).await;
    (client, reply["connect"]["subs"]["u:ben"].clone())
}

fn offsets(result: &Value) -> Vec<u64> {
    let publications = result["publications"].as_array().cloned().unwrap_or_default();
    publications.iter().map(|publication| publication["offset"].as_u64().unwrap()).collect()
}

/// Whether what is said of the stream is that exactly this was missed; `None` is that it cannot be recovered.
fn assert_recovered(own: &Value, offset: u64, top: u64, missed: Option<Vec<u64>>) {
    let whole = [&own["recoverable"], &own["positioned"], &own["was_recovering"]];
    assert_eq!(whole, [&json!(true); 3], "{own}");
    assert_eq!(own["epoch"], "epoch");
    assert_eq!(own["recovered"], if missed.is_some() { json!(true) } else { Value::Null }, "{offset}: {own}");
    assert_eq!(own["offset"].as_u64().unwrap_or(0), if missed.is_some() { offset } else { top });
    assert_eq!(offsets(own), missed.unwrap_or_default());
}

#[tokio::test(start_paused = true)]
async fn what_a_user_has_missed_is_recovered_whole_or_not_at_all() {
    for (form, ring_entries) in [(Form::Json, 300), (Form::Protobuf, 300), (Form::Json, 2)] {
        let config = RealtimeConfig { recovery_limit: 5, ring_entries, ..quick() };
        let server = Server::with(config, Limits::default()).await;
        // Each stays until the next has come, who takes the login over.
        let mut there = server.client("ben").await;
        tell(&server, 10).await;
        for (epoch, offset, missed) in [
            ("epoch", 5, Some((6..=10).collect::<Vec<_>>())),
            ("", 9, Some(vec![10])),
            ("epoch", 10, Some(vec![])),
            ("epoch", 4, None),
            ("epoch", 0, None),
            ("epoch", 11, None),
            ("another", 9, None),
        ] {
            let (client, own) = returned(&server, form, epoch, offset).await;
            assert_recovered(&own, offset, 10, missed);
            assert_eq!(there.ended().await.code, 4501);
            there = client;
        }
        let counters = server.hub.counters();
        assert_eq!((counters.recovered.get(), counters.unrecovered.get()), (3, 4));
    }
}

#[tokio::test(start_paused = true)]
async fn three_hundred_missed_messages_are_recovered_and_one_more_is_not() {
    let server = Server::start().await;
    let _there = server.client("ben").await;
    tell(&server, 301).await;
    let (_there, own) = returned(&server, Form::Json, "epoch", 1).await;
    assert_recovered(&own, 1, 301, Some((2..=301).collect()));
    let (_there, own) = returned(&server, Form::Json, "epoch", 0).await;
    assert_recovered(&own, 0, 301, None);
}

#[tokio::test(start_paused = true)]
async fn a_position_before_what_is_kept_cannot_be_recovered() {
    let server = Server::start().await;
    let there = server.client("ben").await;
    tell(&server, 10).await;
    there.drop_link();
    tokio::time::sleep(Duration::from_secs(11)).await;
    server.store.purge_entries(&StreamRef::User(server.app.id.clone(), ben()), 5);
    for (offset, missed) in [(4, None), (0, None), (5, Some((6..=10).collect::<Vec<_>>()))] {
        let (client, own) = returned(&server, Form::Json, "epoch", offset).await;
        assert_recovered(&own, offset, 10, missed);
        client.drop_link();
        tokio::time::sleep(Duration::from_secs(11)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_reads_its_own_stream_from_either_end_and_nobody_elses() {
    let server = Server::start().await;
    let mut there = server.client("ben").await;
    tell(&server, 10).await;
    let cases = [
        (json!({}), vec![]),
        (json!({ "limit": 0 }), vec![]),
        (json!({ "limit": -1 }), (1..=10).collect()),
        (json!({ "limit": 3, "reverse": true }), vec![10, 9, 8]),
        (json!({ "limit": 2, "since": { "offset": 4, "epoch": "epoch" } }), vec![5, 6]),
        (json!({ "limit": -1, "since": { "offset": 3, "epoch": "" }, "reverse": true }), vec![2, 1]),
        (json!({ "limit": 1, "since": { "offset": 10 } }), vec![]),
    ];
    for (mut question, expected) in cases {
        question["channel"] = json!("u:ben");
        let history = there.ask("history", question.clone()).await["history"].clone();
        assert_eq!(offsets(&history), expected, "{question}");
        assert_eq!((&history["epoch"], &history["offset"]), (&json!("epoch"), &json!(10)));
    }
    for (question, code) in [
        (json!({ "channel": "u:ben", "limit": 1, "since": { "offset": 1, "epoch": "other" } }), 112),
        (json!({ "channel": "u:ben", "limit": 1, "since": { "offset": 0 }, "reverse": true }), 107),
        (json!({ "channel": "u:anna", "limit": 1 }), 103),
    ] {
        assert_eq!(there.ask("history", question.clone()).await["error"]["code"], code, "{question}");
    }
    for verb in ["presence", "presence_stats", "subscribe"] {
        let refused = there.ask(verb, json!({ "channel": "u:ben" })).await;
        assert_eq!(refused["error"]["code"], 103, "{verb}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_history_holds_three_hundred_publications() {
    let server = Server::start().await;
    let mut there = server.client("ben").await;
    tell(&server, 301).await;
    for limit in [-1, 1_000] {
        let ask = |more: Value| {
            let mut question = json!({ "channel": "u:ben", "limit": limit });
            question.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            question
        };
        let first = there.ask("history", ask(json!({}))).await["history"].clone();
        assert_eq!(offsets(&first), (1..=300).collect::<Vec<_>>());
        let rest = there.ask("history", ask(json!({ "since": { "offset": 300 } }))).await["history"].clone();
        assert_eq!((offsets(&rest), &rest["offset"]), (vec![301], &json!(301)));
        let last = there.ask("history", ask(json!({ "reverse": true }))).await["history"].clone();
        assert_eq!(offsets(&last), (2..=301).rev().collect::<Vec<_>>());
    }
}
