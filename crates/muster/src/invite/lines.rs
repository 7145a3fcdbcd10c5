//! Messages as a room shows them: one form, for a page that is loaded and for what appears in it later.

use axum::http::{HeaderMap, Uri, header};
use maud::{Markup, html};
use muster_core::{
    chat_message::{ChatMessage, Content, Location, Media, Place},
    id::MessageId,
    service::Participant,
};
use serde_json::Value;

use super::{
    Rooms,
    page::{Icon, icon},
    standing::Standing,
    view::{author, is_alone, moment, said},
    words::{Language, Words},
};

/// Characters of a message that another one answers, or that is pinned.
const EXCERPT_CHARACTERS: usize = 120;
/// What leads out of the room: whoever is there learns nothing of it.
const OUTWARD: &str = "noopener noreferrer nofollow";

/// Messages for one reader.
pub(super) struct Lines<'a> {
    pub(super) code: &'a str,
    pub(super) reader: &'a Participant,
    pub(super) language: Language,
    pub(super) standing: &'a Standing,
    pub(super) site: &'a Site,
}

/// The hosts under which this server is known to whoever asks.
pub(super) struct Site([Option<String>; 2]);

impl Site {
    pub(super) fn of(rooms: &Rooms, headers: &HeaderMap) -> Self {
        let called = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
        Self([called, rooms.public_host.clone()])
    }

    /// The path of a file of this server's, if a link is to one: it may be loaded by a page as it is.
    pub(super) fn own_file(&self, link: &str) -> Option<String> {
        let link: Uri = link.parse().ok()?;
        let host = link.authority()?.as_str();
        let is_own = self.0.iter().flatten().any(|own| own.eq_ignore_ascii_case(host));
        (is_own && link.path().starts_with("/files/")).then(|| link.path().to_owned())
    }
}

/// Where a link leads, for somebody who decides whether to follow it.
fn host(link: &str) -> String {
    let uri: Option<Uri> = link.parse().ok();
    uri.and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_else(|| link.to_owned())
}

impl Lines<'_> {
    fn words(&self) -> &'static Words {
        self.language.words()
    }

    /// A message; nothing, where it is seen at another one.
    pub(super) fn line(&self, (place, message): &(Place, ChatMessage)) -> Markup {
        match &message.content {
            Content::Reaction { message: to, .. } if self.standing.message(to).is_some() => html! {},
            Content::Reaction { .. } | Content::Pin { .. } => self.notice(*place, message),
            _ => self.spoken(*place, message),
        }
    }

    /// Something that was done.
    fn notice(&self, place: Place, message: &ChatMessage) -> Markup {
        let (_, name) = author(message, self.reader, self.words());
        let (text, _) = said(&message.content, self.words());
        html! {
            li id={ "m-" (message.id) } class="notice" data-place=(place) tabindex="-1" { p { b { (name) } " " (text) } (time(message)) }
        }
    }

    /// Something that was said.
    fn spoken(&self, place: Place, message: &ChatMessage) -> Markup {
        let (side, name) = author(message, self.reader, self.words());
        let kind = if matches!(message.content, Content::Sticker { .. }) { " bare" } else { "" };
        html! {
            li id={ "m-" (message.id) } class={ "said " (side.name()) (kind) } data-place=(place) tabindex="-1" {
                p class="who" {
                    b { (name) }
                    @if is_alone(message) { " " i { (self.words().alone) } }
                }
                div class="bubble" {
                    @if let Some(to) = &message.reply_to { (self.quoted(to)) }
                    (self.content(message))
                }
                p class="foot" {
                    span class="signs" { (self.signs(&message.id)) }
                    (time(message))
                    @if message.group().is_some() {
                        a class="answer" href={ "/i/" (self.code) "?answer=" (message.id) }
                          aria-label=((self.words().answers)(&name)) { (icon(Icon::Answer)) }
                    }
                }
            }
        }
    }

    /// The signs at a message.
    pub(super) fn signs(&self, id: &MessageId) -> Markup {
        html! {
            @for (sign, count) in self.standing.signs(id) {
                span class="sign" { (sign) @if count > 1 { " " (count) } }
            }
        }
    }

    /// What is pinned.
    pub(super) fn pins(&self) -> Markup {
        html! {
            @for message in self.standing.pinned() {
                a class="pin" href=(self.way_to(message)) {
                    (icon(Icon::Pin))
                    span class="visually-hidden" { (self.words().pinned) ": " }
                    (self.excerpt(message))
                }
            }
        }
    }

    /// Where a message stands, be it on the page or not.
    fn way_to(&self, message: &ChatMessage) -> String {
        format!("/i/{}?at={id}#m-{id}", self.code, id = message.id)
    }

    /// What is being answered.
    pub(super) fn answered(&self, message: &ChatMessage) -> Markup {
        let (_, name) = author(message, self.reader, self.words());
        html! { b { ((self.words().answers)(&name)) } " " (self.excerpt(message)) }
    }

    /// The message that another one answers.
    fn quoted(&self, to: &MessageId) -> Markup {
        let words = self.words();
        html! {
            @if let Some(message) = self.standing.message(to) {
                @let (_, name) = author(message, self.reader, words);
                a class="quote" href=(self.way_to(message)) {
                    span class="visually-hidden" { ((words.answers)(&name)) ": " }
                    b aria-hidden="true" { (name) }
                    (self.excerpt(message))
                }
            } @else {
                p class="quote" { (words.not_here) }
            }
        }
    }

    fn excerpt(&self, message: &ChatMessage) -> Markup {
        let (text, _) = said(&message.content, self.words());
        let mut short: String = text.chars().take(EXCERPT_CHARACTERS).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        html! { span { (short) } }
    }

    /// Where a page loads a picture from: this server, also when the picture is elsewhere.
    fn source(&self, message: &ChatMessage, link: &str) -> String {
        let through = || format!("/i/{}/pictures/{}", self.code, message.id);
        self.site.own_file(link).unwrap_or_else(through)
    }

    fn content(&self, message: &ChatMessage) -> Markup {
        let words = self.words();
        match &message.content {
            Content::Text(text) => html! { p class="text" { (with_links(text)) } },
            Content::Image(Media { link, caption }) => html! {
                (self.picture(message, link, caption.as_deref().unwrap_or(words.picture), "picture"))
                (captioned(caption.as_deref()))
                (self.origin(link))
            },
            Content::Sticker { link } => html! {
                (self.picture(message, link, words.sticker, "sticker"))
                (self.origin(link))
            },
            Content::Video(Media { link, caption }) => html! {
                // Loaded when somebody sets it going, and not before: whoever keeps it would learn who reads.
                video controls preload="none" src=(link) width="640" height="360"
                  aria-label=(caption.as_deref().unwrap_or(words.video)) {}
                (captioned(caption.as_deref()))
                (self.origin(link))
            },
            Content::Audio { link } => html! {
                audio controls preload="none" src=(link) aria-label=(words.recording) {}
                (self.origin(link))
            },
            Content::Document { link, name, caption } => {
                let title = name.as_deref().or(caption.as_deref()).unwrap_or(words.document);
                let note = caption.as_deref().filter(|caption| *caption != title);
                html! {
                    a class="file" href=(link) target="_blank" rel=(OUTWARD) {
                        (icon(Icon::File))
                        b { (title) }
                        span { (words.document) " · " ((words.from_host)(&host(link))) }
                    }
                    (captioned(note))
                }
            }
            Content::Location(place) => self.place(place),
            Content::Contacts(cards) => contacts(cards, words),
            Content::Reaction { .. } | Content::Pin { .. } | Content::Unknown(_) => {
                html! { p class="text" { (said(&message.content, words).0) } }
            }
        }
    }

    fn picture(&self, message: &ChatMessage, link: &str, text: &str, class: &str) -> Markup {
        let source = self.source(message, link);
        html! {
            a class=(class) href=(source) target="_blank" rel=(OUTWARD) {
                img src=(source) alt=(text) width="640" height="480" loading="lazy";
            }
        }
    }

    /// Where something that is not kept here comes from.
    fn origin(&self, link: &str) -> Markup {
        html! {
            @if self.site.own_file(link).is_none() {
                p class="origin" {
                    a href=(link) target="_blank" rel=(OUTWARD) { ((self.words().from_host)(&host(link))) }
                }
            }
        }
    }

    fn place(&self, Location { longitude, latitude, name, address }: &Location) -> Markup {
        let map = match self.language {
            Language::English => {
                format!(
                    "https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=16/{latitude}/{longitude}"
                )
            }
            Language::Chinese => {
                format!("https://uri.amap.com/marker?position={longitude},{latitude}&coordinate=wgs84")
            }
        };
        html! {
            div class="place" {
                b { (name.as_deref().unwrap_or(self.words().place)) }
                @if let Some(address) = address { span { (address) } }
                span class="numbers" { (latitude) ", " (longitude) }
                a href=(map) target="_blank" rel=(OUTWARD) { (self.words().map) }
            }
        }
    }
}

fn time(message: &ChatMessage) -> Markup {
    let at = moment(message);
    html! { time datetime=(at) { (at.get(11..16).unwrap_or(&at)) " UTC" } }
}

fn captioned(caption: Option<&str>) -> Markup {
    html! { @if let Some(caption) = caption { p class="text" { (with_links(caption)) } } }
}

/// A text with its addresses as links.
fn with_links(text: &str) -> Markup {
    html! {
        @for part in text.split_inclusive(char::is_whitespace) {
            @let (address, rest) = address(part);
            @if !address.is_empty() { a href=(address) target="_blank" rel=(OUTWARD) { (address) } }
            (rest)
        }
    }
}

/// The address that a word begins with, and what follows it, such as the end of a sentence.
fn address(word: &str) -> (&str, &str) {
    let end = |c: char| {
        c.is_whitespace()
            || matches!(c, '<' | '>' | '"' | '，' | '。' | '）' | '」' | '”' | '；' | '！' | '？')
    };
    let closing = |c: char| matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '\'');
    match ["https://", "http://"].iter().find(|scheme| word.starts_with(**scheme)) {
        Some(scheme) => {
            let address = word[..word.find(end).unwrap_or(word.len())].trim_end_matches(closing);
            if address.len() > scheme.len() { word.split_at(address.len()) } else { ("", word) }
        }
        None => ("", word),
    }
}

/// People's cards, in the form of vCards that the Cloud API of WhatsApp has. What a card lacks is not shown.
fn contacts(list: &str, words: &Words) -> Markup {
    let cards: Vec<Value> = serde_json::from_str(list).unwrap_or_default();
    let text =
        |value: &Value| value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let each = |card: &Value, list: &str, member: &str| -> Vec<String> {
        card[list].as_array().into_iter().flatten().filter_map(|entry| text(&entry[member])).collect()
    };
    html! {
        @for card in &cards {
            div class="contact" {
                b { (text(&card["name"]["formatted_name"]).unwrap_or_else(|| words.contact.to_owned())) }
                @if let Some(company) = text(&card["org"]["company"]) { span { (company) } }
                @for phone in each(card, "phones", "phone") { a href={ "tel:" (dialled(&phone)) } { (phone) } }
                @for email in each(card, "emails", "email") { a href={ "mailto:" (email) } { (email) } }
            }
        }
    }
}

/// What of a written number is dialled.
fn dialled(phone: &str) -> String {
    phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_a_text_are_links_and_nothing_else_is() {
        let shown = |text: &str| with_links(text).into_string();
        assert_eq!(
            shown("see https://a.example/x?y=1&z, or\nnot"),
            format!(
                "see <a href=\"https://a.example/x?y=1&amp;z\" target=\"_blank\" rel=\"{OUTWARD}\">\
                 https://a.example/x?y=1&amp;z</a>, or\nnot"
            )
        );
        assert_eq!(shown("javascript:alert(1) <b>"), "javascript:alert(1) &lt;b&gt;");
        assert!(shown("https://a/\"onclick='x'").starts_with("<a href=\"https://a/\" "));
        assert_eq!(address("https://中文.example/路。然后"), ("https://中文.example/路", "。然后"));
        assert_eq!(address("https://"), ("", "https://"));
        assert_eq!(address("(https://a)"), ("", "(https://a)"));
    }

    #[test]
    fn cards_show_what_they_have_and_cannot_become_markup() {
        let words = Language::English.words();
        let cards = r#"[{"name":{"formatted_name":"<i>Ann"},"org":{"company":"Market"},
            "phones":[{"phone":"+49 160 1"},{"phone":7},{}],"emails":[{"email":"a@b"}]},{"a":1}]"#;
        let html = contacts(cards, words).into_string();
        assert!(
            html.contains("<b>&lt;i&gt;Ann</b><span>Market</span><a href=\"tel:+491601\">+49 160 1</a>"),
            "{html}"
        );
        assert!(
            html.contains("<a href=\"mailto:a@b\">a@b</a>") && html.contains("<b>A contact</b>"),
            "{html}"
        );
        assert_eq!(contacts("no list", words).into_string(), "");
    }

    #[test]
    fn a_file_is_this_servers_by_its_host_and_path() {
        let site = Site([Some("im.example.com:7070".into()), None]);
        assert_eq!(
            site.own_file("https://IM.example.com:7070/files/a/b%20c.jpg").as_deref(),
            Some("/files/a/b%20c.jpg")
        );
        for other in [
            "https://im.example.com/files/a/b",
            "https://im.example.com:7070/i/a",
            "files/a",
            "https://x@im.example.com:7070/files/a",
        ] {
            assert_eq!(site.own_file(other), None, "{other}");
        }
    }
}
