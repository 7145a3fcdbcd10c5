//! Taking messages back.

use std::sync::Arc;

use super::{
    MessageRules, OpenApp, OpenGroup, Visit,
    change::{Done, Hands, published},
};
use crate::{
    bus::Notice,
    error::{Error, Result},
    id::{MessageId, UserId},
    message::{Entry, Event, Recall, Sender, StreamRef},
    store::StreamEvent,
    time::Millis,
};

impl MessageRules<'_> {
    /// The operator takes a message of a group back: it is gone from the store, and everybody in the group is told. One
    /// that is not stored cannot be found, so those who are there are told once, whatever the id.
    ///
    /// # Errors
    /// The store's.
    pub async fn recall(&self, group: &OpenGroup, message: &MessageId, by: Option<Sender>) -> Result<()> {
        self.take_back(StreamRef::Group(group.at.clone()), message, by).await
    }

    /// The operator takes a message to a user back. The user is told as the members of a group are.
    ///
    /// # Errors
    /// The store's.
    pub async fn recall_from(
        &self,
        app: &OpenApp,
        receiver: &UserId,
        message: &MessageId,
        by: Sender,
    ) -> Result<()> {
        self.take_back(StreamRef::User(app.id.clone(), receiver.clone()), message, Some(by)).await
    }

    /// A logged-in user takes a message of a group back: those who run the group any, others what they have said.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], also for a message that is not there and might be another's; or the store's.
    pub async fn recall_for(&self, visit: &Visit<'_>, message: &MessageId) -> Result<()> {
        let (login, group) = (visit.login(), visit.group());
        let user = login.user();
        let stream = StreamRef::Group(group.at.clone());
        let may = visit.runs_it()
            || self
                .0
                .store
                .find_message(&stream, message)
                .await?
                .is_some_and(|entry| is_said_by(&entry, user));
        if !may {
            return Err(Error::NotAllowed(user.clone()));
        }
        self.take_back(stream, message, Some(login.as_sender())).await
    }

    async fn take_back(&self, stream: StreamRef, message: &MessageId, by: Option<Sender>) -> Result<()> {
        let recall = Recall { message: message.clone(), place: None, by };
        let now = self.0.now();
        self.0.change(move |hands| take_back(hands, stream, recall, now)).await
    }
}

fn is_said_by(entry: &Entry, user: &UserId) -> bool {
    matches!(&entry.event, Event::Message(message) if message.sender.user == *user)
}

async fn take_back(hands: Hands, stream: StreamRef, recall: Recall, at: Millis) -> Result<Done<()>> {
    let found = hands.store.find_message(&stream, &recall.message).await?;
    if let Some(Entry { sequence, .. }) = found {
        let tombstone = Event::Recalled(Recall { place: Some(sequence), ..recall.clone() });
        let event = Arc::new(tombstone.clone());
        let events = vec![StreamEvent { stream: stream.clone(), event, at }];
        if let Some(positions) = hands.store.recall(&stream, sequence, tombstone, hands.with(&events)).await?
        {
            return Ok(Done::told((), published(events, positions)));
        }
    }
    let event = Arc::new(Event::Recalled(recall));
    Ok(Done::told((), [Notice::Published { stream, sequence: None, event, at }]))
}
