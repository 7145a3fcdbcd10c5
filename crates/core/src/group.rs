//! Groups: where users meet.

use std::collections::BTreeMap;

use crate::{
    app::StringMap,
    id::{GroupRef, UserId},
    message::LIKES,
    roster::RosterState,
    time::Millis,
};

/// The most administrators a group has, by the documentation.
pub const MAX_ADMINS: usize = 3;
/// The longest name of a group, in bytes, by the documentation.
pub const MAX_NAME_BYTES: usize = 128;
/// The longest text about a group, in bytes, by the documentation.
pub const MAX_INFO_BYTES: usize = 32_768;

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its application and id.
    pub at: GroupRef,
    /// Its place in the order of creation; the cursor of lists by token.
    pub number: i64,
    /// Who made it, if that was said.
    pub creator: Option<UserId>,
    /// Up to [`MAX_ADMINS`] users with the creator's rights.
    pub admins: Vec<UserId>,
    /// Its name (generation 2).
    pub name: Option<String>,
    /// The caller's text about it (generation 2).
    pub info: Option<String>,
    /// The caller's own fields (generation 1).
    pub extension: StringMap,
    /// The name of its stream: changes only when the stream is lost.
    pub epoch: String,
    /// When it was made.
    pub created_at: Millis,
    /// When and by whom it was deleted. A deleted group keeps its id and its messages until it is purged.
    pub deletion: Option<Deletion>,
}

impl Group {
    /// Whether `user` has the rights over the group that its creator and administrators have.
    #[must_use]
    pub fn is_run_by(&self, user: &UserId) -> bool {
        self.creator.as_ref() == Some(user) || self.admins.contains(user)
    }
}

/// What is to become of a group's record; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupChange {
    /// Who else runs it: up to [`MAX_ADMINS`].
    pub admins: Option<Vec<UserId>>,
    /// The caller's text about it; empty for none.
    pub info: Option<String>,
    /// The caller's own fields.
    pub extension: Option<StringMap>,
}

impl GroupChange {
    /// The group with the change.
    #[must_use]
    pub fn of(&self, group: &Group) -> Group {
        Group {
            admins: self.admins.as_ref().unwrap_or(&group.admins).clone(),
            info: match &self.info {
                Some(info) => Some(info.clone()).filter(|info| !info.is_empty()),
                None => group.info.clone(),
            },
            extension: self.extension.as_ref().unwrap_or(&group.extension).clone(),
            ..group.clone()
        }
    }
}

/// The end of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// When.
    pub at: Millis,
    /// By whom, if that was said.
    pub by: Option<UserId>,
}

/// A group's figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupTally {
    /// Members present.
    pub online: u64,
    /// Joins since the group was made (page views).
    pub views: u64,
    /// The running count of each message type.
    pub messages: BTreeMap<i64, u64>,
    /// Likes since the group was made.
    pub likes: u64,
    /// Whether it has become a super group and has not emptied since.
    pub super_group: bool,
}

impl GroupTally {
    /// The figures of a group with this roster and these counts, that of [`LIKES`] among them.
    #[must_use]
    pub fn new(roster: RosterState, counts: impl IntoIterator<Item = (i64, u64)>) -> Self {
        let mut messages: BTreeMap<_, _> = counts.into_iter().collect();
        let likes = messages.remove(&LIKES).unwrap_or_default();
        let RosterState { count, views, super_group } = roster;
        Self { online: count, views, messages, likes, super_group }
    }
}

/// Which groups a list holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupFilter {
    /// All of them.
    #[default]
    All,
    /// Those that exist.
    Existing,
    /// Those that were deleted and are not purged yet.
    Deleted,
}

/// The direction of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    #[default]
    Ascending,
    /// Newest first.
    Descending,
}

/// A part of a list, found by counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Entries to pass over.
    pub skip: u64,
    /// Entries to answer with, at most.
    pub limit: usize,
}

impl Window {
    /// Page `number` (from 1) of pages of `size` entries.
    #[must_use]
    pub fn page(number: u64, size: usize) -> Self {
        Self { skip: number.saturating_sub(1).saturating_mul(size as u64), limit: size }
    }
}

/// A page of a list together with the length of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries of the page.
    pub entries: Vec<T>,
    /// How many entries the whole list has.
    pub total: u64,
}

/// A part of a list that a walk has reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// Whether the list goes on after the last of them.
    pub more: bool,
}

impl<T> Slice<T> {
    /// The first `limit` of `entries`, which are one more than that where the list goes on: whoever reads a part asks
    /// for one entry more than it needs.
    #[must_use]
    pub fn cut(mut entries: Vec<T>, limit: usize) -> Self {
        let more = entries.len() > limit;
        entries.truncate(limit);
        Self { entries, more }
    }
}
