//! What happens in streams.

use std::sync::Arc;

use crate::{
    id::GroupId,
    message::{ExitReason, Message},
};

pub mod form;

/// Something that happens in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message.
    Message(Message),
    /// The end of a group, for all in it or for the one whose stream it is.
    Exit {
        /// The group.
        group: GroupId,
        /// Why.
        reason: ExitReason,
    },
    /// Something of a later version. It keeps its place, is carried on as it came, and means nothing here.
    Unknown(UnknownEvent),
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
