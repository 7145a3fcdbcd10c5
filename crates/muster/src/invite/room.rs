//! The room: what is said, who is there, a form to write and one to leave.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Form,
    extract::{
        Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use muster_core::{
    chat_message::{ChatMessage, Place},
    error::Error,
    id::MessageId,
    service::Participant,
    store::Stretch,
};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use super::{
    Code, Rooms, code_of,
    face::{Face, refused},
    page::{escaped, fault_note, page as html},
    seat,
    view::{Line, listed},
};
use crate::net::Origin;

const SCRIPT: &str = include_str!("room.js");
/// How long a page whose request could not be held waits until it asks again, in milliseconds.
const UNHELD_PAUSE: u32 = 3_000;

/// The script of the room.
pub(super) async fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, SCRIPT).into_response()
}

/// Has the browser keep a seat for its time, from now on.
pub(super) fn cookie(rooms: &Rooms, participant: &Participant, origin: Origin) -> Option<HeaderValue> {
    let token = rooms.muster.chats().seat(participant);
    let seconds = rooms.muster.limits().chat_seat_millis / 1000;
    seat::cookie(participant.group(), &token, seconds, origin)
}

/// What was written and could not be sent, and why.
#[derive(Default)]
pub(super) struct Unsent {
    text: String,
    fault: Option<(StatusCode, String)>,
}

/// The room as a page.
pub(super) async fn page(
    rooms: &Rooms,
    code: &str,
    participant: &Participant,
    origin: Origin,
    unsent: Unsent,
) -> Result<Response, Error> {
    let chats = rooms.muster.chats();
    let said = chats.read(participant, Stretch::Latest, rooms.bounds.room_messages).await?;
    let present = present(rooms, participant).await?.join(", ");
    let after = said.last().map_or(0, |(place, _)| *place);
    let lines: String = said.iter().map(|(_, message)| Line::of(message, participant).html()).collect();
    let group = participant.group();
    let about = group.description.as_deref().map(|text| format!("<p>{}</p>", escaped(text)));
    let most = rooms.bounds.message_characters;
    let (status, fault) = unsent.fault.map_or((StatusCode::OK, None), |(status, text)| (status, Some(text)));
    let body = format!(
        "<h1>{subject}</h1>{about}<p class=\"hint\">In this group: <span id=\"present\">{present}</span></p>\
         <ol id=\"said\" aria-live=\"polite\" data-after=\"{after}\">{lines}</ol>{note}\
         <form id=\"write\" method=\"post\" action=\"/i/{code}/messages\" data-unsent=\"The message was not sent.\">\
         <label>Message <textarea name=\"text\" rows=\"2\" maxlength=\"{most}\" required>\n{text}</textarea></label>\
         <button>Send</button></form>\
         <form method=\"post\" action=\"/i/{code}/leave\"><button class=\"quiet\">Leave the group</button></form>\
         <noscript><p class=\"hint\"><a href=\"/i/{code}\">Look for new messages</a></p></noscript>\
         <script src=\"/i/room.js\" defer></script>",
        subject = escaped(&group.subject),
        about = about.unwrap_or_default(),
        present = escaped(&present),
        note = fault_note(fault.as_deref()),
        code = escaped(code),
        text = escaped(&unsent.text),
    );
    let mut answer = html(status, &group.subject, &body);
    if let Some(cookie) = cookie(rooms, participant, origin) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// What those are called who are in the group.
async fn present(rooms: &Rooms, participant: &Participant) -> Result<Vec<String>, Error> {
    let members = rooms.muster.chats().present(participant).await?;
    let called = |member: &muster_core::roster::Member| {
        listed(member.info.as_deref(), member.user.as_str(), participant.number())
    };
    Ok(members.iter().map(called).collect())
}

/// From where news is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: Place,
    /// Whether the request is held until there is some.
    #[serde(default)]
    wait: u8,
}

/// What is new.
#[derive(Serialize)]
struct News {
    messages: Vec<Line>,
    /// From where the next news is asked for.
    after: Place,
    present: Vec<String>,
    /// How long the page waits until then, in milliseconds.
    pause: u32,
}

/// What was said after a place; held for a while when that is nothing yet.
pub(super) async fn news(
    State(rooms): State<Arc<Rooms>>,
    code: Code,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Query(asked) = match asked {
        Ok(asked) => asked,
        Err(rejection) => {
            return Face::Program.problem(rejection.status(), "Ask with the numbers after and wait.");
        }
    };
    let told = async {
        let code = code_of(code)?;
        let Some(participant) = rooms.seated(&code, &headers).await? else {
            return Ok(Face::Program.no_seat());
        };
        let permit = if asked.wait > 0 { rooms.waiting.try_acquire().ok() } else { None };
        let seconds = if permit.is_some() { rooms.bounds.room_wait_seconds } else { 0 };
        let until = Instant::now() + Duration::from_secs(seconds.into());
        let found = heard(&rooms, &code, &headers, participant, asked.after, until).await?;
        let Some((participant, said)) = found else { return Ok(Face::Program.no_seat()) };
        let pause = if asked.wait > 0 && permit.is_none() { UNHELD_PAUSE } else { 0 };
        let news = News {
            after: said.last().map_or(asked.after, |(place, _)| *place),
            messages: said.iter().map(|(_, message)| Line::of(message, &participant)).collect(),
            present: present(&rooms, &participant).await?,
            pause,
        };
        Ok((NOT_KEPT, axum::Json(news)).into_response())
    };
    told.await.unwrap_or_else(|error| Face::Program.refusal(&error))
}

const NOT_KEPT: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// Said messages, with where they stand.
type Said = Vec<(Place, ChatMessage)>;

/// What was said after a place, waited for until then: woken by what is said by way of this node, and looked for now and then
/// because of others. Whether the participant still is one is looked at each time.
async fn heard(
    rooms: &Rooms,
    code: &str,
    headers: &HeaderMap,
    mut participant: Participant,
    after: Place,
    until: Instant,
) -> Result<Option<(Participant, Said)>, Error> {
    let chats = rooms.muster.chats();
    let look = Duration::from_millis(rooms.bounds.room_look_millis.into());
    loop {
        let bell = chats.bell(&participant);
        let stretch = Stretch::After(after);
        let said = chats.read(&participant, stretch, rooms.bounds.room_messages).await?;
        if !said.is_empty() || Instant::now() >= until || rooms.readiness.is_draining() {
            return Ok(Some((participant, said)));
        }
        let again = until.min(Instant::now() + look);
        // Either way it is time to look.
        let _ = timeout_at(again, bell.rung()).await;
        let Some(still) = rooms.seated(code, headers).await? else { return Ok(None) };
        participant = still;
    }
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
    let face = Face::of(&headers);
    let Form(Written { text, reply_to }) = match form {
        Ok(form) => form,
        Err(rejection) => return face.problem(rejection.status(), "Send the field text as a form."),
    };
    let sent = async {
        let code = code_of(code)?;
        let Some(participant) = rooms.seated(&code, &headers).await? else { return Ok(face.no_seat()) };
        let text = text.replace("\r\n", "\n");
        let fault = match text.trim() {
            "" => Some((StatusCode::BAD_REQUEST, "Write something first.".to_owned())),
            said => said_in(&rooms, &participant, said, &reply_to).await.err(),
        };
        Ok(match (face, fault) {
            (Face::Browser, None) => Redirect::to(&format!("/i/{code}")).into_response(),
            (Face::Program, None) => axum::Json(serde_json::json!({ "sent": true })).into_response(),
            (Face::Browser, fault) => {
                page(&rooms, &code, &participant, origin, Unsent { text, fault }).await?
            }
            (Face::Program, Some((status, text))) => face.problem(status, &text),
        })
    };
    sent.await.unwrap_or_else(|error| face.refusal(&error))
}

/// Has a participant say something, which may answer a message; or why not.
async fn said_in(
    rooms: &Rooms,
    participant: &Participant,
    text: &str,
    reply_to: &str,
) -> Result<(), (StatusCode, String)> {
    let nothing = || (StatusCode::CONFLICT, "What this answers is not in the group any more.".to_owned());
    let reply_to = match reply_to {
        "" => None,
        id => Some(MessageId::new(id).map_err(|_| nothing())?),
    };
    match rooms.muster.chats().write(participant, text, reply_to).await {
        Ok(_) => Ok(()),
        Err(Error::NoMessage(_)) => Err(nothing()),
        Err(error) => Err(refused(&error)),
    }
}

pub(super) async fn leave(
    State(rooms): State<Arc<Rooms>>,
    code: Code,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
) -> Response {
    let face = Face::of(&headers);
    let left = async {
        let code = code_of(code)?;
        let Some(participant) = rooms.seated(&code, &headers).await? else { return Ok(face.no_seat()) };
        let group = participant.group().clone();
        rooms.muster.chats().go(participant).await?;
        let mut answer = face.farewell(&group);
        if let Some(forgotten) = seat::cookie(&group, "", 0, origin) {
            answer.headers_mut().insert(header::SET_COOKIE, forgotten);
        }
        Ok(answer)
    };
    left.await.unwrap_or_else(|error| face.refusal(&error))
}
