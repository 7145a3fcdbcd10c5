//! A clock that a test moves, randomness that repeats and a network without anybody. Public so that every crate's tests
//! use the same.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use crate::{
    moderation::{AuditQuestion, Auditor},
    outbound::{Answered, Call, CallFault, Outbound},
    random::Random,
    time::{Clock, Millis},
};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock {
    now: AtomicI64,
    steady: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn new(now: Millis) -> Self {
        Self { now: AtomicI64::new(now.0), steady: AtomicI64::new(0) }
    }

    /// Lets `millis` pass.
    pub fn advance(&self, millis: i64) {
        self.steady.fetch_add(millis, Ordering::SeqCst);
        self.jump(millis);
    }

    /// Sets the clock forward by `millis`, or back, while no time passes.
    pub fn jump(&self, millis: i64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        Millis(self.now.load(Ordering::SeqCst))
    }

    fn steady(&self) -> Duration {
        Duration::from_millis(self.steady.load(Ordering::SeqCst).max(0).unsigned_abs())
    }
}

/// Bytes that look random and are the same on every run (SplitMix64).
#[derive(Debug)]
pub struct Seeded(Mutex<u64>);

impl Seeded {
    /// The sequence that belongs to `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Random for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut word = *state;
            word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            word ^= word >> 31;
            chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// A network on which nobody answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct NobodyThere;

#[async_trait]
impl Outbound for NobodyThere {
    async fn call(&self, _: Call) -> Result<Answered, CallFault> {
        Err(CallFault::Unreachable("nobody is there".to_owned()))
    }
}

#[async_trait]
impl Auditor for NobodyThere {
    async fn ask(&self, _: AuditQuestion<'_>) -> Result<bool, String> {
        Err("nobody is there".to_owned())
    }
}
