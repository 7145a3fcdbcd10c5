//! What `web/` builds: embedded, compressed beforehand, and served from memory.
//!
//! `make web` writes it to `web/dist`. Without Node.js there is nothing in that folder; the server is built all the same,
//! and says in its place how to have it.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
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

/// A script that pages of any origin load under a name that never changes: kept by browsers, and asked for again each time.
pub(crate) fn script(path: &str, asked: &HeaderMap) -> Response {
    let Some(file) = Built::get(path) else { return missing(is_built()) };
    let (coding, file) = smallest(path, file, asked);
    let tag = entity_tag(&file, coding);
    let mut answer = match asked.get(header::IF_NONE_MATCH).is_some_and(|held| names(held, &tag)) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Response::new(Body::from(file.data.into_owned())),
    };
    let headers = answer.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, no-cache"),
        (header::VARY, "Accept-Encoding"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
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

/// Whether anything was there to embed. Files that begin with a dot are for `make` and Git.
fn is_built() -> bool {
    Built::iter().any(|name| !name.starts_with('.'))
}

fn missing(built: bool) -> Response {
    if built {
        return (StatusCode::NOT_FOUND, "There is no script of that name.\n").into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, [(header::CACHE_CONTROL, "no-store")], NOT_BUILT).into_response()
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
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        assert!(NOT_BUILT.contains("make build"));
    }

    #[test]
    fn a_tag_is_known_again_in_a_list_and_weakened() {
        for (held, known) in [("\"a\", W/\"b-br\"", true), ("\"b-br\"", true), ("*", true), ("\"b\"", false)]
        {
            assert_eq!(names(&HeaderValue::from_static(held), "\"b-br\""), known, "{held}");
        }
    }
}
