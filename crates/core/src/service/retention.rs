//! Removing what has outlived its keeping, by a clock that may be wrong.
//!
//! A clock that somebody set ahead by mistake would make everything old at once, and what is removed does not come back.
//! So removal goes by a time of its own, the *purge time*. It is kept in the store and advances only with time that has
//! really passed while a server ran: never at a start, never by a jump, and never beyond the clock. While the clock is
//! ahead of it, because the server was down or because the clock is wrong, it catches up at twice the pace of time:
//! an operator has days to notice, and what is owed after a downtime is still removed.

use std::time::Duration;

use super::groups;
use crate::{
    error::Result,
    limits::Limits,
    store::Store,
    time::{CLOCK_TOLERANCE, Clock, Millis},
};

/// How many times faster than time the purge time catches up with the clock.
const CATCH_UP: u32 = 2;
/// By how much the purge time advances before it is noted in the store, in milliseconds.
const NOTED_EVERY: i64 = 60_000;

/// Sweeps a store again and again.
#[derive(Debug)]
pub struct Sweeper {
    /// How long files of channels are kept, in milliseconds.
    pub(super) files: i64,
    /// The purge time that the store has noted, and when.
    noted: Option<(Duration, Millis)>,
}

impl Default for Sweeper {
    fn default() -> Self {
        Self { files: Limits::default().chat_file_millis, noted: None }
    }
}

impl Sweeper {
    /// Removes some of what has outlived its keeping: groups 30 days after their deletion, messages after their
    /// application's time, files of channels after theirs. Answers how many rows went; a caller goes on until it is 0. The
    /// first call only looks at the clocks.
    ///
    /// # Errors
    /// The store's.
    pub async fn sweep(&mut self, store: &dyn Store, clock: &dyn Clock) -> Result<u64> {
        let (steady, now) = (clock.steady(), clock.now());
        let Some((since, from)) = self.noted else {
            let noted = store.purge_time(now).await?;
            complain_of_distance(noted, now);
            self.noted = Some((steady, noted));
            return Ok(0);
        };
        let passed = steady.saturating_sub(since) * CATCH_UP;
        let earned = from + i64::try_from(passed.as_millis()).unwrap_or(i64::MAX);
        let time = earned.min(now).max(from);
        if time - from >= NOTED_EVERY {
            // Another node may have come farther.
            self.noted = Some((steady, store.note_purge_time(time).await?.max(time)));
        }
        let reached = time.min(now);
        let purged = store.purge(reached, reached - groups::RECOVERABLE_MILLIS).await?;
        Ok(purged + store.records().remove_files(reached - self.files).await?)
    }
}

fn complain_of_distance(noted: Millis, now: Millis) {
    let ahead = now - noted;
    if ahead >= CLOCK_TOLERANCE {
        tracing::info!(
            seconds = ahead / 1000,
            "the machine's clock is ahead of the time by which the store was last purged: the server was down, or the \
             clock is wrong. What has outlived its keeping is removed at twice the pace of time until they agree"
        );
    } else if ahead <= -CLOCK_TOLERANCE {
        tracing::warn!(
            seconds = -ahead / 1000,
            "the machine's clock is behind the time by which the store was last purged: it is wrong, or was"
        );
    }
}
