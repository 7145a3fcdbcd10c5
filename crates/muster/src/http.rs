//! The one listener: who may connect, and where each path leads.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{Either, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use muster_gateway::Gateway;
use muster_realtime::{Hub, serve_socket};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tower::Service as _;

use crate::config::HttpConfig;

/// How long a client may take over a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long accepting pauses when the machine has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

type Answer = Response<Either<Full<Bytes>, Body>>;

/// What the paths lead to.
pub(crate) struct Site {
    /// `/` for API callers.
    pub(crate) gateway: Gateway,
    /// `/connection/…`.
    pub(crate) hub: Arc<Hub>,
    /// Everything else.
    pub(crate) pages: axum::Router,
}

/// Accepts connections until `stop` turns true, then lets those under way finish for at most `drain_seconds`.
pub(crate) async fn serve(
    site: Arc<Site>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    config: HttpConfig,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(config.max_connections.min(Semaphore::MAX_PERMITS)));
    // Every connection that may still be answering holds a clone; when all are gone, nothing is under way.
    let (answering, mut answered) = mpsc::channel::<()>(1);
    let builder = builder(&config);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            () = told(&mut stop) => break,
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!(%peer, bound = config.max_connections, "closed a connection beyond `http.max_connections`");
            continue;
        };
        let (tls, answering) = (tls.clone(), answering.clone());
        let caller = Caller { site: Arc::clone(&site), peer, secure: tls.is_some(), place: Arc::new(place) };
        let (builder, stop) = (builder.clone(), stop.clone());
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            match tls {
                None => converse(stream, caller, &builder, stop).await,
                Some(tls) => match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
                    Ok(Ok(stream)) => converse(stream, caller, &builder, stop).await,
                    Ok(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
                    Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
                },
            }
            drop(answering);
        });
    }
    drop(listener);
    let drain = Duration::from_secs(config.drain_seconds);
    drop(answering);
    if tokio::time::timeout(drain, answered.recv()).await.is_err() {
        tracing::warn!("some requests did not finish within `http.drain_seconds`");
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

/// A place among the connections; given back when the last of the connection's parts is gone.
type Place = Arc<OwnedSemaphorePermit>;

/// The other end of a connection, and what it may reach.
#[derive(Clone)]
struct Caller {
    site: Arc<Site>,
    peer: SocketAddr,
    secure: bool,
    place: Place,
}

/// Serves one connection until it ends, becomes a WebSocket, or has answered what was under way when `stop` turned true.
async fn converse<S>(stream: S, caller: Caller, builder: &http1::Builder, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let peer = caller.peer;
    let service = service_fn(move |request| {
        let caller = caller.clone();
        async move { Ok::<_, Infallible>(route(caller, request).await) }
    });
    let mut connection =
        std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}

async fn route(caller: Caller, request: Request<Incoming>) -> Answer {
    match request.uri().path() {
        "/" if wants_page(&request) => redirect("/console/"),
        "/" => caller.site.gateway.handle(request, caller.peer, caller.secure).await.map(Either::Left),
        "/connection/websocket" => websocket(caller, request),
        _ => {
            let mut pages = caller.site.pages.clone();
            let answer = pages.call(request).await.unwrap_or_else(|never: Infallible| match never {});
            answer.map(Either::Right)
        }
    }
}

/// Whether a person's browser asks for `/`, and not a program for an operation.
fn wants_page(request: &Request<Incoming>) -> bool {
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    request.method() == Method::GET
        && request.uri().query().is_none()
        && !request.headers().contains_key("x-acs-action")
        && !request.headers().contains_key(header::AUTHORIZATION)
        && accepts.is_some_and(|accept| accept.contains("text/html"))
}

fn redirect(to: &'static str) -> Answer {
    let mut answer = plain(StatusCode::FOUND, "");
    answer.headers_mut().insert(header::LOCATION, HeaderValue::from_static(to));
    answer
}

fn plain(status: StatusCode, text: &'static str) -> Answer {
    let mut answer = Response::new(Either::Left(Full::new(Bytes::from_static(text.as_bytes()))));
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

/// Answers a WebSocket handshake (RFC 6455 section 4.2) and hands the connection to the hub.
fn websocket(caller: Caller, mut request: Request<Incoming>) -> Answer {
    if !caller.site.hub.has_room() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "This server takes no more connections now.\n");
    }
    let key = match handshake_key(&request) {
        Ok(key) => derive_accept_key(&key),
        Err(refused) => return refused.answer(),
    };
    if !caller.site.hub.admits_origin(origin(request.headers())) {
        return plain(StatusCode::FORBIDDEN, "Pages of this origin may not connect (`realtime.origins`).\n");
    }
    let offered = header_text(request.headers(), header::SEC_WEBSOCKET_PROTOCOL);
    let protocols: Vec<&str> = offered.split(',').map(str::trim).collect();
    let query = request.uri().query().unwrap_or_default();
    if protocols.contains(&"centrifuge-protobuf") || query.contains("=protobuf") {
        return plain(StatusCode::BAD_REQUEST, "This server speaks the JSON form of the protocol only.\n");
    }
    let json = protocols.contains(&"centrifuge-json");
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Caller { site, peer, place, .. } = caller;
        match upgrade.await {
            Ok(upgraded) => serve_socket(Arc::clone(&site.hub), TokioIo::new(upgraded), Some(peer)).await,
            Err(error) => tracing::debug!(%peer, %error, "a WebSocket handshake was not completed"),
        }
        drop(place);
    });
    let mut answer = plain(StatusCode::SWITCHING_PROTOCOLS, "");
    let headers = answer.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    if let Ok(key) = HeaderValue::from_str(&key) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    }
    if json {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("centrifuge-json"));
    }
    answer
}

/// What is wrong with a WebSocket handshake.
enum NoHandshake {
    /// Something else than one.
    Other(&'static str),
    /// One of another version of the protocol.
    Version,
}

impl NoHandshake {
    fn answer(self) -> Answer {
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

fn handshake_key(request: &Request<Incoming>) -> Result<Vec<u8>, NoHandshake> {
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
    match headers.get(header::SEC_WEBSOCKET_KEY) {
        Some(key) => Ok(key.as_bytes().to_vec()),
        None => Err(NoHandshake::Other("The header Sec-WebSocket-Key is missing.\n")),
    }
}

/// The origin of the page that connects; one that cannot be read is none that is listed.
fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default())
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
