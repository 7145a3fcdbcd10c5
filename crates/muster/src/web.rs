//! What `web/` builds: embedded, compressed beforehand, and served from memory.
//!
//! `make web` writes it to `web/dist`. Without Node.js there is nothing in that folder; the server is built all the same,
//! and says in its place how to have it.

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::get,
};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

const NOT_BUILT: &str = "This server was built without its web clients: Node.js was missing. Install Node.js 20 or later with npm, \
                         and build the server again with `make build`.\n";

/// The forms that a file is kept in beside its own, the smallest first: the name of the coding, and of the file.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// What a page of `web/` may load and whither it may send: nothing from elsewhere, and no script or style that stands in the
/// page itself. Pictures may be made by its script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The pages that have addresses of their own below their folder's: whatever is no file there is the page's to read.
const PAGES: [&str; 2] = ["console", "explorer"];
/// The folders of pages, below which `assets/` has files whose names tell their content.
const ASSETS: [&str; 3] = ["console", "explorer", "room"];

/// The routes of the pages and of what they load.
pub(crate) fn routes() -> Router {
    let mut routes = Router::new();
    for page in PAGES {
        let show = move |asked: HeaderMap| async move { self::page(page, &asked) };
        routes = routes
            .route(&format!("/{page}"), get(move || async move { Redirect::permanent(&format!("/{page}/")) }))
            .route(&format!("/{page}/"), get(show))
            .route(&format!("/{page}/{{*path}}"), get(show));
    }
    for folder in ASSETS {
        let load =
            move |Path(name): Path<String>, asked: HeaderMap| async move { asset(folder, &name, &asked) };
        routes = routes.route(&format!("/{folder}/assets/{{name}}"), get(load));
    }
    routes
}

/// A page of `web/`: its `index.html`, which is asked for again each time, so that what it names is of one build.
pub(crate) fn page(folder: &str, asked: &HeaderMap) -> Response {
    let path = format!("{folder}/index.html");
    let Some(file) = Built::get(&path) else {
        return match is_built() {
            true => (StatusCode::NOT_FOUND, "There is no page of that name.\n").into_response(),
            false => no_page(),
        };
    };
    let mut answer = served(&path, file, asked, "no-cache");
    answer.headers_mut().extend(
        [
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_FRAME_OPTIONS, "DENY"),
            (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        ]
        .map(|(name, value)| (name, HeaderValue::from_static(value))),
    );
    answer
}

/// What a page loads. Its name has a part that is made from its content, so it is kept for good.
fn asset(folder: &str, name: &str, asked: &HeaderMap) -> Response {
    let path = format!("{folder}/assets/{name}");
    match Built::get(&path) {
        Some(file) => served(&path, file, asked, "public, max-age=31536000, immutable"),
        // A page that was loaded before the server was renewed asks for what is no more.
        None => (StatusCode::NOT_FOUND, "There is no file of that name.\n").into_response(),
    }
}

/// A script that pages of any origin load under a name that never changes: kept by browsers, and asked for again each time.
pub(crate) fn script(path: &str, asked: &HeaderMap) -> Response {
    let Some(file) = Built::get(path) else { return missing(is_built()) };
    let mut answer = served(path, file, asked, "public, no-cache");
    answer.headers_mut().extend(
        [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        ]
        .map(|(name, value)| (name, HeaderValue::from_static(value))),
    );
    answer
}

/// A file in the smallest form that the asker takes; nothing of it when the asker has it already.
fn served(path: &str, file: EmbeddedFile, asked: &HeaderMap, kept: &'static str) -> Response {
    let (coding, file) = smallest(path, file, asked);
    let tag = entity_tag(&file, coding);
    let mut answer = match asked.get(header::IF_NONE_MATCH).is_some_and(|held| names(held, &tag)) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Response::new(Body::from(file.data.into_owned())),
    };
    let headers = answer.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, media_type(path)),
        (header::CACHE_CONTROL, kept),
        (header::VARY, "Accept-Encoding"),
    ];
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    answer
}

/// What a file of `web/dist` is, by the end of its name.
fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// The names of all that is embedded.
pub(crate) fn files() -> impl Iterator<Item = String> {
    Built::iter().map(|name| name.into_owned())
}

/// Whether anything was there to embed. Files that begin with a dot are for `make` and Git.
fn is_built() -> bool {
    Built::iter().any(|name| !name.starts_with('.'))
}

fn missing(built: bool) -> Response {
    if built {
        return (StatusCode::NOT_FOUND, "There is no script of that name.\n").into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT).into_response()
}

/// What stands in a page's place on a server that was built without it.
fn no_page() -> Response {
    let headers = [(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'")];
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Muster</title><h1>Muster {}</h1><p>This server is running. \
         {NOT_BUILT}</p><p>Until then the <code>muster</code> command manages it, and SDKs work at this address.</p></html>",
        env!("CARGO_PKG_VERSION")
    );
    (StatusCode::SERVICE_UNAVAILABLE, headers, Html(page)).into_response()
}

/// The smallest form of a file that the asker takes, and the coding that it is in.
fn smallest(path: &str, plain: EmbeddedFile, asked: &HeaderMap) -> (Option<&'static str>, EmbeddedFile) {
    let taken = |coding: &str| {
        let accepted = asked.get_all(header::ACCEPT_ENCODING).iter();
        accepted.filter_map(|value| value.to_str().ok()).any(|value| takes(value, coding))
    };
    let found = CODINGS.iter().find_map(|(coding, suffix)| {
        let file = taken(coding).then(|| Built::get(&format!("{path}{suffix}"))).flatten()?;
        Some((Some(*coding), file))
    });
    found.unwrap_or((None, plain))
}

/// Whether an `Accept-Encoding` names a coding, and not to refuse it (RFC 9110 section 12.5.3).
fn takes(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
        named && weight.is_ok_and(|weight| weight > 0.0)
    })
}

/// A file's entity tag: of its bytes, which differ from coding to coding.
fn entity_tag(file: &EmbeddedFile, coding: Option<&str>) -> String {
    let hash = file.metadata.sha256_hash();
    let short: String = hash[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{short}{}\"", coding.map(|coding| format!("-{coding}")).unwrap_or_default())
}

/// Whether an `If-None-Match` names a tag. A proxy may have weakened it.
fn names(held: &HeaderValue, tag: &str) -> bool {
    let held = held.to_str().unwrap_or_default();
    held.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == "*" || one == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_taken_unless_it_is_refused_or_not_named() {
        for (accepted, taken) in [
            ("gzip, deflate, br, zstd", true),
            ("BR;q=0.5", true),
            ("br;q=0", false),
            ("br; q=0.0, gzip", false),
            ("br;q=much", false),
            ("gzip", false),
            ("", false),
        ] {
            assert_eq!(takes(accepted, "br"), taken, "{accepted}");
        }
    }

    #[test]
    fn a_server_without_its_web_clients_says_how_to_build_them() {
        assert_eq!(missing(true).status(), StatusCode::NOT_FOUND);
        let answer = missing(false);
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(NOT_BUILT.contains("make build"));
        assert_eq!(no_page().status(), StatusCode::SERVICE_UNAVAILABLE);
    }

    #[test]
    fn a_tag_is_known_again_in_a_list_and_weakened() {
        for (held, known) in [("\"a\", W/\"b-br\"", true), ("\"b-br\"", true), ("*", true), ("\"b\"", false)]
        {
            assert_eq!(names(&HeaderValue::from_static(held), "\"b-br\""), known, "{held}");
        }
    }
}
