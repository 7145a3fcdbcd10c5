//! What is said through business numbers. A message of the business's is noted first, so that a report that comes at once
//! finds it, and then handed to its channel; what people write arrives by the channel and is stored as it comes.

use std::sync::Arc;

use super::{
    ChatRules, OpenChannel, OpenChatGroup, OpenNumber,
    change::{Done, Hands},
    chat_news::owed_for,
    messages::drawn_id,
};
use crate::{
    channel::{ChannelResult, Handed, MessageName, MessageReport},
    chat::{ChatGroup, PhoneNumber},
    chat_message::{
        Author, ChatMessage, ChatMessageQuery, Content, Conversation, MessageFilter, MessageStatus, Pace,
    },
    error::{Error, Result},
    group::Window,
    id::{AccountId, AppId, MessageId},
    store::ChatMessageAdded,
};

/// The time over which a person's pace is counted, in milliseconds.
const PACE_MILLIS: i64 = 60_000;
/// How often a report is weighed anew because the message changed meanwhile.
const ATTEMPTS: usize = 5;

/// Whom the business writes to.
#[derive(Clone, Debug)]
pub enum Recipient {
    /// Everybody in a group.
    Group(Box<OpenChatGroup>),
    /// One person.
    Person(PhoneNumber),
}

/// A message that the business sends.
#[derive(Clone, Debug)]
pub struct NewChatMessage {
    /// To whom.
    pub to: Recipient,
    /// What it says.
    pub content: Content,
    /// The message of the same conversation that it answers.
    pub reply_to: Option<MessageId>,
    /// What the business calls the work that it is sent for.
    pub task: Option<String>,
}

/// What somebody wrote, as a channel brings it.
pub(super) struct Said {
    pub(super) number: PhoneNumber,
    pub(super) name: Option<String>,
    pub(super) content: Content,
    pub(super) reply_to: Option<MessageId>,
    pub(super) provider_id: Option<String>,
}

impl ChatRules<'_> {
    /// The number, if it is bound to a channel of the account's.
    ///
    /// # Errors
    /// [`Error::NoNumber`], or the store's.
    pub async fn number_of(&self, account: &AccountId, number: &PhoneNumber) -> Result<OpenNumber> {
        let unknown = || Error::NoNumber(number.clone());
        let binding = self.0.store.records().number(number).await?.ok_or_else(unknown)?;
        let channel: OpenChannel =
            self.channel(account, &binding.channel).await.map_err(|error| match error {
                Error::NoChannel(_) => unknown(),
                error => error,
            })?;
        Ok(OpenNumber::bound(channel, binding.number))
    }

    /// The business says something through a number, to a group of it or to one person.
    ///
    /// # Errors
    /// [`Error::GroupInactive`] when the group is not in use, [`Error::InGroupsAlone`], [`Error::MessageTooLong`],
    /// [`Error::NoMessage`] when it is about a message that is not in the conversation, [`Error::NoGroup`] and
    /// [`Error::NoChannel`] when one went meanwhile, [`Error::Channel`] (the message is kept, as failed), or the store's.
    pub async fn send(&self, number: &OpenNumber, new: NewChatMessage) -> Result<ChatMessage> {
        let muster = self.0;
        let (conversation, group) = match new.to {
            Recipient::Group(group) if !group.status.is_open() => {
                return Err(Error::GroupInactive(group.at.group.clone()));
            }
            Recipient::Group(group) => {
                (Conversation::Group(group.at.group.clone()), Some(ChatGroup::clone(&group)))
            }
            Recipient::Person(person) => (Conversation::Person(person), None),
        };
        let message = ChatMessage {
            id: drawn_id(muster)?,
            channel: number.channel().id.clone(),
            number: number.number().clone(),
            conversation,
            author: Author::Business,
            content: new.content,
            reply_to: new.reply_to,
            task: new.task,
            status: MessageStatus::Accepted,
            fault: None,
            provider_id: None,
            at: muster.now(),
        };
        self.check(&message).await?;
        let (channel, bells) = (Arc::clone(&muster.channel), Arc::clone(&muster.bells));
        let sent = async move |hands: Hands| {
            let records = hands.store.records();
            stored(&records.add_chat_message(message.clone(), None, hands.alone()).await?, &message)?;
            let handed = channel.send(&message, group.as_ref()).await;
            let after = handed_on(&message, &handed);
            let also = match after.status {
                MessageStatus::Accepted => hands.alone(),
                _ => owed_for(&hands, &after).await?,
            };
            // A report may have been faster, and knows better.
            hands.store.records().change_chat_message(&message, after.clone(), also).await?;
            bells.ring(&message);
            handed?;
            Ok(Done::untold(after))
        };
        muster.change(sent).await
    }

    /// What a message of the business's must be.
    async fn check(&self, message: &ChatMessage) -> Result<()> {
        self.check_length(&message.content)?;
        if matches!(message.content, Content::Pin { .. }) && message.group().is_none() {
            return Err(Error::InGroupsAlone);
        }
        for id in message.content.about().into_iter().chain(&message.reply_to) {
            let found = self.0.store.records().chat_message(&message.channel, id).await?;
            let here = |there: &ChatMessage| {
                (&there.number, &there.conversation) == (&message.number, &message.conversation)
            };
            found.filter(here).ok_or_else(|| Error::NoMessage(id.clone()))?;
        }
        Ok(())
    }

    fn check_length(&self, content: &Content) -> Result<()> {
        let most = self.0.limits.chat_message_characters;
        match content {
            Content::Text(text) if text.chars().count() > most => Err(Error::MessageTooLong(most)),
            _ => Ok(()),
        }
    }

    /// Messages of a number, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn messages(
        &self,
        number: &OpenNumber,
        filter: MessageFilter,
        window: Window,
    ) -> Result<Vec<ChatMessage>> {
        let (channel, number) = (number.channel().id.clone(), number.number().clone());
        let query = ChatMessageQuery { channel, number, filter };
        Ok(self.0.store.records().chat_messages(&query, window).await?)
    }

    /// Does what a channel has reported of a message; whether that changed anything. A report that comes twice, too late, or
    /// of a message that is not known changes nothing.
    ///
    /// # Errors
    /// The store's.
    pub async fn hear_of(&self, channel: &AppId, report: MessageReport) -> Result<bool> {
        let channel = channel.clone();
        let heard = async move |hands: Hands| {
            for _ in 0..ATTEMPTS {
                let records = hands.store.records();
                let found = match &report.message {
                    MessageName::Ours(id) => records.chat_message(&channel, id).await?,
                    MessageName::Provided(id) => records.provided_chat_message(&channel, id).await?,
                };
                let Some(before) = found.filter(|before| before.status.may_become(report.status)) else {
                    return Ok(Done::untold(false));
                };
                if step(&hands, &before, report.status, report.fault.clone()).await? {
                    return Ok(Done::untold(true));
                }
            }
            Ok(Done::untold(false))
        };
        self.0.change(heard).await
    }

    /// The message of a group that a channel calls so. What the channel knows and we do not is no reason to lose what
    /// answers it.
    pub(super) async fn answered(
        &self,
        group: &ChatGroup,
        name: Option<MessageName>,
    ) -> Result<Option<MessageId>> {
        let records = self.0.store.records();
        let found = match name {
            Some(MessageName::Ours(id)) => records.chat_message(&group.at.app, &id).await?,
            Some(MessageName::Provided(id)) => records.provided_chat_message(&group.at.app, &id).await?,
            None => None,
        };
        Ok(found.filter(|message| message.group() == Some(&group.at.group)).map(|message| message.id))
    }

    /// Takes what somebody wrote in a group, at their pace.
    ///
    /// # Errors
    /// [`Error::MessageTooLong`], [`Error::TooManyMessages`], [`Error::NoGroup`] and [`Error::NoChannel`] when one went
    /// meanwhile, or the store's.
    pub(super) async fn take(
        &self,
        group: ChatGroup,
        said: Said,
        per_minute: Option<u64>,
    ) -> Result<ChatMessage> {
        let muster = self.0;
        self.check_length(&said.content)?;
        let now = muster.now();
        let message = ChatMessage {
            id: drawn_id(muster)?,
            channel: group.at.app,
            number: group.number,
            conversation: Conversation::Group(group.at.group),
            author: Author::Person { number: said.number, name: said.name },
            content: said.content,
            reply_to: said.reply_to,
            task: None,
            status: MessageStatus::Received,
            fault: None,
            provider_id: said.provider_id,
            at: now,
        };
        let bells = Arc::clone(&muster.bells);
        let pace = per_minute.map(|most| Pace { most, since: now - PACE_MILLIS });
        let taken = async move |hands: Hands| {
            let also = owed_for(&hands, &message).await?;
            let added = hands.store.records().add_chat_message(message.clone(), pace, also).await?;
            if added == ChatMessageAdded::TooMany {
                return Err(Error::TooManyMessages(per_minute.unwrap_or_default()));
            }
            stored(&added, &message)?;
            bells.ring(&message);
            Ok(Done::untold(message))
        };
        muster.change(taken).await
    }
}

/// Takes a message of the business's a step on, unless it stands elsewhere by now; whether it did.
pub(super) async fn step(
    hands: &Hands,
    before: &ChatMessage,
    status: MessageStatus,
    fault: Option<String>,
) -> Result<bool> {
    let after = ChatMessage { status, fault, ..before.clone() };
    let also = owed_for(hands, &after).await?;
    Ok(hands.store.records().change_chat_message(before, after, also).await?.is_some())
}

/// Where a message stands once it was handed to its channel.
fn handed_on(message: &ChatMessage, handed: &ChannelResult<Handed>) -> ChatMessage {
    let message = message.clone();
    match handed {
        Ok(Handed { provider_id, sent }) => {
            let status = if *sent { MessageStatus::Sent } else { MessageStatus::Accepted };
            ChatMessage { status, provider_id: provider_id.clone(), ..message }
        }
        Err(fault) => {
            ChatMessage { status: MessageStatus::Failed, fault: Some(fault.to_string()), ..message }
        }
    }
}

/// Why a message could not be stored.
fn stored(added: &ChatMessageAdded, message: &ChatMessage) -> Result<()> {
    match added {
        ChatMessageAdded::Added(_) => Ok(()),
        ChatMessageAdded::NoChannel => Err(Error::NoChannel(message.channel.clone())),
        // Without a pace there are never too many, and only a group can be gone.
        ChatMessageAdded::NoGroup | ChatMessageAdded::TooMany => Err(match message.group() {
            Some(group) => Error::NoGroup(group.clone()),
            None => Error::NoChannel(message.channel.clone()),
        }),
    }
}
