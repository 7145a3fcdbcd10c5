//! Whom an answer is for, and what it says.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use maud::{Markup, html};
use muster_core::{
    chat::{ChatGroup, PhoneNumber},
    error::Error,
    service::Invitation,
    store::StoreError,
};
use serde_json::json;

use super::{
    Joining, NAME_CHARACTERS,
    lines::Site,
    manner::Manner,
    page::{Kind, card, choices, fault_note, page, portrait},
    words::{Notice, Words},
};

/// For whom an answer is: a browser gets a page, a program JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    Browser,
    Program,
}

/// Whom an answer is for, and how they would have it.
#[derive(Clone, Copy)]
pub(super) struct Face {
    pub(super) whom: For,
    pub(super) manner: Manner,
}

/// What of a form is wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Phone,
    Name,
}

/// Why something is not done, as people are told it.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    title: &'static str,
    /// What happened.
    pub(super) text: String,
    /// What can be done.
    advice: &'static str,
    /// Whether opening the link again may help.
    again: bool,
}

impl Face {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        let whom = match accept.is_some_and(|accept| accept.contains("text/html")) {
            true => For::Browser,
            false => For::Program,
        };
        Self { whom, manner: Manner::of(headers) }
    }

    /// The same for whom only a program can be.
    pub(super) fn program(headers: &HeaderMap) -> Self {
        Self { whom: For::Program, ..Self::of(headers) }
    }

    pub(super) fn words(self) -> &'static Words {
        self.manner.words()
    }

    /// The form by which people join; after a fault it holds what they have typed.
    pub(super) fn form(
        self,
        code: &str,
        invitation: &Invitation,
        site: &Site,
        fault: Option<&(Field, String)>,
        typed: &Joining,
    ) -> Response {
        let status = if fault.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        // A form is what a GET asks for, whoever asks.
        if let (For::Program, Some((_, text))) = (self.whom, fault) {
            return (status, axum::Json(json!({ "joined": false, "message": text }))).into_response();
        }
        let words = self.words();
        let title = (words.join_title)(&invitation.subject);
        let picture = invitation.picture.as_deref().and_then(|link| site.own_file(link));
        let body = html! {
            main {
                (portrait(&invitation.subject, picture.as_deref()))
                h1 { (title) }
                @if let Some(about) = &invitation.description { p class="about" { (about) } }
                p class="free" { ((words.free_places)(invitation.free())) }
                (fault_note(fault.map(|(_, text)| &**text)))
                (fields(words, fault.map(|(field, _)| *field), typed))
                p class="hint" { (words.who_sees) }
            }
            footer { (choices(self.manner, code)) }
        };
        page(status, self.manner, Kind::Card, &title, &body)
    }

    /// Somebody is in. A browser that was given a seat goes to the room; one that was not is told what is known of the
    /// number that it gave, which is as much for a number that was in the group before.
    pub(super) fn welcome(
        self,
        code: &str,
        group: &ChatGroup,
        number: &PhoneNumber,
        seat: Option<HeaderValue>,
    ) -> Response {
        let words = self.words();
        let mut answer = match (self.whom, &seat) {
            (For::Browser, Some(_)) => Redirect::to(&format!("/i/{code}")).into_response(),
            (For::Browser, None) => {
                let body = html! {
                    p { ((words.in_text)(number.as_str(), &group.subject)) }
                    p class="advice" { (words.in_advice) }
                };
                card(StatusCode::OK, self.manner, code, words.in_title, &body)
            }
            (For::Program, _) => axum::Json(json!({
                "joined": true,
                "groupId": group.at.group,
                "subject": group.subject,
                "participantNumber": number,
            }))
            .into_response(),
        };
        if let Some(seat) = seat {
            answer.headers_mut().insert(header::SET_COOKIE, seat);
        }
        answer
    }

    /// Somebody has left.
    pub(super) fn farewell(self, code: &str, group: &ChatGroup) -> Response {
        let words = self.words();
        match self.whom {
            For::Browser => {
                let body = html! {
                    p { ((words.left_text)(&group.subject)) }
                    p { a class="button quiet" href={ "/i/" (code) } { (words.join_again) } }
                };
                card(StatusCode::OK, self.manner, code, words.left_title, &body)
            }
            For::Program => axum::Json(json!({ "left": true })).into_response(),
        }
    }

    /// A request for the room comes from nobody who is known to be in it.
    pub(super) fn no_seat(self, code: &str) -> Response {
        let words = self.words();
        self.refusal(code, Refusal::again(StatusCode::UNAUTHORIZED, words.no_seat))
    }

    /// A request is not what it has to be.
    pub(super) fn malformed(self, status: StatusCode, code: &str, rule: &str) -> Response {
        let text = match self.whom {
            For::Browser => self.words().bad_request.happened,
            For::Program => rule,
        };
        let refusal = Refusal { text: text.to_owned(), ..Refusal::again(status, self.words().bad_request) };
        self.refusal(code, refusal)
    }

    pub(super) fn refused(self, code: &str, error: &Error) -> Response {
        self.refusal(code, refused(error, self.words()))
    }

    pub(super) fn refusal(self, code: &str, refusal: Refusal) -> Response {
        let Refusal { status, title, text, advice, again } = refusal;
        match self.whom {
            For::Browser => {
                let body = html! {
                    p role="alert" { (text) }
                    p class="advice" { (advice) }
                    @if again { p { a class="button quiet" href={ "/i/" (code) } { (self.words().try_again) } } }
                };
                card(status, self.manner, code, title, &body)
            }
            For::Program => {
                let message = format!("{text} {advice}");
                (status, axum::Json(json!({ "joined": false, "message": message.trim() }))).into_response()
            }
        }
    }
}

/// What is filled in to join.
fn fields(words: &Words, wrong: Option<Field>, typed: &Joining) -> Markup {
    let is_wrong = |field| (wrong == Some(field)).then_some("true");
    let focus = wrong.unwrap_or(Field::Phone);
    html! {
        form method="post" class="join" {
            label for="phone" { (words.phone) }
            input id="phone" name="phone" type="tel" autocomplete="tel" inputmode="tel" required value=(typed.phone)
                data-keep="phone" autofocus[focus == Field::Phone] aria-invalid=[is_wrong(Field::Phone)]
                aria-describedby="phone-hint fault";
            p id="phone-hint" class="hint" { (words.phone_hint) }
            label for="name" { (words.name) }
            input id="name" name="name" autocomplete="name" maxlength=(NAME_CHARACTERS) value=(typed.name)
                data-keep="name" autofocus[focus == Field::Name] aria-invalid=[is_wrong(Field::Name)]
                aria-describedby="name-hint fault";
            p id="name-hint" class="hint" { (words.name_hint) }
            button { (words.join) }
        }
    }
}

impl Refusal {
    fn of(status: StatusCode, Notice { title, happened, advice }: Notice) -> Self {
        Self { status, title, text: happened.to_owned(), advice, again: false }
    }

    fn again(status: StatusCode, notice: Notice) -> Self {
        Self { again: true, ..Self::of(status, notice) }
    }

    /// Of something that was written: told beside it.
    pub(super) fn of_text(status: StatusCode, text: String) -> Self {
        Self { status, title: "", text, advice: "", again: false }
    }
}

/// What is said of an error.
pub(super) fn refused(error: &Error, words: &Words) -> Refusal {
    match error {
        Error::NoInvite => Refusal::of(StatusCode::NOT_FOUND, words.no_link),
        Error::InviteRevoked => Refusal::of(StatusCode::GONE, words.revoked),
        Error::GroupFull(most) => Refusal {
            status: StatusCode::CONFLICT,
            title: words.full_title,
            text: (words.full)(*most),
            advice: words.full_advice,
            again: true,
        },
        Error::GroupInactive(_) => Refusal::again(StatusCode::CONFLICT, words.closed),
        Error::NotMember(_) => Refusal::again(StatusCode::GONE, words.no_member),
        Error::MessageTooLong(most) => {
            Refusal::of_text(StatusCode::PAYLOAD_TOO_LARGE, (words.too_long)(*most))
        }
        Error::TooManyMessages(most) => {
            Refusal::of_text(StatusCode::TOO_MANY_REQUESTS, (words.too_fast)(*most))
        }
        Error::Removed(_) => Refusal::of(StatusCode::FORBIDDEN, words.removed),
        // The store says itself, and once, that it is away: anybody could fill the log by asking.
        Error::Store(StoreError::Unavailable(_) | StoreError::Unknown(_)) => {
            tracing::debug!(%error, "an invite link could not be served");
            Refusal::again(StatusCode::SERVICE_UNAVAILABLE, words.not_now)
        }
        Error::Store(StoreError::Failed(_))
        | Error::Invalid(_)
        | Error::Sealed(_)
        // What only callers of the API, members and the command line can meet.
        | Error::NoApp(_)
        | Error::AppDisabled(_)
        | Error::NoGroup(_)
        | Error::GroupDeleted(_)
        | Error::NotOnline(_)
        | Error::NobodyThere(_)
        | Error::NotAcknowledged(_)
        | Error::TooManyAwaited(_)
        | Error::NotAllowed(_)
        | Error::Muted(_)
        | Error::TooManyMutes(_)
        | Error::SuperGroup { .. }
        | Error::TooManyApps(_)
        | Error::TooManyGroups(_)
        | Error::TooManyMessageTypes(_)
        | Error::TooManyMemberTypes(_)
        | Error::TooManyWords(_)
        | Error::Refused
        | Error::NoChannel(_)
        | Error::ChannelOccupied(_)
        | Error::TooManyChannels(_)
        | Error::NoNumber(_)
        | Error::NumberTaken(_)
        | Error::NoMessage(_)
        | Error::InGroupsAlone
        | Error::Channel(_)
        | Error::Exists(_)
        | Error::Missing(_) => {
            tracing::error!(%error, "an invite link could not be served");
            Refusal::again(StatusCode::SERVICE_UNAVAILABLE, words.not_now)
        }
    }
}
