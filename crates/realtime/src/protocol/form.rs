//! How messages are written: the two forms of the protocol, and a message in either.

use std::str::Utf8Error;

use bytes::Bytes;

use super::{Command, Emulation, ErrorCode, ErrorReply, Push, Reply, json, protobuf};

/// The form in which a connection's messages are written, in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// Text: one JSON object a line.
    #[default]
    Json,
    /// Bytes: each message behind its length.
    Protobuf,
}

/// One message of the server as its form writes it: shared bytes, which cost nothing to clone. In Protobuf its length is part
/// of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame(Bytes);

/// A command that cannot be carried out, because of how it is written.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// Text that is none.
    #[error("not text: {0}")]
    Text(#[from] Utf8Error),
    /// Not a JSON object, or a known field of another type.
    #[error("not a command: {0}")]
    Json(#[from] serde_json::Error),
    /// Not a Protobuf message, or one that breaks off.
    #[error("not a command: {0}")]
    Protobuf(#[from] prost::DecodeError),
    /// A message that ends before its length says.
    #[error("a message is cut off")]
    CutOff,
    /// A text in it, a payload's too, holds half a character. Parsers treat those in as many ways as there are parsers.
    #[error("the command {id} holds half a character")]
    HalfCharacter {
        /// The command's id.
        id: u32,
        /// The unit that has no other half.
        unit: u16,
    },
    /// A payload that is no JSON. In the JSON form it cannot be told from a broken command.
    #[error("the data of the command {id} are no JSON")]
    Payload {
        /// The command's id.
        id: u32,
    },
}

impl Malformed {
    /// The id of the command and what is answered to it, if it can be answered; otherwise nothing that follows can be read.
    #[must_use]
    pub fn refusal(&self) -> Option<(u32, ErrorReply)> {
        let (id, refusal) = match *self {
            Self::HalfCharacter { id, unit } => (id, ErrorReply::half_character(unit)),
            Self::Payload { id } => {
                let message = "bad request: data must be a JSON value".into();
                (id, ErrorReply { code: ErrorCode::BadRequest, message })
            }
            Self::Text(_) | Self::Json(_) | Self::Protobuf(_) | Self::CutOff => return None,
        };
        (id != 0).then_some((id, refusal))
    }
}

impl Form {
    /// Both forms.
    pub const ALL: [Self; 2] = [Self::Json, Self::Protobuf];

    /// Its name in figures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Protobuf => "protobuf",
        }
    }

    /// A client's answer to a ping, as it writes one.
    pub(crate) const fn pong(self) -> Bytes {
        match self {
            Self::Json => Bytes::from_static(b"{}"),
            Self::Protobuf => Bytes::from_static(&[0]),
        }
    }

    /// Reads the commands of a frame, in order, up to the first that cannot be read. A frame of nothing is a pong, as some
    /// clients send it.
    pub fn commands(self, frame: &[u8]) -> impl Iterator<Item = Result<Command<'_>, Malformed>> {
        let (text, bytes) = match self {
            Self::Json => (Some(std::str::from_utf8(frame)), None),
            Self::Protobuf => (None, Some(frame)),
        };
        let (lines, broken) = match text {
            Some(Ok(text)) => (Some(json::commands(text)), None),
            Some(Err(error)) => (None, Some(Err(error.into()))),
            None => (None, None),
        };
        let messages = bytes.map(protobuf::commands);
        broken.into_iter().chain(lines.into_iter().flatten()).chain(messages.into_iter().flatten())
    }

    /// How many commands a frame holds, without reading them.
    #[must_use]
    pub fn count(self, frame: &[u8]) -> usize {
        match self {
            Self::Json => json::count(frame),
            Self::Protobuf => protobuf::count(frame),
        }
    }

    /// Reads commands that come in a request of their own.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn emulation(self, body: &[u8]) -> Result<Emulation, Malformed> {
        match self {
            Self::Json => json::emulation(body),
            Self::Protobuf => protobuf::emulation(body),
        }
    }

    /// Writes a reply.
    #[must_use]
    pub fn reply(self, reply: &Reply) -> Frame {
        match self {
            Self::Json => json::reply(reply).into(),
            Self::Protobuf => protobuf::reply(reply),
        }
    }

    /// Writes a push.
    #[must_use]
    pub fn push(self, push: &Push<'_>) -> Frame {
        match self {
            Self::Json => json::push(push).into(),
            Self::Protobuf => protobuf::push(push),
        }
    }

    /// A ping of the server.
    #[must_use]
    pub const fn ping(self) -> Frame {
        match self {
            Self::Json => Frame::from_static(json::PING.as_bytes()),
            Self::Protobuf => Frame::from_static(protobuf::PING),
        }
    }

    /// What stands between two messages that are sent together.
    #[must_use]
    pub const fn between(self) -> &'static [u8] {
        match self {
            Self::Json => b"\n",
            Self::Protobuf => b"",
        }
    }
}

impl Frame {
    /// A message that the program holds.
    #[must_use]
    pub const fn from_static(bytes: &'static [u8]) -> Self {
        Self(Bytes::from_static(bytes))
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none, which no message has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A part of it, in the same memory.
    pub(crate) fn slice(&self, range: std::ops::Range<usize>) -> Bytes {
        self.0.slice(range)
    }
}

impl From<String> for Frame {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Vec<u8>> for Frame {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}
