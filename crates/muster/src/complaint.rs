//! Saying once what happens again and again.

use std::{
    fmt::Display,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// What is tried again and again: its first failure is logged as a warning, and so is its return; the failures between
/// them only at level `debug`.
#[derive(Debug)]
pub(crate) struct Complaint {
    what: &'static str,
    failing: bool,
}

impl Complaint {
    /// About what can be said to "fail" and to "work again".
    pub(crate) fn about(what: &'static str) -> Self {
        Self { what, failing: false }
    }

    /// Notes how an attempt ended; what it came to, if it succeeded.
    pub(crate) fn note<T, E: Display>(&mut self, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => {
                if std::mem::take(&mut self.failing) {
                    tracing::warn!("{} works again", self.what);
                }
                Some(value)
            }
            Err(error) => {
                if std::mem::replace(&mut self.failing, true) {
                    tracing::debug!(%error, "{} still fails", self.what);
                } else {
                    tracing::warn!(%error, "{} fails, and is tried again", self.what);
                }
                None
            }
        }
    }
}

/// What anybody can bring about as often as they like: told of once in a while.
#[derive(Debug)]
pub(crate) struct Rarely {
    every: Duration,
    /// When it was last told, and how often it has happened since.
    last: Mutex<Option<(Instant, u64)>>,
}

impl Rarely {
    /// At most once in `every`.
    pub(crate) fn every(every: Duration) -> Self {
        Self { every, last: Mutex::new(None) }
    }

    /// Notes that it happened. If it is to be told now: how often it happened untold before.
    pub(crate) fn now(&self) -> Option<u64> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let untold = match &mut *last {
            Some((told, untold)) if now.duration_since(*told) < self.every => {
                *untold += 1;
                return None;
            }
            Some((_, untold)) => *untold,
            None => 0,
        };
        *last = Some((now, 0));
        Some(untold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_often_is_told_once_in_a_while_with_its_count() {
        let mut rarely = Rarely::every(Duration::from_secs(3600));
        assert_eq!(rarely.now(), Some(0));
        assert_eq!((rarely.now(), rarely.now()), (None, None));
        rarely.every = Duration::ZERO;
        assert_eq!(rarely.now(), Some(2));
    }

    #[test]
    fn a_failure_is_remembered_until_something_succeeds() {
        let mut complaint = Complaint::about("a test");
        assert_eq!(complaint.note(Err::<(), _>("no")), None);
        assert!(complaint.failing);
        assert_eq!(complaint.note(Ok::<_, &str>(7)), Some(7));
        assert!(!complaint.failing);
    }
}
