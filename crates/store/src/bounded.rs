//! A bounded cache of what the database holds.
//!
//! Two generations: entries are added to the young one and moved back to it when used; when it holds half of the
//! bound, it becomes the old one and what was old is forgotten. No list is kept in order and nothing is swept: every
//! operation is O(1) but the forgetting, which is what the entries' own drops cost. Cut into shards, each with a
//! mutex that is held for a look-up.
//!
//! A reader who fills the cache may come late, with what was true before a commit. So a fill carries the shard's
//! [`Ticket`] from before the read; a commit that changes an entry makes tickets of its shard worthless.

use std::{
    collections::HashMap,
    hash::{Hash, RandomState},
    sync::{Mutex, PoisonError},
};

use crate::sharded::slot;

const SHARDS: usize = 32;

/// The right to fill a shard with what was read since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket(u64);

pub(crate) struct Bounded<K, V> {
    shards: Vec<Mutex<Shard<K, V>>>,
    hasher: RandomState,
    /// Weight of one generation of one shard.
    bound: usize,
}

struct Shard<K, V> {
    young: HashMap<K, (V, usize)>,
    old: HashMap<K, (V, usize)>,
    weight: usize,
    changes: u64,
}

impl<K: Eq + Hash + Clone, V> Bounded<K, V> {
    /// A cache whose entries weigh `bound` together, at most.
    pub(crate) fn new(bound: usize) -> Self {
        let shard =
            || Mutex::new(Shard { young: HashMap::new(), old: HashMap::new(), weight: 0, changes: 0 });
        Self {
            shards: std::iter::repeat_with(shard).take(SHARDS).collect(),
            hasher: RandomState::new(),
            bound: bound / SHARDS / 2,
        }
    }

    fn shard<R>(&self, key: &K, work: impl FnOnce(&mut Shard<K, V>) -> R) -> R {
        let at = slot(&self.hasher, key, SHARDS);
        let mut shard = self.shards[at].lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut shard)
    }

    /// Looks at an entry under its shard's lock.
    pub(crate) fn with<R>(&self, key: &K, look: impl FnOnce(&mut V) -> R) -> Option<R> {
        self.shard(key, |shard| {
            if !shard.young.contains_key(key) {
                let (value, weight) = shard.old.remove(key)?;
                shard.add(key.clone(), value, weight, self.bound);
            }
            shard.young.get_mut(key).map(|(value, _)| look(value))
        })
    }

    /// What a later [`fill`](Self::fill) of this key needs.
    pub(crate) fn ticket(&self, key: &K) -> Ticket {
        self.shard(key, |shard| Ticket(shard.changes))
    }

    /// Adds what was read after the ticket was taken, unless something changed since.
    pub(crate) fn fill(&self, key: K, value: V, weight: usize, ticket: Ticket) {
        self.shard(&key.clone(), |shard| {
            if shard.changes == ticket.0 {
                shard.add(key, value, weight, self.bound);
            }
        });
    }

    /// Forgets what a commit changed.
    pub(crate) fn forget(&self, key: &K) {
        self.shard(key, |shard| {
            shard.changes += 1;
            shard.old.remove(key);
            if let Some((_, weight)) = shard.young.remove(key) {
                shard.weight -= weight;
            }
        });
    }

    /// Notes what a commit changed.
    pub(crate) fn put(&self, key: K, value: V, weight: usize) {
        self.shard(&key.clone(), |shard| {
            shard.changes += 1;
            shard.old.remove(&key);
            shard.add(key, value, weight, self.bound);
        });
    }
}

impl<K: Eq + Hash, V> Shard<K, V> {
    fn add(&mut self, key: K, value: V, weight: usize, bound: usize) {
        if self.weight + weight > bound && !self.young.is_empty() {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight += weight;
        if let Some((_, replaced)) = self.young.insert(key, (value, weight)) {
            self.weight -= replaced;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_what_was_not_used_and_never_outgrows_its_bound() {
        let cache = Bounded::new(64 * SHARDS);
        for key in 0..10_000_u64 {
            let ticket = cache.ticket(&key);
            cache.fill(key, key, 1, ticket);
            cache.with(&7, |_| ());
        }
        assert_eq!(cache.with(&7, |value| *value), Some(7));
        let kept = (0..10_000).filter(|key| cache.with(key, |_| ()).is_some()).count();
        assert!(kept <= 64 * SHARDS, "{kept}");
        assert!(kept >= 16 * SHARDS, "{kept}");
    }

    #[test]
    fn a_fill_that_read_before_a_change_is_not_taken() {
        let cache = Bounded::new(64 * SHARDS);
        let ticket = cache.ticket(&1);
        cache.put(1, "new", 1);
        cache.fill(1, "old", 1, ticket);
        assert_eq!(cache.with(&1, |value| *value), Some("new"));
    }

    #[test]
    fn what_is_forgotten_is_read_again_by_whoever_reads_after_it() {
        let cache = Bounded::new(64 * SHARDS);
        cache.put(1, "old", 1);
        let early = cache.ticket(&1);
        cache.forget(&1);
        assert_eq!(cache.with(&1, |value| *value), None);
        cache.fill(1, "old", 1, early);
        assert_eq!(cache.with(&1, |value| *value), None);
        cache.fill(1, "new", 1, cache.ticket(&1));
        assert_eq!(cache.with(&1, |value| *value), Some("new"));
    }

    #[test]
    fn an_entry_put_again_replaces_the_one_before_in_either_generation() {
        let cache = Bounded::new(4 * SHARDS);
        cache.put(1, "a", 1);
        for key in 100..200 {
            cache.put(key, "x", 1);
            cache.with(&1, |_| ());
        }
        cache.put(1, "b", 1);
        assert_eq!(cache.with(&1, |value| *value), Some("b"));
    }
}
