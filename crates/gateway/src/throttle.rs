//! Quotas: so many calls per second, account and operation.
//!
//! The algorithm is GCRA: each account and operation has a theoretical arrival time, the moment at
//! which its allowance is whole again. A call moves it on by the interval between two calls; a call
//! that would move it more than a second ahead is refused. So a second's worth of calls may come at
//! once, and from then on one per interval. Time is that of a steady clock: one that is set back would
//! keep callers out for as long as it went back, one that is set ahead would let everything in.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::answer::Answer;

/// Decides whether a call is within its quota.
pub trait Throttle: Send + Sync + 'static {
    /// Counts the call if it is within its quota. A refusal says after how many milliseconds a call
    /// will be within it, at least 1.
    fn admit(&self, call: &ThrottledCall<'_>) -> Answer<'_, Result<(), u64>>;

    /// Takes back an admitted call that was not carried out after all.
    fn give_back(&self, call: &ThrottledCall<'_>);
}

/// A call to be counted.
#[derive(Debug, Clone, Copy)]
pub struct ThrottledCall<'a> {
    /// Whose quota it counts against.
    pub account: &'a str,
    /// The operation called.
    pub operation: &'static str,
    /// The quota, more than 0.
    pub calls_per_second: u32,
    /// When it came, by a steady clock.
    pub at: Duration,
}

const SECOND: i64 = 1_000_000_000;
const SHARDS: usize = 16;

/// Quotas counted in the memory of this process.
///
/// At most `capacity` allowances are remembered. One that is whole again is forgotten first, which
/// loses nothing; after those the one nearest to being whole.
pub struct LocalThrottle {
    /// Theoretical arrival times in nanoseconds of the steady clock, by hash of account and operation. With
    /// 64 bits, two of a million pairs share an allowance with a chance of one in 37 million.
    shards: [Mutex<HashMap<u64, i64>>; SHARDS],
    capacity: usize,
    hasher: RandomState,
}

impl LocalThrottle {
    /// Remembers at most about `capacity` allowances, some 20 bytes each.
    pub fn new(capacity: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            capacity: capacity.div_ceil(SHARDS).max(1),
            hasher: RandomState::new(),
        }
    }

    /// How many allowances are remembered.
    pub fn remembered(&self) -> usize {
        let size =
            |shard: &Mutex<HashMap<u64, i64>>| shard.lock().unwrap_or_else(PoisonError::into_inner).len();
        self.shards.iter().map(size).sum()
    }
}

impl Default for LocalThrottle {
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl LocalThrottle {
    /// Counts the call if it is within its quota, as [`Throttle::admit`] does.
    pub(crate) fn count(&self, call: &ThrottledCall<'_>) -> Result<(), u64> {
        let (key, mut arrivals) = self.shard(call);
        let now = nanoseconds(call.at);
        if arrivals.len() >= self.capacity && !arrivals.contains_key(&key) {
            make_room(&mut arrivals, self.capacity, now);
        }
        let arrival = arrivals.entry(key).or_insert(now);
        let next = now.max(*arrival).saturating_add(interval(call));
        let ahead = next.saturating_sub(now).saturating_sub(SECOND);
        if ahead > 0 {
            return Err(ahead.unsigned_abs().div_ceil(1_000_000));
        }
        *arrival = next;
        Ok(())
    }

    fn shard(&self, call: &ThrottledCall<'_>) -> (u64, MutexGuard<'_, HashMap<u64, i64>>) {
        let key = self.hasher.hash_one((call.account, call.operation));
        #[expect(clippy::cast_possible_truncation, reason = "any bits of a hash will do")]
        let shard = &self.shards[key as usize % SHARDS];
        (key, shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Throttle for LocalThrottle {
    fn admit(&self, call: &ThrottledCall<'_>) -> Answer<'_, Result<(), u64>> {
        Answer::Now(self.count(call))
    }

    fn give_back(&self, call: &ThrottledCall<'_>) {
        let (key, mut arrivals) = self.shard(call);
        if let Some(arrival) = arrivals.get_mut(&key) {
            *arrival -= interval(call);
        }
    }
}

fn nanoseconds(at: Duration) -> i64 {
    i64::try_from(at.as_nanos()).unwrap_or(i64::MAX)
}

/// Nanoseconds between two calls.
fn interval(call: &ThrottledCall<'_>) -> i64 {
    (SECOND / i64::from(call.calls_per_second.max(1))).max(1)
}

fn make_room(arrivals: &mut HashMap<u64, i64>, capacity: usize, now: i64) {
    arrivals.retain(|_, arrival| *arrival > now);
    if arrivals.len() >= capacity
        && let Some(key) = arrivals.iter().min_by_key(|(_, arrival)| **arrival).map(|(key, _)| *key)
    {
        arrivals.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MILLISECOND: i64 = 1_000_000;

    fn call(account: &str, quota: u32, milliseconds: u64) -> ThrottledCall<'_> {
        let at = Duration::from_millis(milliseconds);
        ThrottledCall { account, operation: "List", calls_per_second: quota, at }
    }

    fn ask(throttle: &LocalThrottle, account: &str, quota: u32, now: u64) -> Result<(), u64> {
        throttle.count(&call(account, quota, now))
    }

    #[test]
    fn a_second_of_calls_may_come_at_once_and_then_one_per_interval() {
        let throttle = LocalThrottle::default();
        for _ in 0..50 {
            assert_eq!(ask(&throttle, "a", 50, 1000), Ok(()));
        }
        assert_eq!(ask(&throttle, "a", 50, 1000), Err(20));
        assert_eq!(ask(&throttle, "a", 50, 1019), Err(1));
        assert_eq!(ask(&throttle, "a", 50, 1020), Ok(()));
        assert_eq!(ask(&throttle, "a", 50, 1020), Err(20));
        assert_eq!(ask(&throttle, "b", 50, 1020), Ok(()), "another account has its own quota");
    }

    #[test]
    fn a_call_that_is_given_back_may_be_made_again() {
        let throttle = LocalThrottle::default();
        for _ in 0..3 {
            assert_eq!(ask(&throttle, "a", 1, 5000), Ok(()));
            assert_eq!(ask(&throttle, "a", 1, 5000), Err(1000));
            throttle.give_back(&call("a", 1, 5000));
        }
        throttle.give_back(&call("unknown", 1, 5000));
        assert_eq!(throttle.remembered(), 1);
    }

    /// The allowance as a bucket of nanoseconds, refilled by elapsed time: one call costs one interval.
    struct Bucket {
        level: i64,
        at: i64,
    }

    impl Bucket {
        fn admit(&mut self, quota: i64, now: i64) -> bool {
            self.level = (self.level + (now - self.at) * MILLISECOND).min(SECOND);
            self.at = now;
            let cost = SECOND / quota;
            let enough = self.level >= cost;
            if enough {
                self.level -= cost;
            }
            enough
        }
    }

    proptest! {
        #[test]
        fn quotas_are_those_of_a_bucket_refilled_by_time(
            quota in 1u32..200, steps in prop::collection::vec(0i64..400, 1..300),
        ) {
            let throttle = LocalThrottle::default();
            let mut bucket = Bucket { level: SECOND, at: 0 };
            let mut now = 1_000_000;
            bucket.at = now;
            for step in steps {
                now += step / 10;
                let answer = ask(&throttle, "a", quota, now.unsigned_abs());
                prop_assert_eq!(answer.is_ok(), bucket.admit(i64::from(quota), now));
                if let Err(wait) = answer {
                    prop_assert!(wait > 0 && wait <= 1000);
                }
            }
        }

        #[test]
        fn memory_stays_within_its_capacity(accounts in prop::collection::vec(0u16..2000, 1..800)) {
            let throttle = LocalThrottle::new(64);
            for (at, account) in accounts.iter().enumerate() {
                let now = 1000 + u64::try_from(at).expect("small");
                let _ = ask(&throttle, &account.to_string(), 1, now);
                prop_assert!(throttle.remembered() <= 64);
            }
        }
    }
}
