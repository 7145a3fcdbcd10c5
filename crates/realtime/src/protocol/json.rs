//! The JSON form: one message a line, messages of a frame joined by exactly one `\n`.
//!
//! A field at its zero value is left out, but for the few that the SDKs read without looking (the members of a
//! presence, of its figures and of a history). Payloads are JSON values and stand where they are, never escaped again.

use std::{borrow::Cow, collections::HashMap, fmt, marker::PhantomData, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;

use super::{
    ClientInfo, Command, ConnectRequest, ConnectResult, ErrorReply, HistoryRequest, HistoryResult,
    Publication, Push, PushBody, Reply, ReplyBody, Request, RpcRequest, SubscribeRequest, SubscribeResult,
};

/// What a ping is.
pub const PING: &str = "{}";

/// A command that is not one.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// Not a JSON object, or a known field of another type.
    #[error("not a command: {0}")]
    Shape(#[from] serde_json::Error),
    /// A text in it, a payload's too, holds half a character. Parsers treat those in as many ways as there are parsers.
    #[error("the command {id} holds half a character")]
    HalfCharacter {
        /// The command's id.
        id: u32,
        /// The unit that has no other half.
        unit: u16,
    },
}

/// Reads the commands of a frame, in order. A frame of nothing is a pong, as some clients send it.
pub fn commands(frame: &str) -> impl Iterator<Item = Result<Command<'_>, Malformed>> {
    let pong = frame.trim_ascii().is_empty().then_some(Ok(Command { id: 0, request: None }));
    pong.into_iter().chain(lines(frame).map(command))
}

/// How many commands a frame holds, without reading them.
#[must_use]
pub fn count(frame: &str) -> usize {
    lines(frame).count()
}

fn lines(frame: &str) -> impl Iterator<Item = &str> {
    frame.split('\n').filter(|line| !line.trim_ascii().is_empty())
}

/// Reads one command.
///
/// # Errors
/// [`Malformed`].
pub fn command(line: &str) -> Result<Command<'_>, Malformed> {
    if let Some(unit) = half_character(line) {
        let Members(Numbered { id }) = serde_json::from_str(line)?;
        return Err(Malformed::HalfCharacter { id, unit });
    }
    let Members(fields): Members<Fields<'_>> = serde_json::from_str(line)?;
    Ok(Command { id: fields.id, request: fields.request() })
}

/// The first escaped UTF-16 surrogate of a JSON text that stands without its other half.
pub(crate) fn half_character(json: &str) -> Option<u16> {
    let unit_at = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut at = 0;
    while let Some(escape) = json[at..].find('\\') {
        at += escape;
        at += match unit_at(at) {
            Some(0xD800..=0xDBFF) if matches!(unit_at(at + 6), Some(0xDC00..=0xDFFF)) => 12,
            Some(unit @ 0xD800..=0xDFFF) => return Some(unit),
            Some(_) => 6,
            // Behind the backslash may stand a character of several bytes, where the text is no JSON.
            None => 1 + json[at + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    None
}

/// Takes a payload as it stands; `null` is none.
pub(super) fn raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de [u8]>, D::Error> {
    let value = <&RawValue>::deserialize(deserializer)?;
    Ok((value.get() != "null").then_some(value.get().as_bytes()))
}

/// Takes a value, or its zero value for `null`: the protocol's own decoder passes over null everywhere.
pub(super) fn or_zero<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Takes a text where it stands, or none for `null`.
pub(super) fn text_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    Ok(Option::<Text<'de>>::deserialize(deserializer)?.map(|Text(text)| text).unwrap_or_default())
}

/// Takes an object, or none for `null`.
pub(super) fn object_or_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.map(|Members(value)| value))
}

/// Takes objects by name, or none for `null`.
pub(super) fn objects<'de, D, T>(deserializer: D) -> Result<HashMap<String, Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let named: HashMap<String, Option<Members<T>>> = or_zero(deserializer)?;
    Ok(named.into_iter().map(|(name, value)| (name, value.map(|Members(value)| value))).collect())
}

/// A structure that is written as an object. Without this, a list of its fields' values would be taken as well.
struct Members<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members))
            }
        }

        deserializer.deserialize_map(Reader(PhantomData)).map(Self)
    }
}

/// A command of which nothing but the id is read.
#[derive(Deserialize)]
struct Numbered {
    #[serde(default, deserialize_with = "or_zero")]
    id: u32,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Fields<'a> {
    #[serde(deserialize_with = "or_zero")]
    id: u32,
    #[serde(borrow)]
    connect: Option<Members<ConnectRequest<'a>>>,
    #[serde(borrow)]
    subscribe: Option<Members<SubscribeRequest<'a>>>,
    #[serde(borrow)]
    unsubscribe: Option<Members<Named<'a>>>,
    #[serde(borrow)]
    publish: Option<Members<Published<'a>>>,
    #[serde(borrow)]
    presence: Option<Members<Named<'a>>>,
    #[serde(borrow)]
    presence_stats: Option<Members<Named<'a>>>,
    #[serde(borrow)]
    history: Option<Members<HistoryRequest<'a>>>,
    #[serde(borrow)]
    rpc: Option<Members<RpcRequest<'a>>>,
    send: Option<Members<Nothing>>,
    refresh: Option<Members<Nothing>>,
    sub_refresh: Option<Members<Nothing>>,
    ping: Option<Members<Nothing>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow, deserialize_with = "text_or_none")]
    channel: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Published<'a> {
    #[serde(borrow, deserialize_with = "text_or_none")]
    channel: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "raw")]
    data: Option<&'a [u8]>,
}

/// A request whose fields do not matter.
#[derive(Deserialize)]
struct Nothing {}

impl<'a> Fields<'a> {
    /// The first request set, in the protocol's order.
    fn request(self) -> Option<Request<'a>> {
        let publish = |p: Published<'a>| Request::Publish { channel: p.channel, data: p.data };
        self.connect
            .map(|Members(request)| Request::Connect(request))
            .or_else(|| self.subscribe.map(|Members(request)| Request::Subscribe(request)))
            .or_else(|| self.unsubscribe.map(|Members(named)| Request::Unsubscribe(named.channel)))
            .or_else(|| self.publish.map(|Members(published)| publish(published)))
            .or_else(|| self.presence.map(|Members(named)| Request::Presence(named.channel)))
            .or_else(|| self.presence_stats.map(|Members(named)| Request::PresenceStats(named.channel)))
            .or_else(|| self.history.map(|Members(request)| Request::History(request)))
            .or_else(|| self.rpc.map(|Members(request)| Request::Rpc(request)))
            .or_else(|| self.send.map(|_| Request::Send))
            .or_else(|| self.refresh.map(|_| Request::Refresh))
            .or_else(|| self.sub_refresh.map(|_| Request::SubRefresh))
            .or_else(|| self.ping.map(|_| Request::Ping))
    }
}

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
    });
    top.end();
    text(out)
}

/// Writes a push.
#[must_use]
pub fn push(push: &Push<'_>) -> String {
    push_and_data(push).0
}

/// Writes a push; also where in it the data of a publication stands, so that it can be shared instead of copied.
pub(crate) fn push_and_data(push: &Push<'_>) -> (String, Range<usize>) {
    let mut out = Vec::with_capacity(256);
    let mut data_at = 0..0;
    let mut top = Object::begin(&mut out);
    top.object("push", |object| {
        object.text("channel", push.channel);
        match &push.body {
            PushBody::Publication(data, offset) => {
                object.object("pub", |publication| {
                    publication.raw("data", data);
                    let end = publication.out.len();
                    data_at = end - data.len()..end;
                    publication.number("offset", *offset);
                });
            }
            PushBody::Unsubscribe(why) => object.object("unsubscribe", |unsubscribe| {
                unsubscribe.number("code", u64::from(why.code));
                unsubscribe.text("reason", why.reason);
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

fn write_connect(object: &mut Object<'_>, result: &ConnectResult) {
    object.text("client", &result.client);
    object.text("version", &result.version);
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
}

fn write_subscribe(object: &mut Object<'_>, result: &SubscribeResult) {
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
    object.raw("data", &publication.data);
    object.number("offset", publication.offset);
}

fn write_presence(object: &mut Object<'_>, clients: &[ClientInfo]) {
    object.object("presence", |presence| {
        for info in clients {
            presence.object(&info.client, |object| {
                object.string("user", &info.user);
                object.string("client", &info.client);
            });
        }
    });
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
