//! The bounds of the console's sessions.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The operators' console at `/console/` and the explorer at `/explorer/`, where people sign in with an access key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ConsoleConfig {
    /// Hours after which a session ends and its user signs in again. It ends at once when its access key is switched off or
    /// removed.
    pub(crate) session_hours: u32,
    /// Seconds for which wrong sign-ins are counted.
    pub(crate) tries_seconds: u32,
    /// Wrong sign-ins from one address (from one /64 network of IPv6) in that time, of each server; a further one is refused
    /// with status 429.
    pub(crate) tries_per_address: u32,
    /// Wrong sign-ins with one access key in that time, from all addresses, of each server. More than of one address, so that
    /// a stranger who knows the key's id does not keep its owner out.
    pub(crate) tries_per_key: u32,
}

impl Default for ConsoleConfig {
    fn default() -> Self {
        Self { session_hours: 12, tries_seconds: 300, tries_per_address: 10, tries_per_key: 100 }
    }
}

impl ConsoleConfig {
    /// For how long wrong sign-ins count.
    pub(crate) fn tries_time(&self) -> Duration {
        Duration::from_secs(self.tries_seconds.into())
    }

    /// How long a session lasts, in milliseconds.
    pub(crate) fn session_millis(&self) -> i64 {
        i64::from(self.session_hours) * 3_600_000
    }
}
