//! Reading commands.

use std::{borrow::Cow, collections::HashMap, fmt, marker::PhantomData};

use muster_core::bus::ConnectionKey;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;

use super::super::{
    Command, ConnectRequest, Emulation, HistoryRequest, Malformed, RefreshRequest, Request, RpcRequest,
    SubRefreshRequest, SubscribeRequest,
};

/// Reads the commands of a frame, in order. A frame of nothing is a pong, as some clients send it.
pub fn commands(frame: &str) -> impl Iterator<Item = Result<Command<'_>, Malformed>> {
    let pong = frame.trim_ascii().is_empty().then_some(Ok(Command { id: 0, request: None }));
    pong.into_iter().chain(lines(frame).map(command))
}

/// How many commands a frame holds, without reading them.
#[must_use]
pub fn count(frame: &[u8]) -> usize {
    frame.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count()
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

/// Reads commands that come in a request of their own: a text with one in each line, as a member of an object.
///
/// # Errors
/// [`Malformed`].
pub fn emulation(body: &[u8]) -> Result<Emulation, Malformed> {
    let Members(posted): Members<Posted<'_>> = serde_json::from_slice(body)?;
    Ok(Emulation {
        node: posted.node.into_owned(),
        session: ConnectionKey::new(&posted.session),
        commands: posted.data.into_owned().into(),
    })
}

/// JSON without the white space between its tokens; everything else stays as it was written.
pub(crate) fn compact(json: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    json.chars()
        .filter(|&character| {
            let kept = inside || !character.is_ascii_whitespace();
            if inside {
                inside = escaped || character != '"';
                escaped = !escaped && character == '\\';
            } else {
                inside = character == '"';
            }
            kept
        })
        .collect()
}

/// JSON without line breaks, which can stand between its tokens alone.
pub(in crate::protocol) fn on_one_line(json: &str) -> Cow<'_, str> {
    if json.contains(['\n', '\r']) { Cow::Owned(compact(json)) } else { Cow::Borrowed(json) }
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
pub(in crate::protocol) fn raw<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'de, [u8]>>, D::Error> {
    let value = <&RawValue>::deserialize(deserializer)?;
    Ok((value.get() != "null").then_some(Cow::Borrowed(value.get().as_bytes())))
}

/// Takes a value, or its zero value for `null`: the protocol's own decoder passes over null everywhere.
pub(in crate::protocol) fn or_zero<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Takes a text where it stands, or none for `null`.
pub(in crate::protocol) fn text_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Cow<'de, str>, D::Error> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    Ok(Option::<Text<'de>>::deserialize(deserializer)?.map(|Text(text)| text).unwrap_or_default())
}

/// Takes an object, or none for `null`.
pub(in crate::protocol) fn object_or_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.map(|Members(value)| value))
}

/// Takes objects by name, or none for `null`.
pub(in crate::protocol) fn objects<'de, D, T>(deserializer: D) -> Result<HashMap<String, Option<T>>, D::Error>
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
    #[serde(borrow)]
    refresh: Option<Members<RefreshRequest<'a>>>,
    #[serde(borrow)]
    sub_refresh: Option<Members<SubRefreshRequest<'a>>>,
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
    data: Option<Cow<'a, [u8]>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Posted<'a> {
    #[serde(borrow, deserialize_with = "text_or_none")]
    node: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text_or_none")]
    session: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text_or_none")]
    data: Cow<'a, str>,
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
            .or_else(|| self.refresh.map(|Members(request)| Request::Refresh(request)))
            .or_else(|| self.sub_refresh.map(|Members(request)| Request::SubRefresh(request)))
            .or_else(|| self.ping.map(|_| Request::Ping))
    }
}
