//! Nonces: a signed request is accepted once.
//!
//! A nonce must be remembered for as long as a request stamped with its time would be accepted. The
//! guard keeps them by the second the request is stamped with, so that forgetting is dropping whole
//! seconds. Memory is bounded: when the guard is full, the oldest second goes, and with it the right
//! to be accepted of every request stamped in or before it. So under any load, and whatever the clock
//! does, no nonce is accepted twice; the price of more requests than the guard can remember is a
//! shorter clock window.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use ring::digest::{Context, SHA256};

use crate::answer::Answer;

/// Remembers nonces.
pub trait ReplayGuard: Send + Sync + 'static {
    /// Accepts a nonce that was not seen, and remembers it.
    fn admit(&self, nonce: &StampedNonce<'_>) -> Answer<'_, Admission>;
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
pub enum Admission {
    /// Never seen; it is remembered now.
    Fresh,
    /// Seen before.
    Used,
    /// Stamped so early that its nonce may have been forgotten.
    TooOld,
    /// Whoever remembers nonces cannot be asked now.
    Unknown,
}

/// Nonces in the memory of this process.
pub struct LocalReplayGuard {
    memory: Mutex<Memory>,
    capacity: usize,
    window: i64,
}

struct Memory {
    seconds: BTreeMap<i64, HashSet<u128>>,
    remembered: usize,
    /// Requests stamped in this second or before are refused.
    floor: i64,
}

impl LocalReplayGuard {
    /// Remembers at most `capacity` nonces of requests that are accepted up to `window_seconds` after
    /// the time they are stamped with. A nonce takes 20 to 40 bytes.
    pub fn new(capacity: usize, window_seconds: u32) -> Self {
        let memory = Memory { seconds: BTreeMap::new(), remembered: 0, floor: i64::MIN };
        Self { memory: Mutex::new(memory), capacity: capacity.max(1), window: i64::from(window_seconds) }
    }

    /// How many nonces are remembered.
    pub fn remembered(&self) -> usize {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).remembered
    }
}

impl ReplayGuard for LocalReplayGuard {
    fn admit(&self, nonce: &StampedNonce<'_>) -> Answer<'_, Admission> {
        let second = nonce.stamped.div_euclid(1000);
        let mark = nonce.mark();
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.forget_before(nonce.now.div_euclid(1000) - self.window);
        if second <= memory.floor {
            return Answer::Now(Admission::TooOld);
        }
        if memory.seconds.get(&second).is_some_and(|marks| marks.contains(&mark)) {
            return Answer::Now(Admission::Used);
        }
        while memory.remembered >= self.capacity {
            memory.forget_oldest();
        }
        if second <= memory.floor {
            return Answer::Now(Admission::TooOld);
        }
        memory.seconds.entry(second).or_default().insert(mark);
        memory.remembered += 1;
        Answer::Now(Admission::Fresh)
    }
}

impl Memory {
    fn forget_oldest(&mut self) {
        if let Some((second, marks)) = self.seconds.pop_first() {
            self.remembered -= marks.len();
            self.floor = self.floor.max(second);
        }
    }

    /// Forgets what the clock window refuses anyway, and raises the floor with it: a clock that goes
    /// back must not make a forgotten nonce acceptable.
    fn forget_before(&mut self, second: i64) {
        while self.seconds.first_key_value().is_some_and(|(first, _)| *first < second) {
            self.forget_oldest();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn admit(guard: &LocalReplayGuard, nonce: &str, stamped: i64, now: i64) -> Admission {
        let nonce = StampedNonce { access_key: "k", nonce, stamped, now };
        match guard.admit(&nonce) {
            Answer::Now(admission) => admission,
            Answer::Later(_) => panic!("memory answers at once"),
        }
    }

    #[test]
    fn a_nonce_is_accepted_once_per_key() {
        let guard = LocalReplayGuard::new(10, 900);
        assert_eq!(admit(&guard, "n", 5000, 5000), Admission::Fresh);
        assert_eq!(admit(&guard, "n", 5000, 6000), Admission::Used);
        let other = StampedNonce { access_key: "other", nonce: "n", stamped: 5000, now: 5000 };
        assert!(matches!(guard.admit(&other), Answer::Now(Admission::Fresh)));
    }

    #[test]
    fn a_full_guard_refuses_what_it_may_have_forgotten() {
        let guard = LocalReplayGuard::new(2, 900);
        assert_eq!(admit(&guard, "a", 1000, 3000), Admission::Fresh);
        assert_eq!(admit(&guard, "b", 2000, 3000), Admission::Fresh);
        assert_eq!(admit(&guard, "c", 3000, 3000), Admission::Fresh);
        assert_eq!(guard.remembered(), 2);
        assert_eq!(admit(&guard, "a", 1000, 3000), Admission::TooOld);
        assert_eq!(admit(&guard, "d", 1999, 3000), Admission::TooOld);
        assert_eq!(admit(&guard, "b", 2000, 3000), Admission::Used);
    }

    #[test]
    fn nonces_outside_the_window_are_forgotten_for_good() {
        let guard = LocalReplayGuard::new(10, 900);
        assert_eq!(admit(&guard, "a", 1_000_000, 1_000_000), Admission::Fresh);
        assert_eq!(admit(&guard, "b", 1_901_000, 1_901_000), Admission::Fresh);
        assert_eq!(guard.remembered(), 1);
        assert_eq!(admit(&guard, "a", 1_000_000, 1_000_000), Admission::TooOld, "the clock went back");
    }

    proptest! {
        #[test]
        fn no_request_is_accepted_twice_and_memory_stays_within_its_capacity(
            capacity in 1usize..20,
            requests in prop::collection::vec((0u8..20, 0i64..40_000, 0i64..40_000), 1..400),
        ) {
            let guard = LocalReplayGuard::new(capacity, 10);
            let mut accepted = HashSet::new();
            for (nonce, stamped, now) in requests {
                if admit(&guard, &nonce.to_string(), stamped, now) == Admission::Fresh {
                    prop_assert!(accepted.insert((nonce, stamped)), "{nonce} at {stamped} twice");
                }
                prop_assert!(guard.remembered() <= capacity);
            }
        }

        #[test]
        fn a_guard_with_room_accepts_every_new_request_within_the_window(
            nonces in prop::collection::hash_set(0u32..100_000, 1..200), offset in -900i64..=900,
        ) {
            let guard = LocalReplayGuard::new(1000, 900);
            for (at, nonce) in nonces.iter().enumerate() {
                let now = 10_000_000 + i64::try_from(at).expect("small") * 500;
                prop_assert_eq!(admit(&guard, &nonce.to_string(), now + offset * 1000, now), Admission::Fresh);
            }
        }
    }
}
