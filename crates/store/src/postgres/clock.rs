//! The database's clock, watched: leases run out by it, and it may jump.
//!
//! When it is set forward by an hour, every lease in the database has run out at once, and the first node that looks would
//! end what all others hold, before they had the time to renew. So each node compares how far the clock came with the time
//! that really passed. After a jump it ends nobody until as long as a lease has passed: by then, whoever lives has renewed.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// By how much the clocks may differ without being spoken of: far more than a query takes.
const TOLERANCE: Duration = Duration::from_secs(1);

/// When the database's clock was looked at, and what it showed, in milliseconds.
#[derive(Clone, Copy)]
struct Look {
    at: Instant,
    shown: i64,
}

#[derive(Default)]
struct Watched {
    last: Option<Look>,
    jumped: Option<Instant>,
    lease: Duration,
}

/// Watches the database's clock.
#[derive(Default)]
pub(super) struct DatabaseClock(Mutex<Watched>);

impl DatabaseClock {
    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what the clock shows, asked for at `asked` or a little later.
    fn look(&self, asked: Instant, shown: i64) {
        let mut watched = self.watched();
        let look = Look { at: asked, shown };
        let Some(last) = watched.last.replace(look) else { return };
        let passed = i64::try_from(asked.saturating_duration_since(last.at).as_millis()).unwrap_or(i64::MAX);
        let jumped = shown.saturating_sub(last.shown).saturating_sub(passed);
        // However late the answers came, they came by now.
        let late = TOLERANCE + asked.elapsed();
        if u128::from(jumped.unsigned_abs()) > late.as_millis() {
            tracing::warn!(
                milliseconds = jumped,
                "the database's clock has jumped: no lease is taken for run out until all had the time to renew"
            );
            watched.jumped = Some(asked);
        }
    }

    /// Notes what the clock showed when a lease of this length was renewed.
    pub(super) fn renewed(&self, asked: Instant, shown: i64, lease: Duration) {
        self.look(asked, shown);
        self.watched().lease = lease;
    }

    /// Notes what the clock shows; whether it can be told by it that a lease has run out.
    pub(super) fn is_steady(&self, asked: Instant, shown: i64) -> bool {
        self.look(asked, shown);
        let watched = self.watched();
        watched.jumped.is_none_or(|jumped| jumped.elapsed() >= watched.lease)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn after_a_jump_nobody_s_lease_has_run_out_until_all_could_renew() {
        for jump in [3_600_000, -3_600_000, 100 * 86_400_000] {
            let clock = DatabaseClock::default();
            let mut shown = 1_000_000_000_000;
            clock.renewed(Instant::now(), shown, LEASE);
            for _ in 0..10 {
                tokio::time::advance(Duration::from_secs(1)).await;
                shown += 1_000;
                assert!(clock.is_steady(Instant::now(), shown));
            }
            shown += jump;
            for _ in 0..5 {
                assert!(!clock.is_steady(Instant::now(), shown), "{jump}");
                tokio::time::advance(Duration::from_secs(1)).await;
                shown += 1_000;
            }
            assert!(clock.is_steady(Instant::now(), shown), "{jump}");
        }
    }
}
