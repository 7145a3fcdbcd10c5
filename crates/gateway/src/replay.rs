//! Nonces: a signed request is accepted once.
//!
//! A nonce must be remembered for as long as a request stamped with its time would be accepted. The
//! guard keeps them by access key and by the second that the request is stamped with, so that
//! forgetting is dropping whole seconds. Memory is bounded for each key: when a key has used its share,
//! its oldest second goes, and with it the right to be accepted of every request of this key stamped in
//! or before it. So no nonce is accepted twice under any load; the price of more requests than a key's
//! share is a shorter clock window for this key alone.
//!
//! No floor lies above now: a second that is ahead of now is never forgotten for want of room. A key
//! whose share is full of requests stamped ahead waits until they are no longer ahead.
//!
//! A clock that is set back by more than a minute brings the floors down with it. Refusing everything
//! until the old time comes again would be safe, and would stop the service for as long; so what was
//! forgotten and lies after the new time might be accepted again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ring::digest::{Context, SHA256};

use crate::answer::Answer;

mod record;

pub use record::NonceRecord;

/// Remembers nonces.
pub trait ReplayGuard: Send + Sync + 'static {
    /// Accepts a nonce that was not seen, and remembers it.
    fn admit(&self, nonce: &StampedNonce<'_>) -> Answer<'_, NonceVerdict>;
}

impl<T: ReplayGuard> ReplayGuard for Arc<T> {
    fn admit(&self, nonce: &StampedNonce<'_>) -> Answer<'_, NonceVerdict> {
        T::admit(self, nonce)
    }
}

/// The nonce of a request whose signature is right.
#[derive(Debug, Clone, Copy)]
pub struct StampedNonce<'a> {
    /// The access key it was used with. Nonces of different keys do not meet.
    pub access_key: &'a str,
    /// The nonce.
    pub nonce: &'a str,
    /// The time the request is stamped with, milliseconds since 1970 UTC.
    pub stamped: i64,
    /// The server's time, milliseconds since 1970 UTC.
    pub now: i64,
}

impl StampedNonce<'_> {
    /// 128 bits of a SHA-256 over key and nonce: two different pairs do not meet in practice.
    pub fn mark(&self) -> u128 {
        let mut context = Context::new(&SHA256);
        context.update(self.access_key.as_bytes());
        context.update(&[0]);
        context.update(self.nonce.as_bytes());
        let digest = context.finish();
        digest.as_ref().iter().take(16).fold(0, |mark, byte| mark << 8 | u128::from(*byte))
    }
}

/// What a guard says of a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceVerdict {
    /// Never seen; it is remembered now.
    Fresh,
    /// Seen before.
    Used,
    /// Stamped so early that its nonce may have been forgotten.
    TooOld,
    /// The key's share is full of nonces that may not be forgotten yet.
    Full {
        /// Milliseconds until there is room, at least 1.
        wait: u64,
    },
    /// Whoever remembers nonces cannot be asked now.
    Unknown,
}

/// How far the clock may be set back without the floors being brought down, in seconds.
const STEP: i64 = 60;

/// Nonces in the memory of this process.
pub struct LocalReplayGuard {
    memory: Mutex<Memory>,
    per_key: usize,
    /// Seconds.
    window: i64,
}

struct Memory {
    keys: HashMap<Arc<str>, KeyNonces>,
    /// Requests of any key stamped in this second or before are refused.
    floor: i64,
    /// The latest second that it has been.
    latest: i64,
}

struct KeyNonces {
    seconds: BTreeMap<i64, HashSet<u128>>,
    remembered: usize,
    /// Requests of this key stamped in this second or before are refused.
    floor: i64,
}

impl Default for KeyNonces {
    fn default() -> Self {
        Self { seconds: BTreeMap::new(), remembered: 0, floor: i64::MIN }
    }
}

impl LocalReplayGuard {
    /// Remembers at most `per_key` nonces of each access key, of requests that are accepted up to
    /// `window_seconds` after the time they are stamped with. A nonce takes 20 to 40 bytes.
    pub fn new(per_key: usize, window_seconds: u32) -> Self {
        let memory = Memory { keys: HashMap::new(), floor: i64::MIN, latest: i64::MIN };
        Self { memory: Mutex::new(memory), per_key: per_key.max(1), window: i64::from(window_seconds) }
    }

    /// Refuses requests stamped before the second of `now` (milliseconds since 1970 UTC): for a guard that
    /// begins without knowing what was accepted before.
    pub fn refuse_before(&self, now: i64) {
        let second = now.div_euclid(1000);
        let mut memory = self.lock();
        memory.floor = second - 1;
        memory.latest = second;
    }

    /// How many nonces are remembered.
    pub fn remembered(&self) -> usize {
        self.lock().keys.values().map(|key| key.remembered).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReplayGuard for LocalReplayGuard {
    fn admit(&self, nonce: &StampedNonce<'_>) -> Answer<'_, NonceVerdict> {
        let (second, now) = (nonce.stamped.div_euclid(1000), nonce.now.div_euclid(1000));
        let mark = nonce.mark();
        let mut memory = self.lock();
        memory.tick(now, self.window);
        if second <= memory.floor {
            return Answer::Now(NonceVerdict::TooOld);
        }
        if !memory.keys.contains_key(nonce.access_key) {
            memory.keys.insert(nonce.access_key.into(), KeyNonces::default());
        }
        let Some(key) = memory.keys.get_mut(nonce.access_key) else {
            return Answer::Now(NonceVerdict::Unknown);
        };
        if second <= key.floor {
            return Answer::Now(NonceVerdict::TooOld);
        }
        if key.seconds.get(&second).is_some_and(|marks| marks.contains(&mark)) {
            return Answer::Now(NonceVerdict::Used);
        }
        while key.remembered >= self.per_key {
            if let Err(wait) = key.make_room(now, self.window) {
                return Answer::Now(NonceVerdict::Full { wait });
            }
        }
        if second <= key.floor {
            return Answer::Now(NonceVerdict::TooOld);
        }
        key.seconds.entry(second).or_default().insert(mark);
        key.remembered += 1;
        Answer::Now(NonceVerdict::Fresh)
    }
}

impl Memory {
    /// Takes notice of the time: what the clock window refuses is forgotten, once a second.
    fn tick(&mut self, now: i64, window: i64) {
        if now < self.latest.saturating_sub(STEP) {
            tracing::warn!(seconds = self.latest - now, "the clock was set back");
            self.floor = self.floor.min(now - 1);
            for key in self.keys.values_mut() {
                key.floor = key.floor.min(now - 1);
            }
            self.latest = now;
        }
        if now <= self.latest {
            return;
        }
        self.latest = now;
        let floor = self.floor.max(now - window - 1);
        self.floor = floor;
        self.keys.retain(|_, key| {
            key.forget_until(floor);
            key.remembered > 0 || key.floor > floor
        });
    }
}

impl KeyNonces {
    fn forget_until(&mut self, floor: i64) {
        while self.seconds.first_key_value().is_some_and(|(first, _)| *first <= floor) {
            if let Some((_, marks)) = self.seconds.pop_first() {
                self.remembered -= marks.len();
            }
        }
    }

    /// Forgets a second: one that is so far ahead that a request of it is refused (the clock was set back),
    /// else the oldest. Says how many milliseconds to wait when that one is still ahead.
    fn make_room(&mut self, now: i64, window: i64) -> Result<(), u64> {
        let far = self.seconds.last_key_value().is_some_and(|(last, _)| *last > now + window);
        let first = self.seconds.first_key_value().map_or(now, |(first, _)| *first);
        if !far && first > now {
            return Err((first - now).unsigned_abs() * 1000);
        }
        let forgotten = if far { self.seconds.pop_last() } else { self.seconds.pop_first() };
        if let Some((second, marks)) = forgotten {
            self.remembered -= marks.len();
            if !far {
                self.floor = self.floor.max(second);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
