//! Letters that are no notices, questions, and receipts, as they are sent.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use muster_core::{
    bus::{ConnectionKey, Letter, NoReceipt, Question, Receipt},
    time::Millis,
};
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

/// A [`Question`].
#[derive(Serialize, Deserialize)]
pub(super) enum QuestionForm {
    Overview { since: i64 },
}

impl From<Question> for QuestionForm {
    fn from(question: Question) -> Self {
        match question {
            Question::Overview { since } => Self::Overview { since: since.0 },
        }
    }
}

impl From<QuestionForm> for Question {
    fn from(form: QuestionForm) -> Self {
        match form {
            QuestionForm::Overview { since } => Self::Overview { since: Millis(since) },
        }
    }
}

/// A [`Receipt`], or that there is none.
#[derive(Serialize, Deserialize)]
pub(super) enum ReceiptForm {
    Taken,
    NoConnection,
    Full,
    NotUnderstood,
    /// The answer has so many bytes.
    TooLarge(usize),
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
            Self::TooLarge(size) => Err(NoReceipt::TooLarge(size)),
        })
    }
}
