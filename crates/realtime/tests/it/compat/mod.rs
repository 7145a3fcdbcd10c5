//! Connections with tokens of Centrifugo: what they may, what they see of each other, and what bounds them.

mod bounds;
mod channels;
mod logins;

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use muster_core::limits::Limits;
use muster_realtime::{
    RealtimeConfig,
    compat::{ChannelOptions, CompatConfig, Lifetime},
};
use ring::hmac;
use serde_json::{Value, json};

use crate::support::{Client, Server, quick};

/// When the tests take place, in seconds since 1970.
const NOW: i64 = 1_800_000_000;

/// A token as backends make it.
fn jwt(claims: &Value) -> String {
    let signed =
        [&json!({"alg": "HS256"}), claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"secret"), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// A channel where everybody may do everything.
fn open() -> ChannelOptions {
    ChannelOptions {
        presence: true,
        join_leave: true,
        history_size: 5,
        history_ttl: Lifetime::seconds(60),
        force_recovery: true,
        allow_subscribe_for_client: true,
        allow_publish_for_subscriber: true,
        allow_presence_for_subscriber: true,
        allow_history_for_subscriber: true,
        ..ChannelOptions::default()
    }
}

/// The section, with open channels, `told:` where joins and leaves are told, and `closed:` where nothing is allowed.
fn on() -> CompatConfig {
    let told = ChannelOptions { force_push_join_leave: true, ..open() };
    CompatConfig {
        enabled: true,
        hmac_secret_key: "secret".into(),
        without_namespace: open(),
        namespaces: BTreeMap::from([
            ("told".to_owned(), told),
            ("closed".to_owned(), ChannelOptions::default()),
        ]),
        ..CompatConfig::default()
    }
}

async fn server(compat: CompatConfig) -> Server {
    Server::with(RealtimeConfig { compat, ..quick() }, Limits::default()).await
}

/// A client with this token; the result of its connecting.
async fn connected(server: &Server, claims: &Value) -> (Client, Value) {
    let mut client = server.open().await;
    let reply = client.ask("connect", json!({ "token": jwt(claims) })).await;
    assert!(reply["connect"]["client"].is_string(), "{reply}");
    (client, reply["connect"].clone())
}

async fn user(server: &Server, name: &str) -> Client {
    connected(server, &json!({ "sub": name })).await.0
}

async fn subscribed(client: &mut Client, channel: &str) -> Value {
    let reply = client.ask("subscribe", json!({ "channel": channel })).await;
    assert!(reply["subscribe"].is_object(), "{reply}");
    reply["subscribe"].clone()
}

/// The code of the error that a command is answered with.
async fn refused(client: &mut Client, verb: &str, body: Value) -> u64 {
    let reply = client.ask(verb, body.clone()).await;
    assert!(reply["error"]["message"].is_string(), "{verb} {body}: {reply}");
    reply["error"]["code"].as_u64().unwrap()
}

async fn says(client: &mut Client, channel: &str, data: Value) {
    let reply = client.ask("publish", json!({ "channel": channel, "data": data })).await;
    assert!(reply["publish"].is_object(), "{reply}");
}

/// Everything that a client hears within a moment.
async fn heard(client: &mut Client) -> Vec<Value> {
    client.within(Duration::from_millis(100)).await
}
