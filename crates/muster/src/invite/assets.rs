//! What the invite pages load. The script is built with Node.js; the style sheet needs nothing to be built, so that the pages
//! look the same on a server that was built without.

use std::sync::LazyLock;

use axum::{
    Router,
    http::header,
    response::{IntoResponse as _, Response},
    routing::get,
};

use crate::web;

pub(super) const ICON_PATH: &str = "/room/icon.svg";
const PLAIN_STYLE_PATH: &str = "/room/room.css";
const ICON: &str = include_str!("../../../../web/ui/icon.svg");
const PLAIN_STYLE: &str = concat!(
    include_str!("../../../../web/ui/src/tokens.css"),
    include_str!("../../../../web/room/src/card.css"),
    include_str!("../../../../web/room/src/room.css"),
    include_str!("../../../../web/room/src/message.css"),
    include_str!("../../../../web/room/src/people.css"),
);
/// Where the built files are, in what is embedded.
const FOLDER: &str = "room/assets/";

static STYLE_PATH: LazyLock<String> =
    LazyLock::new(|| built("css").unwrap_or_else(|| PLAIN_STYLE_PATH.to_owned()));
static SCRIPT_PATH: LazyLock<Option<String>> = LazyLock::new(|| built("js"));

/// Where the one built file of a kind is served: its name holds a hash of what is in it.
fn built(kind: &str) -> Option<String> {
    let suffix = format!(".{kind}");
    let found = web::files().find(|name| name.starts_with(FOLDER) && name.ends_with(&suffix));
    found.map(|name| format!("/{name}"))
}

pub(super) fn style_path() -> &'static str {
    &STYLE_PATH
}

/// The script's path; `None` in a server that was built without it.
pub(super) fn script_path() -> Option<&'static str> {
    SCRIPT_PATH.as_deref()
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(ICON_PATH, get(|| async { plain("image/svg+xml", ICON) }))
        .route(PLAIN_STYLE_PATH, get(|| async { plain("text/css; charset=utf-8", PLAIN_STYLE) }))
}

fn plain(kind: &'static str, text: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")];
    (headers, text).into_response()
}
