//! What commands, replies and pushes say, apart from how they are written.

use std::{borrow::Cow, collections::HashMap};

use bytes::Bytes;
use muster_core::bus::ConnectionKey;
use serde::Deserialize;

use super::{
    Disconnect, ErrorReply, Unsubscribed,
    json::{object_or_none, objects, or_zero, raw, text_or_none},
};

/// One command of a client.
#[derive(Clone, Debug, PartialEq)]
pub struct Command<'a> {
    /// The id that the reply bears; 0 for a pong and for `send`.
    pub id: u32,
    /// What is asked; `None` is a pong.
    pub request: Option<Request<'a>>,
}

/// What a command asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Request<'a> {
    /// To log in.
    Connect(ConnectRequest<'a>),
    /// To follow a channel.
    Subscribe(SubscribeRequest<'a>),
    /// To follow this channel no longer.
    Unsubscribe(Cow<'a, str>),
    /// To publish into a channel.
    Publish {
        /// The channel.
        channel: Cow<'a, str>,
        /// What.
        data: Option<Cow<'a, [u8]>>,
    },
    /// Who is in a channel.
    Presence(Cow<'a, str>),
    /// How many are in a channel.
    PresenceStats(Cow<'a, str>),
    /// What was published in a channel.
    History(HistoryRequest<'a>),
    /// A ping as a command, which the protocol does not have any more.
    Ping,
    /// A message without an answer.
    Send,
    /// A remote procedure call.
    Rpc(RpcRequest<'a>),
    /// A new token for the connection.
    Refresh(RefreshRequest<'a>),
    /// A new token for a subscription.
    SubRefresh(SubRefreshRequest<'a>),
}

/// Commands of a client whose connection runs from the server to the client alone, in a request of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emulation {
    /// The node that has the connection, as the connect reply named it.
    pub node: String,
    /// The secret of the connection, likewise.
    pub session: ConnectionKey,
    /// The commands, as a frame of the connection's form.
    pub commands: Bytes,
}

/// A login.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ConnectRequest<'a> {
    /// What proves who the user is.
    #[serde(borrow, deserialize_with = "text_or_none")]
    pub token: Cow<'a, str>,
    /// What the application's client says of itself.
    #[serde(borrow, deserialize_with = "raw")]
    pub data: Option<Cow<'a, [u8]>>,
    /// Server-side subscriptions that the client holds from an earlier connection.
    #[serde(deserialize_with = "objects")]
    pub subs: HashMap<String, Option<RecoverRequest>>,
}

/// What a client holds of a server-side subscription.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RecoverRequest {
    /// Whether it wants what it has missed.
    #[serde(deserialize_with = "or_zero")]
    pub recover: bool,
    /// The stream's name as the client knows it; may be empty.
    #[serde(deserialize_with = "or_zero")]
    pub epoch: String,
    /// The last position that it has seen.
    #[serde(deserialize_with = "or_zero")]
    pub offset: u64,
}

/// A subscription asked for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct SubscribeRequest<'a> {
    /// The channel.
    #[serde(borrow, deserialize_with = "text_or_none")]
    pub channel: Cow<'a, str>,
    /// What proves that the user may, where the channel wants a proof.
    #[serde(borrow, deserialize_with = "text_or_none")]
    pub token: Cow<'a, str>,
    /// Whether the client wants what it has missed.
    #[serde(deserialize_with = "or_zero")]
    pub recover: bool,
    /// The stream's name as the client knows it; may be empty.
    #[serde(borrow, deserialize_with = "text_or_none")]
    pub epoch: Cow<'a, str>,
    /// The last position that it has seen.
    #[serde(deserialize_with = "or_zero")]
    pub offset: u64,
    /// Whether it asks for its position.
    #[serde(deserialize_with = "or_zero")]
    pub positioned: bool,
    /// Whether it asks to be able to recover.
    #[serde(deserialize_with = "or_zero")]
    pub recoverable: bool,
    /// Whether it asks to be told who comes and goes.
    #[serde(deserialize_with = "or_zero")]
    pub join_leave: bool,
    /// The way of sending differences that it offers; never used.
    #[serde(borrow, deserialize_with = "text_or_none")]
    pub delta: Cow<'a, str>,
    /// Bit 1: refuse with 112 instead of subscribing without recovery.
    #[serde(deserialize_with = "or_zero")]
    pub flag: i64,
    /// 0 for a stream; other kinds are not served.
    #[serde(rename = "type", deserialize_with = "or_zero")]
    pub kind: i32,
}

impl SubscribeRequest<'_> {
    /// Whether a subscription that cannot be recovered is to be refused.
    #[must_use]
    pub fn refuses_unrecovered(&self) -> bool {
        self.flag & 2 != 0
    }
}

/// A place in a stream.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct StreamPosition<'a> {
    /// The position.
    #[serde(deserialize_with = "or_zero")]
    pub offset: u64,
    /// The stream's name; may be empty.
    #[serde(borrow, deserialize_with = "text_or_none")]
    pub epoch: Cow<'a, str>,
}

/// A question for what was published.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct HistoryRequest<'a> {
    /// The channel.
    #[serde(borrow, deserialize_with = "text_or_none")]
    pub channel: Cow<'a, str>,
    /// The most publications wanted; 0 for the position alone, -1 for all.
    #[serde(deserialize_with = "or_zero")]
    pub limit: i32,
    /// The place to begin behind.
    #[serde(borrow, deserialize_with = "object_or_none")]
    pub since: Option<StreamPosition<'a>>,
    /// Newest first.
    #[serde(deserialize_with = "or_zero")]
    pub reverse: bool,
}

/// A remote procedure call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RpcRequest<'a> {
    /// The procedure.
    #[serde(borrow, deserialize_with = "text_or_none")]
    pub method: Cow<'a, str>,
    /// What it is given.
    #[serde(borrow, deserialize_with = "raw")]
    pub data: Option<Cow<'a, [u8]>>,
}

/// A new token for the connection.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RefreshRequest<'a> {
    /// What proves who the user is.
    #[serde(borrow, deserialize_with = "text_or_none")]
    pub token: Cow<'a, str>,
}

/// A new token for a subscription.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct SubRefreshRequest<'a> {
    /// The channel.
    #[serde(borrow, deserialize_with = "text_or_none")]
    pub channel: Cow<'a, str>,
    /// What proves that the user may.
    #[serde(borrow, deserialize_with = "text_or_none")]
    pub token: Cow<'a, str>,
}

/// The answer to one command.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The command's id.
    pub id: u32,
    /// What came of it.
    pub body: ReplyBody,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum ReplyBody {
    /// It failed.
    Error(ErrorReply),
    /// Logged in.
    Connect(Box<ConnectResult>),
    /// Subscribed.
    Subscribe(Box<SubscribeResult>),
    /// Not subscribed any more.
    Unsubscribe,
    /// Published.
    Publish,
    /// Who is there, by client id.
    Presence(Vec<ClientInfo>),
    /// How many are there.
    PresenceStats {
        /// Connections.
        clients: u64,
        /// Users.
        users: u64,
    },
    /// What was published.
    History(HistoryResult),
    /// What the procedure returned.
    Rpc(Bytes),
    /// The connection goes on.
    Refresh {
        /// Seconds until it has to be refreshed again; `None` for never.
        ttl: Option<u32>,
    },
    /// The subscription goes on.
    SubRefresh {
        /// Seconds until it has to be refreshed again; `None` for never.
        ttl: Option<u32>,
    },
}

/// A login that succeeded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConnectResult {
    /// The connection's id.
    pub client: String,
    /// The server's version.
    pub version: String,
    /// Seconds until the client has to come with a new token; `None` for never.
    pub ttl: Option<u32>,
    /// What the application is told.
    pub data: Bytes,
    /// Server-side subscriptions.
    pub subs: Vec<(String, SubscribeResult)>,
    /// Seconds between pings.
    pub ping: u32,
    /// Whether each ping wants a pong.
    pub pong: bool,
    /// The secret that later commands bear where they come apart from the connection; empty where they do not.
    pub session: String,
    /// The node that has the connection; empty where that does not matter.
    pub node: String,
}

/// A subscription that succeeded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SubscribeResult {
    /// Seconds until the client has to come with a new token; `None` for never.
    pub ttl: Option<u32>,
    /// Whether the client may recover it later.
    pub recoverable: bool,
    /// Whether the server keeps track of its position.
    pub positioned: bool,
    /// The stream's name.
    pub epoch: String,
    /// The position from which publications go on.
    pub offset: u64,
    /// What the client had missed: everything, or nothing.
    pub publications: Vec<Publication>,
    /// Whether the client has missed nothing now.
    pub recovered: bool,
    /// Whether recovery was asked for.
    pub was_recovering: bool,
    /// What the application is told; empty for nothing.
    pub data: Bytes,
}

/// A publication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// What: a JSON value on one line.
    pub data: Bytes,
    /// Its position; 0 for one that is told once.
    pub offset: u64,
    /// Who published it, where that is told.
    pub info: Option<Box<ClientInfo>>,
}

/// What was published.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryResult {
    /// Publications in the order asked for.
    pub publications: Vec<Publication>,
    /// The stream's name.
    pub epoch: String,
    /// Where the stream ends.
    pub offset: u64,
}

/// Who a connection is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// The user.
    pub user: String,
    /// The connection.
    pub client: String,
    /// What the login says of it: a JSON value, or nothing.
    pub conn_info: Bytes,
    /// What the subscription says of it: a JSON value, or nothing.
    pub chan_info: Bytes,
}

/// Something that the server says of its own accord.
#[derive(Clone, Debug, PartialEq)]
pub struct Push<'a> {
    /// The channel; empty for what concerns the connection.
    pub channel: &'a str,
    /// What.
    pub body: PushBody<'a>,
}

/// What a push says.
#[derive(Clone, Debug, PartialEq)]
pub enum PushBody<'a> {
    /// Something was published.
    Publication(&'a Publication),
    /// A client has come to the channel.
    Join(&'a ClientInfo),
    /// A client has left the channel.
    Leave(&'a ClientInfo),
    /// The subscription ended.
    Unsubscribe(Unsubscribed),
    /// A JSON value for this connection alone.
    Message(&'a [u8]),
    /// A server-side subscription began.
    Subscribe(&'a SubscribeResult),
    /// The connection ends, where its transport has no closing of its own.
    Disconnect(Disconnect),
}
