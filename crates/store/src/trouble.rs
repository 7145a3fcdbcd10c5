//! Saying once that writes fail, however many do.

use std::{
    fmt::Display,
    sync::atomic::{AtomicU64, Ordering},
};

/// How many writes have failed since the last that succeeded. The first failure is logged, and the return with the
/// number of failures; those between only at level `debug`. So a full disk fills no log.
#[derive(Debug, Default)]
pub(crate) struct Trouble(AtomicU64);

impl Trouble {
    /// Notes that `jobs` writes failed together.
    pub(crate) fn failed(&self, error: &dyn Display, jobs: usize) {
        if self.0.fetch_add(jobs as u64, Ordering::Relaxed) == 0 {
            tracing::error!(%error, jobs, "the store cannot write, and goes on trying");
        } else {
            tracing::debug!(%error, jobs, "the store still cannot write");
        }
    }

    /// Notes that writes succeeded.
    pub(crate) fn passed(&self) {
        if self.0.load(Ordering::Relaxed) > 0 {
            let failed = self.0.swap(0, Ordering::Relaxed);
            tracing::warn!(failed, "the store writes again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_until_something_succeeds() {
        let trouble = Trouble::default();
        trouble.failed(&"no", 2);
        trouble.failed(&"no", 3);
        assert_eq!(trouble.0.load(Ordering::Relaxed), 5);
        trouble.passed();
        assert_eq!(trouble.0.load(Ordering::Relaxed), 0);
    }
}
