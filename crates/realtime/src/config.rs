//! The bounds and times of realtime connections, as the operator sets them.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How realtime connections are treated. Defaults are those of the protocol's reference server unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RealtimeConfig {
    /// Seconds that a member whose connection broke stays a member, so that a short drop goes unseen. 0 for none.
    pub grace_seconds: u32,
    /// Seconds between the server's pings. Must be more than `pong_timeout_seconds`.
    pub ping_seconds: u32,
    /// Seconds that a client has to answer a ping before it is closed with 3012.
    pub pong_timeout_seconds: u32,
    /// Seconds that a connection has to log in before it is closed with 3502.
    pub connect_timeout_seconds: u32,
    /// Seconds that one write may take before the connection is closed with 3009.
    pub write_timeout_seconds: u32,
    /// Bytes of the largest message that a client may send; a larger one closes the connection with 1009.
    pub message_bytes: usize,
    /// Commands that one message of a client may hold; more close the connection with 3501. An SDK logs in and asks for
    /// all its groups in one message.
    pub commands_per_frame: usize,
    /// Bytes that may wait for one connection. More publications close it with 3008; a command of the client begins when
    /// less waits.
    pub queue_bytes: usize,
    /// Bytes of publications in one reply, and always one publication. A history ends there, and its reader goes on
    /// behind it; a returning client that missed more starts anew.
    pub reply_bytes: usize,
    /// Groups that one connection may be in; one more is refused with error 106.
    pub channels_per_connection: usize,
    /// Missed messages that a returning client is sent; one that missed more starts anew and asks for the history.
    pub recovery_limit: usize,
    /// Newest messages of each followed group that are kept in memory for returning clients.
    pub ring_entries: usize,
    /// Bytes of those messages for each group; the oldest go first.
    pub ring_bytes: usize,
    /// Connections of this server; one more is closed with 3013. 0 for no bound.
    pub max_connections: usize,
}

impl Default for RealtimeConfig {
    fn default() -> Self {
        Self {
            grace_seconds: 10,
            ping_seconds: 25,
            pong_timeout_seconds: 8,
            connect_timeout_seconds: 10,
            write_timeout_seconds: 10,
            message_bytes: 65_536,
            commands_per_frame: 256,
            queue_bytes: 1_048_576,
            reply_bytes: 1_048_576,
            channels_per_connection: 128,
            recovery_limit: 300,
            ring_entries: 300,
            ring_bytes: 262_144,
            max_connections: 0,
        }
    }
}

/// The most that a returning client is sent of what it has missed: all of it or nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecoveryBounds {
    /// Entries.
    pub(crate) entries: usize,
    /// Bytes of their publications.
    pub(crate) bytes: usize,
}

/// A value of [`RealtimeConfig`] that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfig {
    /// SDKs expect pings, and each answered before the next.
    #[error("ping_seconds ({ping}) must be more than pong_timeout_seconds ({pong}), and that more than 0")]
    Ping {
        /// Seconds between pings.
        ping: u32,
        /// Seconds for an answer.
        pong: u32,
    },
    /// A bound that would let nothing through.
    #[error("{0} must be more than 0")]
    Zero(&'static str),
}

impl RealtimeConfig {
    /// Whether the values can work together.
    ///
    /// # Errors
    /// [`InvalidConfig`].
    pub fn check(&self) -> Result<(), InvalidConfig> {
        let (ping, pong) = (self.ping_seconds, self.pong_timeout_seconds);
        if pong == 0 || ping <= pong {
            return Err(InvalidConfig::Ping { ping, pong });
        }
        let bounds = [
            ("connect_timeout_seconds", self.connect_timeout_seconds as usize),
            ("write_timeout_seconds", self.write_timeout_seconds as usize),
            ("message_bytes", self.message_bytes),
            ("commands_per_frame", self.commands_per_frame),
            ("queue_bytes", self.queue_bytes),
            ("reply_bytes", self.reply_bytes),
            ("channels_per_connection", self.channels_per_connection),
        ];
        match bounds.iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(InvalidConfig::Zero(name)),
            None => Ok(()),
        }
    }

    /// The most that a returning client is sent.
    pub(crate) fn recovery(&self) -> RecoveryBounds {
        RecoveryBounds { entries: self.recovery_limit, bytes: self.reply_bytes }
    }

    pub(crate) fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_seconds.into())
    }

    pub(crate) fn ping(&self) -> Duration {
        Duration::from_secs(self.ping_seconds.into())
    }

    pub(crate) fn pong_timeout(&self) -> Duration {
        Duration::from_secs(self.pong_timeout_seconds.into())
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_secs(self.connect_timeout_seconds.into())
    }

    pub(crate) fn write_timeout(&self) -> Duration {
        Duration::from_secs(self.write_timeout_seconds.into())
    }
}
