//! The records. Their form in a file is a matter of [`line`](super::line).

use std::sync::Arc;

use super::Kind;
use crate::{
    account::{AccessKey, Account, RamUser, Role, StoredPolicy},
    app::App,
    chat::{BusinessNumber, Channel, ChatGroup, Removal},
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

/// One thing that lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An account.
    Account(Account),
    /// A user of an account.
    User(RamUser),
    /// An access key; its secret is sealed.
    Key(AccessKey),
    /// A policy.
    Policy(StoredPolicy),
    /// A policy attached to a user.
    Attachment(Attachment),
    /// A role.
    Role(Role),
    /// A policy attached to a role.
    RoleAttachment(RoleAttachment),
    /// An application, in the order of creation.
    App(AppRecord),
    /// A channel, in the order of creation.
    Channel(ChannelRecord),
    /// A business number, in the order of binding.
    BusinessNumber(BusinessNumber),
    /// The last number that a group was given; 0 if none was. The next group takes a higher one.
    LastGroupNumber(i64),
    /// A group, deleted ones and those of customer groups included, in the order of numbers.
    Group(GroupRecord),
    /// The count of one type of messages in one group.
    MessageCount(MessageCount),
    /// A customer group.
    ChatGroup(ChatGroupRecord),
    /// An invite code, those taken back included.
    Invite(InviteRecord),
    /// Somebody who was removed from a customer group.
    Removal(Removal),
    /// What was said in a customer group or to a single person, in the order of places.
    ChatMessage(ChatMessage),
    /// What holds for a whole group.
    GroupMute(GroupMute),
    /// What holds for a user of a group.
    Mute(Mute),
    /// A word of an application's list.
    Word(Word),
    /// Somebody who has been in a group.
    Visitor(Visitor),
    /// A durable membership of a group that is not deleted, in the order of join numbers.
    Member(MemberRecord),
    /// A user's stream.
    UserStream(UserStream),
    /// A stored event, in the order of its stream.
    Entry(StreamEntry),
}

impl Record {
    /// What the record is of.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Account(_) => Kind::Account,
            Self::User(_) => Kind::User,
            Self::Key(_) => Kind::Key,
            Self::Policy(_) => Kind::Policy,
            Self::Attachment(_) => Kind::Attachment,
            Self::Role(_) => Kind::Role,
            Self::RoleAttachment(_) => Kind::RoleAttachment,
            Self::App(_) => Kind::App,
            Self::Channel(_) => Kind::Channel,
            Self::BusinessNumber(_) => Kind::BusinessNumber,
            Self::LastGroupNumber(_) => Kind::LastGroupNumber,
            Self::Group(_) => Kind::Group,
            Self::MessageCount(_) => Kind::MessageCount,
            Self::ChatGroup(_) => Kind::ChatGroup,
            Self::Invite(_) => Kind::Invite,
            Self::Removal(_) => Kind::Removal,
            Self::ChatMessage(_) => Kind::ChatMessage,
            Self::GroupMute(_) => Kind::GroupMute,
            Self::Mute(_) => Kind::Mute,
            Self::Word(_) => Kind::Word,
            Self::Visitor(_) => Kind::Visitor,
            Self::Member(_) => Kind::Member,
            Self::UserStream(_) => Kind::UserStream,
            Self::Entry(_) => Kind::Entry,
        }
    }
}

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
