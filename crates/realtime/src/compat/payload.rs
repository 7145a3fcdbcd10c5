//! Payloads as tokens and the server API give them. What is said in a channel is JSON in either form of the protocol, on
//! one line, so that everybody can read it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A payload given as JSON text, or as the base64 of JSON text, which counts before it. `None` for anything else.
pub(super) fn given(plain: Option<&str>, encoded: &str) -> Option<Bytes> {
    if encoded.is_empty() {
        return plain.map(one_line);
    }
    let decoded = STANDARD.decode(encoded).ok()?;
    let json: &RawValue = serde_json::from_slice(&decoded).ok()?;
    Some(one_line(json.get()))
}

/// Reads a JSON object. Without this, a list of its members' values would be taken as well.
pub(super) fn object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, serde_json::Error> {
    match json.trim_ascii_start().first() {
        Some(b'{') => serde_json::from_slice(json),
        _ => Err(serde::de::Error::custom("not a JSON object")),
    }
}

/// A JSON text on one line. A line break stands only between tokens: inside a string it is escaped.
fn one_line(json: &str) -> Bytes {
    json.replace(['\n', '\r'], " ").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_json_on_one_line_given_in_either_way() {
        let pretty = "{\n  \"a\": \"x\\ny\"\r\n}";
        let line = Bytes::from_static(b"{   \"a\": \"x\\ny\"  }");
        assert_eq!(given(Some(pretty), ""), Some(line.clone()));
        assert_eq!(given(Some("1"), &STANDARD.encode(pretty)), Some(line));
        assert_eq!(given(None, ""), None);
        for other in [&b"\x00\x01"[..], b"{", b"1 2", b"\xff"] {
            assert_eq!(given(None, &STANDARD.encode(other)), None, "{other:?}");
        }
        assert_eq!(given(Some("1"), "%"), None);
        assert!(object::<(u8,)>(b" [1]").is_err() && object::<serde_json::Value>(b" {}").is_ok());
    }
}
