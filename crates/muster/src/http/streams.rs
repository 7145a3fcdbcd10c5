//! HTTP streaming and SSE, whose connections run to the client alone, and `/emulation`, where the rest comes in.
//!
//! A connection begins as a request like any other. When it may begin, its HTTP connection is given up to the hub, which
//! answers on it for as long as the client stays ([`serve_answer`]).

use std::{future::pending, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version, header, request::Parts};
use http_body_util::{Either, Full};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use muster_core::time::Millis;
use muster_realtime::{Hub, NotTaken, Opening, TransportKind, protocol::Form, serve_answer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    Caller, HttpRequest, HttpResponse, NO_ROOM, WRONG_ORIGIN, header_text, page_origin, plain, read_whole,
    take_place,
};
use crate::net::{Origin, Visit};

/// The parameter that holds the login where the request has no body.
const CONNECT: &str = "cf_connect";
/// Answers that are never kept, nor held back by what stands between.
const UNCACHED: &str = "private, no-cache, no-store, no-transform, must-revalidate, max-age=0";
/// Seconds for which a browser need not ask again what a page may send.
const PREFLIGHT_SECONDS: &str = "300";

/// A connection that begins, on its way to the task that holds the stream.
pub(super) struct Beginning {
    hub: Arc<Hub>,
    opening: Opening,
    peer: SocketAddr,
    visit: Arc<Visit>,
}

impl Beginning {
    /// Serves the connection in a task of its own. `stream` is at the first byte behind the request.
    pub(super) fn go_on<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self { hub, opening, peer, visit } = self;
        tokio::spawn(async move {
            serve_answer(hub, stream, opening, Some(peer)).await;
            drop(visit);
        });
    }
}

/// Begins a connection; returns when it does not.
pub(super) async fn open(
    caller: Caller,
    hub: Arc<Hub>,
    origin: Origin,
    transport: TransportKind,
    request: HttpRequest,
) -> HttpResponse {
    let methods: &[Method] = match transport {
        TransportKind::Sse => &[Method::GET, Method::POST],
        _ => &[Method::POST],
    };
    let page = match Page::of(&hub, &request, methods) {
        Ok(page) => page,
        Err(answer) => return *answer,
    };
    let login = match login_in(&caller, &hub, request).await {
        Ok(login) => login,
        Err(refusal) => return page.sees(refusal),
    };
    if let Some(refusal) = take_place(&caller, origin) {
        return page.sees(refusal);
    }
    let (head, commands) = login;
    let form = if transport == TransportKind::Sse { Form::Json } else { form_of(&head.headers) };
    let chunked = head.version == Version::HTTP_11;
    let head = answer_head(transport, form, chunked, page, hub.now());
    let opening = Opening { transport, form, commands, head, chunked };
    let Caller { visit, beginning, .. } = caller;
    // Who takes it holds the connection that this future is a part of, and drops both.
    let _ = beginning.send(Box::new(Beginning { hub, opening, peer: origin.client, visit })).await;
    pending().await
}

/// The commands that begin a connection, from the body or the address.
async fn login_in(caller: &Caller, hub: &Hub, request: HttpRequest) -> Result<(Parts, Bytes), HttpResponse> {
    const TOO_LARGE: &str = "The login is larger than realtime.login_bytes allows.\n";
    if !hub.has_room() {
        return Err(plain(StatusCode::SERVICE_UNAVAILABLE, NO_ROOM));
    }
    let (head, commands) = if request.method() == Method::GET {
        let (head, _) = request.into_parts();
        let query = head.uri.query().unwrap_or_default().as_bytes();
        let login = form_urlencoded::parse(query).find(|(name, _)| name == CONNECT);
        let login = login.map(|(_, login)| Bytes::from(login.into_owned())).unwrap_or_default();
        (head, login)
    } else {
        read_whole(caller, request, hub.login_bytes(), TOO_LARGE).await?
    };
    if commands.len() > hub.login_bytes() {
        return Err(plain(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE));
    }
    if commands.is_empty() {
        let missing =
            "The connect command is missing: it is the body, or the parameter cf_connect of a GET.\n";
        return Err(plain(StatusCode::BAD_REQUEST, missing));
    }
    Ok((head, commands))
}

/// Takes commands of a connection that runs to the client alone.
pub(super) async fn emulate(caller: &Caller, hub: &Hub, request: HttpRequest) -> HttpResponse {
    let page = match Page::of(hub, &request, &[Method::POST]) {
        Ok(page) => page,
        Err(answer) => return *answer,
    };
    let too_large = "The request is larger than realtime.message_bytes allows.\n";
    let answer = match read_whole(caller, request, hub.emulation_bytes(), too_large).await {
        Ok((head, body)) => match hub.emulate(form_of(&head.headers), &body).await {
            Ok(()) => nothing(),
            Err(refusal) => plain(status_of(&refusal), format!("{refusal}\n")),
        },
        Err(refusal) => refusal,
    };
    page.sees(answer)
}

fn status_of(refusal: &NotTaken) -> StatusCode {
    match refusal {
        NotTaken::Malformed(_) => StatusCode::BAD_REQUEST,
        NotTaken::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        NotTaken::NoSession => StatusCode::NOT_FOUND,
        NotTaken::Full => StatusCode::TOO_MANY_REQUESTS,
        NotTaken::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
        NotTaken::Late => StatusCode::GATEWAY_TIMEOUT,
    }
}

/// The form that a request's body is in.
fn form_of(headers: &HeaderMap) -> Form {
    let kind = header_text(headers, header::CONTENT_TYPE).split(';').next().unwrap_or_default();
    match kind.trim().eq_ignore_ascii_case("application/octet-stream") {
        true => Form::Protobuf,
        false => Form::Json,
    }
}

/// The head of an answer that runs for as long as the connection does.
fn answer_head(transport: TransportKind, form: Form, chunked: bool, page: Page, now: Millis) -> Bytes {
    let mut headers = HeaderMap::new();
    let kind = match (transport, form) {
        (TransportKind::Sse, _) => "text/event-stream",
        (_, Form::Json) => "application/json; charset=utf-8",
        (_, Form::Protobuf) => "application/octet-stream",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(UNCACHED));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    if chunked {
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    let date = Timestamp::from_millisecond(now.0)
        .and_then(|now| DateTimePrinter::new().timestamp_to_rfc9110_string(&now));
    if let Some(date) = date.ok().and_then(|date| HeaderValue::from_str(&date).ok()) {
        headers.insert(header::DATE, date);
    }
    page.add_to(&mut headers);
    let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
    for (name, value) in &headers {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    head.extend(b"\r\n");
    head.into()
}

/// The page whose script asks, if one does: a browser shows it an answer that names it.
struct Page(Option<HeaderValue>);

impl Page {
    /// Who asks; or what is answered at once, to a page that may not, to a browser that asks what its page may, and to another
    /// method.
    fn of(hub: &Hub, request: &HttpRequest, methods: &[Method]) -> Result<Self, Box<HttpResponse>> {
        let headers = request.headers();
        if !hub.admits_origin(page_origin(headers)) {
            return Err(Box::new(plain(StatusCode::FORBIDDEN, WRONG_ORIGIN)));
        }
        let page = Self(headers.get(header::ORIGIN).cloned());
        let method = request.method();
        if method == Method::OPTIONS {
            return Err(Box::new(page.sees(preflight(headers, methods))));
        }
        if !methods.contains(method) {
            let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "This address takes other methods.\n");
            answer.headers_mut().insert(header::ALLOW, listed(methods));
            return Err(Box::new(page.sees(answer)));
        }
        Ok(page)
    }

    fn sees(self, mut answer: HttpResponse) -> HttpResponse {
        self.add_to(answer.headers_mut());
        answer
    }

    fn add_to(self, headers: &mut HeaderMap) {
        if let Some(origin) = self.0 {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            headers.insert(header::VARY, HeaderValue::from_static("origin"));
        }
    }
}

/// What a browser is told that asks, before its page asks, what it may send.
fn preflight(asked: &HeaderMap, methods: &[Method]) -> HttpResponse {
    let mut answer = nothing();
    let headers = answer.headers_mut();
    headers.insert(header::ALLOW, listed(methods));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, listed(methods));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_SECONDS));
    if let Some(wanted) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    answer
}

fn listed(methods: &[Method]) -> HeaderValue {
    let names = methods.iter().map(Method::as_str).chain(["OPTIONS"]).collect::<Vec<_>>().join(", ");
    HeaderValue::from_str(&names).unwrap_or(HeaderValue::from_static("OPTIONS"))
}

fn nothing() -> HttpResponse {
    let mut answer = Response::new(Either::Left(Full::default()));
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}
