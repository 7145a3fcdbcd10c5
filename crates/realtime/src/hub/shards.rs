//! A map in 64 parts, each under its own lock, so that look-ups on many cores seldom meet.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::{BuildHasher, Hash},
};

use crate::lock::{Mutex, MutexGuard, locked};

const SHARDS: usize = 64;

pub(crate) struct Shards<K, V> {
    shards: [Mutex<HashMap<K, V>>; SHARDS],
    hasher: RandomState,
}

impl<K, V> Default for Shards<K, V> {
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Shards<K, V> {
    fn shard(&self, key: &K) -> MutexGuard<'_, HashMap<K, V>> {
        let hash = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or_default();
        locked(&self.shards[hash])
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.shard(key).get(key).cloned()
    }

    pub(crate) fn insert(&self, key: K, value: V) {
        self.shard(&key).insert(key, value);
    }

    /// The value of `key`, made under the lock when there is none.
    pub(crate) fn get_or_insert(&self, key: &K, make: impl FnOnce() -> V) -> V {
        self.shard(key).entry(key.clone()).or_insert_with(make).clone()
    }

    pub(crate) fn remove(&self, key: &K) {
        self.shard(key).remove(key);
    }

    /// Removes `key` if its value is to go, and calls `gone` under the lock.
    pub(crate) fn remove_if(&self, key: &K, goes: impl FnOnce(&V) -> bool, gone: impl FnOnce()) {
        let mut shard = self.shard(key);
        if shard.get(key).is_some_and(goes) {
            shard.remove(key);
            gone();
        }
    }

    /// Everything there was, shard by shard.
    pub(crate) fn values(&self) -> Values<V> {
        Values(
            self.shards
                .iter()
                .flat_map(|shard| locked(shard).values().cloned().collect::<Vec<_>>())
                .collect(),
        )
    }
}

/// The values of a map at some time.
pub(crate) struct Values<V>(Vec<V>);

impl<V> Values<V> {
    pub(crate) fn chunks(&self, size: usize) -> impl Iterator<Item = &[V]> {
        self.0.chunks(size)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &V> {
        self.0.iter()
    }
}
