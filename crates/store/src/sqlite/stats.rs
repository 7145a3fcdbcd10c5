//! What the store counts about itself.

use std::sync::atomic::{AtomicU64, Ordering};

use muster_core::complaint::Complaint;

/// The store's own figures since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Transactions committed.
    pub commits: u64,
    /// Jobs that those transactions held.
    pub jobs: u64,
    /// Bytes of the write-ahead log's file.
    pub wal_bytes: u64,
    /// Groups in memory.
    pub cached_groups: u64,
}

#[derive(Debug)]
pub(super) struct Counters {
    commits: AtomicU64,
    jobs: AtomicU64,
    pub(super) writing: Complaint,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            commits: AtomicU64::new(0),
            jobs: AtomicU64::new(0),
            writing: Complaint::grave("writing to the store"),
        }
    }
}

impl Counters {
    pub(super) fn commit(&self, jobs: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.jobs.fetch_add(jobs as u64, Ordering::Relaxed);
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(super) fn jobs(&self) -> u64 {
        self.jobs.load(Ordering::Relaxed)
    }
}
