//! What happens in streams.

use std::sync::Arc;

use crate::{
    id::{GroupId, MessageId, UserId},
    message::{ExitReason, Message, Sender, Sequence},
    mute::GroupMutes,
};

pub mod form;

/// Something that happens in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message.
    Message(Message),
    /// A message to some members of a group, in the own stream of one of them.
    ToMember {
        /// The group.
        group: GroupId,
        /// The message.
        message: Message,
    },
    /// The end of a group, for all in it or for the one whose stream it is.
    Exit {
        /// The group.
        group: GroupId,
        /// Why.
        reason: ExitReason,
    },
    /// The mutes of the group whose stream it is have changed: all that holds from here on.
    MutesChanged(GroupMutes),
    /// A notice of the system, in a group of generation 1.
    System(SystemMessage),
    /// A message was taken back. It stands at two places: at the message's own, in the place of the message, so that
    /// whoever reads the stream from before it never sees what it said; and where the stream was when it happened, so that
    /// whoever has seen the message hears of it.
    Recalled(Recall),
    /// The record of a group was changed: what can be changed of it, as it is then.
    InfoChanged {
        /// The group.
        group: GroupId,
        /// The text about it.
        info: Option<Arc<str>>,
        /// Its administrators.
        admins: Vec<UserId>,
    },
    /// Something of a later version. It keeps its place, is carried on as it came, and means nothing here.
    Unknown(UnknownEvent),
}

/// What the system says about a group of generation 1: to everybody in it, or to users whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemMessage {
    /// Its id.
    pub id: MessageId,
    /// The group that it is about.
    pub group: GroupId,
    /// Who made it happen.
    pub sender: Sender,
    /// What happened.
    pub what: Happened,
}

/// What a [`SystemMessage`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The sender likes it; so many likes the group has by now.
    Liked(u64),
    /// The whole group was muted.
    GroupMuted,
    /// The mute of the whole group was lifted.
    GroupUnmuted,
    /// This user was muted.
    UserMuted(UserId),
    /// The mute of this user was lifted.
    UserUnmuted(UserId),
    /// The sender became a member; the group's figures after it, if they are told.
    Joined(Option<GroupFigures>),
    /// The sender is no member any more; the group's figures after it, if they are told.
    Left(Option<GroupFigures>),
}

/// A group's figures, as what the system says carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupFigures {
    /// Joins since the group was made.
    pub views: u64,
    /// Different users among them.
    pub visitors: u64,
    /// Members present.
    pub online: u64,
    /// Likes since the group was made.
    pub likes: u64,
    /// Whether the whole group is muted.
    pub muted: bool,
}

/// What is told of a message that was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recall {
    /// The message's id.
    pub message: MessageId,
    /// Where it stood, if it was stored.
    pub place: Option<Sequence>,
    /// Who took it back, if that was said.
    pub by: Option<Sender>,
}

/// An event that this version does not know, as it came: see [`form`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEvent(Arc<str>);

impl UnknownEvent {
    /// Its JSON, in one line.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.0
    }
}
