//! Writing replies and pushes.

use std::ops::Range;

use super::super::{
    ClientInfo, ConnectResult, ErrorReply, HistoryResult, Publication, Push, PushBody, Reply, ReplyBody,
    SubscribeResult,
};

/// What stands in a publication before its data.
const PUBLICATION_DATA: &str = r#""data":"#;

/// Writes a reply.
#[must_use]
pub fn reply(reply: &Reply) -> String {
    let mut out = Vec::with_capacity(128);
    let mut top = Object::begin(&mut out);
    top.number("id", u64::from(reply.id));
    let name = match &reply.body {
        ReplyBody::Error(_) => "error",
        ReplyBody::Connect(_) => "connect",
        ReplyBody::Subscribe(_) => "subscribe",
        ReplyBody::Unsubscribe => "unsubscribe",
        ReplyBody::Publish => "publish",
        ReplyBody::Presence(_) => "presence",
        ReplyBody::PresenceStats { .. } => "presence_stats",
        ReplyBody::History(_) => "history",
        ReplyBody::Rpc(_) => "rpc",
        ReplyBody::Refresh { .. } => "refresh",
        ReplyBody::SubRefresh { .. } => "sub_refresh",
    };
    // Also an answer that says nothing is written: without it the SDKs wait for ever.
    top.object(name, |object| match &reply.body {
        ReplyBody::Error(error) => write_error(object, error),
        ReplyBody::Connect(result) => write_connect(object, result),
        ReplyBody::Subscribe(result) => write_subscribe(object, result),
        ReplyBody::Unsubscribe | ReplyBody::Publish => {}
        ReplyBody::Presence(clients) => write_presence(object, clients),
        ReplyBody::PresenceStats { clients, users } => {
            object.figure("num_clients", *clients);
            object.figure("num_users", *users);
        }
        ReplyBody::History(result) => write_history(object, result),
        ReplyBody::Rpc(data) => object.raw("data", data),
        ReplyBody::Refresh { ttl } | ReplyBody::SubRefresh { ttl } => write_expiry(object, *ttl),
    });
    top.end();
    text(out)
}

/// Writes a push.
#[must_use]
pub fn push(push: &Push<'_>) -> String {
    push_and_data(push).0
}

/// Writes a push; also where in it the data of a publication stands, so that they can be shared instead of copied.
pub(crate) fn push_and_data(push: &Push<'_>) -> (String, Range<usize>) {
    let mut out = Vec::with_capacity(256);
    let mut data_at = 0..0;
    let mut top = Object::begin(&mut out);
    top.object("push", |object| {
        object.text("channel", push.channel);
        match &push.body {
            PushBody::Publication(publication) => object.object("pub", |object| {
                let begin = object.out.len() + PUBLICATION_DATA.len();
                write_publication(object, publication);
                data_at = begin..begin + publication.data.len();
            }),
            PushBody::Join(info) => {
                object.object("join", |join| join.object("info", |i| write_client(i, info)));
            }
            PushBody::Leave(info) => {
                object.object("leave", |leave| leave.object("info", |i| write_client(i, info)));
            }
            PushBody::Unsubscribe(why) => object.object("unsubscribe", |unsubscribe| {
                unsubscribe.number("code", u64::from(why.code));
                unsubscribe.text("reason", why.reason);
            }),
            PushBody::Message(data) => object.object("message", |message| message.raw("data", data)),
            PushBody::Subscribe(result) => object.object("subscribe", |subscribe| {
                subscribe.flag("recoverable", result.recoverable);
                subscribe.text("epoch", &result.epoch);
                subscribe.number("offset", result.offset);
                subscribe.flag("positioned", result.positioned);
                subscribe.raw("data", &result.data);
            }),
            PushBody::Disconnect(why) => object.object("disconnect", |disconnect| {
                disconnect.number("code", u64::from(why.code));
                disconnect.text("reason", why.reason);
            }),
        }
    });
    top.end();
    (text(out), data_at)
}

fn write_error(object: &mut Object<'_>, error: &ErrorReply) {
    object.number("code", u64::from(error.code.number()));
    object.text("message", &error.message);
    object.flag("temporary", error.code.is_temporary());
}

/// Whether something expires, and in how many seconds.
fn write_expiry(object: &mut Object<'_>, ttl: Option<u32>) {
    object.flag("expires", ttl.is_some());
    object.number("ttl", u64::from(ttl.unwrap_or_default()));
}

fn write_connect(object: &mut Object<'_>, result: &ConnectResult) {
    object.text("client", &result.client);
    object.text("version", &result.version);
    write_expiry(object, result.ttl);
    object.raw("data", &result.data);
    if !result.subs.is_empty() {
        object.object("subs", |subs| {
            for (channel, result) in &result.subs {
                subs.object(channel, |sub| write_subscribe(sub, result));
            }
        });
    }
    object.number("ping", u64::from(result.ping));
    object.flag("pong", result.pong);
    object.text("session", &result.session);
    object.text("node", &result.node);
}

fn write_subscribe(object: &mut Object<'_>, result: &SubscribeResult) {
    write_expiry(object, result.ttl);
    object.flag("recoverable", result.recoverable);
    object.text("epoch", &result.epoch);
    if !result.publications.is_empty() {
        object.array("publications", &result.publications, write_publication);
    }
    object.flag("recovered", result.recovered);
    object.number("offset", result.offset);
    object.flag("positioned", result.positioned);
    object.raw("data", &result.data);
    object.flag("was_recovering", result.was_recovering);
}

fn write_publication(object: &mut Object<'_>, publication: &Publication) {
    // First: `push_and_data` counts on it.
    object.raw("data", &publication.data);
    if let Some(info) = &publication.info {
        object.object("info", |object| write_client(object, info));
    }
    object.number("offset", publication.offset);
}

fn write_presence(object: &mut Object<'_>, clients: &[ClientInfo]) {
    object.object("presence", |presence| {
        for info in clients {
            presence.object(&info.client, |object| write_client(object, info));
        }
    });
}

fn write_client(object: &mut Object<'_>, info: &ClientInfo) {
    object.string("user", &info.user);
    object.string("client", &info.client);
    object.raw("conn_info", &info.conn_info);
    object.raw("chan_info", &info.chan_info);
}

fn write_history(object: &mut Object<'_>, result: &HistoryResult) {
    object.array("publications", &result.publications, write_publication);
    object.string("epoch", &result.epoch);
    object.figure("offset", result.offset);
}

/// An object being written.
struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    fn end(self) {
        self.out.push(b'}');
    }

    fn key(&mut self, name: &str) {
        if !std::mem::replace(&mut self.empty, false) {
            self.out.push(b',');
        }
        quote(self.out, name);
        self.out.push(b':');
    }

    fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.key(name);
        let mut inner = Object::begin(self.out);
        fill(&mut inner);
        inner.end();
    }

    fn array<T>(&mut self, name: &str, items: &[T], write: impl Fn(&mut Object<'_>, &T)) {
        self.key(name);
        self.out.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            let mut inner = Object::begin(self.out);
            write(&mut inner, item);
            inner.end();
        }
        self.out.push(b']');
    }

    /// A text, also an empty one.
    fn string(&mut self, name: &str, value: &str) {
        self.key(name);
        quote(self.out, value);
    }

    /// A text, unless it is empty.
    fn text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.string(name, value);
        }
    }

    /// A number, also 0.
    fn figure(&mut self, name: &str, value: u64) {
        self.key(name);
        self.out.extend_from_slice(value.to_string().as_bytes());
    }

    /// A number, unless it is 0.
    fn number(&mut self, name: &str, value: u64) {
        if value != 0 {
            self.figure(name, value);
        }
    }

    fn flag(&mut self, name: &str, value: bool) {
        if value {
            self.key(name);
            self.out.extend_from_slice(b"true");
        }
    }

    /// A payload, unless it is empty. A line break in it would end the message.
    fn raw(&mut self, name: &str, value: &[u8]) {
        if !value.is_empty() {
            self.key(name);
            debug_assert!(!value.contains(&b'\n'), "payloads are written on one line");
            self.out.extend_from_slice(value);
        }
    }
}

fn quote(out: &mut Vec<u8>, value: &str) {
    #[expect(clippy::expect_used, reason = "writing a string into memory does not fail")]
    serde_json::to_writer(out, value).expect("a string");
}

fn text(out: Vec<u8>) -> String {
    #[expect(clippy::expect_used, reason = "everything written is text: names, numbers and JSON payloads")]
    String::from_utf8(out).expect("JSON is UTF-8")
}
