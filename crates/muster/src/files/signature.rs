//! How the clients of the Object Storage Service sign: version 1 (HMAC-SHA1 of a few lines) and version 4 (HMAC-SHA256 of the
//! request, under a key of its day).
//!
//! When a request was signed is not looked at: its key is good for an hour, and all that can be done again with it is to put
//! the same file to the same place.

use axum::http::{HeaderMap, HeaderName, header, request::Parts};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use muster_core::hex::hex;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::{digest, hmac};

use super::{CONTENT_MD5, text};

/// What headers of the service's own begin with.
const OWN: &str = "x-oss-";
const DATE: HeaderName = HeaderName::from_static("x-oss-date");
const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-oss-content-sha256");
/// What is encoded in the path that version 4 signs.
const NOT_OF_A_PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A signature, as `Authorization` gives it.
pub(super) enum Signature<'a> {
    V1 { key_id: &'a str, code: Vec<u8> },
    V4 { key_id: &'a str, scope: Scope<'a>, additional: Vec<&'a str>, code: Vec<u8> },
}

/// What a key of version 4 is good for.
pub(super) struct Scope<'a> {
    day: &'a str,
    region: &'a str,
}

impl<'a> Signature<'a> {
    /// What a request's headers say; `None` when it is neither of the two.
    pub(super) fn of(headers: &'a HeaderMap) -> Option<Self> {
        let said = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        if let Some(said) = said.strip_prefix("OSS ") {
            let (key_id, code) = said.split_once(':')?;
            return Some(Self::V1 { key_id, code: STANDARD.decode(code).ok()? });
        }
        let said = said.strip_prefix("OSS4-HMAC-SHA256 ")?;
        let part =
            |name: &str| said.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let mut credential = part("Credential")?.split('/');
        let (key_id, day, region) = (credential.next()?, credential.next()?, credential.next()?);
        if !credential.eq(["oss", "aliyun_v4_request"]) {
            return None;
        }
        let additional = part("AdditionalHeaders").unwrap_or_default();
        let additional = additional.split(';').filter(|name| !name.is_empty()).collect();
        Some(Self::V4 { key_id, scope: Scope { day, region }, additional, code: unhex(part("Signature")?)? })
    }

    /// The id of the key that it was made with.
    pub(super) fn key_id(&self) -> &'a str {
        match self {
            Self::V1 { key_id, .. } | Self::V4 { key_id, .. } => key_id,
        }
    }

    /// Whether it was made with this secret, of this request for `resource`, which is `/<bucket>/<key>`. Codes are compared
    /// in constant time.
    pub(super) fn is_good(&self, request: &Parts, resource: &str, secret: &str) -> bool {
        match self {
            Self::V1 { code, .. } => {
                let text = lines_of_v1(request, resource);
                let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
                hmac::verify(&key, text.as_bytes(), code).is_ok()
            }
            Self::V4 { scope, additional, code, .. } => {
                let text = lines_of_v4(request, resource, scope, additional);
                hmac::verify(&key_of(secret, scope), text.as_bytes(), code).is_ok()
            }
        }
    }
}

/// Headers as both versions sign them: in the order of their names.
fn lines_of_headers(headers: &HeaderMap, signed: impl Fn(&str) -> bool) -> String {
    let mut lines: Vec<String> = headers
        .iter()
        .filter(|(name, _)| signed(name.as_str()))
        .map(|(name, value)| format!("{name}:{}\n", value.to_str().unwrap_or_default().trim()))
        .collect();
    lines.sort();
    lines.concat()
}

fn lines_of_v1(request: &Parts, resource: &str) -> String {
    let headers = &request.headers;
    let own = lines_of_headers(headers, |name| name.starts_with(OWN));
    let (md5, kind) = (text(headers, &CONTENT_MD5), text(headers, &header::CONTENT_TYPE));
    // A client that may not set `Date`, such as one in a browser, says it in a header of the service's own.
    let dated = if headers.contains_key(&DATE) { &DATE } else { &header::DATE };
    let date = text(headers, dated);
    format!("{}\n{md5}\n{kind}\n{date}\n{own}{resource}", request.method)
}

fn lines_of_v4(request: &Parts, resource: &str, scope: &Scope<'_>, additional: &[&str]) -> String {
    let headers = &request.headers;
    let signed = |name: &str| {
        name.starts_with(OWN)
            || matches!(name, "content-type" | "content-md5")
            || additional.iter().any(|one| one.eq_ignore_ascii_case(name))
    };
    let canonical = format!(
        "{}\n{}\n\n{}\n{}\n{}",
        request.method,
        utf8_percent_encode(resource, NOT_OF_A_PATH),
        lines_of_headers(headers, signed),
        additional.join(";"),
        text(headers, &CONTENT_SHA256),
    );
    let Scope { day, region } = scope;
    let sum = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    format!("OSS4-HMAC-SHA256\n{}\n{day}/{region}/oss/aliyun_v4_request\n{sum}", text(headers, &DATE))
}

/// The key of a day, a region and the service.
fn key_of(secret: &str, scope: &Scope<'_>) -> hmac::Key {
    let key = hmac::Key::new(hmac::HMAC_SHA256, format!("aliyun_v4{secret}").as_bytes());
    [scope.day, scope.region, "oss", "aliyun_v4_request"]
        .iter()
        .fold(key, |key, part| hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref()))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
