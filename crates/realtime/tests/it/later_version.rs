//! A node of a later version stores and tells events that this one does not know.

use std::{sync::Arc, time::Duration};

use muster_core::{
    bus::{Bus as _, Notice},
    event::{Event, form},
    message::StreamRef,
    time::Millis,
};
use serde_json::{Value, json};

use crate::support::Server;

fn places(publications: &[Value]) -> Vec<(u64, String)> {
    let place = |publication: &Value| {
        let data = &publication["data"];
        let said = data["data"].as_str().unwrap();
        (publication["offset"].as_u64().unwrap(), said.to_owned())
    };
    publications.iter().map(place).collect()
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_not_known_is_passed_over_and_counts_its_offset() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let stream = StreamRef::Group(at.clone());
    let mut anna = server.client("anna").await;
    let mut ben = server.client("ben").await;
    anna.join("g1").await;
    ben.join("g1").await;
    anna.within(Duration::from_secs(1)).await;
    server.announce(&at, "first").await;
    ben.drop_link();
    let muted: Event = form::read(r#"{"Muted":{"user":"u"}}"#).unwrap();
    // Of one notice only the head was read, the other is about an event that has its place in the stream.
    server.store.put(&stream, muted.clone(), Millis(1)).await;
    server.bus.hint(&stream, 2);
    server.announce(&at, "third").await;
    let sequence = Some(server.store.put(&stream, muted.clone(), Millis(2)).await);
    let notice = Notice::Published { stream, sequence, event: Arc::new(muted), at: Millis(2) };
    server.bus.publish(notice).await.unwrap();
    server.announce(&at, "fifth").await;

    let expected = [(1, "first"), (3, "third"), (5, "fifth")].map(|(at, said)| (at, said.to_owned()));
    let told = anna.within(Duration::from_secs(1)).await;
    let told: Vec<_> = told.into_iter().map(|message| message["push"]["pub"].clone()).collect();
    assert_eq!(places(&told), expected, "those who are there have all, in order");
    let mut ben = server.client("ben").await;
    let back = ben.rejoin("g1", "epoch", 1).await;
    assert_eq!(back["recovered"], json!(true));
    assert_eq!(places(back["publications"].as_array().unwrap()), expected[1..]);
    let history = anna.ask("history", json!({ "channel": "g:g1", "limit": 9 })).await["history"].clone();
    assert_eq!(places(history["publications"].as_array().unwrap()), expected);
    assert_eq!(history["offset"], 5);
}
