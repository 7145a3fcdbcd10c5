//! Signatures of requests: what is signed, and whether it was signed with the right secret.
//!
//! V1 signs parameters with HMAC-SHA1, V3 signs parameters, headers and the hash of the body with
//! HMAC-SHA256. Both compare in constant time.

pub(crate) mod v1;
pub(crate) mod v3;

#[cfg(test)]
mod tests;
