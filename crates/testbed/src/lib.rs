//! For tests: one signer of requests, one server without sockets, and the comparison of a catalogue with what is published.

#![expect(clippy::expect_used, reason = "a helper of tests may stop the test")]

pub mod facts;
mod house;
pub mod sign;

pub use house::{House, Reply};

/// When everything happens, in milliseconds since 1970: [`TIMESTAMP`].
pub const NOW: i64 = 1_795_168_800_000;
/// When everything is signed.
pub const TIMESTAMP: &str = "2026-11-20T10:00:00Z";
/// The account that calls.
pub const ACCOUNT: &str = "1234567890123456";
