//! Letters that are no notices, and receipts, as they are sent.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use muster_core::bus::{ConnectionKey, Letter, NoReceipt, Receipt};
use serde::{Deserialize, Serialize};

/// A [`Letter`].
#[derive(Serialize, Deserialize)]
pub(super) enum LetterForm {
    Commands {
        connection: String,
        /// Base64: they may be of a form that is no text.
        commands: String,
    },
}

impl LetterForm {
    pub(super) fn commands(connection: &ConnectionKey, commands: &Bytes) -> Self {
        Self::Commands { connection: connection.as_str().to_owned(), commands: STANDARD.encode(commands) }
    }

    pub(super) fn read(content: &[u8]) -> Option<Letter> {
        let Self::Commands { connection, commands } = serde_json::from_slice(content).ok()?;
        let commands = STANDARD.decode(commands).ok()?.into();
        Some(Letter::Commands { connection: ConnectionKey::new(&connection), commands })
    }
}

/// A [`Receipt`], or that there is none.
#[derive(Serialize, Deserialize)]
pub(super) enum ReceiptForm {
    Taken,
    NoConnection,
    Full,
    NotUnderstood,
}

impl ReceiptForm {
    /// `None` is a letter that was not understood.
    pub(super) fn of(receipt: Option<Receipt>) -> Self {
        match receipt {
            Some(Receipt::Taken) => Self::Taken,
            Some(Receipt::NoConnection) => Self::NoConnection,
            Some(Receipt::Full) => Self::Full,
            None => Self::NotUnderstood,
        }
    }

    pub(super) fn read(content: &[u8]) -> Option<Result<Receipt, NoReceipt>> {
        Some(match serde_json::from_slice(content).ok()? {
            Self::Taken => Ok(Receipt::Taken),
            Self::NoConnection => Ok(Receipt::NoConnection),
            Self::Full => Ok(Receipt::Full),
            Self::NotUnderstood => Err(NoReceipt::NotUnderstood),
        })
    }
}
