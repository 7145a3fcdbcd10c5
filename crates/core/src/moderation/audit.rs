//! Services that applications name to moderate what is said in them.

use std::time::Duration;

use async_trait::async_trait;

use crate::time::Millis;

/// What a service is asked.
#[derive(Clone, Copy, Debug)]
pub struct AuditQuestion<'a> {
    /// Where it is.
    pub url: &'a str,
    /// The application's key, which signs the question.
    pub key: &'a str,
    /// What somebody says.
    pub text: &'a str,
    /// When.
    pub at: Millis,
    /// How long the answer may take.
    pub time: Duration,
}

/// Asks services; what is said on the wire is its matter.
#[async_trait]
pub trait Auditor: Send + Sync {
    /// Whether the text may be told.
    ///
    /// # Errors
    /// Why there is no answer, for the log.
    async fn ask(&self, question: AuditQuestion<'_>) -> Result<bool, String>;
}

/// Bounds of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditBounds {
    /// How long an answer may take.
    pub time: Duration,
    /// Questions of one application under way at once; what finds no place passes unasked.
    pub per_app: usize,
    /// Questions of all applications, likewise.
    pub at_once: usize,
    /// Failures in a row after which a service is passed over.
    pub failures: u32,
    /// For how long.
    pub rest: Duration,
}

impl Default for AuditBounds {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(1),
            per_app: 32,
            at_once: 128,
            failures: 5,
            rest: Duration::from_secs(10),
        }
    }
}

impl AuditBounds {
    /// How long a service is passed over, in milliseconds.
    pub(crate) fn rest_millis(&self) -> i64 {
        i64::try_from(self.rest.as_millis()).unwrap_or(i64::MAX)
    }
}
