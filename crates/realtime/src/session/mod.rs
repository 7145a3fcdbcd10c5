//! One connection: its commands are carried out one after the other, in the order in which they came. What it says to
//! others is begun in that order and waits for no commit ([`pipeline`]).
//!
//! A session knows nothing of sockets. The [`transport`](crate::transport) module hands it the bytes of frames and writes what
//! it puts into the connection's [outbox](crate::hub::Connection); a transport of another kind does the same.

mod calls;
mod connect;
mod contract;
mod failure;
mod first_generation;
mod groups;
mod look;
mod message_calls;
mod mute_calls;
mod parameters;
mod pipeline;
mod refresh;
mod saying;
mod seated;
mod subscribe;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use muster_core::id::GroupId;
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::{
    compat::Seat,
    hub::{Connection, Hub, Identity},
    protocol::{Command, Disconnect, ErrorCode, ErrorReply, Reply, ReplyBody, Request, json},
};
use pipeline::Pipeline;
use saying::Saying;

pub(crate) use self::{
    connect::{Offer, Welcome},
    contract::calls,
};

/// What a command comes to: an answer, a refusal, or the end of the connection.
pub(crate) type Outcome = Result<ReplyBody, Failure>;

/// Why a command has no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The client is told.
    Error(ErrorReply),
    /// The connection is closed.
    Close(Disconnect),
}

impl Failure {
    /// Whether a client whose login ends in this tries again by itself.
    fn calls_back(&self) -> bool {
        match self {
            Self::Error(error) => error.code.is_temporary() || error.code == ErrorCode::TokenExpired,
            Self::Close(why) => why.reconnects(),
        }
    }
}

impl From<ErrorReply> for Failure {
    fn from(error: ErrorReply) -> Self {
        Self::Error(error)
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Self::Error(code.into())
    }
}

impl From<Disconnect> for Failure {
    fn from(why: Disconnect) -> Self {
        Self::Close(why)
    }
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It has to log in.
    New,
    /// It has logged in.
    Live,
    /// Its login was refused: it is to go by itself, and nothing that it says counts.
    Refused,
}

/// Carries out the commands of one connection.
pub(crate) struct Session {
    pub(crate) hub: Arc<Hub>,
    pub(crate) connection: Arc<Connection>,
    pub(crate) stage: Stage,
    /// Whether the server pings by messages of the protocol.
    pub(crate) pings: bool,
    /// The client's address, for the log.
    peer: Option<SocketAddr>,
    /// Whether a ping waits for its pong.
    awaiting_pong: AtomicBool,
    /// What the client says, on its way to the streams.
    pipeline: Pipeline,
    /// When the connection is closed unless its login goes on.
    ends: Option<Instant>,
    /// Where the connection sits if its token is one of Centrifugo's; it is in no group then.
    seat: Option<Seat>,
}

impl Session {
    pub(crate) fn new(hub: Arc<Hub>, connection: Arc<Connection>, peer: Option<SocketAddr>) -> Self {
        let awaiting_pong = AtomicBool::new(false);
        let pipeline = Pipeline::new(Arc::clone(&hub), Arc::clone(&connection));
        Self {
            hub,
            connection,
            stage: Stage::New,
            pings: true,
            peer,
            awaiting_pong,
            pipeline,
            ends: None,
            seat: None,
        }
    }

    /// Carries out the commands of one frame. Each begins when there is room for its reply; at the end of the
    /// connection none does any more. What the frame says to others may be under way still when this returns.
    ///
    /// # Errors
    /// Why the connection is to be closed. Then everything before it is answered.
    pub(crate) async fn frame(&mut self, frame: &[u8]) -> Result<(), Disconnect> {
        let verdict = self.commands(frame).await;
        if verdict.is_err() {
            self.pipeline.settled().await;
        }
        verdict
    }

    async fn commands(&mut self, frame: &[u8]) -> Result<(), Disconnect> {
        let form = self.connection.form;
        if form.count(frame) > self.hub.config.commands_per_frame {
            return Err(Disconnect::TOO_MANY_COMMANDS);
        }
        for command in form.commands(frame) {
            if self.stage == Stage::Refused || !self.connection.outbox.room().await {
                return Ok(());
            }
            match command {
                Ok(command) => self.command(command).await?,
                Err(error) => {
                    tracing::debug!(%error, "a command could not be read");
                    let (id, refusal) = error.refusal().ok_or(Disconnect::BAD_REQUEST)?;
                    self.refuse(id, refusal);
                }
            }
        }
        Ok(())
    }

    /// Ends the session: nothing that the client has said begins any more, and what has begun comes to its end before this
    /// returns.
    pub(crate) async fn finish(&self) {
        self.connection.outbox.abandon();
        self.pipeline.settled().await;
    }

    /// Refuses a command for what is written in it. A login is a refused one then.
    fn refuse(&mut self, id: u32, refusal: ErrorReply) {
        if self.stage == Stage::New {
            self.stage = Stage::Refused;
            self.hub.counters.logins_refused.add(1);
        }
        self.reply(id, ReplyBody::Error(refusal));
    }

    /// Notes that a ping is sent.
    pub(crate) fn pinged(&self) {
        self.awaiting_pong.store(true, Ordering::Relaxed);
    }

    /// Whether the last ping was answered.
    pub(crate) fn has_pong(&self) -> bool {
        !self.awaiting_pong.load(Ordering::Relaxed)
    }

    async fn command(&mut self, command: Command<'_>) -> Result<(), Disconnect> {
        let Some(request) = command.request else {
            let expected = command.id == 0 && self.awaiting_pong.swap(false, Ordering::Relaxed);
            return if expected { Ok(()) } else { Err(Disconnect::BAD_REQUEST) };
        };
        if command.id == 0 && request != Request::Send {
            return Err(Disconnect::BAD_REQUEST);
        }
        let outcome = match (self.stage, request) {
            (Stage::New, Request::Connect(request)) => self.connect(command.id, &request).await,
            (Stage::Live, request) if self.seat.is_some() => self.seated(command.id, request),
            (Stage::Live, Request::Refresh(request)) => self.refresh(&request).await.map(Some),
            (Stage::Live, request) => self.live(command.id, request).await,
            (Stage::New | Stage::Refused, _) => Err(Disconnect::BAD_REQUEST.into()),
        };
        match outcome {
            Ok(Some(body)) => self.reply(command.id, body),
            // The answer is queued already, at its place among the publications.
            Ok(None) => {}
            Err(Failure::Error(error)) => self.reply(command.id, ReplyBody::Error(error)),
            Err(Failure::Close(why)) => return Err(why),
        }
        Ok(())
    }

    /// Carries out a command of a client that has logged in; what it says is only taken in here.
    async fn live(&self, id: u32, request: Request<'_>) -> Result<Option<ReplyBody>, Failure> {
        if let Some(saying) = Saying::of(&request) {
            self.pipeline.enter(id, saying?).await;
            return Ok(None);
        }
        self.pipeline.settled().await;
        match request {
            Request::Subscribe(request) => self.subscribe(id, &request).await,
            request => self.request(request).await.map(Some),
        }
    }

    async fn request(&self, request: Request<'_>) -> Outcome {
        match request {
            Request::Unsubscribe(channel) => Ok(self.unsubscribe(&channel).await),
            Request::Presence(channel) => self.presence(&channel).await,
            Request::PresenceStats(channel) => self.presence_stats(&channel).await,
            Request::History(request) => self.history(&request).await,
            Request::Rpc(request) => self.call(&request).await,
            Request::SubRefresh(request) => self.refresh_subscription(&request),
            Request::Send => Err(Disconnect::NOT_AVAILABLE.into()),
            Request::Connect(_)
            | Request::Subscribe(_)
            | Request::Publish { .. }
            | Request::Refresh(_)
            | Request::Ping => Err(Disconnect::BAD_REQUEST.into()),
        }
    }

    fn reply(&self, id: u32, body: ReplyBody) {
        self.connection.outbox.reply(self.connection.form.reply(&Reply { id, body }));
    }

    /// Who this is. Only a session that has logged in asks.
    fn identity(&self) -> Result<&Identity, Failure> {
        self.connection.identity().ok_or(Failure::Close(Disconnect::BAD_REQUEST))
    }

    /// The group that a channel is of.
    fn group_of(channel: &str) -> Result<GroupId, ErrorReply> {
        if channel.len() > MAX_CHANNEL_BYTES || !channel.is_ascii() {
            return Err(ErrorCode::BadRequest.into());
        }
        match channel.split_once(':') {
            Some(("g", group)) => GroupId::new(group).map_err(|_| ErrorCode::NoGroup.into()),
            Some(("u", _)) => Err(ErrorCode::PermissionDenied.into()),
            _ => Err(ErrorCode::UnknownChannel.into()),
        }
    }
}

/// The longest channel name, in bytes: the reference server's bound.
const MAX_CHANNEL_BYTES: usize = 255;

/// What a published payload says: a JSON string its text, any other value its compact JSON.
fn payload_text(data: &[u8]) -> Option<String> {
    if let Ok(text) = serde_json::from_slice::<String>(data) {
        return Some(text);
    }
    let value: &RawValue = serde_json::from_slice(data).ok()?;
    Some(json::compact(value.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_string_is_its_text_and_any_other_value_its_compact_json() {
        let cases = [
            (r#""hi \"you\" \u00e9""#, "hi \"you\" é"),
            (r#"{ "a b" : [1, 2.50 ] , "c":"x \" y\\" }"#, r#"{"a b":[1,2.50],"c":"x \" y\\"}"#),
            (" 1 ", "1"),
            ("true", "true"),
        ];
        for (payload, text) in cases {
            assert_eq!(payload_text(payload.as_bytes()).as_deref(), Some(text));
        }
        assert_eq!(payload_text(b"{"), None);
    }
}
