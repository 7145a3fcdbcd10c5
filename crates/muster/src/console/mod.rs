//! What the pages of `web/` ask of the server: sessions of people who have shown an access key, and calls in them.
//!
//! A session is a sealed cookie and stands nowhere on the server, so that every node knows it ([`session`]). Whatever is
//! asked in one goes the way of a signed call from there on: the identity is the access key's, looked up each time.

mod busy;
mod call;
mod command;
mod nodes;
mod overview;
mod refusal;
mod session;
mod trial;
mod tries;

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Bytes,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Response},
    routing::{any, get, post},
};
use muster_core::{
    seal::MasterKey,
    service::Muster,
    time::{Clock as _, Millis},
};
use muster_gateway::{
    AccessKey, Gateway, Identities as _, PrincipalKind,
    policy::{Context, Decision, decide},
};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use self::overview::Overview;
use self::{
    refusal::Refusal,
    session::{Session, clearing_cookie},
    tries::Tries,
};
use crate::{
    admin::AdminCommand,
    config::{Configuration, ConsoleConfig},
    identities::KeyRing,
    net::Origin,
    system::System,
};

/// The path of calls, whose bodies may be as large as those of signed calls.
pub(crate) const CALL: &str = "/console/api/call";

/// What sessions are sealed under, and what they reach.
pub(crate) struct Console {
    muster: Arc<Muster>,
    keys: Arc<KeyRing>,
    gateway: Arc<Gateway>,
    overview: Arc<Overview>,
    seal: MasterKey,
    tries: Tries,
    bounds: ConsoleConfig,
    clock: System,
    /// The origin that browsers see, where it is configured.
    public_origin: String,
    /// The version of each product, by its code.
    versions: Vec<(&'static str, &'static str)>,
}

impl Console {
    /// The console of a server.
    pub(crate) fn new(
        configuration: &Configuration,
        muster: Arc<Muster>,
        keys: Arc<KeyRing>,
        gateway: Arc<Gateway>,
        overview: Arc<Overview>,
    ) -> Arc<Self> {
        let bounds = configuration.console.clone();
        let products = gateway.catalogue().products.into_iter();
        Arc::new(Self {
            seal: muster.master().derived("console"),
            tries: Tries::new(&bounds),
            clock: System::new(),
            public_origin: configuration.public_url.trim_end_matches('/').to_ascii_lowercase(),
            versions: products.map(|product| (product.product, product.version)).collect(),
            muster,
            keys,
            gateway,
            overview,
            bounds,
        })
    }

    /// The access key of an id, if it may be used.
    async fn key(&self, id: &str) -> Option<Arc<AccessKey>> {
        self.keys.find(id, None).get().await.ok().filter(|key| key.is_active())
    }

    /// The session that a request is made in; refused when the page that makes it is not of this server.
    async fn session(&self, headers: &HeaderMap, origin: Origin) -> Result<Session, Refusal> {
        self.check_origin(headers)?;
        let session = Session::of(self, headers, origin).await?;
        session.check_csrf(self, headers)?;
        Ok(session)
    }

    /// Refuses what pages of other origins ask for: they bring the cookie where a browser knows no `SameSite`. Browsers say
    /// whose page asks; programs, which have no cookies that others could use, say nothing.
    fn check_origin(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
        match text("sec-fetch-site") {
            Some("same-origin") => return Ok(()),
            Some(_) => return Err(Refusal::ForeignOrigin),
            None => {}
        }
        let Some(origin) = text("origin").map(str::to_ascii_lowercase) else { return Ok(()) };
        let host = text("host").map(str::to_ascii_lowercase);
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        if authority.is_some() && authority == host.as_deref() || origin == self.public_origin {
            return Ok(());
        }
        Err(Refusal::ForeignOrigin)
    }
}

/// Takes a sample of how the node does every so often, for as long as it is polled.
pub(crate) async fn keep_overview(overview: Arc<Overview>) {
    let clock = System::new();
    let mut ticks = tokio::time::interval(overview::EVERY);
    loop {
        ticks.tick().await;
        overview.sample(clock.now(), clock.steady());
    }
}

/// The routes under `/console/api/`.
pub(crate) fn routes(console: Arc<Console>) -> Router {
    Router::new()
        .route("/console/api/session", get(show).post(begin).delete(end))
        .route(CALL, post(call))
        .route("/console/api/overview", get(overview))
        .route("/console/api/command", post(command))
        .route("/console/api/trial", post(trial))
        .route("/console/api/{*rest}", any(async || Refusal::NotFound))
        .with_state(console)
}

/// An access key, as a person types it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignIn {
    access_key_id: String,
    access_key_secret: String,
}

async fn begin(
    State(console): State<Arc<Console>>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    console.check_origin(&headers)?;
    let SignIn { access_key_id, access_key_secret } = refusal::read(&headers, &body)?;
    let key = console.key(access_key_id.trim()).await;
    let now = console.clock.steady();
    let attempt = console.tries.admit(origin.client.ip(), key.as_deref().map(AccessKey::id), now)?;
    if !key.as_ref().is_some_and(|key| key.has_secret(access_key_secret.trim())) {
        // What is no key's id may be a secret that was typed into the wrong field.
        let access_key = key.as_deref().map(AccessKey::id);
        let address = origin.client.ip();
        tracing::info!(target: "audit", access_key, %address, "a sign-in to the console was refused");
        return Err(Refusal::WrongKey);
    }
    let Some(key) = key else { return Err(Refusal::WrongKey) };
    console.tries.forgive(attempt);
    let session = Session::begin(&console, key);
    let identity = session.identity();
    tracing::info!(
        target: "audit",
        access_key = identity.credential(),
        account = &*identity.principal().account,
        address = %origin.client.ip(),
        "signed in to the console"
    );
    let cookie = session.cookie(&console, origin);
    Ok(([(header::SET_COOKIE, cookie)], axum::Json(session.told())).into_response())
}

async fn show(
    State(console): State<Arc<Console>>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    console.check_origin(&headers)?;
    let session = Session::of(&console, &headers, origin).await?;
    Ok(axum::Json(session.told()).into_response())
}

async fn end(
    State(console): State<Arc<Console>>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    // A session that is over already is as good as ended.
    if let Err(refusal) = console.session(&headers, origin).await
        && !matches!(refusal, Refusal::NoSession)
    {
        return Err(refusal);
    }
    let cookie = clearing_cookie(origin);
    Ok(([(header::SET_COOKIE, cookie)], axum::Json(json!({ "ended": true }))).into_response())
}

async fn call(
    State(console): State<Arc<Console>>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let session = console.session(&headers, origin).await?;
    let asked: call::Asked = refusal::read(&headers, &body)?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let began = console.clock.steady();
    let origin = muster_gateway::Origin { host, source_ip: origin.client.ip(), secure: origin.secure };
    let mut answer = asked.make(&console, &session, origin).await?;
    let millis = console.clock.steady().saturating_sub(began).as_secs_f64() * 1000.0;
    if let Ok(timing) = HeaderValue::from_str(&format!("call;dur={millis:.3}")) {
        answer.headers_mut().insert(header::HeaderName::from_static("server-timing"), timing);
    }
    Ok(answer)
}

/// What a page has of the overview already.
#[derive(Default, Deserialize)]
struct Had {
    /// The moment of the last sample, milliseconds since 1970 UTC.
    #[serde(default)]
    since: i64,
}

/// The RAM action of the overview, which tells of all nodes and not of one account.
const GET_OVERVIEW: &str = "muster:GetOverview";

async fn overview(
    State(console): State<Arc<Console>>,
    Extension(origin): Extension<Origin>,
    had: Result<Query<Had>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let session = console.session(&headers, origin).await?;
    let Query(Had { since }) =
        had.map_err(|_| Refusal::Malformed("since is no number of milliseconds".to_owned()))?;
    let principal = session.identity().principal();
    let arn = principal.arn();
    let context = Context {
        now: console.clock.now().0,
        secure: origin.secure,
        source_ip: origin.client.ip(),
        principal_arn: &arn,
        external_id: None,
    };
    let resource = format!("acs:muster:*:{}:*", principal.account);
    let policies = principal.policies.iter().map(|policy| &**policy);
    let may = principal.kind == PrincipalKind::Root
        || decide(policies, GET_OVERVIEW, &[resource], &context) == Decision::Allowed;
    if !may {
        let why = format!(
            "The overview is for the account itself, and for users whose policies allow {GET_OVERVIEW}."
        );
        return Err(Refusal::NotAllowed(why));
    }
    Ok(axum::Json(nodes::told(&console.muster, &console.overview, Millis(since)).await).into_response())
}

async fn command(
    State(console): State<Arc<Console>>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<axum::Json<Value>, Refusal> {
    let session = console.session(&headers, origin).await?;
    let command: AdminCommand = refusal::read(&headers, &body)?;
    Ok(axum::Json(command::carry_out(&console, &session, command, origin).await?))
}

async fn trial(
    State(console): State<Arc<Console>>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<axum::Json<Value>, Refusal> {
    let session = console.session(&headers, origin).await?;
    let trial: trial::Trial = refusal::read(&headers, &body)?;
    Ok(axum::Json(trial.run(&console, &session, origin).await?))
}
