//! The paths beside the gateway and the realtime connections: health, metrics, documents, invite links.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use muster_core::service::Muster;
use serde_json::Value;

use crate::{
    config::{CamsConfig, MetricsConfig},
    files,
    invite::{self, Rooms},
    metrics::Metrics,
    net::Origin,
    readiness::Readiness,
    web,
};

/// What the pages show.
pub(crate) struct Shown {
    pub(crate) muster: Arc<Muster>,
    pub(crate) metrics: Arc<Metrics>,
    /// Who may see the metrics.
    pub(crate) metrics_for: MetricsConfig,
    /// The OpenAPI document of each product by its code, and the realtime contract.
    pub(crate) documents: Vec<(&'static str, Value)>,
    pub(crate) readiness: Arc<Readiness>,
    /// The bounds of customer groups' rooms.
    pub(crate) cams: CamsConfig,
    /// The server's own address, or empty.
    pub(crate) public_url: String,
}

/// The router of every path but `/` and the realtime ones.
pub(crate) fn router(shown: Arc<Shown>) -> Router {
    let (muster, readiness) = (Arc::clone(&shown.muster), Arc::clone(&shown.readiness));
    let invites = invite::routes(Rooms::new(muster, readiness, shown.cams.clone(), &shown.public_url));
    let files = files::routes(Arc::clone(&shown.muster));
    let metrics = match shown.metrics_for.listen.is_empty() {
        true => metrics_router(Arc::clone(&shown)),
        false => Router::new(),
    };
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/openapi/{document}", get(openapi))
        .route("/sdk/{script}", get(sdk))
        .fallback(nothing)
        .with_state(shown)
        .merge(metrics)
        .merge(web::routes())
        .merge(invites)
        .merge(files)
}

/// What holds of every answer that says nothing else of it: nobody on the way keeps it, a browser takes it for what it says that
/// it is, and no other site learns of its address.
const GUARDS: [(HeaderName, HeaderValue); 3] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// Adds to an answer's headers what holds of every answer.
pub(crate) fn guard(headers: &mut HeaderMap) {
    for (name, value) in GUARDS {
        headers.entry(name).or_insert(value);
    }
}

/// The router of a listener for metrics alone.
pub(crate) fn metrics_router(shown: Arc<Shown>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(shown)
}

async fn nothing() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "There is nothing at this address.\n")
}

async fn ready(State(shown): State<Arc<Shown>>) -> Response {
    shown.readiness.look().await.parts().into_response()
}

async fn metrics(
    State(shown): State<Arc<Shown>>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = may_see_metrics(&shown, origin.client, &headers) {
        return refused.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], shown.metrics.encode()).into_response()
}

/// With a token, whoever knows it; on a listener of their own, whoever reaches that; else this machine alone, and not
/// those for whom a proxy on it asks.
fn may_see_metrics(
    shown: &Shown,
    client: SocketAddr,
    headers: &HeaderMap,
) -> Result<(), (StatusCode, &'static str)> {
    let MetricsConfig { listen, token } = &shown.metrics_for;
    if !token.is_empty() {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        return match shown.muster.master().same("metrics token", token, given) {
            true => Ok(()),
            false => Err((
                StatusCode::UNAUTHORIZED,
                "Metrics are shown to who sends metrics.token as a bearer token.\n",
            )),
        };
    }
    let proxied = ["forwarded", "x-forwarded-for", "via"].iter().any(|name| headers.contains_key(*name));
    if !listen.is_empty() || client.ip().to_canonical().is_loopback() && !proxied {
        return Ok(());
    }
    Err((
        StatusCode::FORBIDDEN,
        "Metrics are shown on this machine alone: set metrics.listen or metrics.token.\n",
    ))
}

async fn openapi(State(shown): State<Arc<Shown>>, Path(document): Path<String>) -> Response {
    let product = document.strip_suffix(".json");
    match shown.documents.iter().find(|(code, _)| Some(*code) == product) {
        Some((_, document)) => axum::Json(document).into_response(),
        None => (StatusCode::NOT_FOUND, "There is no product of that name.\n").into_response(),
    }
}

/// A browser client, as a script that pages of any origin load.
async fn sdk(Path(script): Path<String>, headers: HeaderMap) -> Response {
    web::script(&format!("sdk/{script}"), &headers)
}
