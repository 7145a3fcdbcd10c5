//! The records. Their form in a file is a matter of [`line`](super::line).

use std::sync::Arc;

use super::{Kind, kinds::for_every_kind};
use crate::{
    account::{AccessKey, Account, RamUser, Role, StoredPolicy},
    app::App,
    chat::{BusinessNumber, Channel, ChatGroup, Removal},
    chat_file::ChatFile,
    chat_message::ChatMessage,
    group::Group,
    id::{AccountId, AppId, GroupId, GroupRef, UserId},
    message::{Entry, Sequence, StreamRef},
    mute::{GroupMute, Mute},
    number::TypeCount,
    roster::{JoinNumber, Visitor},
    time::Millis,
    word::Word,
};

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident($content:ty, $form:ty) $what:literal since $since:literal;)*) => {
        /// One thing that lasts.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Record {
            $($(#[$doc])* $name($content),)*
        }

        impl Record {
            /// What the record is of.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$name(_) => Kind::$name,)*
                }
            }
        }
    };
}
for_every_kind!(records);

/// A policy attached to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The account of both.
    pub account: AccountId,
    /// The user's name.
    pub user: String,
    /// The policy's name.
    pub policy: String,
}

/// A policy attached to a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleAttachment {
    /// The account of both.
    pub account: AccountId,
    /// The role's name.
    pub role: String,
    /// The policy's name.
    pub policy: String,
}

/// An application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRecord {
    /// The application; its key is sealed.
    pub app: App,
    /// The epoch of its users' streams.
    pub user_epoch: String,
}

/// A channel of customer groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelRecord {
    /// The channel.
    pub channel: Channel,
    /// The epoch of its users' streams.
    pub user_epoch: String,
}

/// A group with its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRecord {
    /// The group, its number included.
    pub group: Group,
    /// No join number from here on was ever given.
    pub next_join: JoinNumber,
    /// Joins so far.
    pub views: u64,
    /// How many visitors it has had: each is a record of its own.
    pub visitors: u64,
    /// Whether it is a super group. Never without durable members: the others left.
    pub super_group: bool,
    /// Where its stream ends.
    pub sequence: Sequence,
}

/// The count of one type of messages in one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageCount {
    /// The application, or the channel of a customer group.
    pub app: AppId,
    /// The group.
    pub group: GroupId,
    /// The type.
    pub kind: i64,
    /// Messages of it, those that were not stored included.
    pub total: TypeCount,
}

/// A customer group. Its roster and its stream are those of the group at the same address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatGroupRecord {
    /// The group. Its invite is none here: invites are records of their own.
    pub chat_group: ChatGroup,
    /// Since when it has its status.
    pub status_since: Millis,
}

/// An invite code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteRecord {
    /// The code.
    pub code: String,
    /// The customer group that it stands for.
    pub at: GroupRef,
    /// When it was made.
    pub created_at: Millis,
    /// When it was taken back, if it was.
    pub revoked_at: Option<Millis>,
}

/// A durable membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRecord {
    /// The application, or the channel of a customer group.
    pub app: AppId,
    /// The group.
    pub group: GroupId,
    /// The join number.
    pub number: JoinNumber,
    /// Who.
    pub user: UserId,
    /// What the user said about itself.
    pub info: Option<Arc<str>>,
    /// When the user joined.
    pub joined_at: Millis,
}

/// A user's stream. Its epoch is its application's `user_epoch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserStream {
    /// The application.
    pub app: AppId,
    /// The user.
    pub user: UserId,
    /// Where the stream ends.
    pub sequence: Sequence,
}

/// A stored event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamEntry {
    /// The stream.
    pub stream: StreamRef,
    /// The event and its place.
    pub entry: Entry,
}
