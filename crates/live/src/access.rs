//! What a generation 1 client is given to log in with.
//!
//! The documentation calls it `AccessToken`; clients decode it to find the server: Base64 of a JSON object with the
//! endpoints, the token proper and the application. Some clients decode the standard alphabet of Base64 and some the
//! one for URLs, so the text must read the same in both: it holds none of `+ / - _`, and no padding.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bundle<'a> {
    endpoints: [&'a str; 1],
    token: &'a str,
    app_id: &'a str,
}

/// The text that a client logs in with at `endpoint`, a WebSocket URL.
#[must_use]
pub fn bundle(endpoint: &str, app: &str, token: &str) -> String {
    let json = serde_json::to_string(&Bundle { endpoints: [endpoint], token, app_id: app });
    // Texts always serialise.
    let mut plain = escaped(&json.unwrap_or_default());
    while !plain.len().is_multiple_of(3) {
        plain.push(' ');
    }
    STANDARD.encode(plain)
}

/// The same JSON without the bytes that can come out as the last two digits of Base64: of ASCII these are `>`, `?`,
/// `~` and DEL, and everything beyond ASCII. They stand only inside texts, where JSON writes them as an escape.
fn escaped(json: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(json.len() + 8);
    for unit in json.chars() {
        if unit.is_ascii() && !matches!(unit, '>' | '?' | '~' | '\u{7f}') {
            out.push(unit);
        } else {
            for half in unit.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{half:04x}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_reads_the_same_in_both_alphabets_whatever_is_in_it() {
        for endpoint in ["ws://127.0.0.1:7070/connection/websocket", "ws://h/?~>?~>", "wss://例え.jp/😀~"]
        {
            for pad in 0..3 {
                let token = format!("oauth_cloud_key:{}~?>", "x".repeat(pad));
                let text = bundle(endpoint, "app", &token);
                assert!(text.bytes().all(|b| b.is_ascii_alphanumeric()), "{text}");
                let json: serde_json::Value =
                    serde_json::from_slice(&STANDARD.decode(text).unwrap()).unwrap();
                assert_eq!(json["endpoints"], serde_json::json!([endpoint]));
                assert_eq!((json["token"].as_str(), json["appId"].as_str()), (Some(&*token), Some("app")));
            }
        }
    }
}
