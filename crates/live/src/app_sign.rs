//! `AppSign`: what a generation 2 client is initialised with.
//!
//! To clients it is opaque. It is Base64 of a gzip stream, as the samples of the documentation are, and what is inside
//! tells a client of this server which application it is and, where that is configured, where the server is. The text
//! is the same for one application at every call.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::Crc;
use muster_core::id::AppId;
use serde::Serialize;

/// A gzip header: deflate, no name, no time, made fast, on FAT. The documented samples begin with the same bytes.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0];
/// Precedes the one, last block of a deflate stream that is stored as it is.
const LAST_STORED_BLOCK: u8 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    v: u8,
    app_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a str>,
}

/// The sign of an application. `endpoint` is the configured public address, if there is one.
pub(crate) fn app_sign(app: &AppId, endpoint: Option<&str>) -> String {
    let content = serde_json::to_vec(&Content { v: 1, app_id: app.as_str(), endpoint });
    // Texts always serialise.
    STANDARD.encode(gzip(&content.unwrap_or_default()))
}

/// Packs a short text without compressing it: a compressor costs more than it saves here, and its next version might
/// find other bytes for the same text. Beyond 65,535 bytes, more than one stored block holds, the rest is left out.
fn gzip(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    let text = &text[..usize::from(length)];
    let mut crc = Crc::new();
    crc.update(text);
    let mut out = Vec::with_capacity(text.len() + 23);
    out.extend_from_slice(&HEADER);
    out.push(LAST_STORED_BLOCK);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(!length).to_le_bytes());
    out.extend_from_slice(text);
    out.extend_from_slice(&crc.sum().to_le_bytes());
    out.extend_from_slice(&crc.amount().to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn opened(sign: &str) -> String {
        let mut text = String::new();
        let packed = STANDARD.decode(sign).unwrap();
        flate2::read::GzDecoder::new(&*packed).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_sign_looks_like_the_documented_ones_and_is_gzip_inside() {
        let app = AppId::new("ab6b5740").unwrap();
        let sign = app_sign(&app, Some("https://im.example.com"));
        assert!(sign.starts_with("H4sIAAAAAAAE"), "{sign}");
        assert_eq!(opened(&sign), r#"{"v":1,"appId":"ab6b5740","endpoint":"https://im.example.com"}"#);
        assert_eq!(opened(&app_sign(&app, None)), r#"{"v":1,"appId":"ab6b5740"}"#);
        assert_eq!(app_sign(&app, None), app_sign(&app, None));
    }
}
