//! Whom an answer is for, and what it says.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use muster_core::{
    chat::{ChatGroup, PhoneNumber},
    error::Error,
    store::StoreError,
};
use serde_json::json;

use super::{
    Joining, NAME_CHARACTERS,
    page::{escaped, fault_note, page},
};

/// What is said while the server cannot do its work.
const NOT_NOW: &str = "The server cannot do this now. Try again in a moment.";

/// Whom an answer is for: a browser gets a page, a program JSON.
#[derive(Clone, Copy)]
pub(super) enum Face {
    Browser,
    Program,
}

impl Face {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        if accept.is_some_and(|accept| accept.contains("text/html")) { Self::Browser } else { Self::Program }
    }

    /// The form by which people join; after a fault it holds what they have typed.
    pub(super) fn form(self, group: &ChatGroup, fault: Option<&str>, typed: &Joining) -> Response {
        let status = if fault.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        // A form is what a GET asks for, whoever asks.
        if let (Self::Program, Some(fault)) = (self, fault) {
            return self.problem(status, fault);
        }
        let about = group.description.as_deref().map(|text| format!("<p>{}</p>", escaped(text)));
        let body = format!(
            "<h1>Join {}</h1>{}{}<form method=\"post\">\
             <label>Phone number <input name=\"phone\" type=\"tel\" autocomplete=\"tel\" required value=\"{}\" \
             placeholder=\"8613800138000\" aria-describedby=\"hint\"></label>\
             <p id=\"hint\" class=\"hint\">Country code first, such as +86 138 0013 8000.</p>\
             <label>Name <input name=\"name\" autocomplete=\"name\" maxlength=\"{NAME_CHARACTERS}\" value=\"{}\"></label>\
             <button>Join the group</button></form>",
            escaped(&group.subject),
            about.unwrap_or_default(),
            fault_note(fault),
            escaped(&typed.phone),
            escaped(&typed.name),
        );
        page(status, &format!("Join {}", group.subject), &body)
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
        let mut answer = match (self, &seat) {
            (Self::Browser, Some(_)) => Redirect::to(&format!("/i/{code}")).into_response(),
            (Self::Browser, None) => {
                let subject = escaped(&group.subject);
                let body = format!(
                    "<h1>You are in</h1><p>{number} is a member of <b>{subject}</b>.</p>\
                     <p>The conversation opens in the browser in which you joined. If that is lost, ask whoever invited you.</p>"
                );
                page(StatusCode::OK, "You are in", &body)
            }
            (Self::Program, _) => axum::Json(json!({
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
    pub(super) fn farewell(self, group: &ChatGroup) -> Response {
        match self {
            Self::Browser => {
                let subject = escaped(&group.subject);
                let body = format!(
                    "<h1>You have left</h1><p>You are not a member of <b>{subject}</b> any more.</p>"
                );
                page(StatusCode::OK, "You have left", &body)
            }
            Self::Program => axum::Json(json!({ "left": true })).into_response(),
        }
    }

    /// A request for the room comes from nobody who is known to be in it.
    pub(super) fn no_seat(self) -> Response {
        self.problem(StatusCode::UNAUTHORIZED, "You are not in this group. Open the link again to join.")
    }

    pub(super) fn refusal(self, error: &Error) -> Response {
        let (status, text) = refused(error);
        self.problem(status, &text)
    }

    pub(super) fn problem(self, status: StatusCode, text: &str) -> Response {
        match self {
            Self::Browser => page(
                status,
                "Not joined",
                &format!("<h1>Not joined</h1><p role=\"alert\">{}</p>", escaped(text)),
            ),
            Self::Program => {
                (status, axum::Json(json!({ "joined": false, "message": text }))).into_response()
            }
        }
    }
}

/// What is said of an error, and under which status.
pub(super) fn refused(error: &Error) -> (StatusCode, String) {
    match error {
        Error::NoInvite => (StatusCode::NOT_FOUND, "This invite link does not exist.".to_owned()),
        Error::InviteRevoked => {
            (StatusCode::GONE, "This invite link is no longer valid: ask for a new one.".to_owned())
        }
        Error::GroupFull(most) => (
            StatusCode::CONFLICT,
            format!(
                "This group is full: it may have at most {most} members. Who is in it already stays in it."
            ),
        ),
        Error::GroupInactive(_) => {
            (StatusCode::CONFLICT, "This group is not open to new members now.".to_owned())
        }
        Error::NotMember(_) => {
            (StatusCode::GONE, "You are not in this group any more. Open the link again to join.".to_owned())
        }
        Error::MessageTooLong(most) => (
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("A message may have at most {most} characters."),
        ),
        Error::TooManyMessages(most) => (
            StatusCode::TOO_MANY_REQUESTS,
            format!("You may write at most {most} messages a minute. Wait a moment."),
        ),
        Error::Removed(_) => (
            StatusCode::FORBIDDEN,
            "This number was removed from the group and cannot join it again.".to_owned(),
        ),
        // The store says itself, and once, that it is away: anybody could fill the log by asking.
        Error::Store(StoreError::Unavailable(_) | StoreError::Unknown(_)) => {
            tracing::debug!(%error, "an invite link could not be served");
            (StatusCode::SERVICE_UNAVAILABLE, NOT_NOW.to_owned())
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
            (StatusCode::SERVICE_UNAVAILABLE, NOT_NOW.to_owned())
        }
    }
}
