//! Records that are asked for with every operation, kept for a moment.
//!
//! What this node changes it forgets at once. What another node changes is seen here [`AGE`] later at most; until then a
//! caller may take a deleted group for an existing one. That does no harm: whoever joins or writes is told by the
//! database, under the lock of the group.

use std::{hash::Hash, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::bounded::{Bounded, Ticket};

/// How long a record is believed: half of the second within which every node is to know of a change.
const AGE: Duration = Duration::from_millis(500);
/// Records kept, at most: some tens of megabytes when they are large.
const KEPT: usize = 65_536;

/// Records of one kind by their key.
pub(crate) struct Cache<K, V> {
    /// `None` stands for what was forgotten.
    kept: Bounded<K, Option<(Instant, Arc<V>)>>,
}

impl<K: Eq + Hash + Clone, V> Cache<K, V> {
    pub(crate) fn new() -> Self {
        Self { kept: Bounded::new(KEPT) }
    }

    /// The record, if it was read a moment ago.
    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        let kept = self.kept.with(key, |kept| kept.clone())??;
        (kept.0.elapsed() < AGE).then_some(kept.1)
    }

    /// What a later [`fill`](Self::fill) needs: taken before the record is read.
    pub(crate) fn ticket(&self, key: &K) -> Ticket {
        self.kept.ticket(key)
    }

    /// Keeps what was read since the ticket was taken, unless it was forgotten meanwhile.
    pub(crate) fn fill(&self, key: K, record: Arc<V>, ticket: Ticket) {
        self.kept.fill(key, Some((Instant::now(), record)), 1, ticket);
    }

    /// Forgets a record that was changed, after the change.
    pub(crate) fn forget(&self, key: K) {
        self.kept.put(key, None, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_record_is_believed_for_a_moment() {
        let cache = Cache::new();
        let ticket = cache.ticket(&1);
        cache.fill(1, Arc::new("record"), ticket);
        tokio::time::advance(AGE - Duration::from_millis(1)).await;
        assert_eq!(cache.get(&1).as_deref(), Some(&"record"));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(cache.get(&1), None);
    }

    #[tokio::test]
    async fn what_was_read_before_a_change_is_not_kept_after_it() {
        let cache = Cache::new();
        let ticket = cache.ticket(&1);
        cache.forget(1);
        cache.fill(1, Arc::new("record"), ticket);
        assert_eq!(cache.get(&1), None);
    }
}
