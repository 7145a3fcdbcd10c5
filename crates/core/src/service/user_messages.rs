//! What is said to one user alone.

use std::sync::Arc;

use super::{
    Login, MessageRules, OpenApp, Sent, Storage,
    change::{Done, Hands},
};
use crate::{
    bus::Notice,
    error::{Error, Result},
    id::{AppId, MessageId, UserId},
    message::{Body, DEFAULT_MESSAGE_TYPE, Event, Level, Message, Posted, Sender, StreamRef},
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
}

impl OperatorWord {
    /// A message about which nothing else is said: of the default type, told once.
    #[must_use]
    pub fn of(sender: Sender, body: Body) -> Self {
        Self { id: None, kind: DEFAULT_MESSAGE_TYPE, body, sender, storage: Storage::Ephemeral }
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
    /// is said once: sent again, it is answered as before and not told.
    ///
    /// # Errors
    /// [`Error::NotOnline`], or the store's.
    pub async fn announce_to(&self, app: &OpenApp, receiver: &UserId, new: OperatorWord) -> Result<Sent> {
        let (storage, once) = (new.storage, new.id.is_some());
        let message = self.message(new.id, new.kind, new.body, new.sender)?;
        self.tell(app, receiver, Word { message, storage, once }).await
    }

    /// A user says something to another of the same application, who must be logged in. It is stored: a receiver whose
    /// connection drops just then has it after coming back.
    ///
    /// # Errors
    /// [`Error::NotOnline`], [`Error::Refused`], or the store's.
    pub async fn say_to(&self, login: &Login, receiver: &UserId, new: UserWord) -> Result<Sent> {
        if !(new.skip_audit && login.is_admin()) {
            self.0.moderation().pass(login.app(), new.body.as_str()).await?;
        }
        let message = Message {
            weight: new.level.weight().0,
            level: new.level.0,
            ..self.message(None, new.kind, new.body, login.as_sender())?
        };
        self.tell(login.app(), receiver, Word { message, storage: Storage::Stored, once: false }).await
    }

    async fn tell(&self, app: &OpenApp, receiver: &UserId, word: Word) -> Result<Sent> {
        let online = self.0.logins().signed_in(app, std::slice::from_ref(receiver)).await?;
        if online != [true] {
            return Err(Error::NotOnline(receiver.clone()));
        }
        let to = (app.id.clone(), receiver.clone());
        self.0.change(move |hands| tell(hands, to, word)).await
    }
}

/// A message to a user before it is stored or told.
struct Word {
    message: Message,
    storage: Storage,
    /// Whether its sender chose its id.
    once: bool,
}

async fn tell(hands: Hands, (app, user): (AppId, UserId), word: Word) -> Result<Done<Sent>> {
    let Word { message, storage, once } = word;
    let (id, at) = (message.id.clone(), message.at);
    let event = Arc::new(Event::Message(message.clone()));
    let sequence = match storage {
        Storage::Ephemeral => None,
        Storage::Stored => {
            match hands.store.post_to_user((&app, &user), message, once, hands.alone()).await? {
                Posted::Done { sequence, .. } => sequence,
                Posted::Repeated(sequence) => return Ok(Done::untold(Sent { id, sequence: Some(sequence) })),
                Posted::NoGroup | Posted::TooManyTypes => return Err(Error::NoApp(app)),
            }
        }
    };
    let stream = StreamRef::User(app, user);
    Ok(Done::told(Sent { id, sequence }, [Notice::Published { stream, sequence, event, at }]))
}
