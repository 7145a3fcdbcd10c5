//! What the domain needs of a store for its records: the nouns of which there are few and which are rarely asked for. They
//! are written once for every store.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Also, StoreResult};
use crate::{
    account::{Changed, Directory, DirectoryChange, Role},
    app::{App, AppChange, DataCenter, Generation},
    callback::{Outcome, StoredCall, UnderWay},
    chat::{
        BusinessNumber, Channel, ChannelChange, ChatGroup, ChatGroupQuery, Invite, PhoneNumber, Removal,
        WebhookChange, WebhookOwner,
    },
    chat_file::{ChatFile, FilePath},
    chat_message::{ChatMessage, ChatMessageQuery, Pace, Place, Since},
    group::{Order, Page, Window},
    id::{AccountId, AppId, GroupRef, MessageId},
    message::Positions,
    mute::{GroupMutes, MuteRevision, MuteSteps},
    time::Millis,
    word::Word,
};

/// Who may act.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Everything about who may act, as of one moment.
    async fn directory(&self) -> StoreResult<Directory>;
    /// A role by its name.
    async fn role(&self, account: &AccountId, name: &str) -> StoreResult<Option<Role>>;
    /// Makes one change.
    async fn change_directory(&self, change: DirectoryChange) -> StoreResult<Changed>;
}

/// The master key that a store's secrets are sealed under.
#[async_trait]
pub trait Seals: Send + Sync {
    /// The check value of the master key that the store belongs to; `None` before the first claim.
    async fn master_check(&self) -> StoreResult<Option<Vec<u8>>>;
    /// Makes the store belong to the master key with this check value, unless it belongs to one already; whether it
    /// belongs to this one. The first claim stays, also when several come at once.
    async fn claim_master(&self, check_value: &[u8]) -> StoreResult<bool>;
}

/// What became of an [`Apps::create_app`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppCreated {
    /// It was made, and what follows stands at these positions.
    Created(Positions),
    /// The account has as many applications as it may have.
    TooMany,
}

/// Applications.
#[async_trait]
pub trait Apps: Send + Sync {
    /// Adds an application, if its account has fewer than `limit` of its generation.
    async fn create_app(&self, app: App, limit: Option<u64>, also: Also) -> StoreResult<AppCreated>;
    /// The application of this id, unless it was deleted.
    async fn app(&self, id: &AppId) -> StoreResult<Option<Arc<App>>>;
    /// Applications of one account and generation that were not deleted, by creation, in one data center if one is named.
    async fn apps(
        &self,
        account: &AccountId,
        filter: AppFilter,
        order: Order,
        window: Window,
    ) -> StoreResult<Page<App>>;
    /// Changes an application, and notes the time also where it is that already; the application as it is then. What
    /// follows is stored when something else than the time has changed.
    async fn change_app(
        &self,
        id: &AppId,
        change: AppChange,
        at: Millis,
        also: Also,
    ) -> StoreResult<Option<(App, Positions)>>;
    /// Deletes an application, with its words; `None` when there is none of this id. Its groups go with the purge, as those
    /// do that were deleted when it was.
    async fn delete_app(&self, id: &AppId, at: Millis, also: Also) -> StoreResult<Option<Positions>>;
}

/// Which applications a list holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppFilter {
    /// Of this generation.
    pub generation: Generation,
    /// Living here, if a place is named.
    pub data_center: Option<DataCenter>,
    /// Of this id, if one is named.
    pub id: Option<AppId>,
    /// Of exactly this name, if one is named.
    pub name: Option<String>,
}

impl AppFilter {
    /// All of a generation.
    #[must_use]
    pub const fn of(generation: Generation) -> Self {
        Self { generation, data_center: None, id: None, name: None }
    }
}

/// What became of a [`Chats::create_channel`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelCreated {
    /// It was made, and what follows stands at these positions.
    Created(Positions),
    /// The account has as many channels as it may have.
    TooMany,
}

/// What became of a [`Chats::delete_channel`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelDeleted {
    /// It is deleted, and what follows stands at these positions.
    Done(Positions),
    /// It has groups.
    Occupied,
    /// There is no such channel.
    NoChannel,
}

/// What became of a [`Chats::add_number`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberAdded {
    /// It is bound, and what follows stands at these positions.
    Bound(Positions),
    /// It was bound to a channel before.
    Taken,
    /// There is no such channel, or it was deleted.
    NoChannel,
}

/// Customer groups and what they hang on.
#[async_trait]
pub trait Chats: Send + Sync {
    /// Adds a channel, if its account has fewer than `limit`.
    async fn create_channel(
        &self,
        channel: Channel,
        limit: Option<u64>,
        also: Also,
    ) -> StoreResult<ChannelCreated>;
    /// The channel of this id, unless it was deleted.
    async fn channel(&self, id: &AppId) -> StoreResult<Option<Channel>>;
    /// Changes what is said of a channel; `None` when there is none of this id.
    async fn change_channel(
        &self,
        id: &AppId,
        change: ChannelChange,
        also: Also,
    ) -> StoreResult<Option<Positions>>;
    /// Changes where a business is told of what happens; `None` when the channel or number is not there.
    async fn change_webhook(
        &self,
        of: &WebhookOwner,
        change: WebhookChange,
        also: Also,
    ) -> StoreResult<Option<Positions>>;
    /// Deletes a channel that has no groups, and lets go of its numbers.
    async fn delete_channel(&self, id: &AppId, now: Millis, also: Also) -> StoreResult<ChannelDeleted>;
    /// All channels of an account that were not deleted, oldest first.
    async fn channels(&self, account: &AccountId) -> StoreResult<Vec<Channel>>;
    /// Binds a number, unless it is bound already.
    async fn add_number(&self, number: BusinessNumber, also: Also) -> StoreResult<NumberAdded>;
    /// The binding of a number.
    async fn number(&self, number: &PhoneNumber) -> StoreResult<Option<BusinessNumber>>;
    /// The numbers of a channel, oldest first.
    async fn numbers(&self, channel: &AppId) -> StoreResult<Vec<BusinessNumber>>;
    /// Adds a customer group and its empty roster; `None` when there is no such channel, or it was deleted.
    async fn create_chat_group(&self, group: ChatGroup, also: Also) -> StoreResult<Option<Positions>>;
    /// The customer group at this address.
    async fn chat_group(&self, at: &GroupRef) -> StoreResult<Option<ChatGroup>>;
    /// Customer groups, newest first.
    async fn chat_groups(&self, query: &ChatGroupQuery, window: Window) -> StoreResult<Page<ChatGroup>>;
    /// Up to `limit` groups that have been in creation, in change or in deletion since before `until`, and on which no
    /// provider is to report, oldest first. One that has been so since after `now` is among them: the clock was set back,
    /// and nobody waits until it comes there again.
    async fn settling_chat_groups(
        &self,
        until: Millis,
        now: Millis,
        limit: usize,
    ) -> StoreResult<Vec<ChatGroup>>;
    /// Makes `after` of the group that is `before`, its invite apart; `None`, and nothing is changed, when it stands
    /// elsewhere by now, has changed otherwise or is gone.
    async fn change_chat_group(
        &self,
        before: &ChatGroup,
        after: ChatGroup,
        also: Also,
    ) -> StoreResult<Option<Positions>>;
    /// Takes a group away with its invites and removals; `None` when there is none. Its roster is
    /// [`Groups::delete_group`]'s.
    async fn remove_chat_group(&self, at: &GroupRef, also: Also) -> StoreResult<Option<Positions>>;
    /// Notes that somebody was removed, also when it is noted already.
    async fn put_removal(&self, removal: Removal, also: Also) -> StoreResult<Positions>;
    /// The removal of this number, if it was removed.
    async fn removal(&self, at: &GroupRef, number: &PhoneNumber) -> StoreResult<Option<Removal>>;
    /// Gives a group a new invite code, or none, and revokes the ones before; `None` when there is no such group.
    async fn set_invite(
        &self,
        at: &GroupRef,
        code: Option<&str>,
        now: Millis,
        also: Also,
    ) -> StoreResult<Option<Positions>>;
    /// What an invite code stands for.
    async fn invite(&self, code: &str) -> StoreResult<Option<Invite>>;
}

/// What became of a [`ChatMessages::add_chat_message`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatMessageAdded {
    /// It is stored, and what follows stands at these positions.
    Added(Positions),
    /// Its author has written as many messages as a person may.
    TooMany,
    /// Its group is gone.
    NoGroup,
    /// There is no such channel, or it was deleted.
    NoChannel,
}

/// Which part of a conversation is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// What follows this place.
    After(Place),
    /// What was said last before this place.
    Before(Place),
    /// What was said last.
    Latest,
}

/// What is said in customer groups, and to single people.
#[async_trait]
pub trait ChatMessages: Send + Sync {
    /// Adds a message, if its author keeps the pace. Messages of a channel are stored one after the other: whoever has read
    /// up to a place has missed nothing before it.
    async fn add_chat_message(
        &self,
        message: ChatMessage,
        pace: Option<Pace>,
        also: Also,
    ) -> StoreResult<ChatMessageAdded>;
    /// The message of this id in a channel.
    async fn chat_message(&self, channel: &AppId, id: &MessageId) -> StoreResult<Option<ChatMessage>>;
    /// The message that the provider of a channel knows by this id.
    async fn provided_chat_message(&self, channel: &AppId, id: &str) -> StoreResult<Option<ChatMessage>>;
    /// Puts the status, the fault and the provider's id of `after` in the place of those of the message that is `before`;
    /// `None`, and nothing is changed, when it stands elsewhere by now or is gone.
    async fn change_chat_message(
        &self,
        before: &ChatMessage,
        after: ChatMessage,
        also: Also,
    ) -> StoreResult<Option<Positions>>;
    /// Messages of a number, newest first.
    async fn chat_messages(&self, query: &ChatMessageQuery, window: Window) -> StoreResult<Vec<ChatMessage>>;
    /// Up to `limit` messages that a participant of a group sees there, in the order of their places: those of the group,
    /// and of their time those between the group's number and the participant alone.
    async fn conversation(
        &self,
        group: &ChatGroup,
        participant: &PhoneNumber,
        since: Since,
        stretch: Stretch,
        limit: usize,
    ) -> StoreResult<Vec<(Place, ChatMessage)>>;
    /// Where the message of this id stands among those of its channel.
    async fn chat_message_place(&self, channel: &AppId, id: &MessageId) -> StoreResult<Option<Place>>;
    /// The reactions to these messages of a channel, in the order of their places: of many, up to `limit` of the last for
    /// some of the messages together.
    async fn reactions(
        &self,
        channel: &AppId,
        messages: &[MessageId],
        limit: usize,
    ) -> StoreResult<Vec<(Place, ChatMessage)>>;
    /// What was pinned in a group and let go since, in the order of the places: of much, the last `limit`.
    async fn pins(
        &self,
        at: &GroupRef,
        since: Millis,
        limit: usize,
    ) -> StoreResult<Vec<(Place, ChatMessage)>>;
}

/// What became of a [`Mutes::change_mutes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MutesChanged {
    /// It was made, and what follows stands at these positions.
    Done(Positions),
    /// The mutes were changed since they were read.
    Overtaken,
    /// There is no such group.
    NoGroup,
}

/// Who may not talk in a group.
#[async_trait]
pub trait Mutes: Send + Sync {
    /// What holds in a group, also what has ended by its time, and how often it was changed; 0 of a group whose mutes
    /// never were.
    async fn group_mutes(&self, at: &GroupRef) -> StoreResult<(MuteRevision, GroupMutes)>;
    /// Changes what holds in a group, unless it was changed since the revision that was `seen`.
    async fn change_mutes(
        &self,
        at: &GroupRef,
        seen: MuteRevision,
        steps: MuteSteps,
        now: Millis,
        also: Also,
    ) -> StoreResult<MutesChanged>;
}

/// What became of a [`ChatFiles::put_file`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilePut {
    /// It is kept, and what follows stands at these positions.
    Put(Positions),
    /// The channel's files would be more bytes than they may.
    Full,
    /// There is no such channel.
    NoChannel,
}

/// Files of channels.
#[async_trait]
pub trait ChatFiles: Send + Sync {
    /// Keeps a file, in the place of one at its path, if the files of its channel then are at most `limit` bytes.
    async fn put_file(&self, file: ChatFile, limit: u64, also: Also) -> StoreResult<FilePut>;
    /// The file at a path.
    async fn file(&self, path: &FilePath) -> StoreResult<Option<ChatFile>>;
    /// Whose channel's the file at a path is, without what is in it.
    async fn channel_of_file(&self, path: &FilePath) -> StoreResult<Option<AppId>>;
    /// Removes some of the files that were put before a moment; how many.
    async fn remove_files(&self, before: Millis) -> StoreResult<u64>;
}

/// What became of a [`Words::add_word`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WordAdded {
    /// It is in the list now, and what follows stands at these positions.
    Added(Positions),
    /// It was in the list.
    Known,
    /// The list is as long as it may be.
    TooMany,
    /// There is no such application.
    NoApp,
}

/// Words that an application's messages may not hold. A change of them is a change of their application, whose
/// `modified_at` rises, so that whoever knows the application knows whether it knows its words.
#[async_trait]
pub trait Words: Send + Sync {
    /// Adds a word to its application's list, if that holds fewer than `limit`.
    async fn add_word(&self, word: Word, limit: u64, also: Also) -> StoreResult<WordAdded>;
    /// An application's words, by their bytes.
    async fn words(&self, app: &AppId) -> StoreResult<Vec<Word>>;
    /// Takes a word away; `None` when it was not there.
    async fn remove_word(
        &self,
        app: &AppId,
        text: &str,
        at: Millis,
        also: Also,
    ) -> StoreResult<Option<Positions>>;
}

/// Callbacks that applications are owed. They come in by [`Also::calls`] alone. Times are the caller's clock's.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Takes callbacks that are due at `now`, of each application at most `room` less what is under way here; of each lane
    /// the first alone. Until it is settled, or `until` has come, nobody else is given one; what is under way here is not
    /// taken again when its time is over, as it is when the clock is set.
    async fn claim_calls(
        &self,
        now: Millis,
        until: Millis,
        room: usize,
        under_way: UnderWay,
    ) -> StoreResult<Vec<StoredCall>>;
    /// Settles an attempt at a callback as it was claimed; `false` when somebody else has taken it since.
    async fn settle_call(&self, call: &StoredCall, outcome: Outcome) -> StoreResult<bool>;
    /// When the next callback is due, or taken for given up.
    async fn next_call(&self) -> StoreResult<Option<Millis>>;
    /// Callbacks that are owed, or dead letters, by number.
    async fn calls(&self, dead: bool, window: Window) -> StoreResult<Page<StoredCall>>;
    /// The callback or dead letter of this number.
    async fn call(&self, number: i64) -> StoreResult<Option<StoredCall>>;
    /// Makes a dead letter owed again, as of `now`; whether there was one of this number.
    async fn revive_call(&self, number: i64, now: Millis) -> StoreResult<bool>;
    /// Removes a callback or a dead letter; whether there was one of this number.
    async fn drop_call(&self, number: i64) -> StoreResult<bool>;
    /// Removes the oldest of what an application is owed, or of its dead letters, beyond `keep`; how many went.
    async fn trim_calls(&self, app: &AppId, dead: bool, keep: u64) -> StoreResult<u64>;
}

/// The nouns that are written once for every store: a new one of this kind is named here.
pub trait Records:
    Accounts + Seals + Apps + Chats + ChatFiles + ChatMessages + Mutes + Words + Outbox
{
}
