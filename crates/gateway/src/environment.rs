//! Time and randomness, passed in so that a test can move the one and repeat the other.

use std::time::Duration;

/// The clocks and the random source of a gateway.
pub trait Environment: Send + Sync + 'static {
    /// Milliseconds since 1970 UTC.
    fn now(&self) -> i64;

    /// A clock that never goes back, from a start of its own; it measures how long requests take.
    fn elapsed(&self) -> Duration;

    /// Fills the bytes with randomness. Called once per request for 32 bytes, so a source that makes
    /// a system call each time is felt.
    fn fill(&self, bytes: &mut [u8]);
}
