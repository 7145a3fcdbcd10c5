//! Who may not talk in a group, and whom silence spares.

use crate::{
    id::{GroupRef, UserId},
    time::Millis,
};

/// What a [`Mute`] says of its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MuteKind {
    /// The user may not talk.
    Muted,
    /// The user may talk while the whole group is muted.
    Spared,
}

/// What holds for one user of a group. A user has one at most: the later one takes the place of the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mute {
    /// The group.
    pub at: GroupRef,
    /// The user.
    pub user: UserId,
    /// What it says.
    pub kind: MuteKind,
    /// When it ends by itself; never without.
    pub until: Option<Millis>,
    /// When it was put.
    pub put_at: Millis,
}
