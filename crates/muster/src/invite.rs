//! The invite page of a customer group: who opens the link gives a phone number and a name, and is a participant.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::{
        Path, State,
        rejection::{FormRejection, PathRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use muster_core::{
    chat::{ChatGroup, PhoneNumber},
    error::Error,
    service::{Invitation, Muster},
    store::StoreError,
};
use serde::Deserialize;
use serde_json::json;

/// What is said while the server cannot do its work.
const NOT_NOW: &str = "The server cannot do this now. Try again in a moment.";
/// Characters of a participant's name.
const NAME_CHARACTERS: usize = 64;

/// What a participant fills in.
#[derive(Debug, Deserialize)]
struct Joining {
    #[serde(alias = "phoneNumber", alias = "number")]
    phone: String,
    #[serde(default)]
    name: String,
}

/// The routes under `/i/`.
pub(crate) fn routes(muster: Arc<Muster>) -> Router {
    Router::new().route("/i/{code}", get(show).post(join)).with_state(muster)
}

/// The code in a request's path. One that no invite can have, such as bytes that are no text, is looked up nowhere.
type Code = Result<Path<String>, PathRejection>;

fn code_of(code: Code) -> Result<String, Error> {
    let could_be = |code: &String| code.bytes().all(|byte| byte.is_ascii_graphic());
    code.ok().map(|Path(code)| code).filter(could_be).ok_or(Error::NoInvite)
}

async fn show(State(muster): State<Arc<Muster>>, code: Code, headers: HeaderMap) -> Response {
    let face = Face::of(&headers);
    match invited(&muster, code).await {
        Ok(group) => face.form(&group, None),
        Err(error) => face.refusal(&error),
    }
}

async fn invited(muster: &Muster, code: Code) -> Result<Invitation, Error> {
    muster.chats().invited(&code_of(code)?).await
}

async fn join(
    State(muster): State<Arc<Muster>>,
    code: Code,
    headers: HeaderMap,
    form: Result<Form<Joining>, FormRejection>,
) -> Response {
    let face = Face::of(&headers);
    let joining = match form {
        Ok(Form(joining)) => joining,
        Err(rejection) => {
            return face.problem(rejection.status(), "Send the fields phone and name as a form.");
        }
    };
    let name = joining.name.trim();
    let number = match PhoneNumber::new(&joining.phone) {
        Ok(number) if name.chars().count() <= NAME_CHARACTERS => number,
        checked => {
            let fault = match checked {
                Err(fault) => format!("The phone number {fault}."),
                Ok(_) => format!("The name must have at most {NAME_CHARACTERS} characters."),
            };
            return match invited(&muster, code).await {
                Ok(group) => face.form(&group, Some(&fault)),
                Err(error) => face.refusal(&error),
            };
        }
    };
    match accept(&muster, code, &number, name).await {
        Ok(group) => face.welcome(&group, &number),
        Err(error) => face.refusal(&error),
    }
}

/// Takes a number into the group, which says of a full one the same to everybody: that a number is in it already is
/// nobody's business who merely has the link.
async fn accept(muster: &Muster, code: Code, number: &PhoneNumber, name: &str) -> Result<ChatGroup, Error> {
    let invitation = invited(muster, code).await?;
    muster.chats().accept(invitation, number, (!name.is_empty()).then_some(name)).await
}

/// Whom an answer is for: a browser gets a page, a program JSON.
#[derive(Clone, Copy)]
enum Face {
    Browser,
    Program,
}

impl Face {
    fn of(headers: &HeaderMap) -> Self {
        let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        if accept.is_some_and(|accept| accept.contains("text/html")) { Self::Browser } else { Self::Program }
    }

    fn form(self, group: &ChatGroup, fault: Option<&str>) -> Response {
        let status = if fault.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        // A form is what a GET asks for, whoever asks.
        if let (Self::Program, Some(fault)) = (self, fault) {
            return self.problem(status, fault);
        }
        let note = fault.map(|fault| format!("<p class=\"fault\" role=\"alert\">{}</p>", escaped(fault)));
        let about = group.description.as_deref().map(|text| format!("<p>{}</p>", escaped(text)));
        let body = format!(
            "<h1>Join {}</h1>{}{}<form method=\"post\">\
             <label>Phone number <input name=\"phone\" type=\"tel\" autocomplete=\"tel\" required \
             placeholder=\"8613800138000\" aria-describedby=\"hint\"></label>\
             <p id=\"hint\" class=\"hint\">Country code first, such as +86 138 0013 8000.</p>\
             <label>Name <input name=\"name\" autocomplete=\"name\" maxlength=\"{NAME_CHARACTERS}\"></label>\
             <button>Join the group</button></form>",
            escaped(&group.subject),
            about.unwrap_or_default(),
            note.unwrap_or_default(),
        );
        page(status, &format!("Join {}", group.subject), &body)
    }

    fn welcome(self, group: &ChatGroup, number: &PhoneNumber) -> Response {
        match self {
            Self::Browser => {
                let subject = escaped(&group.subject);
                let body = format!("<h1>You are in</h1><p>{number} is a member of <b>{subject}</b> now.</p>");
                page(StatusCode::OK, "You are in", &body)
            }
            Self::Program => axum::Json(json!({
                "joined": true,
                "groupId": group.at.group,
                "subject": group.subject,
                "participantNumber": number,
            }))
            .into_response(),
        }
    }

    fn refusal(self, error: &Error) -> Response {
        let (status, text) = match error {
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
            | Error::NotMember(_)
            | Error::NotOnline(_)
            | Error::NobodyThere(_)
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
            | Error::MessageTooLong(_)
            | Error::TooManyMessages(_)
            | Error::Channel(_)
            | Error::Exists(_)
            | Error::Missing(_) => {
                tracing::error!(%error, "an invite link could not be served");
                (StatusCode::SERVICE_UNAVAILABLE, NOT_NOW.to_owned())
            }
        };
        self.problem(status, &text)
    }

    fn problem(self, status: StatusCode, text: &str) -> Response {
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

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{}</title><style>{STYLE}</style>\
         </head><body><main>{body}</main></body></html>",
        escaped(title)
    );
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, Html(html)).into_response()
}

/// One column, readable in the light and in the dark, on a phone and on a desk.
const STYLE: &str = "\
:root{color-scheme:light dark;--accent:#0b6bcb;--line:#8886}\
body{margin:0;font:1.05rem/1.5 system-ui,sans-serif;display:grid;min-height:100vh;place-items:center}\
main{box-sizing:border-box;width:min(26rem,100%);padding:1.5rem}\
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem;overflow-wrap:anywhere}\
label{display:block;margin:1rem 0 0;font-weight:600}\
input{box-sizing:border-box;width:100%;margin-top:.25rem;padding:.65rem .75rem;font:inherit;border:1px solid var(--line);border-radius:.5rem;font-weight:400}\
input:focus-visible,button:focus-visible{outline:3px solid var(--accent);outline-offset:2px}\
button{margin-top:1.5rem;width:100%;padding:.75rem;font:inherit;font-weight:600;color:#fff;background:var(--accent);border:0;border-radius:.5rem;cursor:pointer}\
.hint{margin:.25rem 0 0;font-size:.9rem;opacity:.75}\
.fault{padding:.65rem .75rem;border-left:4px solid #c62828;background:#c6282822;border-radius:.25rem}";

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_group_calls_itself_cannot_become_markup() {
        assert_eq!(escaped("<b onclick='x'>&\""), "&lt;b onclick=&#39;x&#39;&gt;&amp;&quot;");
    }
}
