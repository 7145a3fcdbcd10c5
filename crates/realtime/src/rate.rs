//! How often something may happen: so many times a second, with what ten seconds allow at once.
//!
//! Steady time is counted, and a bound is a few words: one for each connection and one for each followed group.

use std::time::Duration;

use muster_core::message::Weight;
use tokio::time::Instant;

use crate::lock::{Mutex, locked};

/// How much may come at once, in time: a client that was away for a moment catches up.
const AT_ONCE: Duration = Duration::from_secs(10);

/// What a message counts for when its group gets more of them than it may: what is lower is refused first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Likes, and what weighs less than a text.
    Like,
    /// Texts: what members say at the normal level.
    Text,
    /// Gifts, and what members say at a high level.
    Gift,
}

impl Class {
    pub(crate) fn of(weight: Weight) -> Self {
        match weight {
            weight if weight < Weight::TEXT => Self::Like,
            weight if weight < Weight::GIFT => Self::Text,
            _ => Self::Gift,
        }
    }

    /// How much of this class may come at once. The rest is kept for those above it: while more comes than may, the bound
    /// is used up to here by what is lowest and still comes through, so that only the lowest is refused.
    fn at_once(self) -> Duration {
        match self {
            Self::Like => AT_ONCE * 8 / 10,
            Self::Text => AT_ONCE * 9 / 10,
            Self::Gift => AT_ONCE,
        }
    }
}

/// A bound on how often something happens.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    /// When everything that has happened would have, at the bound's own pace.
    due: Mutex<Option<Instant>>,
}

impl Rate {
    /// Whether it may happen once more now, at up to `per_second`; 0 for no bound. It counts when it may.
    pub(crate) fn admits(&self, per_second: u32) -> bool {
        self.admits_up_to(per_second, AT_ONCE)
    }

    /// The same for a message of this class, which leaves something to those above it.
    pub(crate) fn admits_of(&self, class: Class, per_second: u32) -> bool {
        self.admits_up_to(per_second, class.at_once())
    }

    fn admits_up_to(&self, per_second: u32, at_once: Duration) -> bool {
        if per_second == 0 {
            return true;
        }
        let now = Instant::now();
        let mut due = locked(&self.due);
        let next = due.map_or(now, |due| due.max(now)) + Duration::from_secs(1) / per_second;
        let admitted = next <= now + at_once;
        if admitted {
            *due = Some(next);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ten_seconds_worth_may_come_at_once_and_then_as_many_as_the_time_allows() {
        let rate = Rate::default();
        let count = |tries: u32| (0..tries).filter(|_| rate.admits(4)).count();
        assert_eq!(count(100), 40);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(count(100), 4);
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(count(100), 40);
        assert!((0..1_000).all(|_| rate.admits(0)));
    }

    /// How many of each class are admitted of so many a second, for a minute, at a bound of 100 a second.
    async fn admitted_of(offered: [u32; 3]) -> [u32; 3] {
        let (rate, mut admitted) = (Rate::default(), [0; 3]);
        for _ in 0..600 {
            tokio::time::advance(Duration::from_millis(100)).await;
            for ((class, count), admitted) in
                [Class::Like, Class::Text, Class::Gift].into_iter().zip(offered).zip(&mut admitted)
            {
                for _ in 0..count / 10 {
                    *admitted += u32::from(rate.admits_of(class, 100));
                }
            }
        }
        admitted
    }

    #[tokio::test(start_paused = true)]
    async fn below_the_ceiling_nothing_is_dropped_and_above_it_what_is_lowest() {
        let minute = |offered: [u32; 3]| offered.map(|each| each * 60);
        for below in [[100, 0, 0], [40, 40, 20], [0, 100, 0]] {
            assert_eq!(admitted_of(below).await, minute(below));
        }
        let [likes, texts, gifts] = admitted_of([100, 50, 30]).await;
        assert_eq!((texts, gifts), (50 * 60, 30 * 60));
        assert!((1_200..=2_000).contains(&likes), "the rest, and what may come at once: {likes}");
        let [likes, texts, gifts] = admitted_of([100, 100, 50]).await;
        assert_eq!(gifts, 50 * 60);
        assert!(likes < 1_000 && (3_000..=4_000).contains(&texts), "{likes} likes, {texts} texts");
    }

    #[test]
    fn a_class_is_of_the_weights_from_the_documented_one_up() {
        let classes = [(1, Class::Like), (4, Class::Like), (5, Class::Text), (999_999, Class::Text)];
        for (weight, class) in classes.into_iter().chain([(1_000_000, Class::Gift), (i64::MAX, Class::Gift)])
        {
            assert_eq!(Class::of(Weight(weight)), class);
        }
    }
}
