//! What nodes send each other: version 1.
//!
//! | bytes | |
//! |---|---|
//! | 1 | the version |
//! | 1 | the kind: `n` a notice, `r` positions that streams have reached, `l` the sender's notices may have been lost, `c` what a client says beside its connection, `i` what a node is asked of itself, `a` the receipt for what one node was sent alone, `t` what a node tells that was asked |
//! | 8 | who sent it, big-endian |
//! | the others | what it says, JSON: `{"<name>":{…}}` or `"<name>"` for a notice, a letter and a receipt, `[[<stream>,<position>],…]` for positions; of `t` the bytes that were told, as they are |
//!
//! The types of what is said are of this module (`wire/`); what the domain's types become has no effect on the wire. JSON costs
//! more bytes than a binary encoding; in exchange a node of an older version reads what a newer one has added to, which a
//! rolling upgrade needs. A message is encoded once per publish and decoded once per node, some microseconds each, far
//! less than the fan-out that follows.
//!
//! # The head
//!
//! Nodes of neighbouring versions run side by side, so a node hears what it does not know. Of every message it reads the
//! head all the same: version, kind, sender, the name, and in what the name says `stream` (or `group`, for the group's own)
//! and `sequence`, whatever else is said. Where these tell that a stream has reached a position, the listeners hear that
//! ([`Listener::reached`](muster_core::bus::Listener::reached)) and read from the store what they have missed; so nobody
//! waits until a gap is found. What has no such head is counted (`bus_unknown`) and passed over.
//!
//! # How it may change
//!
//! | change | older versions | what it needs |
//! |---|---|---|
//! | a field is added | pass it over | a default for when it is missing |
//! | a notice or a kind of messages is added | read its head | `stream` or `group`, and `sequence`, in the form of today where it is about a stored event; and whoever misses it finds the same in the store |
//! | a kind of streams is added | pass over the message, or the position, that names it | nothing |
//! | an event is added | told at its place as [`Event::Unknown`](muster_core::event::Event::Unknown) | the rules of [`form`](muster_core::event::form) |
//! | a field means something else, changes its type, or goes | would do what was not meant | another name for the notice |
//! | the bytes before the JSON, or another encoding than JSON | hear nothing, and find gaps alone | a new version, which is sent one release after it is read |

mod head;
mod letter;
mod notice;

use bytes::Bytes;
use muster_core::{
    bus::{Letter, NoReceipt, Notice, Question, Receipt},
    message::{Sequence, StreamRef},
};
use serde::Serialize;
use serde_json::value::RawValue;

pub(super) use self::head::Head;
use self::{
    letter::{LetterForm, QuestionForm, ReceiptForm},
    notice::{NoticeForm, StreamForm},
};

/// The first byte. Another one means another encoding, which this version cannot read.
const VERSION: u8 = 1;
/// A [`Notice`].
const NOTICE: u8 = b'n';
/// Positions that streams have reached.
const REACHED: u8 = b'r';
/// The sender's notices may have been lost.
const LOST: u8 = b'l';
/// A [`Letter`] that is no notice: a notice is sent to one node as it is to all.
const LETTER: u8 = b'c';
/// A [`Receipt`].
const RECEIPT: u8 = b'a';
/// A [`Question`].
const QUESTION: u8 = b'i';
/// The answer to one.
const TOLD: u8 = b't';
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
    /// A letter that is no notice.
    Letter(Letter),
    /// The receipt for a letter.
    Receipt(Result<Receipt, NoReceipt>),
    /// A question.
    Question(Question),
    /// The answer to one.
    Told(Bytes),
    /// Something that this version does not know: no more than its head.
    Unknown(Head),
}

/// Why not even the head of a message can be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it is too short")]
    Short,
    #[error("it has version {0}, which this version of muster does not know")]
    Version(u8),
}

/// A notice as bytes.
pub(super) fn notice(sender: SenderId, notice: &Notice) -> Result<Vec<u8>, serde_json::Error> {
    encode(sender, NOTICE, &NoticeForm::from(notice))
}

/// A letter as bytes.
pub(super) fn letter(sender: SenderId, letter: &Letter) -> Result<Vec<u8>, serde_json::Error> {
    match letter {
        Letter::Notice(told) => notice(sender, told),
        Letter::Commands { connection, commands } => {
            encode(sender, LETTER, &LetterForm::commands(connection, commands))
        }
    }
}

/// A receipt as bytes; `None` for a letter that was not understood.
pub(super) fn receipt(sender: SenderId, receipt: Option<Receipt>) -> Result<Vec<u8>, serde_json::Error> {
    encode(sender, RECEIPT, &ReceiptForm::of(receipt))
}

/// Instead of an answer, that it has more bytes than NATS carries.
pub(super) fn too_large(sender: SenderId, size: usize) -> Result<Vec<u8>, serde_json::Error> {
    encode(sender, RECEIPT, &ReceiptForm::TooLarge(size))
}

/// A question as bytes.
pub(super) fn question(sender: SenderId, question: Question) -> Result<Vec<u8>, serde_json::Error> {
    encode(sender, QUESTION, &QuestionForm::from(question))
}

/// An answer as bytes.
pub(super) fn told(sender: SenderId, answer: &[u8]) -> Vec<u8> {
    let mut bytes = header(sender, TOLD);
    bytes.extend(answer);
    bytes
}

/// Positions as bytes.
pub(super) fn reached(
    sender: SenderId,
    streams: &[(StreamRef, Sequence)],
) -> Result<Vec<u8>, serde_json::Error> {
    let streams: Vec<(StreamForm, Sequence)> =
        streams.iter().map(|(stream, position)| (stream.into(), *position)).collect();
    encode(sender, REACHED, &streams)
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

/// Who sent a message and what it says, as far as this version knows it.
///
/// # Errors
/// [`Unreadable`] when not even its head can be read.
pub(super) fn decode(bytes: &[u8]) -> Result<(SenderId, Content), Unreadable> {
    let (&version, rest) = bytes.split_first().ok_or(Unreadable::Short)?;
    if version != VERSION {
        return Err(Unreadable::Version(version));
    }
    let (&kind, rest) = rest.split_first().ok_or(Unreadable::Short)?;
    let (sender, content) = rest.split_first_chunk().ok_or(Unreadable::Short)?;
    let known = match kind {
        NOTICE => serde_json::from_slice::<NoticeForm>(content).ok().map(|form| Content::Notice(form.into())),
        REACHED => positions(content).map(Content::Reached),
        LOST => Some(Content::Lost),
        LETTER => LetterForm::read(content).map(Content::Letter),
        RECEIPT => ReceiptForm::read(content).map(Content::Receipt),
        QUESTION => {
            serde_json::from_slice::<QuestionForm>(content).ok().map(|form| Content::Question(form.into()))
        }
        TOLD => Some(Content::Told(Bytes::copy_from_slice(content))),
        _ => None,
    };
    let content = known.unwrap_or_else(|| Content::Unknown(Head::read(kind, content)));
    Ok((SenderId::from_be_bytes(*sender), content))
}

/// The positions of the streams that this version knows.
fn positions(content: &[u8]) -> Option<Vec<(StreamRef, Sequence)>> {
    let streams: Vec<&RawValue> = serde_json::from_slice(content).ok()?;
    let known = |stream: &RawValue| serde_json::from_str::<(StreamForm, Sequence)>(stream.get()).ok();
    let streams = streams.into_iter().filter_map(known);
    Some(streams.map(|(stream, position)| (stream.into(), position)).collect())
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
