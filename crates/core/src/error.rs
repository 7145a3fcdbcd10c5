//! What can be wrong with a request, in the domain's words. The products turn it into wire codes.

use crate::{
    channel::ChannelFault,
    chat::PhoneNumber,
    id::{AppId, GroupId, MessageId, UserId},
    seal::Unsealable,
    store::StoreError,
};

/// Why the domain refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such application for this caller: unknown, of another account, generation or data center.
    #[error("the application {0} does not exist")]
    NoApp(AppId),
    /// The application is switched off.
    #[error("the application {0} is disabled")]
    AppDisabled(AppId),
    /// No such group.
    #[error("the group {0} does not exist")]
    NoGroup(GroupId),
    /// The group was deleted.
    #[error("the group {0} was deleted")]
    GroupDeleted(GroupId),
    /// The user is not in the group.
    #[error("the user {0} is not in the group")]
    NotMember(UserId),
    /// The group has nobody in it to tell.
    #[error("the group {0} has no members to send to")]
    NobodyThere(GroupId),
    /// The user is not logged in.
    #[error("the user {0} is not online")]
    NotOnline(UserId),
    /// The user has not acknowledged a message in time.
    #[error("the user {0} has not acknowledged the message in time")]
    NotAcknowledged(UserId),
    /// As many calls wait for acknowledgements as may.
    #[error("{0} calls wait for acknowledgements already (`limits.acknowledgements_awaited`)")]
    TooManyAwaited(usize),
    /// The user lacks a right.
    #[error("the user {0} may not do this")]
    NotAllowed(UserId),
    /// The user may not talk in the group now.
    #[error("the user {0} is muted")]
    Muted(UserId),
    /// The group has as many mutes as it may have.
    #[error("at most {0} users of a group may be muted or spared")]
    TooManyMutes(usize),
    /// A super group's members are not listed.
    #[error("the group {group} has had more than {threshold} users and does not list them")]
    SuperGroup {
        /// The group.
        group: GroupId,
        /// The bound that it passed.
        threshold: u64,
    },
    /// The account has as many applications as it may have.
    #[error("an account may have at most {0} applications")]
    TooManyApps(u64),
    /// The application has as many groups as it may have.
    #[error("an application may have at most {0} groups")]
    TooManyGroups(u64),
    /// The group has seen as many message types as it may.
    #[error("a group may see at most {0} message types")]
    TooManyMessageTypes(usize),
    /// The group has seen as many message types as members may begin.
    #[error("a member may begin no message type in a group that has seen {0}")]
    TooManyMemberTypes(usize),
    /// The application's word list is as long as it may be.
    #[error("a word list may have at most {0} entries")]
    TooManyWords(u64),
    /// Moderation does not let the message pass. Why is not told: that would teach whoever wants to get around it.
    #[error("the message was refused by moderation")]
    Refused,
    /// No such channel for this caller.
    #[error("the channel {0} does not exist")]
    NoChannel(AppId),
    /// The channel has groups, and is not deleted with them.
    #[error("the channel {0} still has groups")]
    ChannelOccupied(AppId),
    /// The account has as many channels as it may have.
    #[error("an account may have at most {0} channels")]
    TooManyChannels(u64),
    /// The number is not bound to the channel.
    #[error("the number {0} is not bound to the channel")]
    NoNumber(PhoneNumber),
    /// The number is bound already.
    #[error("the number {0} is bound to a channel already")]
    NumberTaken(PhoneNumber),
    /// No such invite link.
    #[error("this invite link does not exist")]
    NoInvite,
    /// The invite link was replaced or taken back.
    #[error("this invite link is no longer valid")]
    InviteRevoked,
    /// The group is not in use yet or any more.
    #[error("the group {0} is not active")]
    GroupInactive(GroupId),
    /// The group has as many members as it may have.
    #[error("the group is full: it may have at most {0} members")]
    GroupFull(u64),
    /// Whoever was removed from a customer group does not come in again.
    #[error("the number {0} was removed from the group")]
    Removed(PhoneNumber),
    /// There is no such message in the conversation.
    #[error("there is no message {0} in this conversation")]
    NoMessage(MessageId),
    /// What is done to messages of groups alone.
    #[error("this is done in groups alone")]
    InGroupsAlone,
    /// A message says more than one may.
    #[error("a message may have at most {0} characters")]
    MessageTooLong(usize),
    /// Somebody has written as many messages within a minute as a person may.
    #[error("a person may write at most {0} messages a minute")]
    TooManyMessages(u64),
    /// The channel did not take it on.
    #[error(transparent)]
    Channel(#[from] ChannelFault),
    /// A named thing of the directory is there already.
    #[error("{0} exists already")]
    Exists(String),
    /// A named thing of the directory is not there.
    #[error("{0} does not exist")]
    Missing(String),
    /// A value that no rule of the domain admits.
    #[error("{0}")]
    Invalid(String),
    /// A sealed secret did not open.
    #[error(transparent)]
    Sealed(#[from] Unsealable),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Error {
    /// What is wrong as a sentence, with a capital and a full stop.
    #[must_use]
    pub fn sentence(&self) -> String {
        let text = self.to_string();
        let mut letters = text.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).chain(['.']).collect()
    }
}

/// What the domain answers.
pub type Result<T> = std::result::Result<T, Error>;
