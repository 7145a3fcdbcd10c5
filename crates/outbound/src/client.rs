//! The client itself.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use muster_core::outbound::{Answered, Call, CallFault, Outbound, Verb};
use tokio::sync::Semaphore;
use url::Url;

use crate::{
    config::OutboundConfig,
    connector::{Connector, Machine, Reach, Resolve},
    fault::unanswered,
    tls,
};

/// Connections to one host that are kept for the next call, and for how long.
const IDLE_CONNECTIONS: usize = 4;
const IDLE_TIME: Duration = Duration::from_secs(30);
/// What the server says of itself.
const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("muster/", env!("CARGO_PKG_VERSION")));

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file of authorities cannot be used.
    #[error("`outbound.ca_file` {}: {why}", file.display())]
    Authorities {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// TLS cannot be had.
    #[error("TLS cannot be used: {0}")]
    Tls(String),
}

/// Calls over HTTP/1.1, plain and with TLS. Clones share connections and bounds.
#[derive(Clone)]
pub struct HttpOutbound {
    client: Client<HttpsConnector<Connector>, Full<Bytes>>,
    config: Arc<OutboundConfig>,
    places: Arc<Semaphore>,
}

impl HttpOutbound {
    /// A client with these bounds.
    ///
    /// # Errors
    /// [`OpenError`], when the certificates to trust cannot be read.
    pub fn new(config: OutboundConfig) -> Result<Self, OpenError> {
        let reach = if config.allow_private { Reach::Anywhere } else { Reach::Public };
        Self::with(config, reach, Arc::new(Machine))
    }

    /// The same with another idea of which addresses may be called, and of where they come from.
    ///
    /// # Errors
    /// [`OpenError`], as [`new`](Self::new).
    pub fn with(config: OutboundConfig, reach: Reach, resolver: Arc<dyn Resolve>) -> Result<Self, OpenError> {
        let connector = Connector { resolver, reach, time: config.connect_time() };
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls::config(&config.ca_file)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .http1_max_buf_size(config.head_bytes)
            .build(connector);
        let places = Arc::new(Semaphore::new(config.calls));
        Ok(Self { client, config: Arc::new(config), places })
    }

    async fn follow(&self, call: Call) -> Result<Answered, CallFault> {
        let _place = self.places.acquire().await.map_err(|_| CallFault::Slow(self.config.answer_seconds))?;
        let mut url = Url::parse(&call.url).map_err(|error| CallFault::Url(error.to_string()))?;
        let mut left = self.config.redirects;
        loop {
            self.demand_callable(&url)?;
            let response = self.client.request(request(&call, &url)?).await;
            let response = response.map_err(|error| unanswered(&error))?;
            let Some(next) = redirect(&call, &url, &response)? else {
                return self.read(&call, response).await;
            };
            left = left.checked_sub(1).ok_or(CallFault::Redirects(self.config.redirects))?;
            url = next;
        }
    }

    /// A scheme that this client speaks, and no port unless the operator allows private addresses: ports are how a
    /// caller would try what else a machine serves.
    fn demand_callable(&self, url: &Url) -> Result<(), CallFault> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(CallFault::Url(format!(
                "it begins with {}://, not with http:// or https://",
                url.scheme()
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(CallFault::Url("it holds a name or a password".to_owned()));
        }
        match url.port() {
            Some(port) if !self.config.allow_private => Err(CallFault::NotAllowed(format!("port {port}"))),
            _ => Ok(()),
        }
    }

    async fn read<B>(&self, call: &Call, response: Response<B>) -> Result<Answered, CallFault>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = response.into_parts();
        let bound = call.answer_bytes.unwrap_or(self.config.answer_bytes);
        let body = Limited::new(body, bound).collect().await;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => CallFault::TooLong(bound),
            false => CallFault::Broken(error.to_string()),
        })?;
        let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        let content_type = head.headers.get(header::CONTENT_TYPE).and_then(text);
        Ok(Answered { status: head.status.as_u16(), content_type, body: body.to_bytes() })
    }
}

#[async_trait]
impl Outbound for HttpOutbound {
    async fn call(&self, call: Call) -> Result<Answered, CallFault> {
        let whole = self.config.answer_time();
        let time = call.time.map_or(whole, |time| time.min(whole));
        match tokio::time::timeout(time, self.follow(call)).await {
            Ok(answered) => answered,
            Err(_) => Err(CallFault::Slow(u32::try_from(time.as_secs()).unwrap_or(u32::MAX))),
        }
    }
}

/// The request of a call to a URL that it leads to.
fn request(call: &Call, url: &Url) -> Result<Request<Full<Bytes>>, CallFault> {
    let method = match call.verb {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
    };
    // What is behind `#` is the caller's own.
    let mut target = url.clone();
    target.set_fragment(None);
    let mut request =
        Request::builder().method(method).uri(target.as_str()).header(header::USER_AGENT, USER_AGENT);
    for (name, value) in &call.headers {
        request = request.header(*name, value);
    }
    request.body(Full::new(call.body.clone())).map_err(|error| CallFault::Url(error.to_string()))
}

/// Where an answer sends the call on to, if it does.
///
/// A body goes along where the answer says that it is to (307, 308); elsewhere browsers would ask without it, which is
/// another question, so such an answer is the call's own.
fn redirect<B>(call: &Call, from: &Url, response: &Response<B>) -> Result<Option<Url>, CallFault> {
    let status = response.status();
    let follows = match call.verb {
        Verb::Get => matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308),
        Verb::Post => matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT),
    };
    let Some(location) = response.headers().get(header::LOCATION).filter(|_| follows) else {
        return Ok(None);
    };
    let location = location.to_str().map_err(|_| CallFault::Url("a redirect leads to no text".to_owned()))?;
    let next = from.join(location).map_err(|error| CallFault::Url(format!("of a redirect: {error}")))?;
    if from.scheme() == "https" && next.scheme() != "https" {
        return Err(CallFault::Url("a redirect leads from https:// elsewhere".to_owned()));
    }
    Ok(Some(next))
}
