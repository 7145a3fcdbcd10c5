//! What nodes send each other: a version, a kind, who sent it, and JSON.
//!
//! JSON costs more bytes than a binary encoding; in exchange a node of an older version reads what a newer one has
//! added fields to, which a rolling upgrade needs. A message is encoded once per publish and decoded once per node,
//! some microseconds each, far less than the fan-out that follows.

use muster_core::{
    bus::Notice,
    message::{Sequence, StreamRef},
};
use serde::Serialize;

/// The first byte. Another one means another encoding, which this version cannot read.
const VERSION: u8 = 1;
/// A [`Notice`].
const NOTICE: u8 = b'n';
/// Positions that streams have reached.
const REACHED: u8 = b'r';
/// The sender's notices may have been lost.
const LOST: u8 = b'l';
/// Version, kind and sender.
const HEADER_BYTES: usize = 2 + size_of::<SenderId>();

/// One process, for as long as it runs. Drawn at random: the node's name outlives the process, and two processes may
/// share it for a moment.
pub(super) type SenderId = u64;

/// What a message says.
#[derive(Debug, PartialEq)]
pub(super) enum Content {
    /// A notice.
    Notice(Notice),
    /// Streams and the positions that they have reached at least.
    Reached(Vec<(StreamRef, Sequence)>),
    /// Notices of this sender may have been lost until now, of any kind.
    Lost,
}

/// Why a message cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it is too short")]
    Short,
    #[error("it has version {0}, which this version of muster does not know")]
    Version(u8),
    #[error("it has kind {0}, which this version of muster does not know")]
    Kind(u8),
    #[error("its content is not known: {0}")]
    Content(#[from] serde_json::Error),
}

/// A notice as bytes.
pub(super) fn notice(sender: SenderId, notice: &Notice) -> Result<Vec<u8>, serde_json::Error> {
    encode(sender, NOTICE, notice)
}

/// Positions as bytes.
pub(super) fn reached(
    sender: SenderId,
    streams: &[(StreamRef, Sequence)],
) -> Result<Vec<u8>, serde_json::Error> {
    encode(sender, REACHED, streams)
}

/// A confession of loss as bytes.
pub(super) fn lost(sender: SenderId) -> Vec<u8> {
    header(sender, LOST)
}

fn header(sender: SenderId, kind: u8) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    bytes.extend([VERSION, kind]);
    bytes.extend(sender.to_be_bytes());
    bytes
}

fn encode<T: Serialize + ?Sized>(
    sender: SenderId,
    kind: u8,
    content: &T,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = header(sender, kind);
    serde_json::to_writer(&mut bytes, content)?;
    Ok(bytes)
}

/// Who sent a message and what it says.
pub(super) fn decode(bytes: &[u8]) -> Result<(SenderId, Content), Unreadable> {
    let (&version, rest) = bytes.split_first().ok_or(Unreadable::Short)?;
    if version != VERSION {
        return Err(Unreadable::Version(version));
    }
    let (&kind, rest) = rest.split_first().ok_or(Unreadable::Short)?;
    let (sender, content) = rest.split_first_chunk().ok_or(Unreadable::Short)?;
    let content = match kind {
        NOTICE => Content::Notice(serde_json::from_slice(content)?),
        REACHED => Content::Reached(serde_json::from_slice(content)?),
        LOST => Content::Lost,
        other => return Err(Unreadable::Kind(other)),
    };
    Ok((SenderId::from_be_bytes(*sender), content))
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
