//! Centrifugo's server API at `/api/<method>`, where `[realtime.compat]` has a key for it: who may call, and how the
//! answer is written.

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use muster_realtime::{ApiAnswer, ServerApi};

const PREFIX: &str = "/api/";
const KEY: &str = "x-api-key";

/// Whether a path is of this API.
pub(crate) fn is_under(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// The method that a request calls, if it may; else what it is answered.
pub(crate) fn called<'a>(api: &ServerApi<'_>, head: &'a Parts) -> Result<&'a str, Box<Response<String>>> {
    if head.method != Method::POST {
        return Err(Box::new(text(StatusCode::METHOD_NOT_ALLOWED, "The server API takes POST.\n")));
    }
    if !key(&head.headers).is_some_and(|key| api.admits(key)) {
        return Err(Box::new(text(
            StatusCode::UNAUTHORIZED,
            "X-API-Key is not `realtime.compat.api_key`.\n",
        )));
    }
    Ok(head.uri.path().strip_prefix(PREFIX).unwrap_or_default())
}

/// The key that a request shows: as a header of its own, or as `Authorization: apikey <key>`.
fn key(headers: &HeaderMap) -> Option<&str> {
    let text = |value: &'static str| headers.get(value).and_then(|value| value.to_str().ok());
    text(KEY).or_else(|| {
        let (scheme, key) = text("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("apikey").then(|| key.trim())
    })
}

/// Writes what came of a call.
pub(crate) fn written(answer: ApiAnswer) -> Response<Vec<u8>> {
    match answer {
        ApiAnswer::Json(body) => {
            let mut answer = Response::new(body);
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            answer
        }
        ApiAnswer::NoMethod => text(StatusCode::NOT_FOUND, "There is no such method here.\n").map(Into::into),
        ApiAnswer::Malformed(why) => {
            text(StatusCode::BAD_REQUEST, &format!("The body is not what the method takes: {why}\n"))
                .map(Into::into)
        }
    }
}

fn text(status: StatusCode, line: &str) -> Response<String> {
    let mut answer = Response::new(line.to_owned());
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}
