//! What carries customer groups: the channel behind a business number.
//!
//! A rule notes what it is about to ask for, asks the channel, and is answered at once whether that is taken on. What
//! comes of it the channel reports later, as a [`ChannelEvent`], which may be after a restart and on another node. So a
//! group has an id of ours from the first moment, whatever the provider calls it, and callers see where it stands. Messages
//! go the same way: what the business sends is stored, handed to the channel, and its course reported as a
//! [`MessageReport`]; what people write arrives as [`ChannelEvent::Said`].
//!
//! [`LocalChannel`] is this server itself: people join by the invite page, and what is asked for is done within the
//! second.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    chat::{ChatGroup, ChatGroupChange, PhoneNumber},
    chat_message::{ChatMessage, Content, MessageStatus},
    id::MessageId,
    random::Random,
};

/// Why a channel did not take something on. Then nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelFault {
    /// The provider refuses it, for this reason.
    #[error("the channel refuses this: {0}")]
    Refused(String),
    /// The provider cannot be reached, or asks to be left alone for now.
    #[error("the channel cannot be reached: {0}")]
    Unavailable(String),
}

/// What a channel answers.
pub type ChannelResult<T> = Result<T, ChannelFault>;

/// A channel has taken something on, and will report what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Under which id the provider will report, where it gives one.
    pub request_id: Option<String>,
}

/// How a channel carries out what is asked of customer groups.
#[async_trait]
pub trait ChatChannel: Send + Sync {
    /// Makes a group: reported as [`ChannelEvent::Created`] or [`ChannelEvent::CreationFailed`].
    async fn create_group(&self, group: &ChatGroup) -> ChannelResult<Accepted>;
    /// Changes a group's face: reported as [`ChannelEvent::Updated`], at once or one part after another.
    async fn update_group(&self, group: &ChatGroup, change: &ChatGroupChange) -> ChannelResult<Accepted>;
    /// Deletes a group for ever: reported as [`ChannelEvent::Deleted`] or [`ChannelEvent::DeletionFailed`].
    async fn delete_group(&self, group: &ChatGroup) -> ChannelResult<Accepted>;
    /// Makes a new invite link and ends the one before; what the new one is told apart by.
    async fn renew_invite(&self, group: &ChatGroup) -> ChannelResult<String>;
    /// Ends the invite link.
    async fn revoke_invite(&self, group: &ChatGroup) -> ChannelResult<()>;
    /// Removes people who are in the group; those of them who were removed.
    async fn remove_participants(
        &self,
        group: &ChatGroup,
        numbers: Vec<PhoneNumber>,
    ) -> ChannelResult<Vec<PhoneNumber>>;
    /// Sends a message of the business's to a person, or to the group that is given. What becomes of it is reported as
    /// [`MessageReport`]s.
    async fn send(&self, message: &ChatMessage, group: Option<&ChatGroup>) -> ChannelResult<Handed>;
}

/// A channel has taken a message on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handed {
    /// Under which id the provider will report of it, where that is another than ours.
    pub provider_id: Option<String>,
    /// Whether it is sent already; otherwise that is reported.
    pub sent: bool,
}

/// What a channel reports of a message that the business sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageReport {
    /// Which message.
    pub message: MessageName,
    /// Where it stands now. Of several people, the first counts.
    pub status: MessageStatus,
    /// Why it failed.
    pub fault: Option<String>,
}

/// What a message is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageName {
    /// Our id.
    Ours(MessageId),
    /// The provider's.
    Provided(String),
}

/// What a channel reports of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelEvent {
    /// It is made.
    Created {
        /// The provider's id of it, where that is another than ours.
        provider_id: Option<String>,
    },
    /// It could not be made.
    CreationFailed,
    /// These parts of its face were changed, or could not be.
    Updated(Vec<(FacePart, Outcome)>),
    /// It is deleted.
    Deleted,
    /// It could not be deleted.
    DeletionFailed,
    /// The channel has stopped it.
    Suspended,
    /// The channel has let it go on.
    SuspensionCleared,
    /// Somebody joined through the link.
    Joined {
        /// Who.
        number: PhoneNumber,
        /// What they call themselves.
        name: Option<String>,
    },
    /// Somebody went, and may come again.
    Left(PhoneNumber),
    /// Somebody wrote.
    Said {
        /// Who.
        number: PhoneNumber,
        /// What they call themselves.
        name: Option<String>,
        /// What they wrote.
        content: Content,
        /// The message that it answers.
        reply_to: Option<MessageName>,
        /// The provider's id of it, where that is another than ours.
        provider_id: Option<String>,
    },
}

/// A part of a group's face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FacePart {
    /// The title.
    Subject,
    /// What it is about.
    Description,
    /// The picture.
    Picture,
}

/// What came of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It could not be done.
    Failed,
}

impl FacePart {
    /// All parts.
    pub const ALL: [Self; 3] = [Self::Subject, Self::Description, Self::Picture];
}

/// How long a group of the local channel stays in creation, in change and in deletion, in milliseconds. Callers of the
/// cloud poll until a new group is active; they find the same course of things here, within the second.
pub const LOCAL_SETTLING_MILLIS: i64 = 300;
/// Letters and digits of an invite code of the local channel.
const CODE_LENGTH: usize = 22;

/// This server as a channel. It takes everything on.
pub(crate) struct LocalChannel {
    random: Arc<dyn Random>,
}

impl LocalChannel {
    /// A channel whose invite codes are drawn here.
    pub(crate) fn new(random: Arc<dyn Random>) -> Self {
        Self { random }
    }
}

#[async_trait]
impl ChatChannel for LocalChannel {
    async fn create_group(&self, _: &ChatGroup) -> ChannelResult<Accepted> {
        Ok(Accepted::default())
    }

    async fn update_group(&self, _: &ChatGroup, _: &ChatGroupChange) -> ChannelResult<Accepted> {
        Ok(Accepted::default())
    }

    async fn delete_group(&self, _: &ChatGroup) -> ChannelResult<Accepted> {
        Ok(Accepted::default())
    }

    async fn renew_invite(&self, _: &ChatGroup) -> ChannelResult<String> {
        Ok(self.random.alphanumeric(CODE_LENGTH))
    }

    async fn revoke_invite(&self, _: &ChatGroup) -> ChannelResult<()> {
        Ok(())
    }

    async fn remove_participants(
        &self,
        _: &ChatGroup,
        numbers: Vec<PhoneNumber>,
    ) -> ChannelResult<Vec<PhoneNumber>> {
        Ok(numbers)
    }

    async fn send(&self, _: &ChatMessage, _: Option<&ChatGroup>) -> ChannelResult<Handed> {
        // Rooms read what is stored.
        Ok(Handed { provider_id: None, sent: true })
    }
}
