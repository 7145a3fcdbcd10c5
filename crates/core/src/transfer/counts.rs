//! Kinds of records, and how many there are of each.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::TransferError;

/// What a record is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An account.
    Account,
    /// A user of an account.
    User,
    /// An access key.
    Key,
    /// A policy.
    Policy,
    /// A policy attached to a user.
    Attachment,
    /// A role.
    Role,
    /// A policy attached to a role.
    RoleAttachment,
    /// An application.
    App,
    /// A channel of customer groups.
    Channel,
    /// A business number.
    BusinessNumber,
    /// The last number that a group was given.
    LastGroupNumber,
    /// A group with its figures.
    Group,
    /// The count of one type of messages in one group.
    MessageCount,
    /// A customer group.
    ChatGroup,
    /// An invite code.
    Invite,
    /// Somebody who was removed from a customer group.
    Removal,
    /// What was said in a customer group or to a single person.
    ChatMessage,
    /// What holds for a whole group.
    GroupMute,
    /// What holds for a user of a group.
    Mute,
    /// A word of an application's list.
    Word,
    /// Somebody who has been in a group.
    Visitor,
    /// A durable membership.
    Member,
    /// A user's stream.
    UserStream,
    /// An event of a stream.
    Entry,
}

impl Kind {
    /// All kinds, in the order in which their records come.
    pub const ALL: [Self; 24] = [
        Self::Account,
        Self::User,
        Self::Key,
        Self::Policy,
        Self::Attachment,
        Self::Role,
        Self::RoleAttachment,
        Self::App,
        Self::Channel,
        Self::BusinessNumber,
        Self::LastGroupNumber,
        Self::Group,
        Self::MessageCount,
        Self::ChatGroup,
        Self::Invite,
        Self::Removal,
        Self::ChatMessage,
        Self::GroupMute,
        Self::Mute,
        Self::Word,
        Self::Visitor,
        Self::Member,
        Self::UserStream,
        Self::Entry,
    ];

    /// What an operator calls such records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "accounts",
            Self::User => "users",
            Self::Key => "access keys",
            Self::Policy => "policies",
            Self::Attachment => "attached policies",
            Self::Role => "roles",
            Self::RoleAttachment => "policies of roles",
            Self::App => "applications",
            Self::Channel => "channels",
            Self::BusinessNumber => "business numbers",
            Self::LastGroupNumber => "last group number",
            Self::Group => "groups",
            Self::MessageCount => "message counts",
            Self::ChatGroup => "customer groups",
            Self::Invite => "invites",
            Self::Removal => "removed participants",
            Self::ChatMessage => "messages of business numbers",
            Self::GroupMute => "mutes of whole groups",
            Self::Mute => "mutes",
            Self::Word => "words",
            Self::Visitor => "visitors",
            Self::Member => "members",
            Self::UserStream => "users' streams",
            Self::Entry => "stored events",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How many records there are of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<Kind, u64>);

impl Counts {
    /// Counts `more` records of a kind.
    pub fn add(&mut self, kind: Kind, more: u64) {
        if more > 0 {
            *self.0.entry(kind).or_default() += more;
        }
    }

    /// How many there are of a kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> u64 {
        self.0.get(&kind).copied().unwrap_or(0)
    }

    /// How many there are of all kinds together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Compares what a file tells, which this is, with what a store has counted.
    ///
    /// # Errors
    /// [`TransferError::Differs`] with the first kind of which there is another number.
    pub fn must_be(&self, counted: &Self) -> Result<(), TransferError> {
        match Kind::ALL.into_iter().find(|&kind| self.of(kind) != counted.of(kind)) {
            None => Ok(()),
            Some(kind) => {
                Err(TransferError::Differs { kind, told: self.of(kind), counted: counted.of(kind) })
            }
        }
    }
}
