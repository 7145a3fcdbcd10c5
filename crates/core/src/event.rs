//! What happens in streams, and its form in rows, on the bus and in exports.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::IgnoredAny, ser::Error as _};
use serde_json::value::RawValue;

use crate::{
    id::GroupId,
    message::{ExitReason, Message},
};

/// Something that happens in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message.
    Message(Message),
    /// The end of a group, for all in it or for the one whose stream it is.
    Exit {
        /// The group.
        group: GroupId,
        /// Why.
        reason: ExitReason,
    },
    /// Something of a later version. It keeps its place, is carried on as it came, and means nothing here.
    Unknown(UnknownEvent),
}

/// An event that this version does not know, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEvent(Arc<str>);

impl UnknownEvent {
    /// Its JSON.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.0
    }
}

/// The form of the events that this version knows.
#[derive(Serialize, Deserialize)]
enum Form<M, G> {
    Message(M),
    Exit { group: G, reason: ExitReason },
}

/// The name of an event, whatever else it says.
#[derive(Deserialize)]
enum Known {
    Message(IgnoredAny),
    Exit(IgnoredAny),
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Message(message) => Form::<_, &GroupId>::Message(message).serialize(serializer),
            Self::Exit { group, reason } => {
                Form::<&Message, _>::Exit { group, reason: *reason }.serialize(serializer)
            }
            Self::Unknown(UnknownEvent(json)) => {
                let raw: &RawValue = serde_json::from_str(json).map_err(S::Error::custom)?;
                raw.serialize(serializer)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match serde_json::from_str::<Form<Message, GroupId>>(raw.get()) {
            Ok(Form::Message(message)) => Ok(Self::Message(message)),
            Ok(Form::Exit { group, reason }) => Ok(Self::Exit { group, reason }),
            // One that has a name of ours and does not read is damaged; any other may be of a later version.
            Err(error) => match serde_json::from_str::<Known>(raw.get()) {
                Ok(Known::Message(_) | Known::Exit(_)) => Err(serde::de::Error::custom(error)),
                Err(_) => Ok(Self::Unknown(UnknownEvent(raw.get().into()))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_tomorrow_is_kept_as_it_came() {
        for tomorrow in [r#"{"Muted":{"user":"u","until":18446744073709551615}}"#, r#""Frozen""#] {
            let event: Event = serde_json::from_str(tomorrow).unwrap();
            let Event::Unknown(unknown) = &event else { panic!("{event:?}") };
            assert_eq!(unknown.json(), tomorrow);
            assert_eq!(serde_json::to_string(&event).unwrap(), tomorrow);
        }
    }

    #[test]
    fn an_event_of_today_that_does_not_read_is_damaged() {
        for damaged in
            [r#"{"Exit":{"group":"g"}}"#, r#"{"Message":7}"#, r#"{"Exit":{"group":"","reason":"Removed"}}"#]
        {
            assert!(serde_json::from_str::<Event>(damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn an_event_of_today_has_the_form_that_it_always_had() {
        let exit = r#"{"Exit":{"group":"g","reason":"Removed"}}"#;
        let event: Event = serde_json::from_str(exit).unwrap();
        assert_eq!(event, Event::Exit { group: GroupId::new("g").unwrap(), reason: ExitReason::Removed });
        assert_eq!(serde_json::to_string(&event).unwrap(), exit);
    }
}
