//! Sending messages and reading them again.

use std::sync::Arc;

use super::{Hands, KnownGroup, Muster, OpenGroup, Visit};
use crate::{
    app::Generation,
    bus::Notice,
    caller::carry_out,
    error::{Error, Result},
    group::Slice,
    id::{GroupRef, MessageId},
    message::{Draft, Entry, Event, HistoryQuery, Message, Posted, Sender, Sequence, StreamRef},
    number::{RepeatCount, TypeCount},
};

/// Whether a message lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Stored at a position of the stream: whoever reconnects gets it, history shows it.
    Stored,
    /// Told once to those who are there.
    Ephemeral,
}

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Its id; drawn when the sender does not choose it.
    pub id: Option<MessageId>,
    /// Its type.
    pub kind: i64,
    /// What it says.
    pub body: Arc<str>,
    /// Who says it.
    pub sender: Sender,
    /// Whether it lasts.
    pub storage: Storage,
    /// Whether the list of recent messages shows it.
    pub cached: bool,
    /// How much it adds to its type's count.
    pub increment: RepeatCount,
    /// What it counts for under a rate ceiling.
    pub weight: i64,
    /// The client SDK's level.
    pub level: i64,
    /// How many equal messages it stands for.
    pub repeat: RepeatCount,
}

/// A message was taken.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its id.
    pub id: MessageId,
    /// Its position, if it was stored.
    pub sequence: Option<Sequence>,
}

/// Who sends.
#[derive(Clone, Copy, Debug)]
enum Voice {
    Operator,
    Member,
}

impl Voice {
    /// How many types a group may have seen before this voice can begin no more. The last third is kept for the operator:
    /// members must not be able to use up what it needs.
    fn max_types(self, per_group: usize) -> usize {
        match self {
            Self::Operator => per_group,
            Self::Member => per_group - per_group / 3,
        }
    }
}

/// The rules of messages.
#[derive(Clone, Copy)]
pub struct MessageRules<'a>(pub(super) &'a Muster);

impl MessageRules<'_> {
    /// The operator says something to a group. Somebody must be there to hear it.
    ///
    /// # Errors
    /// [`Error::GroupDeleted`], [`Error::NobodyThere`], [`Error::TooManyMessageTypes`], or the store's.
    pub async fn announce(&self, group: &OpenGroup, new: NewMessage) -> Result<Sent> {
        if self.0.store.roster_state(&group.at).await?.count == 0 {
            return Err(Error::NobodyThere(group.at.group.clone()));
        }
        self.send(group, new, Voice::Operator).await
    }

    /// A member says something to its group.
    ///
    /// # Errors
    /// [`Error::GroupDeleted`], [`Error::NotMember`], [`Error::TooManyMemberTypes`], or the store's.
    pub async fn say(&self, visit: &Visit<'_>, new: NewMessage) -> Result<Sent> {
        let (user, group) = (visit.login().user(), visit.group());
        let found = self.0.store.find_members(&group.at, std::slice::from_ref(user)).await?;
        if found.iter().all(Option::is_none) {
            return Err(Error::NotMember(user.clone()));
        }
        self.send(group, new, Voice::Member).await
    }

    async fn send(&self, group: &OpenGroup, new: NewMessage, voice: Voice) -> Result<Sent> {
        let muster = self.0;
        let once = new.id.is_some();
        let id = match new.id {
            Some(id) => id,
            None => drawn_id(muster)?,
        };
        let message = Message {
            id,
            kind: new.kind,
            body: new.body,
            sender: new.sender,
            at: muster.now(),
            weight: new.weight,
            level: new.level,
            repeat: new.repeat,
            total: TypeCount::default(),
            cached: new.cached,
        };
        let max_types = voice.max_types(match group.app().generation {
            Generation::One => muster.limits.generation_1_message_types_per_group,
            Generation::Two => muster.limits.message_types_per_group,
        });
        let draft = Draft { message, increment: new.increment, max_types, once };
        carry_out(post(muster.hands(), group.at.clone(), draft, new.storage, voice)).await
    }

    /// Stored messages of a group, also of a deleted one.
    ///
    /// # Errors
    /// The store's.
    pub async fn history(&self, group: &KnownGroup, query: HistoryQuery) -> Result<Slice<Entry>> {
        Ok(self.0.store.history(&group.at, query).await?)
    }
}

/// Stores or counts a message and tells it. One that was stored before under the same chosen id was told then.
async fn post(hands: Hands, at: GroupRef, draft: Draft, storage: Storage, voice: Voice) -> Result<Sent> {
    let (message, max_types) = (draft.message.clone(), draft.max_types);
    let posted = match storage {
        Storage::Stored => hands.store.post(&at, draft).await?,
        Storage::Ephemeral => hands.store.count_only(&at, draft).await?,
    };
    match posted {
        Posted::Done { sequence, total } => {
            let (id, taken) = (message.id.clone(), message.at);
            let event = Arc::new(Event::Message(Message { total, ..message }));
            let stream = StreamRef::Group(at);
            hands.tell(Notice::Published { stream, sequence, event, at: taken }).await;
            Ok(Sent { id, sequence })
        }
        Posted::Repeated(sequence) => Ok(Sent { id: message.id, sequence: Some(sequence) }),
        Posted::TooManyTypes => Err(match voice {
            Voice::Operator => Error::TooManyMessageTypes(max_types),
            Voice::Member => Error::TooManyMemberTypes(max_types),
        }),
        Posted::NoGroup => Err(Error::GroupDeleted(at.group)),
    }
}

fn drawn_id(muster: &Muster) -> Result<MessageId> {
    MessageId::new(&muster.random.alphanumeric(20)).map_err(|error| Error::Invalid(error.to_string()))
}
