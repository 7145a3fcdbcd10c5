//! Moderation by services of the applications' own.

use std::time::Duration;

use muster_core::moderation::AuditBounds;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Moderation by the services that applications name (`AuditType` 2). Whatever is no answer lets a message pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ModerationConfig {
    /// Milliseconds that an answer may take; the message waits for it. Not longer than `outbound.answer_seconds`.
    pub(crate) answer_millis: u32,
    /// Questions of one application under way at once, of each server; a message that finds no place passes unasked.
    pub(crate) per_app: usize,
    /// Questions under way at once, of each server; likewise.
    pub(crate) at_once: usize,
    /// Failures in a row after which a service is not asked for a while; then one question is a trial.
    pub(crate) failures: u32,
    /// Seconds that it is not asked for.
    pub(crate) rest_seconds: u32,
}

impl Default for ModerationConfig {
    fn default() -> Self {
        let domain = AuditBounds::default();
        Self {
            answer_millis: u32::try_from(domain.time.as_millis()).unwrap_or(u32::MAX),
            per_app: domain.per_app,
            at_once: domain.at_once,
            failures: domain.failures,
            rest_seconds: u32::try_from(domain.rest.as_secs()).unwrap_or(u32::MAX),
        }
    }
}

impl ModerationConfig {
    /// The same for the domain.
    pub(super) fn bounds(&self) -> AuditBounds {
        AuditBounds {
            time: Duration::from_millis(self.answer_millis.into()),
            per_app: self.per_app,
            at_once: self.at_once,
            failures: self.failures,
            rest: Duration::from_secs(self.rest_seconds.into()),
        }
    }
}
