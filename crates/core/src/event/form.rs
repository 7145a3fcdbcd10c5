//! The form in which events stand in rows, on the bus and in lines of exports: version 1.
//!
//! It is one form for all three, because an event of a later version passes through this one without being understood:
//! what was read from a row is told on the bus and written into a file byte for byte. So it must mean the same in each.
//!
//! An event is JSON, `{"<name>":{…}}`, or `"<name>"` where it says nothing more, without white space between its parts.
//!
//! # How it may change
//!
//! | change | older versions | what it needs |
//! |---|---|---|
//! | a field is added to an event | pass it over, and leave it out of what they make of the event | a default for when it is missing |
//! | an event is added | [`Event::Unknown`]: it keeps its place and its bytes | nothing |
//! | a choice is added, as to the reasons of [`Event::Exit`] | [`Event::Unknown`], the whole event | nothing |
//! | a field means something else, changes its type, or goes | would read what was not meant | another name for the event |
//!
//! What has a name of this version and lacks what belongs to it is damaged, and is an error.

mod mutes;
mod system;

use std::{borrow::Borrow, sync::Arc};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, IgnoredAny},
    ser::Error as _,
};
use serde_json::value::RawValue;

use self::{mutes::MutesForm, system::SystemForm};
use super::{Event, Recall, UnknownEvent};
use crate::{
    id::{GroupId, MessageId, UserId},
    message::{ExitReason, Level, Message, Sender, Sequence, Weight},
    number::{RepeatCount, TypeCount},
    time::Millis,
};

/// What has the name of an event of this version is none.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Damaged(#[from] serde_json::Error);

/// The JSON of an event.
#[must_use]
pub fn write(event: &Event) -> String {
    match Known::of(event) {
        // Of what such an event holds, nothing fails to be written.
        Ok(known) => serde_json::to_string(&known).unwrap_or_default(),
        Err(unknown) => unknown.json().to_owned(),
    }
}

/// The event that `json` is.
///
/// # Errors
/// [`Damaged`] when it is no JSON, or has the name of an event of this version and not its parts.
pub fn read(json: &str) -> Result<Event, Damaged> {
    Ok(read_as::<Known, Name>(json)?)
}

/// An event as a part of something larger, in its form. Only JSON holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventForm<E>(pub E);

impl<E: Borrow<Event>> Serialize for EventForm<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match Known::of(self.0.borrow()) {
            Ok(known) => known.serialize(serializer),
            Err(unknown) => {
                let raw: &RawValue = serde_json::from_str(unknown.json()).map_err(S::Error::custom)?;
                raw.serialize(serializer)
            }
        }
    }
}

impl<'de, E: From<Event>> Deserialize<'de> for EventForm<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let event = read_as::<Known, Name>(raw.get()).map_err(serde::de::Error::custom)?;
        Ok(Self(event.into()))
    }
}

/// Reads an event, by the events of which a version knows and by their names.
fn read_as<K, N>(json: &str) -> Result<Event, serde_json::Error>
where
    K: DeserializeOwned + Into<Option<Event>>,
    N: DeserializeOwned,
{
    let unknown = || Event::Unknown(UnknownEvent::of(json));
    match serde_json::from_str::<K>(json) {
        Ok(known) => Ok(known.into().unwrap_or_else(unknown)),
        // One that has a name of ours and does not read is damaged; any other may be of a later version.
        Err(error) if serde_json::from_str::<N>(json).is_ok() => Err(error),
        Err(_) => serde_json::from_str::<IgnoredAny>(json).map(|_| unknown()),
    }
}

impl UnknownEvent {
    /// Takes JSON. A line's end may stand in it between two parts alone, where a blank says the same: so that it has room
    /// in a line of an export.
    fn of(json: &str) -> Self {
        Self(if json.contains(['\n', '\r']) { json.replace(['\n', '\r'], " ").into() } else { json.into() })
    }
}

/// The events of this version.
#[derive(Serialize, Deserialize)]
enum Known {
    Message(MessageForm),
    ToMember { group: GroupId, message: MessageForm },
    Exit { group: GroupId, reason: ReasonForm },
    MutesChanged(MutesForm),
    System(SystemForm),
    Recalled { id: MessageId, place: Option<Sequence>, by: Option<SenderForm> },
    InfoChanged { group: GroupId, info: Option<Arc<str>>, admins: Vec<UserId> },
}

/// The name of one, whatever else it says.
#[derive(Deserialize)]
enum Name {
    Message(IgnoredAny),
    ToMember(IgnoredAny),
    Exit(IgnoredAny),
    MutesChanged(IgnoredAny),
    System(IgnoredAny),
    Recalled(IgnoredAny),
    InfoChanged(IgnoredAny),
}

#[derive(Serialize, Deserialize)]
struct MessageForm {
    id: MessageId,
    #[serde(rename = "type")]
    kind: i64,
    body: Arc<str>,
    sender: SenderForm,
    at: i64,
    weight: i64,
    level: i64,
    repeat: u64,
    total: u64,
    cached: bool,
}

#[derive(Serialize, Deserialize)]
struct SenderForm {
    user: UserId,
    info: Option<Arc<str>>,
}

#[derive(Serialize, Deserialize)]
enum ReasonForm {
    Dissolved,
    Removed,
    /// One of a later version.
    #[serde(other)]
    Unknown,
}

impl Known {
    /// The form of an event of this version. Texts are shared with it, not copied.
    fn of(event: &Event) -> Result<Self, &UnknownEvent> {
        match event {
            Event::Message(message) => Ok(Self::Message(message.into())),
            Event::ToMember { group, message } => {
                Ok(Self::ToMember { group: group.clone(), message: message.into() })
            }
            Event::Exit { group, reason } => {
                Ok(Self::Exit { group: group.clone(), reason: (*reason).into() })
            }
            Event::MutesChanged(mutes) => Ok(Self::MutesChanged(mutes.into())),
            Event::System(message) => Ok(Self::System(message.into())),
            Event::Recalled(Recall { message, place, by }) => Ok(Self::Recalled {
                id: message.clone(),
                place: *place,
                by: by.as_ref().map(SenderForm::from),
            }),
            Event::InfoChanged { group, info, admins } => {
                Ok(Self::InfoChanged { group: group.clone(), info: info.clone(), admins: admins.clone() })
            }
            Event::Unknown(unknown) => Err(unknown),
        }
    }
}

impl From<Known> for Option<Event> {
    /// `None` for one in which a choice of a later version stands.
    fn from(known: Known) -> Self {
        match known {
            Known::Message(message) => Some(Event::Message(message.into())),
            Known::ToMember { group, message } => Some(Event::ToMember { group, message: message.into() }),
            Known::InfoChanged { group, info, admins } => Some(Event::InfoChanged { group, info, admins }),
            Known::Exit { group, reason } => Option::from(reason).map(|reason| Event::Exit { group, reason }),
            Known::MutesChanged(mutes) => Some(Event::MutesChanged(mutes.into())),
            Known::System(message) => Option::from(message).map(Event::System),
            Known::Recalled { id, place, by } => {
                Some(Event::Recalled(Recall { message: id, place, by: by.map(Sender::from) }))
            }
        }
    }
}

impl From<&Message> for MessageForm {
    fn from(message: &Message) -> Self {
        let Message { id, kind, body, sender, at, weight, level, repeat, total, cached } = message;
        Self {
            id: id.clone(),
            kind: *kind,
            body: Arc::clone(body),
            sender: sender.into(),
            at: at.0,
            weight: weight.0,
            level: level.0,
            repeat: repeat.get(),
            total: total.get(),
            cached: *cached,
        }
    }
}

impl From<MessageForm> for Message {
    /// Counts are the nearest to what a version has written that knew no bound of them.
    fn from(form: MessageForm) -> Self {
        let MessageForm { id, kind, body, sender, at, weight, level, repeat, total, cached } = form;
        Self {
            id,
            kind,
            body,
            sender: sender.into(),
            at: Millis(at),
            weight: Weight(weight),
            level: Level(level),
            repeat: RepeatCount::clamped(repeat),
            total: TypeCount::clamped(total),
            cached,
        }
    }
}

impl From<&Sender> for SenderForm {
    fn from(Sender { user, info }: &Sender) -> Self {
        Self { user: user.clone(), info: info.clone() }
    }
}

impl From<SenderForm> for Sender {
    fn from(SenderForm { user, info }: SenderForm) -> Self {
        Self { user, info }
    }
}

impl From<ExitReason> for ReasonForm {
    fn from(reason: ExitReason) -> Self {
        match reason {
            ExitReason::Dissolved => Self::Dissolved,
            ExitReason::Removed => Self::Removed,
        }
    }
}

impl From<ReasonForm> for Option<ExitReason> {
    fn from(form: ReasonForm) -> Self {
        match form {
            ReasonForm::Dissolved => Some(ExitReason::Dissolved),
            ReasonForm::Removed => Some(ExitReason::Removed),
            ReasonForm::Unknown => None,
        }
    }
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
