//! What the system says in groups of generation 1: one way for all of it, to everybody or to those whom it is about.

use super::{KnownGroup, Muster};
use crate::{
    app::Generation,
    error::{Error, Result},
    event::{Happened, SystemMessage},
    id::{GroupRef, MessageId, UserId},
    message::{Event, Sender, StreamRef},
    store::StreamEvent,
    time::Millis,
};

/// Who hears what the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// Nobody.
    #[default]
    Nobody,
    /// The users whom it is about; of what is about no user, whoever made it happen.
    Concerned,
    /// Everybody in the group.
    Group,
}

/// Something that the system says, and to whom where not to all.
pub(super) struct Addressed {
    to: Option<UserId>,
    what: Happened,
}

impl Addressed {
    /// It is about this user.
    pub(super) fn to(user: &UserId, what: Happened) -> Self {
        Self { to: Some(user.clone()), what }
    }

    /// It is about no user.
    pub(super) fn to_sender(what: Happened) -> Self {
        Self { to: None, what }
    }
}

/// How the system speaks of one change.
pub(super) struct Announcement {
    group: GroupRef,
    sender: Sender,
    audience: Audience,
}

impl Announcement {
    /// `None` in generation 2, which has events of its own, and where nobody is to hear it.
    pub(super) fn of(group: &KnownGroup, sender: Sender, audience: Audience) -> Option<Self> {
        let heard = group.app().generation == Generation::One && audience != Audience::Nobody;
        heard.then(|| Self { group: group.at.clone(), sender, audience })
    }

    /// What is said as events of the streams of those who hear it, in this order.
    ///
    /// # Errors
    /// [`Error::Invalid`] when no id can be drawn.
    pub(super) fn events(
        self,
        muster: &Muster,
        said: Vec<Addressed>,
        now: Millis,
    ) -> Result<Vec<StreamEvent>> {
        said.into_iter()
            .map(|Addressed { to, what }| {
                let id = MessageId::new(&muster.random.alphanumeric(20))
                    .map_err(|error| Error::Invalid(error.to_string()))?;
                let stream = match self.audience {
                    Audience::Group | Audience::Nobody => StreamRef::Group(self.group.clone()),
                    Audience::Concerned => {
                        let user = to.unwrap_or_else(|| self.sender.user.clone());
                        StreamRef::User(self.group.app.clone(), user)
                    }
                };
                let (group, sender) = (self.group.group.clone(), self.sender.clone());
                let event = Event::System(SystemMessage { id, group, sender, what });
                Ok(StreamEvent { stream, event: event.into(), at: now })
            })
            .collect()
    }
}
