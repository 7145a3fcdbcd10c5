//! Version 3: `Authorization: ACS3-HMAC-SHA256 Credential=…,SignedHeaders=a;b,Signature=hex`.
//!
//! Signed is the canonical request: method, path, sorted query, the headers that `SignedHeaders`
//! lists, that list, and the hash of the body. The hash is computed from the body as received, so a
//! changed body never matches.

use http::{HeaderMap, Method};
use ring::digest::{SHA256, digest};
use ring::hmac;

use crate::parameter::Pair;
use crate::percent;

/// The one algorithm that is verified. `ACS3-HMAC-SM3` and `ACS3-RSA-SHA256` are refused by name.
pub(crate) const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// A key with the hash states of its two paddings computed.
pub(crate) type Key = hmac::Key;

/// The key of a secret.
pub(crate) fn key(secret: &str) -> Key {
    Key::new(hmac::HMAC_SHA256, secret.as_bytes())
}

/// Headers that mean something to the gateway and therefore must be signed when they are sent.
pub(crate) const MEANINGFUL: [&str; 6] = [
    "x-acs-action",
    "x-acs-version",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-content-sha256",
    "x-acs-security-token",
];

/// The parts of an `Authorization` header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authorization<'a> {
    pub(crate) algorithm: &'a str,
    pub(crate) access_key: &'a str,
    pub(crate) signed_headers: &'a str,
    pub(crate) signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Reads the header; `None` when a part is absent.
    pub(crate) fn parse(header: &'a str) -> Option<Self> {
        let (algorithm, parts) = header.trim().split_once(' ')?;
        let part =
            |name: &str| parts.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        Some(Self {
            algorithm,
            access_key: part("Credential")?,
            signed_headers: part("SignedHeaders")?,
            signature: part("Signature")?,
        })
    }

    /// A signed header that stands more than once. Its values would be joined by commas, so that one
    /// value with a comma and two without it would have one signature.
    pub(crate) fn repeated(&self, headers: &HeaderMap) -> Option<&'a str> {
        self.signed_headers.split(';').find(|name| headers.get_all(*name).iter().nth(1).is_some())
    }

    /// Whether a header, by its lower-case name, is signed.
    pub(crate) fn signs(&self, header: &str) -> bool {
        self.signed_headers.split(';').any(|name| name.eq_ignore_ascii_case(header))
    }
}

/// How parameter names enter the canonical query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// As the documentation says.
    Encoded,
    /// As the SDKs do. It differs only for names with special characters.
    Raw,
}

/// A request as its signature sees it.
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a Method,
    /// Sorted by name, then value.
    pub(crate) query: &'a [Pair<'a>],
    pub(crate) headers: &'a HeaderMap,
    /// Lower-case hexadecimal SHA-256 of the body.
    pub(crate) body_hash: &'a str,
}

impl Signed<'_> {
    /// The canonical request.
    pub(crate) fn canonical(&self, signed_headers: &str, names: Names) -> Vec<u8> {
        let mut text = Vec::with_capacity(1024);
        text.extend_from_slice(self.method.as_str().as_bytes());
        text.extend_from_slice(b"\n/\n");
        for (at, (name, value)) in self.query.iter().enumerate() {
            if at > 0 {
                text.push(b'&');
            }
            match names {
                Names::Encoded => percent::encode_into(&mut text, name),
                Names::Raw => text.extend_from_slice(name.as_bytes()),
            }
            text.push(b'=');
            percent::encode_into(&mut text, value);
        }
        text.push(b'\n');
        for name in signed_headers.split(';') {
            text.extend_from_slice(name.as_bytes());
            text.push(b':');
            self.header_into(&mut text, name);
            text.push(b'\n');
        }
        text.push(b'\n');
        text.extend_from_slice(signed_headers.as_bytes());
        text.push(b'\n');
        text.extend_from_slice(self.body_hash.as_bytes());
        text
    }

    /// Appends the value as sent, trimmed. A signed header stands once.
    fn header_into(&self, text: &mut Vec<u8>, name: &str) {
        if let Some(value) = self.headers.get(name) {
            text.extend_from_slice(value.as_bytes().trim_ascii());
        }
    }
}

/// What is signed: the algorithm, and the hash of the canonical request.
pub(crate) fn string_to_sign(canonical: &[u8]) -> String {
    format!("{ALGORITHM}\n{}", hash(canonical))
}

/// Whether the signature is the string's under the key.
pub(crate) fn verify(key: &Key, string_to_sign: &str, signature: &str) -> bool {
    let mut bytes = [0; 32];
    from_hex(signature, &mut bytes) && hmac::verify(key, string_to_sign.as_bytes(), &bytes).is_ok()
}

/// Lower-case hexadecimal SHA-256.
pub(crate) fn hash(bytes: &[u8]) -> String {
    /// Most requests have no body.
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    if bytes.is_empty() {
        return EMPTY.to_owned();
    }
    let digest = digest(&SHA256, bytes);
    let mut text = String::with_capacity(64);
    for byte in digest.as_ref() {
        text.push(char::from(HEX[usize::from(byte >> 4)]));
        text.push(char::from(HEX[usize::from(byte & 15)]));
    }
    text
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Reads exactly 64 lower-case digits: one signature has one spelling.
fn from_hex(text: &str, bytes: &mut [u8; 32]) -> bool {
    if text.len() != 64 {
        return false;
    }
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        match (digit(pair[0]), digit(pair[1])) {
            (Some(high), Some(low)) => *byte = high << 4 | low,
            _ => return false,
        }
    }
    true
}
