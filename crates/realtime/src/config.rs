//! The bounds and times of realtime connections, as the operator sets them.

use std::{ops::RangeInclusive, time::Duration};

use muster_core::limits::Nonces;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compat::CompatConfig;

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
    /// Seconds that a client has to show another token after its login has ended, before it is closed with 3005.
    pub refresh_grace_seconds: u32,
    /// Seconds that one write may take before the connection is closed with 3009.
    pub write_timeout_seconds: u32,
    /// Bytes of the largest message that a client may send; a larger one closes the connection with 1009, and is refused
    /// with status 413 where it is a request of its own.
    pub message_bytes: usize,
    /// Bytes of commands that may wait for one connection over HTTP streaming or SSE, whose client says everything in
    /// requests of their own. A request beyond it is refused with status 429.
    pub inbox_bytes: usize,
    /// Seconds that a request to `/emulation` waits for the node that has its connection, if that is another one. Then it
    /// is answered with status 504.
    pub emulation_seconds: u32,
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
    /// Bytes that a connection may send before it has logged in; more close it with 1009. The request that begins a
    /// connection over HTTP streaming or SSE is refused with status 413 then.
    pub login_bytes: usize,
    /// Bytes of logins that have begun and not arrived whole, over all connections. Beyond it the connection that has kept
    /// some for the longest is closed with 3502.
    pub login_budget_bytes: usize,
    /// Messages a second that one connection may send, with ten seconds' worth at once; more are refused with error 412.
    /// 0 for no bound.
    pub messages_per_client: u32,
    /// Messages a second that the connections of this server may send to one group, likewise. Above that the lightest are
    /// refused first: likes have eight seconds' worth at once, texts nine, and gifts and messages of a high level all ten.
    pub messages_per_group: u32,
    /// Messages of one connection that may be on their way to the disk at once; the next one waits. Many together share a
    /// commit.
    pub messages_in_flight: u32,
    /// Connections a second that a server which stops sends elsewhere, so that the others are not met by all at once; the last
    /// are sent at half of the time that it has for stopping. 0 for all at once.
    pub drain_per_second: u32,
    /// Origins whose pages may connect, such as `https://app.example.com`; others are refused with status 403. Programs
    /// that are no browser send none and may always. Empty for any.
    pub origins: Vec<String>,
    /// Days that the expiry of a generation 2 login may lie ahead.
    pub token_days: u32,
    /// Nonces that a generation 2 login may have: `documented` takes `AK-` with letters, digits or `_` behind it, and
    /// UUIDs; `any` takes any text, and then users whose ids begin alike can log in as one another.
    pub nonces: LoginNonces,
    /// Centrifugo's tokens, channels and server API beside Muster's own, for programs that move over; see
    /// `docs/moving-from-centrifugo.md`. Names and meanings are those of Centrifugo 6. What is said in these channels lives
    /// in the memory of this server: with a `bus` between nodes the section is refused.
    pub compat: CompatConfig,
}

/// Which nonces a generation 2 login may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LoginNonces {
    /// `AK-…` and UUIDs.
    #[default]
    Documented,
    /// Any text.
    Any,
}

impl From<LoginNonces> for Nonces {
    fn from(nonces: LoginNonces) -> Self {
        match nonces {
            LoginNonces::Documented => Self::Documented,
            LoginNonces::Any => Self::Any,
        }
    }
}

impl Default for RealtimeConfig {
    fn default() -> Self {
        Self {
            grace_seconds: 10,
            ping_seconds: 25,
            pong_timeout_seconds: 8,
            connect_timeout_seconds: 10,
            refresh_grace_seconds: 25,
            write_timeout_seconds: 10,
            message_bytes: 65_536,
            inbox_bytes: 262_144,
            emulation_seconds: 3,
            commands_per_frame: 256,
            queue_bytes: 1_048_576,
            reply_bytes: 1_048_576,
            channels_per_connection: 128,
            recovery_limit: 300,
            ring_entries: 300,
            ring_bytes: 262_144,
            max_connections: 0,
            login_bytes: 32_768,
            login_budget_bytes: 33_554_432,
            messages_per_client: 100,
            messages_per_group: 5_000,
            messages_in_flight: 256,
            drain_per_second: 2_000,
            origins: Vec::new(),
            token_days: 7,
            nonces: LoginNonces::Documented,
            compat: CompatConfig::default(),
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
    /// A number that makes no sense.
    #[error("`realtime.{key}` must be from {least} to {most}, but is {given}")]
    Bound {
        /// The name in the configuration.
        key: &'static str,
        /// The least that it may be.
        least: u64,
        /// The most that it may be.
        most: u64,
        /// What it is.
        given: u64,
    },
    /// Something that no browser names as its page's origin.
    #[error("origins holds {0:?}: an origin is a scheme and a host, such as https://app.example.com")]
    Origin(String),
    /// Something in the section for programs written for Centrifugo.
    #[error("`[realtime.compat]`: {0}")]
    Compat(String),
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
        for (key, given, range) in self.bounds() {
            if !range.contains(&given) {
                return Err(InvalidConfig::Bound { key, least: *range.start(), most: *range.end(), given });
            }
        }
        match self.origins.iter().find(|origin| !is_origin(origin)) {
            Some(other) => Err(InvalidConfig::Origin(other.clone())),
            None => self.compat.check().map_err(InvalidConfig::Compat),
        }
    }

    /// Every number: its name, what it is, and what it may be.
    #[must_use]
    pub fn bounds(&self) -> [(&'static str, u64, RangeInclusive<u64>); 24] {
        let size = |value: usize| value as u64;
        [
            ("grace_seconds", self.grace_seconds.into(), 0..=86_400),
            ("ping_seconds", self.ping_seconds.into(), 2..=3600),
            ("pong_timeout_seconds", self.pong_timeout_seconds.into(), 1..=3599),
            ("connect_timeout_seconds", self.connect_timeout_seconds.into(), 1..=3600),
            ("refresh_grace_seconds", self.refresh_grace_seconds.into(), 0..=86_400),
            ("write_timeout_seconds", self.write_timeout_seconds.into(), 1..=3600),
            ("message_bytes", size(self.message_bytes), 1..=1 << 30),
            ("inbox_bytes", size(self.inbox_bytes), 1..=1 << 30),
            ("emulation_seconds", self.emulation_seconds.into(), 1..=60),
            ("commands_per_frame", size(self.commands_per_frame), 1..=1 << 20),
            ("queue_bytes", size(self.queue_bytes), 1..=1 << 40),
            ("reply_bytes", size(self.reply_bytes), 1..=1 << 30),
            ("channels_per_connection", size(self.channels_per_connection), 1..=1 << 20),
            ("recovery_limit", size(self.recovery_limit), 0..=1 << 20),
            ("ring_entries", size(self.ring_entries), 0..=1 << 20),
            ("ring_bytes", size(self.ring_bytes), 0..=1 << 40),
            ("max_connections", size(self.max_connections), 0..=1 << 24),
            ("login_bytes", size(self.login_bytes), 1..=1 << 30),
            ("login_budget_bytes", size(self.login_budget_bytes), 1..=1 << 40),
            ("messages_per_client", self.messages_per_client.into(), 0..=1_000_000),
            ("messages_per_group", self.messages_per_group.into(), 0..=1_000_000),
            ("messages_in_flight", self.messages_in_flight.into(), 1..=65_536),
            ("drain_per_second", self.drain_per_second.into(), 0..=1_000_000),
            ("token_days", self.token_days.into(), 1..=36_500),
        ]
    }

    /// Whether a page of this origin may connect; `None` is a client that names none.
    #[must_use]
    pub fn admits_origin(&self, origin: Option<&str>) -> bool {
        let Some(origin) = origin.filter(|_| !self.origins.is_empty()) else { return true };
        self.origins.iter().any(|admitted| admitted.eq_ignore_ascii_case(origin))
    }

    /// The most that a returning client is sent.
    pub(crate) fn recovery(&self) -> RecoveryBounds {
        RecoveryBounds { entries: self.recovery_limit, bytes: self.reply_bytes }
    }

    /// How long a server that stops waits after it has sent so many connections elsewhere.
    pub(crate) fn drain_pause(&self, connections: usize) -> Duration {
        let connections = u32::try_from(connections).unwrap_or(u32::MAX);
        Duration::from_secs(1)
            .checked_div(self.drain_per_second)
            .unwrap_or_default()
            .saturating_mul(connections)
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

    pub(crate) fn emulation(&self) -> Duration {
        Duration::from_secs(self.emulation_seconds.into())
    }

    pub(crate) fn refresh_grace(&self) -> Duration {
        Duration::from_secs(self.refresh_grace_seconds.into())
    }

    pub(crate) fn write_timeout(&self) -> Duration {
        Duration::from_secs(self.write_timeout_seconds.into())
    }
}

/// Whether a text has the form of an origin: `<scheme>://<host>`, perhaps a port, and nothing behind it.
fn is_origin(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, host)| {
        !scheme.is_empty() && !host.is_empty() && !host.contains(['/', '?', '#', '@', ' '])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_admitted_when_it_is_listed_or_none_is() {
        let any = RealtimeConfig::default();
        assert!(any.admits_origin(Some("https://evil.example")) && any.admits_origin(None));
        let origins = vec!["https://app.example.com".to_owned(), "http://localhost:5173".to_owned()];
        let some = RealtimeConfig { origins, ..RealtimeConfig::default() };
        assert!(some.check().is_ok());
        for admitted in [None, Some("https://APP.example.com"), Some("http://localhost:5173")] {
            assert!(some.admits_origin(admitted), "{admitted:?}");
        }
        for other in
            ["https://app.example.com.evil", "http://app.example.com", "null", "", "http://localhost"]
        {
            assert!(!some.admits_origin(Some(other)), "{other}");
        }
        for odd in ["app.example.com", "https://app.example.com/", "https://", "*"] {
            let odd = RealtimeConfig { origins: vec![odd.to_owned()], ..RealtimeConfig::default() };
            assert!(odd.check().is_err(), "{:?}", odd.origins);
        }
    }
}
