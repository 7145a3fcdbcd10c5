//! Every bound of the gateway, with its default.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Bounds of requests.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GatewayConfig {
    /// The largest request body, in bytes. A larger one is answered 413.
    pub body_bytes: usize,
    /// How long a request body may take to arrive, in seconds. A slower one is answered 408.
    pub body_seconds: u64,
    /// The most parameters of a request, query and body together.
    pub parameters: usize,
    /// How deep JSON text and dotted parameter names may nest.
    pub json_depth: usize,
    /// How long a request that has arrived may take, in seconds, before the caller is told that the service
    /// is unavailable. The npm clients wait 3 seconds, so more helps nobody who uses them.
    pub handler_seconds: u64,
    /// How far the time of a request may lie from the server's, either way, in seconds.
    pub clock_window_seconds: u32,
    /// How many nonces of an access key are remembered, 20 to 40 bytes each. When a key sends more within the
    /// clock window, its requests stamped earlier than those remembered are refused as expired, so that
    /// none is ever accepted twice. Other keys do not feel it. Over PostgreSQL nonces are in the database.
    pub nonces_per_key: usize,
    /// Whether answers carry an `etag`, as those of the cloud do. It is an MD5 of the body, some 1.6
    /// microseconds per kilobyte, and no official client reads it.
    pub etag: bool,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            body_seconds: 10,
            parameters: 1000,
            json_depth: 32,
            handler_seconds: 3,
            clock_window_seconds: 900,
            nonces_per_key: 2_000_000,
            etag: true,
        }
    }
}

/// A bound that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("`gateway.{key}` must be from {least} to {most}, but is {given}")]
pub struct InvalidBound {
    /// The name in the configuration.
    pub key: &'static str,
    /// The least that it may be.
    pub least: u64,
    /// The most that it may be.
    pub most: u64,
    /// What it is.
    pub given: u64,
}

impl GatewayConfig {
    /// Refuses bounds under which no request could be served, or none safely.
    pub fn check(&self) -> Result<(), InvalidBound> {
        for (key, given, range) in self.bounds() {
            if !range.contains(&given) {
                return Err(InvalidBound { key, least: *range.start(), most: *range.end(), given });
            }
        }
        Ok(())
    }

    /// Every number: its name, what it is, and what it may be.
    pub fn bounds(&self) -> [(&'static str, u64, RangeInclusive<u64>); 7] {
        let size = |value: usize| value as u64;
        [
            ("body_bytes", size(self.body_bytes), 1024..=1 << 30),
            ("body_seconds", self.body_seconds, 1..=3600),
            ("parameters", size(self.parameters), 20..=100_000),
            // The JSON reader goes no deeper than 127.
            ("json_depth", size(self.json_depth), 2..=127),
            ("handler_seconds", self.handler_seconds, 1..=3600),
            ("clock_window_seconds", self.clock_window_seconds.into(), 1..=86_400),
            ("nonces_per_key", size(self.nonces_per_key), 1..=1 << 32),
        ]
    }
}

/// How many calls an account may make.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ThrottleConfig {
    /// Whether quotas are enforced.
    pub enabled: bool,
    /// Calls per second and access key that may be denied for want of a permission; further ones are told to
    /// wait. Calls that are allowed do not count. 0 = no bound.
    pub denied_per_second: u32,
    /// Calls per second and account, by operation, instead of the documented quota; 0 = none.
    pub quotas: BTreeMap<String, u32>,
}

impl Default for ThrottleConfig {
    fn default() -> Self {
        Self { enabled: true, denied_per_second: 50, quotas: BTreeMap::new() }
    }
}
