//! The room: what is said, who is there, a form to write and one to leave.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Extension, Form,
    extract::{
        Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use maud::{Markup, html};
use muster_core::{
    chat_message::{ChatMessage, Content, Place},
    error::Error,
    id::MessageId,
    service::Participant,
    store::Stretch,
};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use super::{
    Code, Rooms, code_of,
    face::{Face, For, Refusal, refused},
    history::{Part, Wanted},
    lines::{Lines, Site},
    page::{Icon, Kind, choices, fault_note, icon, page as whole, portrait},
    seat,
    standing::Standing,
    view::{Line, listed},
    words::Words,
};
use crate::net::Origin;

/// How long a page whose request could not be held waits until it asks again, in milliseconds.
const UNHELD_PAUSE: u32 = 3_000;

/// Has the browser keep a seat for its time, from now on.
pub(super) fn cookie(rooms: &Rooms, participant: &Participant, origin: Origin) -> Option<HeaderValue> {
    let token = rooms.muster.chats().seat(participant);
    let seconds = rooms.muster.limits().chat_seat_millis / 1000;
    seat::cookie(participant.group(), &token, seconds, origin)
}

/// Whose room is shown, and to whom.
pub(super) struct Visit<'a> {
    pub(super) rooms: &'a Rooms,
    pub(super) code: &'a str,
    pub(super) participant: &'a Participant,
    pub(super) face: Face,
    pub(super) site: Site,
    pub(super) origin: Origin,
}

/// What was written and could not be sent, and why.
#[derive(Default)]
pub(super) struct Unsent {
    text: String,
    /// The message that it answers.
    reply_to: Option<MessageId>,
    refusal: Option<Refusal>,
}

impl Unsent {
    /// Nothing yet, but the message that it shall answer.
    pub(super) fn answering(reply_to: Option<MessageId>) -> Self {
        Self { reply_to, ..Self::default() }
    }
}

impl Visit<'_> {
    fn words(&self) -> &'static Words {
        self.face.words()
    }

    fn lines<'a>(&'a self, standing: &'a Standing) -> Lines<'a> {
        let Self { code, participant, face, site, .. } = self;
        Lines { code, reader: participant, language: face.manner.language, standing, site }
    }

    /// The room as a page, with a part of what was said.
    pub(super) async fn page(&self, wanted: &Wanted, unsent: Unsent) -> Result<Response, Error> {
        let Self { rooms, participant, .. } = self;
        let part = Part::of(rooms, participant, wanted).await?;
        let end = part.end(rooms, participant).await?;
        let mut standing = Standing::of(rooms, participant, &part.said).await?;
        if let Some(id) = &unsent.reply_to {
            standing.learn(rooms, participant, id).await?;
        }
        let present = self.present().await?;
        let body = html! {
            (self.head(&present))
            (self.about(&present))
            main {
                (self.conversation(&part, end, &standing, &present))
                (self.writing(&unsent, &standing))
            }
        };
        let status = unsent.refusal.map_or(StatusCode::OK, |refusal| refusal.status);
        let title = &participant.group().subject;
        let mut answer = whole(status, self.face.manner, Kind::Room, title, &body);
        if let Some(cookie) = cookie(rooms, participant, self.origin) {
            answer.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        Ok(answer)
    }

    fn head(&self, present: &Present) -> Markup {
        let group = self.participant.group();
        let through = || format!("/i/{}/pictures/group", self.code);
        let picture = group.picture.as_deref().map(|link| self.site.own_file(link).unwrap_or_else(through));
        html! {
            header {
                (portrait(&group.subject, picture.as_deref()))
                div class="title" {
                    h1 { (group.subject) }
                    p id="count" { (present.count) }
                }
                button type="button" class="icon" popovertarget="about" aria-label=(self.words().about) {
                    (icon(Icon::People))
                }
            }
        }
    }

    /// Who is there, what the group is about, how it is shown, and the way out.
    fn about(&self, present: &Present) -> Markup {
        let words = self.words();
        html! {
            aside id="about" popover="auto" aria-label=(words.about) {
                button type="button" class="icon close" popovertarget="about" popovertargetaction="hide" aria-label=(words.close) {
                    span aria-hidden="true" { "×" }
                }
                @if let Some(about) = &self.participant.group().description { p class="about" { (about) } }
                h2 { (words.people) }
                ul id="present" { (present.list) }
                p id="free" class="hint" { (present.free) }
                (choices(self.face.manner, self.code))
                // A second press at the same place is asked for.
                details class="leave" {
                    summary { (words.leave) }
                    form method="post" action={ "/i/" (self.code) "/leave" } {
                        button class="danger" { (words.leave_surely) }
                    }
                }
            }
        }
    }

    fn conversation(&self, part: &Part, end: Place, standing: &Standing, present: &Present) -> Markup {
        let words = self.words();
        let lines = self.lines(standing);
        let held = self.rooms.bounds.room_wait_seconds;
        let Part { said, earlier, later, .. } = part;
        let way = |id: &str, place: Option<Place>, query: &str, text: &str| {
            let query = place.map(|place| format!("?{query}={place}")).unwrap_or_default();
            let to = format!("/i/{}{query}#said", self.code);
            html! { a id=(id) class="way" href=(to) data-place=[place] hidden[place.is_none()] { (text) } }
        };
        html! {
            section id="pins" aria-label=(words.pinned) { (lines.pins()) }
            // Turned over, so that it begins at its end without a script.
            div id="log" role="log" aria-live="polite" aria-label=(words.messages) tabindex="0" {
                div {
                    (way("earlier", *earlier, "before", words.earlier))
                    ol id="said" data-after=(end) data-state=(present.state) data-held=(held) { @for said in said { (lines.line(said)) } }
                    p class="silence" { (words.silence) }
                    (way("later", *later, "after", words.later))
                }
            }
            button type="button" id="newer" hidden { (words.newer) }
            p id="state" role="status" data-lost=(words.lost) data-found=(words.found) {}
            a id="look" href={ "/i/" (self.code) } { (words.look) }
        }
    }

    fn writing(&self, unsent: &Unsent, standing: &Standing) -> Markup {
        let words = self.words();
        let answered = unsent.reply_to.as_ref().and_then(|id| standing.message(id));
        let is_open = self.participant.group().status.is_open();
        let most = self.rooms.bounds.message_characters;
        html! {
                   (fault_note(unsent.refusal.as_ref().map(|refusal| &*refusal.text)))
                   p id="paused" hidden[is_open] { (words.paused) }
                   form id="write" method="post" action={ "/i/" (self.code) "/messages" } data-unsent=(words.unsent)
        hidden[!is_open] {
                       input type="hidden" name="replyTo" value=[answered.map(|message| message.id.as_str())];
                       div id="answering" hidden[answered.is_none()] {
                           p { @if let Some(message) = answered { (self.lines(standing).answered(message)) } }
                           a href={ "/i/" (self.code) } aria-label=(words.close) { "×" }
                       }
                       label for="text" class="visually-hidden" { (words.message) }
                       // A line break right behind the tag is passed over: one that was typed is not.
                       textarea id="text" name="text" rows="1" maxlength=(most) required placeholder=(words.message)
                         data-keep={ "text " (self.code) } aria-describedby="fault" { "\n" (unsent.text) }
                       button { (words.send) }
                   }
               }
    }

    /// Who is in the group.
    async fn present(&self) -> Result<Present, Error> {
        let words = self.words();
        let found = self.rooms.muster.chats().present(self.participant).await?;
        let number = self.participant.number();
        let called = |member: &muster_core::roster::Member| {
            listed(member.info.as_deref(), member.user.as_str(), number, words)
        };
        let names: Vec<String> = found.entries.iter().map(called).collect();
        let free = self.rooms.bounds.max_participants.saturating_sub(found.total);
        Ok(Present {
            list: html! { @for name in &names { li { (portrait(name, None)) span { (name) } } } },
            count: (words.here)(found.total),
            free: (words.free_places)(free),
            state: state_of(self.participant, found.total),
            names,
        })
    }
}

/// What of a room may change without a word, in short: how many are there, and whether they may write.
fn state_of(participant: &Participant, count: u64) -> String {
    format!("{count}-{}", participant.group().status.is_open())
}

/// Who is in a group, as it is told.
struct Present {
    state: String,
    names: Vec<String>,
    list: Markup,
    count: String,
    free: String,
}

/// From where news is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: Place,
    /// Whether the request is held until there is some.
    #[serde(default)]
    wait: u8,
    /// Whether messages are asked for as a page shows them.
    #[serde(default)]
    shown: u8,
    /// What the asker knows of the room's state; it is told of another one at once.
    #[serde(default)]
    state: Option<String>,
}

/// What is new.
#[derive(Serialize)]
#[serde(untagged)]
enum News<'a> {
    /// For a program.
    Told { messages: Vec<Line<'a>>, after: Place, present: Vec<String>, pause: u32 },
    /// For a page, as HTML.
    Shown(Box<Shown>),
}

/// What is new, as a page shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    lines: String,
    /// The signs at messages that were given some or lost them.
    signs: BTreeMap<String, String>,
    /// What is pinned, if that may have changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pins: Option<String>,
    /// From where the next news is asked for, and with what state.
    after: Place,
    state: String,
    present: String,
    count: String,
    free: String,
    /// Whether people may write.
    open: bool,
    /// How long the page waits until it asks again, in milliseconds.
    pause: u32,
}

/// What was said after a place; held for a while when that is nothing yet.
pub(super) async fn news(
    State(rooms): State<Arc<Rooms>>,
    code: Code,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let (face, code) = (Face::program(&headers), code_of(code));
    let Query(asked) = match asked {
        Ok(asked) => asked,
        Err(rejection) => {
            return face.malformed(rejection.status(), &code, "Ask with the numbers after and wait.");
        }
    };
    let told = async {
        let Some(participant) = rooms.seated(&code, &headers).await? else {
            return Ok(face.no_seat(&code));
        };
        let permit = if asked.wait > 0 { rooms.waiting.try_acquire().ok() } else { None };
        let seconds = if permit.is_some() { rooms.bounds.room_wait_seconds } else { 0 };
        let until = Instant::now() + Duration::from_secs(seconds.into());
        let found = heard(&rooms, &code, &headers, participant, &asked, until).await?;
        let Some((participant, said)) = found else { return Ok(face.no_seat(&code)) };
        let pause = if asked.wait > 0 && permit.is_none() { UNHELD_PAUSE } else { 0 };
        let after = said.last().map_or(asked.after, |(place, _)| *place);
        let site = Site::of(&rooms, &headers);
        let visit = Visit { rooms: &rooms, code: &code, participant: &participant, face, site, origin };
        let news = match asked.shown {
            0 => {
                let line = |(_, message)| Line::of(message, &participant, face.words());
                let messages = said.iter().map(|said| line((said.0, &said.1))).collect();
                News::Told { messages, after, present: visit.present().await?.names, pause }
            }
            _ => News::Shown(Box::new(visit.shown(&said, after, pause).await?)),
        };
        Ok(axum::Json(news).into_response())
    };
    told.await.unwrap_or_else(|error: Error| face.refused(&code, &error))
}

impl Visit<'_> {
    /// Messages, for a page.
    pub(super) async fn shown_lines(&self, said: &[(Place, ChatMessage)]) -> Result<String, Error> {
        let standing = Standing::of(self.rooms, self.participant, said).await?;
        let lines = self.lines(&standing);
        Ok(html! { @for said in said { (lines.line(said)) } }.into_string())
    }

    /// What is new, for a page.
    async fn shown(&self, said: &[(Place, ChatMessage)], after: Place, pause: u32) -> Result<Shown, Error> {
        let Self { rooms, participant, .. } = self;
        let standing = match said {
            [] => Standing::default(),
            _ => Standing::of(rooms, participant, said).await?,
        };
        let lines = self.lines(&standing);
        let signed = said.iter().filter_map(|(_, message)| match &message.content {
            Content::Reaction { message: to, .. } => Some(to),
            _ => None,
        });
        let is_pin = |(_, message): &(Place, ChatMessage)| matches!(message.content, Content::Pin { .. });
        let Present { list, count, free, state, .. } = self.present().await?;
        Ok(Shown {
            lines: html! { @for said in said { (lines.line(said)) } }.into_string(),
            signs: signed.map(|to| (to.to_string(), lines.signs(to).into_string())).collect(),
            pins: said.iter().any(is_pin).then(|| lines.pins().into_string()),
            after,
            state,
            present: list.into_string(),
            count,
            free,
            open: participant.group().status.is_open(),
            pause,
        })
    }
}

/// Said messages, with where they stand.
pub(super) type Said = Vec<(Place, ChatMessage)>;

/// What was said after a place, waited for until then: woken by what is said by way of this node, and looked for now and then
/// because of others. Whether the participant still is one is looked at each time.
async fn heard(
    rooms: &Rooms,
    code: &str,
    headers: &HeaderMap,
    mut participant: Participant,
    asked: &Asked,
    until: Instant,
) -> Result<Option<(Participant, Said)>, Error> {
    let chats = rooms.muster.chats();
    let look = Duration::from_millis(rooms.bounds.room_look_millis.into());
    loop {
        let bell = chats.bell(&participant);
        let stretch = Stretch::After(asked.after);
        let said = chats.read(&participant, stretch, rooms.bounds.room_messages).await?;
        let is_news = !said.is_empty() || is_other_state(rooms, &participant, asked).await?;
        if is_news || Instant::now() >= until || rooms.readiness.is_draining() {
            return Ok(Some((participant, said)));
        }
        let again = until.min(Instant::now() + look);
        // Either way it is time to look.
        let _ = timeout_at(again, bell.rung()).await;
        let Some(still) = rooms.seated(code, headers).await? else { return Ok(None) };
        participant = still;
    }
}

/// Whether the room is in another state than the asker knows.
async fn is_other_state(rooms: &Rooms, participant: &Participant, asked: &Asked) -> Result<bool, Error> {
    let Some(known) = &asked.state else { return Ok(false) };
    let count = rooms.muster.chats().present(participant).await?.total;
    Ok(*known != state_of(participant, count))
}

/// What is written.
#[derive(Deserialize)]
pub(super) struct Written {
    text: String,
    /// The message that it answers; absent or empty when it answers none.
    #[serde(default, rename = "replyTo")]
    reply_to: String,
}

pub(super) async fn write(
    State(rooms): State<Arc<Rooms>>,
    code: Code,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    form: Result<Form<Written>, FormRejection>,
) -> Response {
    let (face, code) = (Face::of(&headers), code_of(code));
    let Form(Written { text, reply_to }) = match form {
        Ok(form) => form,
        Err(rejection) => return face.malformed(rejection.status(), &code, "Send the field text as a form."),
    };
    let sent = async {
        let Some(participant) = rooms.seated(&code, &headers).await? else { return Ok(face.no_seat(&code)) };
        let text = text.replace("\r\n", "\n");
        let words = face.words();
        let reply_to = (!reply_to.is_empty()).then(|| MessageId::new(&reply_to)).transpose();
        let refusal = match (text.trim(), &reply_to) {
            ("", _) => Some(Refusal::of_text(StatusCode::BAD_REQUEST, words.write_first.to_owned())),
            (_, Err(_)) => Some(Refusal::of_text(StatusCode::CONFLICT, words.nothing_to_answer.to_owned())),
            (said, Ok(reply_to)) => {
                let written = rooms.muster.chats().write(&participant, said, reply_to.clone()).await;
                written.err().map(|error| not_written(&error, words))
            }
        };
        Ok(match (face.whom, refusal) {
            (For::Browser, None) => Redirect::to(&format!("/i/{code}")).into_response(),
            (For::Program, None) => axum::Json(serde_json::json!({ "sent": true })).into_response(),
            (For::Browser, refusal) => {
                let site = Site::of(&rooms, &headers);
                let visit =
                    Visit { rooms: &rooms, code: &code, participant: &participant, face, site, origin };
                visit
                    .page(&Wanted::default(), Unsent { text, reply_to: reply_to.ok().flatten(), refusal })
                    .await?
            }
            (For::Program, Some(refusal)) => face.refusal(&code, refusal),
        })
    };
    sent.await.unwrap_or_else(|error: Error| face.refused(&code, &error))
}

/// Why something was not written.
fn not_written(error: &Error, words: &Words) -> Refusal {
    match error {
        Error::GroupInactive(_) => Refusal::of_text(StatusCode::CONFLICT, words.paused.to_owned()),
        Error::NoMessage(_) => Refusal::of_text(StatusCode::CONFLICT, words.nothing_to_answer.to_owned()),
        error => refused(error, words),
    }
}

pub(super) async fn leave(
    State(rooms): State<Arc<Rooms>>,
    code: Code,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
) -> Response {
    let (face, code) = (Face::of(&headers), code_of(code));
    let left = async {
        let Some(participant) = rooms.seated(&code, &headers).await? else { return Ok(face.no_seat(&code)) };
        let group = participant.group().clone();
        rooms.muster.chats().go(participant).await?;
        let mut answer = face.farewell(&code, &group);
        if let Some(forgotten) = seat::cookie(&group, "", 0, origin) {
            answer.headers_mut().insert(header::SET_COOKIE, forgotten);
        }
        Ok(answer)
    };
    left.await.unwrap_or_else(|error: Error| face.refused(&code, &error))
}
