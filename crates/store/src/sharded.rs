//! A map cut into shards, each under a mutex that is held for a look-up.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Mutex, PoisonError},
};

const SHARDS: usize = 64;

pub(crate) struct Sharded<K, V> {
    shards: Vec<Mutex<HashMap<K, V>>>,
    hasher: RandomState,
}

impl<K: Eq + Hash, V> Sharded<K, V> {
    pub(crate) fn new() -> Self {
        let shards = std::iter::repeat_with(Mutex::default).take(SHARDS).collect();
        Self { shards, hasher: RandomState::new() }
    }

    /// Works on the shard that holds `key`.
    pub(crate) fn shard<R>(&self, key: &K, work: impl FnOnce(&mut HashMap<K, V>) -> R) -> R {
        let at = slot(&self.hasher, key, SHARDS);
        // A thread that panicked under the lock left a map that is whole: its operations do not panic half way.
        work(&mut self.shards[at].lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Works on one shard after the other.
    pub(crate) fn each(&self, mut work: impl FnMut(&mut HashMap<K, V>)) {
        for shard in &self.shards {
            work(&mut shard.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// Which of `slots` is the key's.
pub(crate) fn slot<K: Hash>(hasher: &RandomState, key: &K, slots: usize) -> usize {
    usize::try_from(hasher.hash_one(key) % slots as u64).unwrap_or(0)
}
