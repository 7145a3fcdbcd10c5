//! An event as everybody's connection gets it: written once, shared by all.

use std::sync::Arc;

use bytes::Bytes;
use muster_core::{
    id::{GroupId, MessageId},
    message::{Entry, Event, ExitReason, Sequence, StreamRef},
    mute::GroupMutes,
};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    events,
    protocol::{Publication, Push, PushBody, json},
};

/// An event of a stream, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Encoded {
    /// Its position; 0 for an event that is told once.
    pub(crate) sequence: Sequence,
    /// What is told of it; `None` for an event that this version does not know, which has its place and is passed over.
    told: Option<Told>,
    /// What else follows from it.
    pub(crate) effect: Option<Effect>,
}

/// What is told of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    /// The whole push.
    push: Utf8Bytes,
    /// The data in it: a part of the same memory.
    data: Bytes,
}

/// What follows from an event beside its being told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The user whose stream it is was removed from this group.
    Removed(GroupId),
    /// The group whose stream it is was deleted.
    Dissolved,
    /// All that holds in the group whose stream it is about who may talk.
    Mutes(Arc<GroupMutes>),
    /// A message was taken back: this stands in its place.
    Recalled(Box<Encoded>),
    /// The user whose stream it is was told this message.
    Said(MessageId),
}

impl Encoded {
    pub(crate) fn event(
        channel: &str,
        stream: &StreamRef,
        event: &Event,
        sequence: Option<Sequence>,
    ) -> Self {
        let sequence = sequence.unwrap_or(0);
        let data = events::event_data(stream, event, sequence);
        let effect = match (stream, event) {
            (StreamRef::Group(_), Event::Exit { reason: ExitReason::Dissolved, .. }) => {
                Some(Effect::Dissolved)
            }
            (StreamRef::User(..), Event::Exit { group, .. }) => Some(Effect::Removed(group.clone())),
            (StreamRef::User(..), Event::Message(message)) => Some(Effect::Said(message.id.clone())),
            (StreamRef::Group(_), Event::MutesChanged(mutes)) => Some(Effect::Mutes(Arc::new(mutes.clone()))),
            (_, Event::Recalled(recall)) => recall
                .place
                .filter(|&place| place != sequence)
                .map(|place| Effect::Recalled(Box::new(Self::event(channel, stream, event, Some(place))))),
            _ => None,
        };
        let told = data.map(|data| Told::new(channel, &data, sequence));
        Self { sequence, told, effect }
    }

    /// What a client gets of a stream's past. An end of a group that was recovered from it is none for who comes now: it
    /// keeps its place, and is passed over.
    pub(crate) fn past(channel: &str, stream: &StreamRef, entry: &Entry) -> Self {
        let dissolved = matches!(entry.event, Event::Exit { reason: ExitReason::Dissolved, .. });
        if dissolved && matches!(stream, StreamRef::Group(_)) {
            return Self { sequence: entry.sequence, told: None, effect: None };
        }
        Self::event(channel, stream, &entry.event, Some(entry.sequence))
    }

    /// The whole push, unless the event is passed over.
    pub(crate) fn push(&self) -> Option<&Utf8Bytes> {
        self.told.as_ref().map(|told| &told.push)
    }

    /// The publication, for a reply, unless the event is passed over.
    pub(crate) fn publication(&self) -> Option<Publication> {
        let told = self.told.as_ref()?;
        Some(Publication { data: told.data.clone(), offset: self.sequence })
    }

    /// Bytes that it takes.
    pub(crate) fn len(&self) -> usize {
        self.push().map_or(0, |push| push.as_str().len())
    }
}

/// The push of what is told once and is no event of the stream.
pub(crate) fn told_once(channel: &str, data: &str) -> Utf8Bytes {
    Told::new(channel, data, 0).push
}

impl Told {
    fn new(channel: &str, data: &str, sequence: Sequence) -> Self {
        let body = PushBody::Publication(data.as_bytes(), sequence);
        let (text, data_at) = json::push_and_data(&Push { channel, body });
        let push = Utf8Bytes::from(text);
        let shared: &Bytes = push.as_ref();
        Self { data: shared.slice(data_at), push }
    }
}
