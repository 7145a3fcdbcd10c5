//! The paths beside the gateway and the realtime connections: health, metrics, documents, invite links.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use muster_core::service::Muster;
use serde_json::Value;

use crate::{invite, metrics::Metrics};

/// What the pages show.
pub(crate) struct Shown {
    pub(crate) muster: Arc<Muster>,
    pub(crate) metrics: Arc<Metrics>,
    /// The OpenAPI document of each product, by its code.
    pub(crate) documents: Vec<(&'static str, Value)>,
    /// Whether the server is going down.
    pub(crate) draining: Arc<AtomicBool>,
}

/// The router of every path but `/` and the realtime ones.
pub(crate) fn router(shown: Shown) -> Router {
    let invites = invite::routes(Arc::clone(&shown.muster));
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/openapi/{document}", get(openapi))
        .route("/console/", get(console))
        .fallback(|| async { (StatusCode::NOT_FOUND, "There is nothing at this address.\n") })
        .with_state(Arc::new(shown))
        .merge(invites)
}

async fn ready(State(shown): State<Arc<Shown>>) -> Response {
    if shown.draining.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response();
    }
    match shown.muster.store.ready().await {
        Ok(()) => match shown.muster.bus.fault() {
            None => "ready\n".into_response(),
            // What is stored works still, so callers may come: only the fan-out to other nodes stands still.
            Some(fault) => format!("degraded: {fault}\n").into_response(),
        },
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

async fn metrics(State(shown): State<Arc<Shown>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], shown.metrics.encode()).into_response()
}

async fn openapi(State(shown): State<Arc<Shown>>, Path(document): Path<String>) -> Response {
    let product = document.strip_suffix(".json");
    match shown.documents.iter().find(|(code, _)| Some(*code) == product) {
        Some((_, document)) => axum::Json(document).into_response(),
        None => (StatusCode::NOT_FOUND, "There is no product of that name.\n").into_response(),
    }
}

async fn console(State(shown): State<Arc<Shown>>) -> Html<String> {
    let documents: String = shown
        .documents
        .iter()
        .map(|(code, _)| format!("<li><a href=\"/openapi/{code}.json\">OpenAPI document of {code}</a></li>"))
        .collect();
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Muster</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;\
         margin:3rem auto;padding:0 1rem}}</style>\
         <h1>Muster {}</h1><p>This server is running. Manage it with the <code>muster</code> command; point SDKs \
         at this address.</p><ul>{documents}<li><a href=\"/metrics\">Metrics</a></li>\
         <li><a href=\"/readyz\">Readiness</a></li></ul></html>",
        env!("CARGO_PKG_VERSION")
    ))
}
