//! Sending messages and reading them again.

use std::sync::Arc;

use super::{
    KnownGroup, Muster, OpenGroup, Visit,
    change::{Done, Hands},
    rosters::membership,
};
use crate::{
    app::Generation,
    bus::Notice,
    caller::Underway,
    error::{Error, Result},
    group::Slice,
    id::{GroupRef, MessageId},
    message::{
        Body, DEFAULT_MESSAGE_TYPE, Draft, Entry, Event, HistoryQuery, LIKES, Level, Message, Posted, Sender,
        Sequence, StreamRef, Weight,
    },
    number::{RepeatCount, TypeCount},
    roster::Member,
};

/// Whether a message lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Stored at a position of the stream: whoever reconnects gets it, history shows it.
    Stored,
    /// Told once to those who are there.
    Ephemeral,
}

/// What the operator says to a group.
#[derive(Clone, Debug)]
pub struct OperatorMessage {
    /// Its id; drawn when the operator does not choose it.
    pub id: Option<MessageId>,
    /// Its type.
    pub kind: i64,
    /// What it says.
    pub body: Body,
    /// In whose name; the user need not be in the group.
    pub sender: Sender,
    /// Whether it lasts.
    pub storage: Storage,
    /// Whether the list of recent messages shows it.
    pub cached: bool,
    /// How much it adds to its type's count.
    pub increment: RepeatCount,
    /// What it counts for under a rate ceiling.
    pub weight: Weight,
    /// Whether it is moderated as what members say is. The operator's own voice is not.
    pub moderated: bool,
}

impl OperatorMessage {
    /// A message about which nothing else is said: of the default type, stored, counted once.
    #[must_use]
    pub fn of(sender: Sender, body: Body) -> Self {
        Self {
            id: None,
            kind: DEFAULT_MESSAGE_TYPE,
            body,
            sender,
            storage: Storage::Stored,
            cached: true,
            increment: RepeatCount::ONE,
            weight: Weight::LIKE,
            moderated: false,
        }
    }
}

/// What a member says to its group. Who says it is who has logged in.
#[derive(Clone, Debug)]
pub struct MemberMessage {
    /// Its type.
    pub kind: i64,
    /// What it says.
    pub body: Body,
    /// How much the member makes of it.
    pub level: Level,
    /// How many equal messages it stands for; it adds as many to its type's count.
    pub repeat: RepeatCount,
    /// Whether it lasts.
    pub storage: Storage,
    /// Whether it is said also by who may not talk. Programs that send signals as messages rely on it.
    pub skips_mutes: bool,
    /// Whether it asks to be spared moderation; granted to those who administer the group.
    pub skip_audit: bool,
}

impl MemberMessage {
    /// A message about which nothing else is said: of the default type, stored, standing for itself.
    #[must_use]
    pub fn of(body: Body) -> Self {
        Self {
            kind: DEFAULT_MESSAGE_TYPE,
            body,
            level: Level::NORMAL,
            repeat: RepeatCount::ONE,
            storage: Storage::Stored,
            skips_mutes: false,
            skip_audit: false,
        }
    }
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

/// A visitor of a group whom the store has just called a member. It is asked again before what is said later.
#[derive(Debug)]
pub struct Speaker<'a> {
    visit: Visit<'a>,
    member: Member,
}

/// The rules of messages.
#[derive(Clone, Copy)]
pub struct MessageRules<'a>(pub(super) &'a Muster);

impl MessageRules<'_> {
    /// The operator says something to a group. In generation 2 somebody must be there to hear it.
    ///
    /// # Errors
    /// [`Error::GroupDeleted`], [`Error::NobodyThere`], [`Error::Refused`], [`Error::TooManyMessageTypes`], or the
    /// store's.
    pub async fn announce(&self, group: &OpenGroup, new: OperatorMessage) -> Result<Sent> {
        let app = group.app();
        if app.generation == Generation::Two && self.0.store.roster_state(&group.at).await?.count == 0 {
            return Err(Error::NobodyThere(group.at.group.clone()));
        }
        if new.moderated {
            self.0.moderation().pass(app, new.body.as_str()).await?;
        }
        let (voice, once) = (Voice::Operator, new.id.is_some());
        let message = self.message(new.id, new.kind, new.body, new.sender)?;
        let message = Message { weight: new.weight, cached: new.cached, ..message };
        let draft =
            Draft { message, increment: new.increment, max_types: self.max_types(group, voice), once };
        self.post(group, draft, new.storage, voice).await
    }

    /// A member says something to its group.
    ///
    /// # Errors
    /// [`Error::GroupDeleted`], [`Error::NotMember`], [`Error::Muted`], [`Error::Refused`],
    /// [`Error::TooManyMemberTypes`], or the store's.
    pub async fn say(&self, visit: Visit<'_>, new: MemberMessage) -> Result<Sent> {
        self.begin_saying(&self.speaker(visit).await?, new).await?.await
    }

    /// Who comes to a group, as the member that it is there now.
    ///
    /// # Errors
    /// [`Error::NotMember`], or the store's.
    pub async fn speaker<'a>(&self, visit: Visit<'a>) -> Result<Speaker<'a>> {
        let (user, group) = (visit.login().user(), visit.group());
        let member = membership(&*self.0.store, &group.at, user).await?;
        let member = member.ok_or_else(|| Error::NotMember(user.clone()))?;
        Ok(Speaker { visit, member })
    }

    /// Begins to say something to a speaker's group: the rules admit it, and it has its place behind everything of that
    /// group that was begun before. It is stored and told once what this answers has come to its end, which happens also
    /// when nobody waits for it.
    ///
    /// # Errors
    /// [`Error::Muted`], [`Error::Refused`], or the store's: then it is never said. What this answers ends in
    /// [`Error::GroupDeleted`], [`Error::TooManyMemberTypes`], or the store's.
    pub async fn begin_saying(
        &self,
        Speaker { visit, member }: &Speaker<'_>,
        new: MemberMessage,
    ) -> Result<Underway<Result<Sent>>> {
        if !new.skips_mutes {
            self.0.mutes().demand_voice(visit).await?;
        }
        if !(new.skip_audit && visit.runs_it()) {
            self.0.moderation().pass(visit.login().app(), new.body.as_str()).await?;
        }
        // What the group knows of the member: the operator may have changed it since the login.
        let sender = Sender { user: member.user.clone(), info: member.info.clone() };
        let message = Message {
            weight: new.level.weight(),
            level: new.level,
            repeat: new.repeat,
            cached: new.storage == Storage::Stored,
            ..self.message(None, new.kind, new.body, sender)?
        };
        let (voice, at) = (Voice::Member, visit.group().at.clone());
        let max_types = self.max_types(visit.group(), voice);
        let draft = Draft { message, increment: new.repeat, max_types, once: false };
        Ok(self.0.begin_change(move |hands| post(hands, at, draft, new.storage, voice)).await)
    }

    async fn post(&self, group: &OpenGroup, draft: Draft, storage: Storage, voice: Voice) -> Result<Sent> {
        let at = group.at.clone();
        self.0.change(move |hands| post(hands, at, draft, storage, voice)).await
    }

    /// A message of now about which nothing else is said: it stands for itself, weighs as little as a like, and no list of
    /// recent messages shows it. Its id is drawn when nobody chose one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the type of likes, or when no id can be drawn.
    pub(super) fn message(
        &self,
        id: Option<MessageId>,
        kind: i64,
        body: Body,
        sender: Sender,
    ) -> Result<Message> {
        if kind == LIKES {
            return Err(Error::Invalid(format!("no message has the type {LIKES}")));
        }
        Ok(Message {
            id: id.map_or_else(|| drawn_id(self.0), Ok)?,
            kind,
            body: body.into_text(),
            sender,
            at: self.0.now(),
            weight: Weight::LIKE,
            level: Level::NORMAL,
            repeat: RepeatCount::ONE,
            total: TypeCount::default(),
            cached: false,
        })
    }

    /// How many types a group may have seen before this voice can begin no more.
    fn max_types(&self, group: &OpenGroup, voice: Voice) -> usize {
        let limits = &self.0.limits;
        voice.max_types(match group.app().generation {
            Generation::One => limits.generation_1_message_types_per_group,
            Generation::Two => limits.message_types_per_group,
        })
    }

    /// Stored messages of a group, also of a deleted one.
    ///
    /// # Errors
    /// The store's.
    pub async fn history(&self, group: &KnownGroup, query: HistoryQuery) -> Result<Slice<Entry>> {
        Ok(self.0.store.history(&group.at, query).await?)
    }
}

/// Where everything that is said to a group ends: stores or counts a message and tells it. One that was stored before under the same chosen id was told then.
async fn post(
    hands: Hands,
    at: GroupRef,
    draft: Draft,
    storage: Storage,
    voice: Voice,
) -> Result<Done<Sent>> {
    let (message, max_types) = (draft.message.clone(), draft.max_types);
    let posted = match storage {
        Storage::Stored => hands.store.post(&at, draft, hands.alone()).await?,
        Storage::Ephemeral => hands.store.count_only(&at, draft).await?,
    };
    match posted {
        Posted::Done { sequence, total, .. } => {
            let (id, taken) = (message.id.clone(), message.at);
            let event = Arc::new(Event::Message(Message { total, ..message }));
            let stream = StreamRef::Group(at);
            let notice = Notice::Published { stream, sequence, event, at: taken };
            Ok(Done::told(Sent { id, sequence }, [notice]))
        }
        Posted::Repeated(sequence) => Ok(Done::untold(Sent { id: message.id, sequence: Some(sequence) })),
        Posted::TooManyTypes => Err(match voice {
            Voice::Operator => Error::TooManyMessageTypes(max_types),
            Voice::Member => Error::TooManyMemberTypes(max_types),
        }),
        Posted::NoGroup => Err(Error::GroupDeleted(at.group)),
    }
}

/// Characters of a drawn id that tell the time, and those that chance gives.
const TIME_CHARS: usize = 9;
const CHANCE_CHARS: usize = 11;

/// An id for a message taken now. It begins with the time, so that ids rise with the messages and the index that finds
/// them grows at its end alone.
pub(super) fn drawn_id(muster: &Muster) -> Result<MessageId> {
    let mut rest = muster.now().0.unsigned_abs();
    let mut id = vec![b'0'; TIME_CHARS];
    for place in id.iter_mut().rev() {
        *place = b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::try_from(rest % 36).unwrap_or(0)];
        rest /= 36;
    }
    let id: String = id.into_iter().map(char::from).collect();
    MessageId::new(&(id + &muster.random.alphanumeric(CHANCE_CHARS)))
        .map_err(|error| Error::Invalid(error.to_string()))
}
