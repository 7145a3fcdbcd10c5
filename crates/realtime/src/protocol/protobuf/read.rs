//! Reading commands.

use std::{borrow::Cow, collections::HashMap};

use bytes::Bytes;
use muster_core::bus::ConnectionKey;
use prost::{Message as _, decode_length_delimiter};
use serde_json::value::RawValue;

use super::{
    super::{
        Command, ConnectRequest, Emulation, HistoryRequest, Malformed, RecoverRequest, RefreshRequest,
        Request, RpcRequest, StreamPosition, SubRefreshRequest, SubscribeRequest,
        json::{half_character, on_one_line},
    },
    schema,
};

/// Reads the commands of a frame, in order, up to the first that cannot be read. A frame of nothing is a pong.
pub fn commands(frame: &[u8]) -> impl Iterator<Item = Result<Command<'_>, Malformed>> {
    let pong = frame.is_empty().then_some(Ok(Command { id: 0, request: None }));
    pong.into_iter().chain(Messages(frame).map(|message| command(message?)))
}

/// How many commands a frame holds, without reading them.
#[must_use]
pub fn count(frame: &[u8]) -> usize {
    Messages(frame).count()
}

/// The messages of a frame that are not read yet. Behind one that is cut off there are none.
struct Messages<'a>(&'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = Result<&'a [u8], Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut rest = std::mem::take(&mut self.0);
        if rest.is_empty() {
            return None;
        }
        let length = match decode_length_delimiter(&mut rest) {
            Ok(length) => length,
            Err(error) => return Some(Err(error.into())),
        };
        let Some((message, behind)) = rest.split_at_checked(length) else {
            return Some(Err(Malformed::CutOff));
        };
        self.0 = behind;
        Some(Ok(message))
    }
}

/// Reads one command, without its length.
///
/// # Errors
/// [`Malformed`].
pub fn command(message: &[u8]) -> Result<Command<'_>, Malformed> {
    let read = schema::Command::decode(message)?;
    Ok(Command { id: read.id, request: request(read)? })
}

/// Reads commands that come in a request of their own.
///
/// # Errors
/// [`Malformed`].
pub fn emulation(body: &[u8]) -> Result<Emulation, Malformed> {
    let schema::EmulationRequest { node, session, data } = schema::EmulationRequest::decode(body)?;
    // The data are a part of the body, which would be kept for as long as they wait.
    Ok(Emulation { node, session: ConnectionKey::new(&session), commands: Bytes::copy_from_slice(&data) })
}

/// The first request set, in the protocol's order.
fn request(read: schema::Command) -> Result<Option<Request<'static>>, Malformed> {
    let id = read.id;
    Ok(Some(if let Some(connect) = read.connect {
        Request::Connect(connect_request(id, connect)?)
    } else if let Some(subscribe) = read.subscribe {
        Request::Subscribe(subscribe_request(subscribe))
    } else if let Some(unsubscribe) = read.unsubscribe {
        Request::Unsubscribe(unsubscribe.channel.into())
    } else if let Some(publish) = read.publish {
        Request::Publish { channel: publish.channel.into(), data: payload(id, &publish.data)? }
    } else if let Some(presence) = read.presence {
        Request::Presence(presence.channel.into())
    } else if let Some(presence_stats) = read.presence_stats {
        Request::PresenceStats(presence_stats.channel.into())
    } else if let Some(history) = read.history {
        Request::History(history_request(history))
    } else if let Some(rpc) = read.rpc {
        Request::Rpc(RpcRequest { method: rpc.method.into(), data: payload(id, &rpc.data)? })
    } else if read.send.is_some() {
        Request::Send
    } else if let Some(refresh) = read.refresh {
        Request::Refresh(RefreshRequest { token: refresh.token.into() })
    } else if let Some(sub_refresh) = read.sub_refresh {
        let schema::SubRefreshRequest { channel, token } = sub_refresh;
        Request::SubRefresh(SubRefreshRequest { channel: channel.into(), token: token.into() })
    } else if read.ping.is_some() {
        Request::Ping
    } else {
        return Ok(None);
    }))
}

fn connect_request(id: u32, connect: schema::ConnectRequest) -> Result<ConnectRequest<'static>, Malformed> {
    let recover = |sub: schema::SubscribeRequest| {
        Some(RecoverRequest { recover: sub.recover, epoch: sub.epoch, offset: sub.offset })
    };
    let subs: HashMap<_, _> = connect.subs.into_iter().map(|(name, sub)| (name, recover(sub))).collect();
    let data = match payload(id, &connect.data) {
        // What an application says of itself may be anything, and most of it means nothing here.
        Err(Malformed::Payload { .. }) => None,
        read => read?,
    };
    Ok(ConnectRequest { token: connect.token.into(), data, subs })
}

fn subscribe_request(subscribe: schema::SubscribeRequest) -> SubscribeRequest<'static> {
    SubscribeRequest {
        channel: subscribe.channel.into(),
        token: subscribe.token.into(),
        recover: subscribe.recover,
        epoch: subscribe.epoch.into(),
        offset: subscribe.offset,
        positioned: subscribe.positioned,
        recoverable: subscribe.recoverable,
        join_leave: subscribe.join_leave,
        delta: subscribe.delta.into(),
        flag: subscribe.flag,
        kind: subscribe.r#type,
    }
}

fn history_request(history: schema::HistoryRequest) -> HistoryRequest<'static> {
    let since = history.since.map(|since| StreamPosition { offset: since.offset, epoch: since.epoch.into() });
    HistoryRequest { channel: history.channel.into(), limit: history.limit, since, reverse: history.reverse }
}

/// Takes a payload of the command with this id; `null` is none, as in the JSON form.
fn payload(id: u32, data: &Bytes) -> Result<Option<Cow<'static, [u8]>>, Malformed> {
    if data.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(data).map_err(|_| Malformed::Payload { id })?;
    if let Some(unit) = half_character(text) {
        return Err(Malformed::HalfCharacter { id, unit });
    }
    let value: &RawValue = serde_json::from_str(text).map_err(|_| Malformed::Payload { id })?;
    if value.get() == "null" {
        return Ok(None);
    }
    // In the JSON form it would be a part of a line.
    let line = on_one_line(value.get());
    Ok(Some(Cow::Owned(line.into_owned().into_bytes())))
}
