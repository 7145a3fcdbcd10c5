//! What the system says in groups of generation 1: one way for all of it, to everybody or to those whom it is about.

use std::sync::Arc;

use super::{KnownGroup, Muster, messages::drawn_id};
use crate::{
    app::Generation,
    bus::Notice,
    error::Result,
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
    /// [`Error::Invalid`](crate::error::Error::Invalid) when no id can be drawn.
    pub(super) fn events(
        self,
        muster: &Muster,
        said: Vec<Addressed>,
        now: Millis,
    ) -> Result<Vec<StreamEvent>> {
        said.into_iter()
            .map(|Addressed { to, what }| {
                let (stream, event) = self.said(to, drawn_id(muster)?, what);
                Ok(StreamEvent { stream, event, at: now })
            })
            .collect()
    }

    /// The same for what is told once, to who is there, and stored nowhere: what it says is known later than its id.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::error::Error::Invalid) when no id can be drawn.
    pub(super) fn once(self, muster: &Muster) -> Result<Once> {
        Ok(Once { id: drawn_id(muster)?, announcement: self })
    }

    /// What happened as an event of the stream of those who hear it.
    fn said(&self, to: Option<UserId>, id: MessageId, what: Happened) -> (StreamRef, Arc<Event>) {
        let stream = match self.audience {
            Audience::Group | Audience::Nobody => StreamRef::Group(self.group.clone()),
            Audience::Concerned => {
                let user = to.unwrap_or_else(|| self.sender.user.clone());
                StreamRef::User(self.group.app.clone(), user)
            }
        };
        let (group, sender) = (self.group.group.clone(), self.sender.clone());
        (stream, Arc::new(Event::System(SystemMessage { id, group, sender, what })))
    }
}

/// What the system says once.
pub(super) struct Once {
    id: MessageId,
    announcement: Announcement,
}

impl Once {
    /// What is told of it.
    pub(super) fn notice(self, what: Happened, at: Millis) -> Notice {
        let (stream, event) = self.announcement.said(None, self.id, what);
        Notice::Published { stream, sequence: None, event, at }
    }
}
