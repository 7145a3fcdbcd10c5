//! Signatures of requests: what is signed, and whether it was signed with the right secret.
//!
//! V1 signs parameters with HMAC-SHA1, V3 signs parameters, headers and the hash of the body with
//! HMAC-SHA256. Both compare in constant time.

mod form;
pub(crate) mod v1;
pub(crate) mod v3;

pub(crate) use form::{SignatureForm, V1Credentials, V3Credentials};

#[cfg(test)]
mod tests;
