//! An event as everybody's connection gets it: written once, shared by all.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use muster_core::{
    id::{GroupId, MessageId},
    message::{Entry, Event, ExitReason, Sequence, StreamRef},
    mute::GroupMutes,
};

use crate::{
    events,
    protocol::{Form, Frame, Publication, Push, PushBody, json},
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

/// A publication as each form writes it, at most once: JSON at once, for most connections speak it and its text holds the
/// data; another form when the first connection wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    publication: Publication,
    json: Frame,
    protobuf: OnceLock<Frame>,
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
        let told = data.map(|data| Told::new(channel, data, sequence));
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

    /// What is told of it, unless it is passed over.
    pub(crate) fn told(&self) -> Option<&Told> {
        self.told.as_ref()
    }

    /// The publication, for a reply, unless the event is passed over.
    pub(crate) fn publication(&self) -> Option<Publication> {
        Some(self.told.as_ref()?.publication.clone())
    }

    /// Bytes that it takes, once it has been passed on.
    pub(crate) fn len(&self) -> usize {
        self.told.as_ref().map_or(0, |told| told.json.len())
    }

    /// Gives up what was written for those who follow now: replies are written from the publication.
    pub(crate) fn pass_on(&mut self) {
        if let Some(told) = &mut self.told {
            told.protobuf.take();
        }
    }
}

impl Told {
    /// What is told in a channel at this position; 0 for what is told once.
    pub(crate) fn new(channel: &str, data: String, offset: Sequence) -> Self {
        let publication = Publication { data: Bytes::from(data), offset, info: None };
        let body = PushBody::Publication(&publication);
        let (text, data_at) = json::push_and_data(&Push { channel, body });
        let json = Frame::from(text);
        let publication = Publication { data: json.slice(data_at), ..publication };
        Self { publication, json, protobuf: OnceLock::new() }
    }

    /// The push in this form. `channel` is the one that it was made for.
    pub(crate) fn frame(&self, form: Form, channel: &str) -> &Frame {
        match form {
            Form::Json => &self.json,
            Form::Protobuf => self
                .protobuf
                .get_or_init(|| form.push(&Push { channel, body: PushBody::Publication(&self.publication) })),
        }
    }
}
