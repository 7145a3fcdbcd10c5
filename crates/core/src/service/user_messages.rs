//! What is said to one user alone.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Login, MessageRules, OpenApp, Sent, Storage,
    acknowledgements::Addressed,
    change::{Done, Hands},
};
use crate::{
    bus::{Letter, Notice},
    caller::Underway,
    error::{Error, Result},
    id::{AppId, MessageId, NodeId, UserId},
    message::{Body, DEFAULT_MESSAGE_TYPE, Entry, Event, Level, Message, Posted, Sender, StreamRef},
};

/// What the operator says to a user.
#[derive(Clone, Debug)]
pub struct OperatorWord {
    /// Its id; drawn when the operator does not choose it.
    pub id: Option<MessageId>,
    /// Its type.
    pub kind: i64,
    /// What it says.
    pub body: Body,
    /// In whose name; the user need not be logged in.
    pub sender: Sender,
    /// Whether it lasts.
    pub storage: Storage,
    /// Whether the call succeeds only when the receiver has acknowledged it.
    pub acknowledged: bool,
}

impl OperatorWord {
    /// A message about which nothing else is said: of the default type, told once.
    #[must_use]
    pub fn of(sender: Sender, body: Body) -> Self {
        Self {
            id: None,
            kind: DEFAULT_MESSAGE_TYPE,
            body,
            sender,
            storage: Storage::Ephemeral,
            acknowledged: false,
        }
    }
}

/// What a user says to another. Who says it is who has logged in.
#[derive(Clone, Debug)]
pub struct UserWord {
    /// Its type.
    pub kind: i64,
    /// What it says.
    pub body: Body,
    /// How much the user makes of it.
    pub level: Level,
    /// Whether it asks to be spared moderation; granted to operators of the application.
    pub skip_audit: bool,
}

impl MessageRules<'_> {
    /// The operator says something to a user, who must be logged in. What is stored under an id that the operator chose
    /// is said once: sent again, it is answered as before and not told. Sent again to be acknowledged it is told once
    /// more, at no place of its own, for nobody knows whether it was acknowledged before.
    ///
    /// # Errors
    /// [`Error::NotOnline`], [`Error::NotAcknowledged`], [`Error::TooManyAwaited`], or the store's.
    pub async fn announce_to(&self, app: &OpenApp, receiver: &UserId, new: OperatorWord) -> Result<Sent> {
        let limits = &self.0.limits;
        let deadline = Instant::now() + Duration::from_millis(limits.acknowledgement_millis);
        let (storage, once, acknowledged) = (new.storage, new.id.is_some(), new.acknowledged);
        let message = self.message(new.id, new.kind, new.body, new.sender)?;
        let word = |message, by| Word { message, storage, once, acknowledged_to: by };
        if !acknowledged {
            return self.tell(app, receiver, word(message, None)).await;
        }
        let of = Addressed { app: app.id.clone(), user: receiver.clone(), message: message.id.clone() };
        let (by, most) = (self.0.nodes().id(), limits.acknowledgements_awaited);
        let awaiting = self.0.awaited.begin(of.clone(), most).ok_or(Error::TooManyAwaited(most))?;
        let sent = self.tell(app, receiver, word(message, Some(by.clone()))).await?;
        let ask_again = |node| {
            let wanted = Letter::Notice(of.clone().wanted(by.clone()));
            self.0.post(node, wanted, Duration::from_millis(limits.acknowledgement_millis));
        };
        match awaiting.until(deadline, ask_again).await {
            true => Ok(sent),
            false => Err(Error::NotAcknowledged(receiver.clone())),
        }
    }

    /// Begins what a user says to another of the same application, who must be logged in: the rules admit it, and it has
    /// its place behind everything to that user that was begun before. It is stored, so that a receiver whose connection
    /// drops just then has it after coming back, and told once what this answers has come to its end, which happens also
    /// when nobody waits for it.
    ///
    /// # Errors
    /// [`Error::NotOnline`], [`Error::Refused`], or the store's: then it is never said. What this answers ends in the
    /// store's.
    pub async fn begin_saying_to(
        &self,
        login: &Login,
        receiver: &UserId,
        new: UserWord,
    ) -> Result<Underway<Result<Sent>>> {
        if !(new.skip_audit && login.is_admin()) {
            self.0.moderation().pass(login.app(), new.body.as_str()).await?;
        }
        let message = Message {
            weight: new.level.weight(),
            level: new.level,
            ..self.message(None, new.kind, new.body, login.as_sender())?
        };
        let word = Word { message, storage: Storage::Stored, once: false, acknowledged_to: None };
        let to = self.demand_online(login.app(), receiver).await?;
        Ok(self.0.begin_change(move |hands| tell(hands, to, word)).await)
    }

    /// Refuses a receiver who is not logged in.
    async fn demand_online(&self, app: &OpenApp, receiver: &UserId) -> Result<(AppId, UserId)> {
        let online = self.0.logins().signed_in(app, std::slice::from_ref(receiver)).await?;
        if online != [true] {
            return Err(Error::NotOnline(receiver.clone()));
        }
        Ok((app.id.clone(), receiver.clone()))
    }

    async fn tell(&self, app: &OpenApp, receiver: &UserId, word: Word) -> Result<Sent> {
        let to = self.demand_online(app, receiver).await?;
        self.0.change(move |hands| tell(hands, to, word)).await
    }
}

/// A message to a user before it is stored or told.
struct Word {
    message: Message,
    storage: Storage,
    /// Whether its sender chose its id.
    once: bool,
    /// The node on which its sender waits until it is acknowledged.
    acknowledged_to: Option<NodeId>,
}

async fn tell(hands: Hands, (app, user): (AppId, UserId), word: Word) -> Result<Done<Sent>> {
    let Word { message, storage, once, acknowledged_to } = word;
    let (id, at) = (message.id.clone(), message.at);
    let stream = StreamRef::User(app.clone(), user.clone());
    let event = Arc::new(Event::Message(message.clone()));
    let stored = match storage {
        Storage::Ephemeral => None,
        Storage::Stored => Some(hands.store.post_to_user((&app, &user), message, once, hands.alone()).await?),
    };
    let (place, told) = match stored {
        None => (None, Some(Notice::Published { stream, sequence: None, event, at })),
        Some(Posted::Done { sequence, .. }) => {
            (sequence, Some(Notice::Published { stream, sequence, event, at }))
        }
        Some(Posted::Repeated(place)) if acknowledged_to.is_some() => {
            (Some(place), told_again(&hands, stream, &id).await?)
        }
        Some(Posted::Repeated(place)) => (Some(place), None),
        Some(Posted::NoGroup | Posted::TooManyTypes) => return Err(Error::NoApp(app)),
    };
    let sent = Sent { id: id.clone(), sequence: place };
    let wanted = acknowledged_to.map(|by| Addressed { app, user, message: id }.wanted(by));
    Ok(Done::told(sent, wanted.into_iter().chain(told)))
}

/// What is told once more of a message that stands in a stream; nothing of one that was taken back.
async fn told_again(hands: &Hands, stream: StreamRef, id: &MessageId) -> Result<Option<Notice>> {
    let entry = hands.store.find_message(&stream, id).await?;
    let told = |Entry { at, event, .. }| {
        let event = Arc::new(event);
        Notice::Published { stream, sequence: None, event, at }
    };
    Ok(entry.map(told))
}
