//! A moderation service that thinks about some messages for as long as a test wants.

use async_trait::async_trait;
use muster_core::moderation::{AuditQuestion, Auditor};
use tokio::sync::Notify;

/// What a message says that the service thinks about.
pub(crate) const SLOW: &str = "slow";

/// Lets everything pass: at once, but for [`SLOW`], of which one passes each time that the gate is opened.
#[derive(Default)]
pub(crate) struct Gate(Notify);

impl Gate {
    /// Lets the slow message pass that waits, or the next one.
    pub(crate) fn open(&self) {
        self.0.notify_one();
    }
}

#[async_trait]
impl Auditor for Gate {
    async fn ask(&self, question: AuditQuestion<'_>) -> Result<bool, String> {
        if question.text == SLOW {
            self.0.notified().await;
        }
        Ok(true)
    }
}
