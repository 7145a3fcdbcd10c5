//! Saying once, or a few times, what happens again and again: what fills a log hides what else is in it.

use std::{
    fmt::Display,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

/// What is tried again and again: its first failure is logged, and so is its return, with the number of failures; those
/// between them only at level `debug`.
#[derive(Debug)]
pub struct Complaint {
    what: &'static str,
    grave: bool,
    failures: AtomicU64,
}

impl Complaint {
    /// About what can be said to "fail" and to "work again". A failure is a warning.
    #[must_use]
    pub const fn about(what: &'static str) -> Self {
        Self { what, grave: false, failures: AtomicU64::new(0) }
    }

    /// The same, of what the server cannot do its work without: a failure is an error.
    #[must_use]
    pub const fn grave(what: &'static str) -> Self {
        Self { grave: true, ..Self::about(what) }
    }

    /// Notes how an attempt ended; what it came to, if it succeeded.
    pub fn note<T, E: Display>(&self, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => {
                self.passed();
                Some(value)
            }
            Err(error) => {
                self.failed(&error, 1);
                None
            }
        }
    }

    /// Notes that so many attempts failed together.
    pub fn failed(&self, error: &dyn Display, attempts: u64) {
        let first = self.failures.fetch_add(attempts, Ordering::Relaxed) == 0;
        match (first, self.grave) {
            (true, true) => tracing::error!(%error, "{} fails, and is tried again", self.what),
            (true, false) => tracing::warn!(%error, "{} fails, and is tried again", self.what),
            (false, _) => tracing::debug!(%error, "{} still fails", self.what),
        }
    }

    /// Notes that an attempt succeeded.
    pub fn passed(&self) {
        // Read first: it is asked with every write, and almost never changes.
        if self.failures.load(Ordering::Relaxed) > 0 {
            let failures = self.failures.swap(0, Ordering::Relaxed);
            tracing::warn!(failures, "{} works again", self.what);
        }
    }
}

/// What anybody can bring about as often as they like: so many lines of the log in a period, and a count of the others.
#[derive(Debug)]
pub struct LineLimit {
    lines: u64,
    period: Duration,
    state: Mutex<Period>,
}

#[derive(Debug)]
struct Period {
    begun: Option<Instant>,
    told: u64,
    untold: u64,
}

impl LineLimit {
    /// At most so many lines in a period.
    #[must_use]
    pub const fn new(lines: u64, period: Duration) -> Self {
        Self { lines, period, state: Mutex::new(Period { begun: None, told: 0, untold: 0 }) }
    }

    /// Notes that it happened. If it is to be told now: how often it happened untold since it was told last.
    pub fn note(&self) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if state.begun.is_none_or(|begun| begun + self.period <= now) {
            (state.begun, state.told) = (Some(now), 0);
        }
        if state.told == self.lines {
            state.untold += 1;
            return None;
        }
        state.told += 1;
        Some(std::mem::take(&mut state.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_a_few_lines_and_a_count() {
        let period = Duration::from_secs(60);
        let limit = LineLimit::new(20, period);
        assert_eq!((0..1_000).filter(|_| limit.note().is_some()).count(), 20);
        tokio::time::advance(period).await;
        assert_eq!((limit.note(), limit.note()), (Some(980), Some(0)));
        let rarely = LineLimit::new(1, period);
        assert_eq!((rarely.note(), rarely.note(), rarely.note()), (Some(0), None, None));
        tokio::time::advance(period).await;
        assert_eq!((rarely.note(), rarely.note()), (Some(2), None));
    }

    #[test]
    fn failures_are_counted_until_something_succeeds() {
        let complaint = Complaint::about("a test");
        assert_eq!(complaint.note(Err::<(), _>("no")), None);
        complaint.failed(&"no", 4);
        assert_eq!(complaint.failures.load(Ordering::Relaxed), 5);
        assert_eq!(complaint.note(Ok::<_, &str>(7)), Some(7));
        assert_eq!(complaint.failures.load(Ordering::Relaxed), 0);
    }
}
