//! How long requests take, counted so that percentiles of any span of time can be told: the counts of two moments are
//! subtracted. Buckets grow by a half, so a percentile is told within a quarter of what it is.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Buckets: from a tenth of a millisecond to more than any request may take.
const BUCKETS: usize = 32;
/// The upper bound of the first bucket, in milliseconds.
const FIRST_MILLIS: f64 = 0.1;
/// How much higher the bound of each bucket is than the one before.
const GROWTH: f64 = 1.5;
/// The upper bound of each bucket, in milliseconds.
const BOUNDS: [f64; BUCKETS] = {
    let mut bounds = [FIRST_MILLIS; BUCKETS];
    let mut at = 1;
    while at < BUCKETS {
        bounds[at] = bounds[at - 1] * GROWTH;
        at += 1;
    }
    bounds
};

/// Counts of requests by how long they took.
#[derive(Default)]
pub(crate) struct Latencies([AtomicU64; BUCKETS]);

/// The counts of a moment, or of a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts([u64; BUCKETS]);

impl Latencies {
    /// Counts a request.
    pub(crate) fn count(&self, took: Duration) {
        let millis = took.as_secs_f64() * 1000.0;
        let place = BOUNDS.partition_point(|&bound| bound < millis).min(BUCKETS - 1);
        self.0[place].fetch_add(1, Relaxed);
    }

    /// The counts since the start of the process.
    pub(crate) fn now(&self) -> Counts {
        Counts(std::array::from_fn(|at| self.0[at].load(Relaxed)))
    }
}

impl Counts {
    /// What was counted since `before`.
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at].saturating_sub(before.0[at])))
    }

    /// Requests.
    pub(crate) fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The time in milliseconds that a part of the requests, such as 0.99, did not take longer than; `None` of no requests.
    pub(crate) fn percentile(&self, part: f64) -> Option<f64> {
        let total = self.total();
        let mut seen = 0;
        for (at, &count) in self.0.iter().enumerate() {
            seen += count;
            if count > 0 && whole(seen) >= whole(total) * part {
                // The middle of the bucket, by ratio.
                return Some(BOUNDS[at] / GROWTH.sqrt());
            }
        }
        None
    }
}

#[expect(clippy::cast_precision_loss, reason = "of more than 2^53 requests nobody misses one")]
fn whole(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_span_between_two_moments() {
        let latencies = Latencies::default();
        latencies.count(Duration::from_secs(3600));
        let before = latencies.now();
        for _ in 0..98 {
            latencies.count(Duration::from_millis(2));
        }
        for _ in 0..2 {
            latencies.count(Duration::from_millis(200));
        }
        let span = latencies.now().since(&before);
        assert_eq!(span.total(), 100);
        for (part, millis) in [(0.5, 2.0), (0.98, 2.0), (0.99, 200.0)] {
            let told = span.percentile(part).unwrap();
            assert!((millis / 1.25..=millis * 1.25).contains(&told), "{part}: {told}");
        }
        assert_eq!(Counts::default().percentile(0.5), None);
    }
}
