//! What a page is told when something of it is not done, before an operation has anything to say of it.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use muster_gateway::{Environment as _, RequestId};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::system::System;

/// Why something is not done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no such access key, it is switched off, or its secret is another. Which of them, nobody is told.
    WrongKey,
    /// No session comes with the request, or it is over.
    NoSession,
    /// Too many wrong sign-ins.
    TooManyTries {
        /// Seconds until the next is taken.
        wait_seconds: u64,
    },
    /// A page of another origin asks.
    ForeignOrigin,
    /// The token against forged requests is missing or another.
    WrongToken,
    /// The body is not what is taken here.
    Malformed(String),
    /// Whoever is signed in may not do it: why, in a sentence.
    NotAllowed(String),
    /// It was not done: why, in a sentence.
    NotDone(String),
    /// There is nothing at the address.
    NotFound,
}

impl Refusal {
    /// Status, code, and a sentence that says what to do.
    pub(super) fn told(&self) -> (StatusCode, &'static str, String) {
        let fixed = |status, code, message: &str| (status, code, message.to_owned());
        match self {
            Self::WrongKey => fixed(
                StatusCode::UNAUTHORIZED,
                "WrongAccessKey",
                "No active AccessKey has this id and secret. Check both for missing characters; `muster key list` shows \
                 which keys there are.",
            ),
            Self::NoSession => fixed(
                StatusCode::UNAUTHORIZED,
                "NoSession",
                "There is no session, or it has ended: sign in again.",
            ),
            Self::TooManyTries { wait_seconds } => (
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyTries",
                format!("There were too many wrong sign-ins: try again in {wait_seconds} seconds."),
            ),
            Self::ForeignOrigin => fixed(
                StatusCode::FORBIDDEN,
                "ForeignOrigin",
                "Pages of other origins may not ask here. Behind a proxy, `public_url` names the address that browsers see.",
            ),
            Self::WrongToken => fixed(
                StatusCode::FORBIDDEN,
                "WrongToken",
                "The header X-Muster-Csrf must be the token that the session began with.",
            ),
            Self::Malformed(what) => {
                (StatusCode::BAD_REQUEST, "MalformedRequest", format!("The request cannot be read: {what}."))
            }
            Self::NotAllowed(why) => (StatusCode::FORBIDDEN, "NoAuth", why.clone()),
            Self::NotDone(why) => (StatusCode::CONFLICT, "NotDone", why.clone()),
            Self::NotFound => fixed(StatusCode::NOT_FOUND, "NotFound", "There is nothing at this address."),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut random = [0; 16];
        System::new().fill(&mut random);
        let request_id = RequestId::from_random(random);
        let (status, code, message) = self.told();
        tracing::info!(%request_id, code, status = status.as_u16(), "a request of a page was refused");
        let told = json!({ "code": code, "message": message, "requestId": request_id.as_str() });
        let mut answer = (status, axum::Json(told)).into_response();
        let headers = answer.headers_mut();
        if let Self::TooManyTries { wait_seconds } = self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("AccessKey"));
        }
        answer
    }
}

/// Reads a body of JSON, which has to be said of it: a form of another site's cannot say so without being asked first whether
/// it may. What is wrong with one is said by its place and kind, and never with a part of it: it may be a secret.
pub(super) fn read<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::Malformed("its Content-Type is not application/json".to_owned()));
    }
    serde_json::from_slice(body).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "a field is missing, or of another type",
            _ => "it is no JSON",
        };
        Refusal::Malformed(format!("{what} (line {}, column {})", error.line(), error.column()))
    })
}
