//! The Protobuf form for a client that thinks in JSON: the same names, and the same values left out.

use bytes::Bytes;
use muster_realtime::protocol::protobuf::schema;
use prost::Message as _;
use serde_json::{Map, Value, json};

/// Writes a command behind its length.
pub(crate) fn command_bytes(command: &Value) -> Vec<u8> {
    let one = |name: &str| command.get(name);
    let channel = |value: &Value| text(value, "channel");
    let written = schema::Command {
        id: number(command, "id").try_into().unwrap(),
        connect: one("connect").map(connect),
        subscribe: one("subscribe").map(subscribe),
        unsubscribe: one("unsubscribe").map(|v| schema::UnsubscribeRequest { channel: channel(v) }),
        publish: one("publish").map(|v| schema::PublishRequest { channel: channel(v), data: data(v) }),
        presence: one("presence").map(|v| schema::PresenceRequest { channel: channel(v) }),
        presence_stats: one("presence_stats").map(|v| schema::PresenceStatsRequest { channel: channel(v) }),
        history: one("history").map(history),
        ping: one("ping").map(|_| schema::PingRequest {}),
        send: one("send").map(|v| schema::SendRequest { data: data(v) }),
        rpc: one("rpc").map(|v| schema::RpcRequest { method: text(v, "method"), data: data(v) }),
        refresh: one("refresh").map(|v| schema::RefreshRequest { token: text(v, "token") }),
        sub_refresh: one("sub_refresh")
            .map(|v| schema::SubRefreshRequest { channel: channel(v), token: text(v, "token") }),
    };
    written.encode_length_delimited_to_vec()
}

/// Reads the messages of a frame.
pub(crate) fn messages(mut frame: &[u8]) -> Vec<Value> {
    let mut messages = Vec::new();
    while !frame.is_empty() {
        messages.push(message(schema::Reply::decode_length_delimited(&mut frame).unwrap()));
    }
    messages
}

fn connect(value: &Value) -> schema::ConnectRequest {
    let subs = value["subs"].as_object().into_iter().flatten();
    schema::ConnectRequest {
        token: text(value, "token"),
        data: data(value),
        subs: subs.map(|(name, sub)| (name.clone(), subscribe(sub))).collect(),
        ..Default::default()
    }
}

fn subscribe(value: &Value) -> schema::SubscribeRequest {
    schema::SubscribeRequest {
        channel: text(value, "channel"),
        token: text(value, "token"),
        recover: flag(value, "recover"),
        epoch: text(value, "epoch"),
        offset: number(value, "offset").try_into().unwrap(),
        positioned: flag(value, "positioned"),
        recoverable: flag(value, "recoverable"),
        join_leave: flag(value, "join_leave"),
        delta: text(value, "delta"),
        flag: number(value, "flag"),
        r#type: number(value, "type").try_into().unwrap(),
        ..Default::default()
    }
}

fn history(value: &Value) -> schema::HistoryRequest {
    let since = value.get("since").map(|since| schema::StreamPosition {
        offset: number(since, "offset").try_into().unwrap(),
        epoch: text(since, "epoch"),
    });
    schema::HistoryRequest {
        channel: text(value, "channel"),
        limit: number(value, "limit").try_into().unwrap(),
        since,
        reverse: flag(value, "reverse"),
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or_default()
}

fn flag(value: &Value, name: &str) -> bool {
    value[name].as_bool().unwrap_or_default()
}

fn data(value: &Value) -> Bytes {
    value.get("data").map(|data| data.to_string().into()).unwrap_or_default()
}

fn message(reply: schema::Reply) -> Value {
    let mut top = Fields::default();
    top.set("id", reply.id);
    top.object("error", reply.error, |error, of| {
        of.set("code", error.code);
        of.set("message", error.message);
        of.set("temporary", error.temporary);
    });
    top.object("push", reply.push, push);
    top.object("connect", reply.connect, |result, of| {
        of.set("client", result.client);
        of.set("version", result.version);
        of.set("expires", result.expires);
        of.set("ttl", result.ttl);
        of.payload("data", &result.data);
        let subs = result.subs.into_iter().map(|(name, sub)| (name, Fields::of(sub, subscribed)));
        of.set("subs", Value::Object(subs.collect()));
        of.set("ping", result.ping);
        of.set("pong", result.pong);
        of.set("session", result.session);
        of.set("node", result.node);
    });
    top.object("subscribe", reply.subscribe, subscribed);
    top.object("unsubscribe", reply.unsubscribe, |_, _| {});
    top.object("publish", reply.publish, |_, _| {});
    top.object("presence", reply.presence, |result, of| {
        let clients = result.presence.into_iter().map(|(id, info)| (id, Fields::of(info, client)));
        of.always("presence", Value::Object(clients.collect()));
    });
    top.object("presence_stats", reply.presence_stats, |result, of| {
        of.always("num_clients", result.num_clients);
        of.always("num_users", result.num_users);
    });
    top.object("history", reply.history, |result, of| {
        let told = result.publications.into_iter().map(|one| Fields::of(one, publication));
        of.always("publications", told.collect::<Vec<_>>());
        of.always("epoch", result.epoch);
        of.always("offset", result.offset);
    });
    top.object("rpc", reply.rpc, |result, of| of.payload("data", &result.data));
    top.object("refresh", reply.refresh, |result, of| {
        of.set("expires", result.expires);
        of.set("ttl", result.ttl);
    });
    top.object("sub_refresh", reply.sub_refresh, |result, of| {
        of.set("expires", result.expires);
        of.set("ttl", result.ttl);
    });
    Value::Object(top.0)
}

fn push(push: schema::Push, of: &mut Fields) {
    of.set("channel", push.channel);
    of.object("pub", push.r#pub, publication);
    of.object("join", push.join, |join, of| of.object("info", join.info, client));
    of.object("leave", push.leave, |leave, of| of.object("info", leave.info, client));
    of.object("unsubscribe", push.unsubscribe, |why, of| {
        of.set("code", why.code);
        of.set("reason", why.reason);
    });
    of.object("message", push.message, |message, of| of.payload("data", &message.data));
    of.object("subscribe", push.subscribe, |result, of| {
        of.set("recoverable", result.recoverable);
        of.set("epoch", result.epoch);
        of.set("offset", result.offset);
        of.set("positioned", result.positioned);
        of.payload("data", &result.data);
    });
    of.object("disconnect", push.disconnect, |why, of| {
        of.set("code", why.code);
        of.set("reason", why.reason);
    });
}

fn subscribed(result: schema::SubscribeResult, of: &mut Fields) {
    of.set("expires", result.expires);
    of.set("ttl", result.ttl);
    of.set("recoverable", result.recoverable);
    of.set("epoch", result.epoch);
    let missed = result.publications.into_iter().map(|one| Fields::of(one, publication));
    of.set("publications", missed.collect::<Vec<_>>());
    of.set("recovered", result.recovered);
    of.set("offset", result.offset);
    of.set("positioned", result.positioned);
    of.payload("data", &result.data);
    of.set("was_recovering", result.was_recovering);
}

fn publication(publication: schema::Publication, of: &mut Fields) {
    of.payload("data", &publication.data);
    of.object("info", publication.info, client);
    of.set("offset", publication.offset);
}

fn client(info: schema::ClientInfo, of: &mut Fields) {
    of.always("user", info.user);
    of.always("client", info.client);
    of.payload("conn_info", &info.conn_info);
    of.payload("chan_info", &info.chan_info);
}

/// The members of a JSON object.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn of<T>(value: T, fill: impl FnOnce(T, &mut Self)) -> Value {
        let mut fields = Self::default();
        fill(value, &mut fields);
        Value::Object(fields.0)
    }

    /// A value, unless it is a zero value.
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        if ![json!(0), json!(false), json!(""), json!([]), json!({})].contains(&value) {
            self.always(name, value);
        }
    }

    fn always(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn payload(&mut self, name: &str, data: &[u8]) {
        if !data.is_empty() {
            self.always(name, serde_json::from_slice::<Value>(data).unwrap());
        }
    }

    fn object<T>(&mut self, name: &str, value: Option<T>, fill: impl FnOnce(T, &mut Self)) {
        if let Some(value) = value {
            self.always(name, Self::of(value, fill));
        }
    }
}
