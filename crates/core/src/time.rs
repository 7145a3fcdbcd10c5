//! Time, passed in: code that needs the time takes a [`Clock`], so that a test can move it.

use std::{
    ops::{Add, Sub},
    time::Duration,
};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub i64);

impl Millis {
    /// The same point in whole seconds, rounded down.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The first millisecond of a second.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }
}

impl Add<i64> for Millis {
    type Output = Self;
    fn add(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

impl Sub for Millis {
    type Output = i64;
    fn sub(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Sub<i64> for Millis {
    type Output = Self;
    fn sub(self, millis: i64) -> Self {
        Self(self.0.saturating_sub(millis))
    }
}

/// By how much a clock may differ from the time that passed without being spoken of, in milliseconds.
pub const CLOCK_TOLERANCE: i64 = 60_000;

/// Notices that a clock was set, by the time that really passed.
#[derive(Debug, Default)]
pub struct ClockWatch {
    /// What was true at the last look: the steady clock, and the other.
    last: Option<(Duration, Millis)>,
}

impl ClockWatch {
    /// Looks at the clock. When it has gone on by something else than the time that passed since the last look, and by
    /// [`CLOCK_TOLERANCE`] or more: how far it jumped, in milliseconds, back when negative.
    pub fn look(&mut self, clock: &dyn Clock) -> Option<i64> {
        let (steady, now) = (clock.steady(), clock.now());
        let (before, then) = self.last.replace((steady, now))?;
        let passed = i64::try_from(steady.saturating_sub(before).as_millis()).unwrap_or(i64::MAX);
        let jumped = (now - then).saturating_sub(passed);
        (jumped.saturating_abs() >= CLOCK_TOLERANCE).then_some(jumped)
    }
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The time now, as somebody has set it: it may jump, either way.
    fn now(&self) -> Millis;
    /// How long it is since some moment of this process. Nobody sets this: it only goes on, and measures how long
    /// something took.
    fn steady(&self) -> Duration;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ManualClock;

    #[test]
    fn a_clock_that_is_set_is_noticed_once_and_time_that_passes_is_not() {
        const HOUR: i64 = 3_600_000;
        let clock = ManualClock::new(Millis(20_000 * 24 * HOUR));
        let mut watch = ClockWatch::default();
        assert_eq!(watch.look(&clock), None);
        for jump in [-HOUR, 24 * HOUR, 2_400 * HOUR, CLOCK_TOLERANCE, -CLOCK_TOLERANCE] {
            clock.advance(HOUR);
            assert_eq!(watch.look(&clock), None);
            clock.jump(jump);
            clock.advance(1_000);
            assert_eq!(watch.look(&clock), Some(jump));
            assert_eq!(watch.look(&clock), None);
        }
        clock.jump(CLOCK_TOLERANCE - 1);
        assert_eq!(watch.look(&clock), None, "as little is not worth a word");
    }
}
