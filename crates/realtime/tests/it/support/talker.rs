//! A client that talks without waiting.

use std::collections::BTreeMap;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::tungstenite::Message;

use super::Client;

/// Messages that are said, and of each frame.
const MESSAGES: u64 = 5_000;
const OF_A_FRAME: u64 = 50;

/// Joins the groups `a` and `b`, says thousands of messages to them by turns, many frames at once and many in a frame, and
/// demands that each stream has them in order and each was answered in the order of its stream.
pub(crate) async fn talk_to_two_groups<S>(mut client: Client<S>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    const FIRST_ID: u64 = 1_000;
    for group in ["a", "b"] {
        client.join(group).await;
    }
    let (mut sink, mut source) = client.socket.split();
    let group_of = |number: u64| if number.is_multiple_of(2) { "a" } else { "b" };
    let command = move |number: u64| {
        let (id, group, text) = (FIRST_ID + number, group_of(number), number.to_string());
        if number.is_multiple_of(3) {
            let data = json!({ "groupId": group, "type": 10_001, "data": text });
            return json!({ "id": id, "rpc": { "method": "sendGroupMessage", "data": data } }).to_string();
        }
        json!({ "id": id, "publish": { "channel": format!("g:{group}"), "data": text } }).to_string()
    };
    let talking = tokio::spawn(async move {
        for first in (0..MESSAGES).step_by(usize::try_from(OF_A_FRAME).unwrap()) {
            let frame: Vec<_> = (first..first + OF_A_FRAME).map(command).collect();
            sink.send(Message::text(frame.join("\n"))).await.unwrap();
        }
        sink
    });
    let mut heard: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    let mut answered: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    let mut missing = 2 * MESSAGES;
    while missing > 0 {
        let Message::Text(text) = source.next().await.expect("a frame").expect("a frame") else { continue };
        for message in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            let publication = &message["push"]["pub"];
            if let Some(id) = message["id"].as_u64() {
                assert!(message["error"].is_null(), "{message}");
                let number = id - FIRST_ID;
                answered.entry(group_of(number)).or_default().push(number);
                missing -= 1;
            } else if publication["data"]["event"] == "recvgroupmessage" {
                let group = publication["data"]["groupId"].as_str().unwrap().to_owned();
                let number = publication["data"]["data"].as_str().unwrap().parse().unwrap();
                heard.entry(group).or_default().push((publication["offset"].as_u64().unwrap(), number));
                missing -= 1;
            }
        }
    }
    drop(talking.await.unwrap());
    for (group, first) in [("a", 0), ("b", 1)] {
        let said: Vec<_> = (first..MESSAGES).step_by(2).collect();
        assert_eq!(answered[group], said);
        assert_eq!(heard[group], (1..).zip(said).collect::<Vec<_>>());
    }
}
