//! Messages and streams.
//!
//! A stream is a group's or a user's sequence of stored events. Each stored event takes the stream's next sequence
//! number; with the stream's epoch it is the position that a client recovers from. Ephemeral events have no number.

mod decide;

use std::sync::Arc;

use crate::{
    group::Order,
    id::{AppId, GroupRef, MessageId, UserId},
    number::{RepeatCount, TypeCount},
    time::Millis,
};

pub use self::decide::{StreamState, Verdict};

/// The position of a stored event in its stream; the first is 1.
pub type Sequence = u64;

/// Where the events stand that were stored with a change, in the order in which they were given.
pub type Positions = Vec<Sequence>;

/// The type of a message published without saying one.
pub const DEFAULT_MESSAGE_TYPE: i64 = 10_001;

/// The type under which a group's likes are counted beside its messages. No message has it, and it is none of the types
/// that a group may see.
pub const LIKES: i64 = i64::MIN;

/// Who said something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The user, or whoever the operator says.
    pub user: UserId,
    /// What is told of the sender.
    pub info: Option<Arc<str>>,
}

/// A message as everybody gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Its type; above 10,000 the application's own.
    pub kind: i64,
    /// What it says; opaque.
    pub body: Arc<str>,
    /// Who sent it.
    pub sender: Sender,
    /// When the server took it.
    pub at: Millis,
    /// What it counts for under a rate ceiling; larger is kept longer.
    pub weight: Weight,
    /// How much its sender makes of it.
    pub level: Level,
    /// How many equal messages it stands for.
    pub repeat: RepeatCount,
    /// The running count of its type in the group, this one included.
    pub total: TypeCount,
    /// Whether it belongs into the list of recent messages.
    pub cached: bool,
}

/// Why a member is out of a group for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitReason {
    /// The group was deleted.
    Dissolved,
    /// The member was removed.
    Removed,
}

pub use crate::event::{Event, Recall, UnknownEvent};
pub use crate::message_parts::{Body, BodyTooLong, Level, Weight};

/// Whose stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StreamRef {
    /// A group's: everybody in it reads it.
    Group(GroupRef),
    /// A user's own.
    User(AppId, UserId),
}

impl StreamRef {
    /// The application that the stream belongs to.
    #[must_use]
    pub fn app(&self) -> &AppId {
        match self {
            Self::Group(group) => &group.app,
            Self::User(app, _) => app,
        }
    }
}

/// A stored event at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its position.
    pub sequence: Sequence,
    /// When it was stored.
    pub at: Millis,
    /// What happened.
    pub event: Event,
}

/// Where a stream ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Top {
    /// The stream's name.
    pub epoch: String,
    /// The position of its last stored event; 0 when there was none.
    pub sequence: Sequence,
}

/// A message before it is stored or counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The message; its `total` is filled in.
    pub message: Message,
    /// How much it adds to its type's count.
    pub increment: RepeatCount,
    /// The most types that the group may see.
    pub max_types: usize,
    /// Whether the sender chose the message's id, so that it is stored once in the group however often it is sent.
    pub once: bool,
}

impl Draft {
    /// Whether it is a like: nothing but its count is left of it, which so lasts as a message does.
    #[must_use]
    pub fn is_like(&self) -> bool {
        self.message.kind == LIKES
    }
}

/// What became of a [`Draft`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// Stored at this position, or counted only when it is `None`; `total` is the type's new count.
    Done {
        /// The position, for a stored message.
        sequence: Option<Sequence>,
        /// The running count of the type.
        total: TypeCount,
        /// Those of what was stored with a stored message.
        positions: Positions,
    },
    /// A message under this chosen id was stored at this position before.
    Repeated(Sequence),
    /// The group has seen as many types as it may.
    TooManyTypes,
    /// The group does not exist or was deleted; of a user's stream, its application.
    NoGroup,
}

/// A question for stored messages. Bounds in time are inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    /// By position.
    pub order: Order,
    /// The last position that the caller has seen.
    pub after: Option<Sequence>,
    /// How many of those that are asked for are passed over first. Each of them costs a look into the index.
    pub skip: u64,
    /// Only messages of this type.
    pub kind: Option<i64>,
    /// Only messages taken at or after this time.
    pub from: Option<Millis>,
    /// Only messages taken at or before this time.
    pub until: Option<Millis>,
    /// Messages to answer with, at most.
    pub limit: usize,
}
