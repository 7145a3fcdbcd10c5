//! What a participant sees of a message, as programs have it: who said it, and what, as text and at most one link.

use muster_core::{
    chat::PhoneNumber,
    chat_message::{Author, ChatMessage, Content, Conversation, Location, Media},
    service::Participant,
};
use serde::Serialize;

use super::words::Words;

/// Digits of a number that others see.
const SHOWN_DIGITS: usize = 4;

/// Whose a message is, for whoever reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    Business,
    You,
    Other,
}

impl Side {
    /// Its name, in style sheets too.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::You => "you",
            Self::Other => "other",
        }
    }
}

/// A message.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    id: &'a str,
    from: Side,
    /// Who said it.
    name: String,
    /// Said when the business has written to this participant alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    alone: Option<&'static str>,
    /// What it says.
    text: String,
    /// Where more of it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    /// The message that it answers.
    #[serde(rename = "replyTo", skip_serializing_if = "Option::is_none")]
    reply_to: Option<&'a str>,
    /// When it was taken: ISO 8601, in UTC.
    at: String,
}

impl<'a> Line<'a> {
    pub(super) fn of(message: &'a ChatMessage, reader: &Participant, words: &Words) -> Self {
        let (from, name) = author(message, reader, words);
        let (text, link) = said(&message.content, words);
        Self {
            id: message.id.as_str(),
            from,
            name,
            alone: is_alone(message).then_some(words.alone),
            text,
            link,
            reply_to: message.reply_to.as_ref().map(|id| id.as_str()),
            at: moment(message),
        }
    }
}

/// Whose a message is, and what they are called.
pub(super) fn author(message: &ChatMessage, reader: &Participant, words: &Words) -> (Side, String) {
    match &message.author {
        Author::Business => (Side::Business, reader.group().subject.clone()),
        Author::Person { number, .. } if number == reader.number() => (Side::You, words.you.to_owned()),
        Author::Person { number, name } => (Side::Other, called(name.as_deref(), number.as_str())),
    }
}

/// Whether the business has said something to one person alone.
pub(super) fn is_alone(message: &ChatMessage) -> bool {
    matches!(message.conversation, Conversation::Person(_))
}

/// What somebody is called by others: by their name, or by the end of their number.
pub(super) fn called(name: Option<&str>, number: &str) -> String {
    match name.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None => format!("…{}", &number[number.len().saturating_sub(SHOWN_DIGITS)..]),
    }
}

/// What somebody in the group is called in a list of who is there.
pub(super) fn listed(name: Option<&str>, number: &str, reader: &PhoneNumber, words: &Words) -> String {
    let called = called(name, number);
    if number == reader.as_str() { (words.marked_you)(&called) } else { called }
}

/// When a message was taken: ISO 8601, in UTC.
pub(super) fn moment(message: &ChatMessage) -> String {
    jiff::Timestamp::from_millisecond(message.at.0).unwrap_or_default().to_string()
}

/// A content in words, and its link.
pub(super) fn said<'a>(content: &'a Content, words: &Words) -> (String, Option<&'a str>) {
    fn captioned<'a>(what: &str, Media { link, caption }: &'a Media) -> (String, Option<&'a str>) {
        (caption.clone().unwrap_or_else(|| what.to_owned()), Some(link))
    }
    match content {
        Content::Text(text) => (text.clone(), None),
        Content::Image(media) => captioned(words.picture, media),
        Content::Video(media) => captioned(words.video, media),
        Content::Audio { link } => (words.recording.to_owned(), Some(link)),
        Content::Document { link, name, caption } => {
            let title = name.as_deref().or(caption.as_deref()).unwrap_or(words.document);
            (title.to_owned(), Some(link))
        }
        Content::Sticker { link } => (words.sticker.to_owned(), Some(link)),
        Content::Location(place) => (format!("{}: {}", words.place, located(place)), None),
        Content::Contacts(_) => (words.contact.to_owned(), None),
        Content::Reaction { sign: Some(sign), .. } => ((words.reacts)(sign), None),
        Content::Reaction { sign: None, .. } => (words.takes_back.to_owned(), None),
        Content::Pin { days: Some(_), .. } => (words.pins.to_owned(), None),
        Content::Pin { days: None, .. } => (words.unpins.to_owned(), None),
        Content::Unknown(_) => (words.unknown.to_owned(), None),
    }
}

fn located(Location { longitude, latitude, name, address }: &Location) -> String {
    let parts = [name.as_deref(), address.as_deref()].into_iter().flatten();
    parts.chain([&*format!("{latitude}, {longitude}")]).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::words::Language;

    #[test]
    fn whoever_gives_no_name_is_called_by_the_end_of_their_number() {
        assert_eq!(called(Some(" Ann "), "491600000001"), "Ann");
        assert_eq!(called(Some(" "), "491600000001"), "…0001");
        assert_eq!(called(None, "491600000001"), "…0001");
        let reader = PhoneNumber::new("491600000001").unwrap();
        let listed = |name, number, language: Language| listed(name, number, &reader, language.words());
        assert_eq!(listed(None, "491600000001", Language::English), "…0001 (you)");
        assert_eq!(listed(None, "491600000001", Language::Chinese), "…0001（您）");
        assert_eq!(listed(Some("Ben"), "491600000002", Language::English), "Ben");
    }

    #[test]
    fn a_place_is_told_by_what_is_known_of_it() {
        let place = |name: Option<&str>, address: Option<&str>| {
            let text = |text: Option<&str>| text.map(str::to_owned);
            let place = Location {
                longitude: "8.5".into(),
                latitude: "47".into(),
                name: text(name),
                address: text(address),
            };
            said(&Content::Location(place), Language::English.words()).0
        };
        assert_eq!(place(Some("Markt"), Some("Hauptstr. 1")), "A place: Markt, Hauptstr. 1, 47, 8.5");
        assert_eq!(place(None, None), "A place: 47, 8.5");
    }
}
