//! For tests: one server without sockets, the signer of its requests, and the comparison of a catalogue with what is
//! published.

#![expect(clippy::expect_used, reason = "a helper of tests may stop the test")]

mod domain;
pub mod facts;
mod house;

pub use domain::Domain;
pub use house::{House, Reply, Still};
pub use muster_signer::{self as sign, TIMESTAMP};

/// When everything happens, in milliseconds since 1970: [`TIMESTAMP`].
pub const NOW: i64 = 1_795_168_800_000;
/// The account that calls.
pub const ACCOUNT: &str = "1234567890123456";
