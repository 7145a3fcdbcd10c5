//! Every bound of the gateway, with its default.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// How many nonces are remembered. When there are more within the clock window, requests stamped
    /// earlier than those remembered are refused as expired, so that none is ever accepted twice.
    pub nonce_capacity: usize,
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
            nonce_capacity: 2_000_000,
            etag: true,
        }
    }
}

/// How many calls an account may make.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ThrottleConfig {
    /// Whether quotas are enforced.
    pub enabled: bool,
    /// Calls per second and account, by operation, instead of the documented quota; 0 = none.
    pub quotas: BTreeMap<String, u32>,
}

impl Default for ThrottleConfig {
    fn default() -> Self {
        Self { enabled: true, quotas: BTreeMap::new() }
    }
}
