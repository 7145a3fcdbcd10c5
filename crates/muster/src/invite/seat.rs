//! A participant's seat, as a browser keeps it: a cookie of the group's own, which only this server reads.

use axum::http::{HeaderMap, HeaderValue};
use muster_core::chat::ChatGroup;

use crate::{cookies::cookies, net::Origin};

/// What the names of all these cookies begin with.
const PREFIX: &str = "muster_seat_";

/// The cookie of a group. Ids of groups are letters and digits.
fn name(group: &ChatGroup) -> String {
    format!("{PREFIX}{}", group.at.group)
}

/// Whether a request brings a seat in any group.
pub(super) fn is_brought(headers: &HeaderMap) -> bool {
    cookies(headers).any(|(name, _)| name.starts_with(PREFIX))
}

/// The token that a request brings for a group.
pub(super) fn token<'a>(headers: &'a HeaderMap, group: &ChatGroup) -> Option<&'a str> {
    let name = name(group);
    cookies(headers).find(|(found, _)| *found == name).map(|(_, token)| token)
}

/// Has a browser keep a token for `seconds`; forget it, when they are 0. No script reads it, no other site's form or picture
/// brings it, and over TLS it never goes without.
pub(super) fn cookie(group: &ChatGroup, token: &str, seconds: i64, origin: Origin) -> Option<HeaderValue> {
    let secure = if origin.secure { "; Secure" } else { "" };
    let name = name(group);
    let text = format!("{name}={token}; Path=/i/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}
