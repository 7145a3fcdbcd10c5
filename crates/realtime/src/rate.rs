//! How often something may happen: so many times a second, with what ten seconds allow at once.
//!
//! Steady time is counted, and a bound is a few words: one for each connection and one for each followed group.

use std::{sync::Mutex, time::Duration};

use tokio::time::Instant;

use crate::lock::locked;

/// How much may come at once, in time: a client that was away for a moment catches up.
const AT_ONCE: Duration = Duration::from_secs(10);

/// A bound on how often something happens.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    /// When everything that has happened would have, at the bound's own pace.
    due: Mutex<Option<Instant>>,
}

impl Rate {
    /// Whether it may happen once more now, at up to `per_second`; 0 for no bound. It counts when it may.
    pub(crate) fn admits(&self, per_second: u32) -> bool {
        if per_second == 0 {
            return true;
        }
        let now = Instant::now();
        let mut due = locked(&self.due);
        let next = due.map_or(now, |due| due.max(now)) + Duration::from_secs(1) / per_second;
        let admitted = next <= now + AT_ONCE;
        if admitted {
            *due = Some(next);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ten_seconds_worth_may_come_at_once_and_then_as_many_as_the_time_allows() {
        let rate = Rate::default();
        let count = |tries: u32| (0..tries).filter(|_| rate.admits(4)).count();
        assert_eq!(count(100), 40);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(count(100), 4);
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(count(100), 40);
        assert!((0..1_000).all(|_| rate.admits(0)));
    }
}
