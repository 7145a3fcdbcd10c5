//! The one listener: who may connect, and where each path leads.

mod streams;

use std::{convert::Infallible, future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use http_body_util::{Either, Full};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use muster_core::{complaint::LineLimit, service::Muster};
use muster_gateway::{BodyBounds, BodyFault, Gateway, ThrottleConfig, read_body};
use muster_realtime::{Handshake, Hub, TransportKind, protocol::Form, serve_socket};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    time::timeout,
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tower::Service as _;

use streams::Beginning;

use crate::{
    config::HttpConfig,
    console,
    files::{self, Upload},
    net::{Full as Exhausted, Guests, Inlet, Origin, Visit, Watched, accept, origin, read_proxy_header},
    pages, server_api,
    tls::Certificates,
};

/// The first byte of a TLS connection (RFC 8446 section 5.1: a handshake record).
const TLS_RECORD: u8 = 0x16;
/// What a client is answered that would be one too many.
const NO_ROOM: &str = "This server takes no more connections now.\n";
/// What a page is answered that may not connect.
const WRONG_ORIGIN: &str = "Pages of this origin may not connect (`realtime.origins`).\n";
/// How often it is said that a client speaks TLS where plain HTTP is spoken, or the reverse.
const TELL_EVERY: Duration = Duration::from_secs(600);

type HttpRequest = Request<Watched<Incoming>>;
type HttpResponse = Response<Either<Full<Bytes>, Body>>;

/// What the paths of a listener lead to.
pub(crate) struct Site {
    /// The API and the realtime connections; `None` on a listener that has pages alone.
    pub(crate) api: Option<Api>,
    /// Everything else.
    pub(crate) pages: axum::Router,
    /// How long a request's body may take.
    pub(crate) body_time: Duration,
    /// Bytes of the body of a call that a page makes: as many as a signed call may have.
    pub(crate) call_bytes: usize,
}

/// What callers and clients come for.
pub(crate) struct Api {
    /// `/` for API callers.
    pub(crate) gateway: Arc<Gateway>,
    /// `/connection/…`.
    pub(crate) hub: Arc<Hub>,
    /// For files that are put.
    pub(crate) muster: Arc<Muster>,
}

impl Site {
    /// Takes up other quotas.
    pub(crate) fn set_throttle(&self, throttle: &ThrottleConfig) -> anyhow::Result<()> {
        self.api.iter().try_for_each(|api| Ok(api.gateway.set_throttle(throttle)?))
    }
}

/// A listener's way in.
pub(crate) struct Entrance {
    pub(crate) site: Arc<Site>,
    pub(crate) guests: Arc<Guests>,
    pub(crate) tls: Option<Arc<Certificates>>,
    config: HttpConfig,
    builder: http1::Builder,
    misspoken: LineLimit,
}

impl Entrance {
    pub(crate) fn new(
        site: Arc<Site>,
        guests: Arc<Guests>,
        tls: Option<Arc<Certificates>>,
        config: HttpConfig,
    ) -> Arc<Self> {
        let builder = builder(&config);
        Arc::new(Self { site, guests, tls, config, builder, misspoken: LineLimit::new(1, TELL_EVERY) })
    }

    /// Accepts connections until `stop` turns true, then lets those under way finish for at most `drain_seconds`.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener, stop: watch::Receiver<bool>) {
        // Every connection that may still be answering holds a clone; when all are gone, nothing is under way.
        let (answering, mut answered) = mpsc::channel::<()>(1);
        let mut stopping = stop.clone();
        accept(&listener, "accepting connections", told(&mut stopping), |stream, peer| {
            match self.guests.enter(peer.ip()) {
                Err(full) => self.guests.tell(full, peer.ip()),
                Ok(visit) => {
                    let (entrance, stop, answering) = (Arc::clone(&self), stop.clone(), answering.clone());
                    tokio::spawn(async move {
                        entrance.receive(stream, peer, Arc::new(visit), stop).await;
                        drop(answering);
                    });
                }
            }
        })
        .await;
        drop(listener);
        drop(answering);
        let drain = Duration::from_secs(self.config.drain_seconds);
        if timeout(drain, answered.recv()).await.is_err() {
            tracing::warn!("some requests did not finish within `http.drain_seconds`");
        }
    }

    /// Serves a connection: whose it is, TLS, requests.
    async fn receive(
        self: Arc<Self>,
        mut stream: TcpStream,
        mut peer: SocketAddr,
        visit: Arc<Visit>,
        stop: watch::Receiver<bool>,
    ) {
        let _ = stream.set_nodelay(true);
        if self.config.proxy_protocol && self.config.trusted_proxies.contain(peer.ip()) {
            match self.in_time(read_proxy_header(&mut stream)).await {
                Ok(None) => {}
                Ok(Some(client)) => match visit.moves_to(client.ip()) {
                    Ok(()) => peer = client,
                    Err(full) => return self.guests.tell(full, client.ip()),
                },
                Err(error) => {
                    tracing::debug!(%peer, %error, "a proxy's connection was closed");
                    return;
                }
            }
        }
        let stream = Inlet::new(stream, Arc::clone(&visit), &self.config);
        let (beginning, begun) = mpsc::channel(1);
        let entrance = Arc::clone(&self);
        let caller = Caller { entrance, peer, visit, beginning, secure: self.tls.is_some() };
        let Some(tls) = &self.tls else { return converse(stream, caller, begun, stop).await };
        match self.in_time(tls.acceptor().accept(stream)).await {
            Ok(stream) => converse(stream, caller, begun, stop).await,
            Err(error) => {
                tracing::debug!(%peer, %error, "a TLS handshake failed");
                let first = caller.visit.first_byte();
                if first.is_ascii_alphabetic() {
                    self.misspoken(peer, "a client speaks plain HTTP to this listener, which speaks TLS");
                }
            }
        }
    }

    async fn in_time<T>(&self, work: impl Future<Output = std::io::Result<T>>) -> std::io::Result<T> {
        let late =
            |_| std::io::Error::new(std::io::ErrorKind::TimedOut, "not within `http.handshake_seconds`");
        timeout(self.config.handshake(), work).await.map_err(late)?
    }

    /// Says now and then that a client speaks another protocol than the listener.
    fn misspoken(&self, peer: SocketAddr, what: &str) {
        if let Some(untold) = self.misspoken.note() {
            tracing::warn!(%peer, untold, "{what}");
        }
    }
}

/// Waits until `stop` is true.
async fn told(stop: &mut watch::Receiver<bool>) {
    // An error means that the one who would tell is gone, and the server with it.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn builder(config: &HttpConfig) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        // A client that goes away does not end the work on its request half-way: what the store has done must be told.
        .half_close(true)
        .header_read_timeout(Duration::from_secs(config.header_seconds))
        .max_buf_size(config.header_bytes)
        .max_headers(config.max_headers);
    builder
}

/// The other end of a connection, and what it may reach.
#[derive(Clone)]
struct Caller {
    entrance: Arc<Entrance>,
    peer: SocketAddr,
    secure: bool,
    /// Its place among the connections; given back when the last of the connection's parts is gone.
    visit: Arc<Visit>,
    /// Takes the connection out of HTTP, for an answer that runs for as long as the client stays.
    beginning: mpsc::Sender<Box<Beginning>>,
}

/// Serves one connection until it ends, becomes a realtime connection, or has answered what was under way when `stop`
/// turned true.
async fn converse<S>(
    stream: S,
    caller: Caller,
    mut begun: mpsc::Receiver<Box<Beginning>>,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (peer, entrance, visit) = (caller.peer, Arc::clone(&caller.entrance), Arc::clone(&caller.visit));
    let service = service_fn(move |request| {
        let caller = caller.clone();
        async move { Ok::<_, Infallible>(respond(caller, request).await) }
    });
    let mut connection = entrance.builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let mut stopping = false;
    let ended = loop {
        tokio::select! {
            ended = &mut connection => break ended,
            Some(beginning) = begun.recv() => {
                if let Some(parts) = connection.into_parts() {
                    beginning.go_on(parts.io.into_inner());
                }
                return;
            }
            () = told(&mut stop), if !stopping => {
                stopping = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    let Err(error) = ended else { return };
    tracing::debug!(%peer, %error, "a connection ended early");
    if entrance.tls.is_none() && visit.first_byte() == TLS_RECORD {
        entrance
            .misspoken(peer, "a client speaks TLS to this listener, which speaks plain HTTP (see `[tls]`)");
    }
}

/// Answers a request; what it held is given back.
async fn respond(caller: Caller, request: Request<Incoming>) -> HttpResponse {
    let (entrance, visit, peer) = (Arc::clone(&caller.entrance), Arc::clone(&caller.visit), caller.peer);
    let (head, body) = request.into_parts();
    let (body, reading) = Watched::of(body);
    let mut answer = route(caller, Request::from_parts(head, body)).await;
    let unread = !reading.is_over();
    if unread && !visit.was_refused() {
        // What it holds counts until the rest has gone by. There is no room for the rest of what was refused for want of it.
        visit.leaves_unread();
    } else {
        visit.answered();
    }
    if visit.was_refused() {
        entrance.guests.tell(Exhausted::Pending, peer.ip());
        answer = plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "This server holds as many unfinished requests as it may (http.pending_bytes).\n",
        );
    }
    if unread {
        // What is left of the body is not taken, and the connection ends behind the answer: a client that is not told so
        // sends its next request on it, and loses it.
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

async fn route(caller: Caller, request: HttpRequest) -> HttpResponse {
    let trusted = &caller.entrance.config.trusted_proxies;
    let origin = origin(trusted, caller.peer, caller.secure, request.headers());
    match (request.uri().path(), &caller.entrance.site.api) {
        ("/", Some(_)) if wants_page(&request) => redirect("/console/"),
        ("/", Some(api)) => api.gateway.handle(request, origin.client, origin.secure).await.map(Either::Left),
        ("/connection/websocket", Some(api)) => {
            let hub = Arc::clone(&api.hub);
            websocket(caller, hub, origin, request)
        }
        ("/connection/http_stream", Some(api)) => {
            let hub = Arc::clone(&api.hub);
            streams::open(caller, hub, origin, TransportKind::HttpStream, request).await
        }
        ("/connection/sse", Some(api)) => {
            let hub = Arc::clone(&api.hub);
            streams::open(caller, hub, origin, TransportKind::Sse, request).await
        }
        ("/emulation", Some(api)) => {
            let hub = Arc::clone(&api.hub);
            streams::emulate(&caller, &hub, request).await
        }
        (path, Some(api)) if server_api::is_under(path) && api.hub.server_api().is_some() => {
            let hub = Arc::clone(&api.hub);
            server_call(&caller, &hub, request).await
        }
        (_, Some(api)) if files::is_put(request.method(), request.headers()) => {
            let muster = Arc::clone(&api.muster);
            put_file(&caller, muster, request).await
        }
        _ => page(&caller, origin, request).await,
    }
}

/// Answers what is neither the API's nor a realtime connection's.
async fn page(caller: &Caller, origin: Origin, request: HttpRequest) -> HttpResponse {
    let mut answer = page_of(caller, origin, request).await;
    pages::guard(answer.headers_mut());
    answer
}

/// A page. The body is read before anything is done with it.
async fn page_of(caller: &Caller, origin: Origin, request: HttpRequest) -> HttpResponse {
    let (bytes, too_large) = match request.uri().path() {
        console::CALL => {
            (caller.entrance.site.call_bytes, "The request is larger than gateway.body_bytes allows.\n")
        }
        _ => (caller.entrance.config.form_bytes, "The request is larger than http.form_bytes allows.\n"),
    };
    let (mut head, body) = match read_whole(caller, request, bytes, too_large).await {
        Ok(whole) => whole,
        Err(refusal) => return refusal,
    };
    head.extensions.insert(origin);
    let mut pages = caller.entrance.site.pages.clone();
    let answer = pages.call(Request::from_parts(head, Body::from(body))).await;
    answer.unwrap_or_else(|never: Infallible| match never {}).map(Either::Right)
}

/// Keeps a file of a channel. Nothing of it is read before it is known that it may be put.
async fn put_file(caller: &Caller, muster: Arc<Muster>, request: HttpRequest) -> HttpResponse {
    let (head, body) = request.into_parts();
    let upload = match Upload::of(&muster, &head) {
        Ok(upload) => upload,
        Err(refusal) => return (*refusal).map(Either::Right),
    };
    let (bytes, request) = (muster.limits().chat_file_bytes, Request::from_parts(head, body));
    match read_whole(caller, request, bytes, "The file is larger than cams.file_bytes allows.\n").await {
        Ok((head, body)) => upload.put(&muster, &head, body).await.map(Either::Right),
        Err(refusal) => refusal,
    }
}

/// Carries out a call of the server API. Nothing of it is read before it is known that it may be made.
async fn server_call(caller: &Caller, hub: &Hub, request: HttpRequest) -> HttpResponse {
    let (head, body) = request.into_parts();
    let Some(api) = hub.server_api() else {
        return plain(StatusCode::NOT_FOUND, "There is no server API.\n");
    };
    let method = match server_api::called(&api, &head) {
        Ok(method) => method.to_owned(),
        Err(refusal) => return (*refusal).map(|text| Either::Left(Full::from(text))),
    };
    let too_large = "The request is larger than realtime.compat.api_body_bytes allows.\n";
    match read_whole(caller, Request::from_parts(head, body), api.body_bytes(), too_large).await {
        Ok((_, body)) => {
            server_api::written(api.call(&method, &body)).map(|body| Either::Left(Full::from(body)))
        }
        Err(refusal) => refusal,
    }
}

/// A request with its body, of at most so many bytes; or what is answered in its place.
async fn read_whole(
    caller: &Caller,
    request: HttpRequest,
    bytes: usize,
    too_large: &'static str,
) -> Result<(Parts, Bytes), HttpResponse> {
    let bounds = BodyBounds { bytes, time: caller.entrance.site.body_time };
    let (head, body) = request.into_parts();
    Err(match read_body(body, bounds).await {
        Ok(body) => return Ok((head, body)),
        Err(BodyFault::TooLarge) => plain(StatusCode::PAYLOAD_TOO_LARGE, too_large),
        Err(BodyFault::TooSlow) => {
            plain(StatusCode::REQUEST_TIMEOUT, "The request took longer than gateway.body_seconds.\n")
        }
        Err(BodyFault::Broken) => plain(StatusCode::BAD_REQUEST, "The request broke off.\n"),
    })
}

/// Whether a person's browser asks for `/`, and not a program for an operation.
fn wants_page(request: &HttpRequest) -> bool {
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    request.method() == Method::GET
        && request.uri().query().is_none()
        && !request.headers().contains_key("x-acs-action")
        && !request.headers().contains_key(header::AUTHORIZATION)
        && accepts.is_some_and(|accept| accept.contains("text/html"))
}

fn redirect(to: &'static str) -> HttpResponse {
    let mut answer = plain(StatusCode::FOUND, "");
    answer.headers_mut().insert(header::LOCATION, HeaderValue::from_static(to));
    answer
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> HttpResponse {
    let mut answer = Response::new(Either::Left(Full::new(text.into())));
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

/// Takes a connection for one client's realtime connection: a proxy's is that client's from here on, and counts as that
/// client's. What is answered where the client has as many as it may.
fn take_place(caller: &Caller, origin: Origin) -> Option<HttpResponse> {
    if origin.client != caller.peer
        && let Err(full) = caller.visit.moves_to(origin.client.ip())
    {
        caller.entrance.guests.tell(full, origin.client.ip());
        let text = "This address has as many connections as it may.\n";
        return Some(plain(StatusCode::TOO_MANY_REQUESTS, text));
    }
    caller.visit.unmetered();
    None
}

/// Answers a WebSocket handshake (RFC 6455 section 4.2) and hands the connection to the hub.
fn websocket(caller: Caller, hub: Arc<Hub>, origin: Origin, mut request: HttpRequest) -> HttpResponse {
    if !hub.has_room() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, NO_ROOM);
    }
    let key = match handshake_key(&request) {
        Ok(key) => derive_accept_key(&key),
        Err(refused) => return refused.answer(),
    };
    if !hub.admits_origin(page_origin(request.headers())) {
        return plain(StatusCode::FORBIDDEN, WRONG_ORIGIN);
    }
    let offered = header_text(request.headers(), header::SEC_WEBSOCKET_PROTOCOL);
    let protocols: Vec<&str> = offered.split(',').map(str::trim).collect();
    let query = request.uri().query().unwrap_or_default();
    let chosen = FORMS.iter().find(|(protocol, _)| protocols.contains(protocol)).copied();
    let form = chosen.map_or_else(|| form_in(query), |(_, form)| form);
    let asked = Handshake { form, frame_pings: query.split('&').any(|pair| pair == FRAME_PINGS) };
    if let Some(refusal) = take_place(&caller, origin) {
        return refusal;
    }
    let (visit, peer) = (caller.visit, origin.client);
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        match upgrade.await {
            Ok(upgraded) => serve_socket(hub, TokioIo::new(upgraded), asked, Some(peer)).await,
            Err(error) => tracing::debug!(%peer, %error, "a WebSocket handshake was not completed"),
        }
        drop(visit);
    });
    let mut answer = plain(StatusCode::SWITCHING_PROTOCOLS, "");
    let headers = answer.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    if let Ok(key) = HeaderValue::from_str(&key) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    }
    if let Some((protocol, _)) = chosen {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
    }
    answer
}

/// The subprotocols of the forms. One that is asked for and not known is not chosen, and the connection speaks JSON.
const FORMS: [(&str, Form); 2] = [("centrifuge-protobuf", Form::Protobuf), ("centrifuge-json", Form::Json)];

/// How a client asks in the address for WebSocket's own pings.
const FRAME_PINGS: &str = "cf_ws_frame_ping_pong=true";

/// The form that a client asks for in the address where it cannot ask for a subprotocol.
fn form_in(query: &str) -> Form {
    let asks = |pair: &str| matches!(pair, "format=protobuf" | "cf_protocol=protobuf");
    if query.split('&').any(asks) { Form::Protobuf } else { Form::Json }
}

/// What is wrong with a WebSocket handshake.
enum NoHandshake {
    /// Something else than one.
    Other(&'static str),
    /// One of another version of the protocol.
    Version,
}

impl NoHandshake {
    fn answer(self) -> HttpResponse {
        match self {
            Self::Other(problem) => plain(StatusCode::BAD_REQUEST, problem),
            Self::Version => {
                let text = "This server speaks version 13 of the WebSocket protocol.\n";
                let mut answer = plain(StatusCode::UPGRADE_REQUIRED, text);
                // RFC 6455 section 4.4: the answer says which version would do.
                let headers = answer.headers_mut();
                headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
                headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
                answer
            }
        }
    }
}

fn handshake_key(request: &HttpRequest) -> Result<Vec<u8>, NoHandshake> {
    let headers = request.headers();
    let names = |name, token: &str| {
        header_text(headers, name).split(',').any(|part| part.trim().eq_ignore_ascii_case(token))
    };
    if request.method() != Method::GET
        || !names(header::UPGRADE, "websocket")
        || !names(header::CONNECTION, "upgrade")
    {
        return Err(NoHandshake::Other("This address takes WebSocket connections only.\n"));
    }
    if header_text(headers, header::SEC_WEBSOCKET_VERSION) != "13" {
        return Err(NoHandshake::Version);
    }
    if !request.body().is_end_stream() {
        // It would be read as the first frames.
        return Err(NoHandshake::Other("A WebSocket handshake has no body.\n"));
    }
    match headers.get(header::SEC_WEBSOCKET_KEY) {
        Some(key) => Ok(key.as_bytes().to_vec()),
        None => Err(NoHandshake::Other("The header Sec-WebSocket-Key is missing.\n")),
    }
}

/// The origin of the page that connects; one that cannot be read is none that is listed.
fn page_origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default())
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
