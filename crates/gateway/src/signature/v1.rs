//! Version 1: `Base64(HMAC-SHA1(secret + "&", METHOD&%2F&parameters))`.
//!
//! Signed are all parameters of query and form but `Signature`, one value per name, sorted by name,
//! encoded; what they are joined to is encoded once more. The body of a request that is no form is
//! not signed, so its content never becomes parameters. (The older Python SDK's `CommonRequest` with
//! a JSON body signs the JSON's members as if they were form fields. That signature does not match.)

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use crate::parameter::Parameters;
use crate::percent;

/// A key with the hash states of its two paddings computed.
pub(crate) type Key = Hmac<Sha1>;

/// The key of a secret.
pub(crate) fn key(secret: &str) -> Key {
    let secret = format!("{secret}&");
    // HMAC takes keys of any length, so the other branch never runs.
    Key::new_from_slice(secret.as_bytes()).unwrap_or_else(|_| Key::new(&hmac::digest::Key::<Key>::default()))
}

/// Which parameters a signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Covers {
    /// All of them.
    All,
    /// Those that are not empty.
    Filled,
}

/// What is signed.
pub(crate) fn string_to_sign(method: &str, parameters: &Parameters<'_>, covers: Covers) -> Vec<u8> {
    let mut text = Vec::with_capacity(1024);
    text.extend_from_slice(method.as_bytes());
    text.extend_from_slice(b"&%2F&");
    let mut first = true;
    let covered = |value: &str| covers == Covers::All || !value.is_empty();
    for (name, value) in parameters.iter().filter(|(name, value)| *name != "Signature" && covered(value)) {
        if !std::mem::replace(&mut first, false) {
            text.extend_from_slice(b"%26");
        }
        percent::encode_twice_into(&mut text, name);
        text.extend_from_slice(b"%3D");
        percent::encode_twice_into(&mut text, value);
    }
    text
}

/// Whether the signature is the string's under the key.
pub(crate) fn verify(key: &Key, string_to_sign: &[u8], signature: &str) -> bool {
    let mut expected = key.clone();
    expected.update(string_to_sign);
    let mut bytes = [0; 30];
    STANDARD
        .decode_slice(signature, &mut bytes)
        .is_ok_and(|length| expected.verify_slice(&bytes[..length]).is_ok())
}

/// The signature of a string.
#[cfg(test)]
pub(crate) fn sign(key: &Key, string_to_sign: &[u8]) -> String {
    let mut signature = key.clone();
    signature.update(string_to_sign);
    STANDARD.encode(signature.finalize().into_bytes())
}
