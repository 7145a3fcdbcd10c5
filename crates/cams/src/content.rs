//! What messages say, as this product spells it: a type, and JSON text whose keys depend on the type.

use muster_core::{
    chat_message::{Content, Location, Media, PinDays},
    id::MessageId,
};
use serde_json::{Map, Value, json};

use crate::{
    error::{Code, Error},
    prelude::*,
};

/// Bytes of a link. No bound is published.
const LINK_BYTES: usize = 2_048;
/// Characters of what is said of a file, of a name or of an address (WhatsApp's figure for captions).
const LINE_CHARACTERS: usize = 1_024;
/// Characters of a sign at a message: some are made of several.
const SIGN_CHARACTERS: usize = 32;
/// Bytes of a list of cards. No bound is published.
const CONTACTS_BYTES: usize = 65_536;

/// The type of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MessageType {
    /// `{"text"}`.
    Text,
    /// `{"link", "caption"}`; the caption may be left out.
    Image,
    /// `{"link", "caption"}`; the caption may be left out.
    Video,
    /// `{"link"}`.
    Audio,
    /// `{"link", "fileName", "caption"}`; all but the link may be left out.
    Document,
    /// `{"longitude", "latitude", "name", "address"}`, in degrees; name and address may be left out.
    Location,
    /// A list of cards.
    Contacts,
    /// `{"messageId", "emoji"}`; without an emoji the reaction is taken back.
    Reaction,
    /// `{"link"}`.
    Sticker,
    /// `{"type", "messageId", "expirationDays"}`: `pin` for 1 to 30 days, 7 when not said, or `unpin`. In groups alone.
    Pin,
}

/// For how many days a message is pinned when that is not said (WhatsApp's choice).
const PINNED_DAYS: u32 = 7;

fn wrong<T>(rule: impl Into<String>) -> Result<T> {
    Err(Error::Coded(Code::ContentError, rule.into()))
}

/// The members of a content.
struct Members(Map<String, Value>);

impl Members {
    fn of(text: &str) -> Result<Self> {
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            _ => wrong("Content must be a JSON object"),
        }
    }

    /// A text, without the blanks around it; `None` when there is none.
    fn text(&self, name: &str, most: usize) -> Result<Option<String>> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.chars().count() > most => {
                wrong(format!("{name} must have at most {most} characters"))
            }
            Some(Value::String(text)) => {
                Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned))
            }
            Some(_) => wrong(format!("{name} must be a text")),
        }
    }

    fn line(&self, name: &str) -> Result<Option<String>> {
        self.text(name, LINE_CHARACTERS)
    }

    fn link(&self) -> Result<String> {
        let none = || Error::Coded(Code::LinkNotEmpty, "link must not be empty".to_owned());
        let link = self.text("link", LINK_BYTES)?.ok_or_else(none)?;
        if ["https://", "http://"].iter().any(|scheme| link.starts_with(scheme)) {
            Ok(link)
        } else {
            wrong("link must begin with https:// or http://")
        }
    }

    fn media(&self) -> Result<Media> {
        Ok(Media { link: self.link()?, caption: self.line("caption")? })
    }

    /// Degrees, given as a number or as its text.
    fn degrees(&self, name: &str, most: f64) -> Result<String> {
        let given = match self.0.get(name) {
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::String(text)) => text.trim().to_owned(),
            _ => String::new(),
        };
        match given.parse::<f64>() {
            Ok(degrees) if degrees.abs() <= most => Ok(given),
            _ => wrong(format!("{name} must be a number from -{most} to {most}")),
        }
    }

    fn message(&self) -> Result<MessageId> {
        let id = self.text("messageId", LINE_CHARACTERS)?.unwrap_or_default();
        MessageId::new(&id).map_err(|rule| Error::Coded(Code::ContentError, format!("messageId {rule}")))
    }

    fn pin(&self) -> Result<Option<PinDays>> {
        match self.text("type", LINE_CHARACTERS)?.as_deref() {
            Some("unpin") => return Ok(None),
            Some("pin") | None => {}
            Some(_) => return wrong("type must be pin or unpin"),
        }
        let days = match self.0.get("expirationDays") {
            None | Some(Value::Null) => Some(PINNED_DAYS),
            Some(Value::Number(days)) => days.as_u64().and_then(|days| u32::try_from(days).ok()),
            Some(Value::String(days)) => days.trim().parse().ok(),
            Some(_) => None,
        };
        match PinDays::try_from(days.unwrap_or_default()) {
            Ok(days) => Ok(Some(days)),
            Err(rule) => wrong(format!("expirationDays {rule}")),
        }
    }
}

/// A list of cards, alone or as the member of an object.
fn contacts(text: &str) -> Result<String> {
    let mut list = match serde_json::from_str(text) {
        Ok(Value::Object(mut members)) => members.remove("contacts").unwrap_or_default(),
        Ok(list) => list,
        Err(_) => Value::Null,
    };
    let cards = list.as_array_mut().filter(|cards| !cards.is_empty() && cards.iter().all(Value::is_object));
    match cards.map(|cards| json!(cards).to_string()) {
        Some(list) if list.len() <= CONTACTS_BYTES => Ok(list),
        Some(_) => wrong(format!("Content must have at most {CONTACTS_BYTES} bytes")),
        None => wrong("Content must be a list of at least one contact"),
    }
}

/// What a message of a type says.
pub(crate) fn parsed(kind: MessageType, text: &str) -> Result<Content> {
    if kind == MessageType::Contacts {
        return contacts(text).map(Content::Contacts);
    }
    let members = Members::of(text)?;
    Ok(match kind {
        MessageType::Text => {
            let none = || Error::Coded(Code::TextNotEmpty, "text must not be empty".to_owned());
            Content::Text(members.text("text", usize::MAX)?.ok_or_else(none)?)
        }
        MessageType::Image => Content::Image(members.media()?),
        MessageType::Video => Content::Video(members.media()?),
        MessageType::Audio => Content::Audio { link: members.link()? },
        MessageType::Document => Content::Document {
            link: members.link()?,
            name: members.line("fileName")?,
            caption: members.line("caption")?,
        },
        MessageType::Location => Content::Location(Location {
            longitude: members.degrees("longitude", 180.0)?,
            latitude: members.degrees("latitude", 90.0)?,
            name: members.line("name")?,
            address: members.line("address")?,
        }),
        MessageType::Reaction => {
            Content::Reaction { message: members.message()?, sign: members.text("emoji", SIGN_CHARACTERS)? }
        }
        MessageType::Sticker => Content::Sticker { link: members.link()? },
        MessageType::Pin => Content::Pin { message: members.message()?, days: members.pin()? },
        MessageType::Contacts => Content::Contacts(contacts(text)?),
    })
}

/// An object of these members, those that are none left out, as JSON text.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> String {
    let there = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect()).to_string()
}

/// A message's type and what it says: a text as it is, all else as JSON text.
pub(crate) fn written(content: &Content) -> (&'static str, String) {
    let some = |text: &str| Some(Value::from(text));
    let maybe = |text: &Option<String>| text.as_deref().map(Value::from);
    match content {
        Content::Text(text) => ("text", text.clone()),
        Content::Image(Media { link, caption }) => {
            ("image", object([("link", some(link)), ("caption", maybe(caption))]))
        }
        Content::Video(Media { link, caption }) => {
            ("video", object([("link", some(link)), ("caption", maybe(caption))]))
        }
        Content::Audio { link } => ("audio", object([("link", some(link))])),
        Content::Document { link, name, caption } => (
            "document",
            object([("link", some(link)), ("fileName", maybe(name)), ("caption", maybe(caption))]),
        ),
        Content::Sticker { link } => ("sticker", object([("link", some(link))])),
        Content::Location(Location { longitude, latitude, name, address }) => (
            "location",
            object([
                ("longitude", some(longitude)),
                ("latitude", some(latitude)),
                ("name", maybe(name)),
                ("address", maybe(address)),
            ]),
        ),
        Content::Contacts(list) => ("contacts", list.clone()),
        Content::Reaction { message, sign } => {
            ("reaction", object([("messageId", some(message.as_str())), ("emoji", maybe(sign))]))
        }
        Content::Pin { message, days } => (
            "pin",
            object([
                ("type", some(if days.is_some() { "pin" } else { "unpin" })),
                ("messageId", some(message.as_str())),
                ("expirationDays", days.map(|days| u32::from(days).into())),
            ]),
        ),
        Content::Unknown(_) => ("unknown", String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_says_what_it_needs_and_is_written_as_it_was_given() {
        use MessageType as T;
        let good = [
            (T::Text, r#"{"text":"hello"}"#, "hello"),
            (
                T::Image,
                r#"{"caption":"c","link":"https://a/b.jpg"}"#,
                r#"{"caption":"c","link":"https://a/b.jpg"}"#,
            ),
            (T::Video, r#"{"link":"http://a/b.mp4"}"#, r#"{"link":"http://a/b.mp4"}"#),
            (T::Audio, r#"{"link":"https://a"}"#, r#"{"link":"https://a"}"#),
            (T::Document, r#"{"fileName":"n","link":"https://a"}"#, r#"{"fileName":"n","link":"https://a"}"#),
            (T::Sticker, r#"{"link":"https://a"}"#, r#"{"link":"https://a"}"#),
            (
                T::Location,
                r#"{"longitude":8.5,"latitude":"-47","name":"Markt"}"#,
                r#"{"latitude":"-47","longitude":"8.5","name":"Markt"}"#,
            ),
            (T::Contacts, r#"[{"name":{"formatted_name":"Ann"}}]"#, r#"[{"name":{"formatted_name":"Ann"}}]"#),
            (T::Contacts, r#"{"contacts":[{"a":1}]}"#, r#"[{"a":1}]"#),
            (T::Reaction, r#"{"messageId":"m","emoji":"👍"}"#, r#"{"emoji":"👍","messageId":"m"}"#),
            (T::Reaction, r#"{"messageId":"m","emoji":""}"#, r#"{"messageId":"m"}"#),
            (T::Pin, r#"{"messageId":"m"}"#, r#"{"expirationDays":7,"messageId":"m","type":"pin"}"#),
            (T::Pin, r#"{"messageId":"m","type":"unpin"}"#, r#"{"messageId":"m","type":"unpin"}"#),
        ];
        for (kind, given, expected) in good {
            let content = parsed(kind, given).unwrap();
            let (name, text) = written(&content);
            assert_eq!(json!(kind), json!(name));
            match serde_json::from_str::<Value>(&text) {
                Ok(found) => assert_eq!(found, serde_json::from_str::<Value>(expected).unwrap()),
                Err(_) => assert_eq!(text, expected),
            }
        }
    }

    #[test]
    fn what_a_type_lacks_is_told_by_its_code() {
        use MessageType as T;
        let bad = [
            (T::Text, "hello", Code::ContentError),
            (T::Text, "{}", Code::TextNotEmpty),
            (T::Text, r#"{"text":" "}"#, Code::TextNotEmpty),
            (T::Text, r#"{"text":1}"#, Code::ContentError),
            (T::Image, r#"{"caption":"c"}"#, Code::LinkNotEmpty),
            (T::Audio, r#"{"link":"javascript:alert(1)"}"#, Code::ContentError),
            (T::Location, r#"{"longitude":181,"latitude":0}"#, Code::ContentError),
            (T::Location, r#"{"longitude":"NaN","latitude":0}"#, Code::ContentError),
            (T::Location, r#"{"longitude":1}"#, Code::ContentError),
            (T::Contacts, "[]", Code::ContentError),
            (T::Contacts, "[1]", Code::ContentError),
            (T::Reaction, r#"{"emoji":"x"}"#, Code::ContentError),
            (T::Pin, r#"{"messageId":"m","expirationDays":31}"#, Code::ContentError),
            (T::Pin, r#"{"messageId":"m","type":"stick"}"#, Code::ContentError),
        ];
        for (kind, given, code) in bad {
            match parsed(kind, given) {
                Err(Error::Coded(found, _)) => assert_eq!(found, code, "{given}"),
                other => panic!("{given}: {other:?}"),
            }
        }
    }
}
