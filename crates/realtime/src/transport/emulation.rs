//! Commands that come in requests of their own, on whichever node, for a connection that runs to the client alone.

use muster_core::{
    bus::{NoReceipt, Receipt},
    id::NodeId,
};

use crate::{
    hub::Hub,
    protocol::{Emulation, Form, Malformed},
};

/// Why commands were not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The request is written otherwise.
    #[error("the request is not what this address takes, {{\"session\", \"node\", \"data\"}}: {0}")]
    Malformed(#[from] Malformed),
    /// There are more bytes of them than one message may have.
    #[error("the commands are larger than realtime.message_bytes allows")]
    TooLarge,
    /// The session has ended, or never was.
    #[error("the node has no such session: it has ended, or never was")]
    NoSession,
    /// As much waits for the session as may.
    #[error("more waits for this session than may (realtime.inbox_bytes)")]
    Full,
    /// The node that has the session cannot be reached now.
    #[error("the node that has the session cannot be reached now")]
    Unreachable,
    /// The node that has the session does not answer.
    #[error("the node that has the session has not answered within realtime.emulation_seconds")]
    Late,
}

impl From<NoReceipt> for NotTaken {
    fn from(why: NoReceipt) -> Self {
        match why {
            NoReceipt::NoNode => Self::NoSession,
            NoReceipt::Late => Self::Late,
            NoReceipt::TooLarge(_) => Self::TooLarge,
            NoReceipt::NotUnderstood | NoReceipt::Bus(_) => Self::Unreachable,
        }
    }
}

impl Hub {
    /// Bytes that a request may have which brings commands: twice what they may have, for a text that stands in another
    /// escapes its quotation marks, and what names the session.
    #[must_use]
    pub fn emulation_bytes(&self) -> usize {
        self.config.message_bytes.saturating_mul(2).saturating_add(1_024)
    }

    /// Bytes that the request may have which begins a connection.
    #[must_use]
    pub fn login_bytes(&self) -> usize {
        self.config.login_bytes
    }

    /// Takes the body of a request that brings commands in this form, and hands them to the task of their connection, on
    /// whichever node.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub async fn emulate(&self, form: Form, body: &[u8]) -> Result<(), NotTaken> {
        let Emulation { node, session, commands } = form.emulation(body)?;
        if commands.len() > self.config.message_bytes {
            return Err(NotTaken::TooLarge);
        }
        let receipt = match self.inboxes.put(&session, commands.clone()) {
            // Nodes change their names: the secret alone says that the connection is here.
            Receipt::NoConnection => {
                let node = NodeId::new(&node).map_err(|_| NotTaken::NoSession)?;
                self.muster.delivery().hand_over(&node, session, commands, self.config.emulation()).await?
            }
            here => here,
        };
        match receipt {
            Receipt::Taken => Ok(()),
            Receipt::NoConnection => Err(NotTaken::NoSession),
            Receipt::Full => Err(NotTaken::Full),
        }
    }
}
