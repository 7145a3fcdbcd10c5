//! What a participant sees of a message: who said it, and what, as text and at most one link. Pictures are not loaded by the
//! page: whoever is behind a link would learn who reads.

use muster_core::{
    chat::PhoneNumber,
    chat_message::{Author, ChatMessage, Content, Conversation, Location, Media},
    service::Participant,
};
use serde::Serialize;

use super::page::escaped;

/// Digits of a number that others see.
const SHOWN_DIGITS: usize = 4;

/// A message, as a page has it.
#[derive(Serialize)]
pub(super) struct Line {
    /// Whose it is: `business`, `you` or `other`.
    from: &'static str,
    /// Who said it.
    name: String,
    /// Said when the business has written to this participant alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    alone: Option<&'static str>,
    /// What it says.
    text: String,
    /// Where more of it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    /// When it was taken: ISO 8601, in UTC.
    at: String,
}

/// What somebody is called by others: by their name, or by the end of their number.
pub(super) fn called(name: Option<&str>, number: &str) -> String {
    match name.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None => format!("…{}", &number[number.len().saturating_sub(SHOWN_DIGITS)..]),
    }
}

impl Line {
    pub(super) fn of(message: &ChatMessage, reader: &Participant) -> Self {
        let (from, name) = match &message.author {
            Author::Business => ("business", reader.group().subject.clone()),
            Author::Person { number, .. } if number == reader.number() => ("you", "You".to_owned()),
            Author::Person { number, name } => ("other", called(name.as_deref(), number.as_str())),
        };
        let (text, link) = words(&message.content);
        let alone = matches!(message.conversation, Conversation::Person(_)).then_some("to you alone");
        Self { from, name, alone, text, link, at: moment(message) }
    }

    /// The same for a page without its script.
    pub(super) fn html(&self) -> String {
        let alone = self.alone.map(|alone| format!("<i>{alone}</i>")).unwrap_or_default();
        let link = self.link.as_deref().map(escaped).map(|link| {
            format!("<a href=\"{link}\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">{link}</a>")
        });
        let (from, at) = (self.from, &self.at);
        let time = at.get(11..16).unwrap_or(at);
        format!(
            "<li class=\"{from}\"><b>{}</b>{alone}<p>{}</p>{}<time datetime=\"{at}\">{time} UTC</time></li>",
            escaped(&self.name),
            escaped(&self.text),
            link.unwrap_or_default(),
        )
    }
}

fn moment(message: &ChatMessage) -> String {
    jiff::Timestamp::from_millisecond(message.at.0).unwrap_or_default().to_string()
}

/// A content in words, and its link.
fn words(content: &Content) -> (String, Option<String>) {
    let captioned = |what: &str, Media { link, caption }: &Media| {
        (caption.clone().unwrap_or_else(|| what.to_owned()), Some(link.clone()))
    };
    match content {
        Content::Text(text) => (text.clone(), None),
        Content::Image(media) => captioned("A picture", media),
        Content::Video(media) => captioned("A video", media),
        Content::Audio { link } => ("A recording".to_owned(), Some(link.clone())),
        Content::Document { link, name, caption } => {
            let title = name.clone().or_else(|| caption.clone());
            (title.unwrap_or_else(|| "A document".to_owned()), Some(link.clone()))
        }
        Content::Sticker { link } => ("A sticker".to_owned(), Some(link.clone())),
        Content::Location(place) => (located(place), None),
        Content::Contacts(_) => ("A contact".to_owned(), None),
        Content::Reaction { sign: Some(sign), .. } => (format!("reacted with {sign}"), None),
        Content::Reaction { sign: None, .. } => ("took a reaction back".to_owned(), None),
        Content::Pin { days: Some(_), .. } => ("pinned a message".to_owned(), None),
        Content::Pin { days: None, .. } => ("unpinned a message".to_owned(), None),
        Content::Unknown(_) => ("A message that this version cannot show".to_owned(), None),
    }
}

fn located(Location { longitude, latitude, name, address }: &Location) -> String {
    let parts = [name.as_deref(), address.as_deref()].into_iter().flatten();
    let place = parts.chain([&*format!("{latitude}, {longitude}")]).collect::<Vec<_>>().join(", ");
    format!("A place: {place}")
}

/// What somebody in the group is called in a list of who is there.
pub(super) fn listed(name: Option<&str>, number: &str, reader: &PhoneNumber) -> String {
    let called = called(name, number);
    if number == reader.as_str() { format!("{called} (you)") } else { called }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_gives_no_name_is_called_by_the_end_of_their_number() {
        assert_eq!(called(Some(" Ann "), "491600000001"), "Ann");
        assert_eq!(called(Some(" "), "491600000001"), "…0001");
        assert_eq!(called(None, "491600000001"), "…0001");
        let reader = PhoneNumber::new("491600000001").unwrap();
        assert_eq!(listed(None, "491600000001", &reader), "…0001 (you)");
        assert_eq!(listed(Some("Ben"), "491600000002", &reader), "Ben");
    }

    #[test]
    fn what_people_write_cannot_become_markup() {
        let line = Line {
            from: "other",
            name: "<i>".into(),
            alone: None,
            text: "<script>".into(),
            link: Some("https://a/\"onclick='x'".into()),
            at: "2026-11-20T10:00:00Z".into(),
        };
        let html = line.html();
        assert!(html.contains("<b>&lt;i&gt;</b><p>&lt;script&gt;</p>"), "{html}");
        assert!(html.contains("href=\"https://a/&quot;onclick=&#39;x&#39;\""), "{html}");
        assert!(html.ends_with(">10:00 UTC</time></li>"), "{html}");
    }
}
