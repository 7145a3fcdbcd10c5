//! The bounds of outgoing calls, as the operator sets them.

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Calls that the server makes to addresses that its users choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundConfig {
    /// Whether private, loopback and link-local addresses may be called, and URLs may name a port.
    pub allow_private: bool,
    /// Seconds that a connection may take until it is there.
    pub connect_seconds: u32,
    /// Seconds that a call may take in all: waiting for its turn, connecting, redirects, and the whole answer.
    pub answer_seconds: u32,
    /// Bytes of an answer's body, unless what is called for has a bound of its own (a picture); a longer one is given up.
    pub answer_bytes: usize,
    /// Bytes of an answer's head, at least 8192; a longer one is given up.
    pub head_bytes: usize,
    /// Redirects that one call follows; one more is given up. 0 follows none.
    pub redirects: u32,
    /// Calls at once; further ones wait within `answer_seconds`.
    pub calls: usize,
    /// A PEM file of certificate authorities that are trusted beside those of the machine; empty for none.
    pub ca_file: PathBuf,
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self {
            allow_private: false,
            connect_seconds: 5,
            answer_seconds: 10,
            answer_bytes: 65_536,
            head_bytes: 65_536,
            redirects: 3,
            calls: 128,
            ca_file: PathBuf::new(),
        }
    }
}

impl OutboundConfig {
    /// What each number may be, by its key.
    #[must_use]
    pub fn bounds(&self) -> [(&'static str, u64, RangeInclusive<u64>); 6] {
        [
            ("connect_seconds", self.connect_seconds.into(), 1..=3600),
            ("answer_seconds", self.answer_seconds.into(), 1..=3600),
            ("answer_bytes", self.answer_bytes as u64, 1..=1 << 30),
            ("head_bytes", self.head_bytes as u64, 8192..=1 << 24),
            ("redirects", self.redirects.into(), 0..=20),
            ("calls", self.calls as u64, 1..=65_536),
        ]
    }

    /// How long a connection may take until it is there.
    pub(crate) fn connect_time(&self) -> Duration {
        Duration::from_secs(self.connect_seconds.into())
    }

    /// How long a call may take in all.
    pub(crate) fn answer_time(&self) -> Duration {
        Duration::from_secs(self.answer_seconds.into())
    }
}
