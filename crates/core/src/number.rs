//! Numbers from outside. A number that exists is one that every store holds and every client reads: it is checked once,
//! where it comes in, and sums of such numbers stop at a bound instead of wrapping.

/// The largest count, position or number: what a client that has only doubles reads exactly, and far below what a
/// database's signed 64 bits hold, so that adding to it cannot overflow.
pub const MAX_NUMBER: u64 = (1 << 53) - 1;

/// A number is beyond its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {least} to {most}")]
pub struct OutOfBounds {
    /// The least that it may be.
    pub least: u64,
    /// The most that it may be.
    pub most: u64,
}

/// How many equal messages one stands for, or how much it adds to the count of its type.
///
/// No document names a bound; that of a signed 32-bit integer keeps every sum of a batch far from overflowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepeatCount(u64);

impl RepeatCount {
    /// One message, as it is.
    pub const ONE: Self = Self(1);
    /// The most.
    pub const MAX: Self = Self(i32::MAX as u64);

    /// Takes a number as a count.
    ///
    /// # Errors
    /// [`OutOfBounds`] when it is larger than [`MAX`](Self::MAX).
    pub fn new(number: u64) -> Result<Self, OutOfBounds> {
        let most = Self::MAX.0;
        if number <= most { Ok(Self(number)) } else { Err(OutOfBounds { least: 0, most }) }
    }

    /// Takes a number as how many messages one stands for: at least one.
    ///
    /// # Errors
    /// [`OutOfBounds`] when it is zero or larger than [`MAX`](Self::MAX).
    pub fn of_messages(number: u64) -> Result<Self, OutOfBounds> {
        let out = OutOfBounds { least: 1, most: Self::MAX.0 };
        Self::new(number).ok().filter(|count| *count >= Self::ONE).ok_or(out)
    }

    /// The nearest count to what an earlier version, which knew no bound, has stored.
    #[must_use]
    pub fn clamped(stored: u64) -> Self {
        Self(stored.min(Self::MAX.0))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// The running count of one type of messages in a group. It stops at [`MAX`](Self::MAX).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeCount(u64);

impl TypeCount {
    /// Where it stops.
    pub const MAX: Self = Self(MAX_NUMBER);

    /// The nearest count to a number: also to one that an earlier version, which knew no bound, has stored.
    #[must_use]
    pub fn clamped(number: u64) -> Self {
        Self(number.min(MAX_NUMBER))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// This and `more` messages.
    #[must_use]
    pub fn plus(self, more: u64) -> Self {
        Self::clamped(self.0.saturating_add(more))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_repeat_count_is_at_most_its_bound() {
        assert_eq!(RepeatCount::new(0).map(RepeatCount::get), Ok(0));
        assert_eq!(RepeatCount::new(2_147_483_647), Ok(RepeatCount::MAX));
        for number in [2_147_483_648, 1 << 63, u64::MAX] {
            let error = RepeatCount::new(number).unwrap_err();
            assert_eq!(error.to_string(), "must be 0 to 2147483647");
        }
    }

    #[test]
    fn one_message_stands_for_at_least_itself() {
        assert_eq!(RepeatCount::of_messages(1), Ok(RepeatCount::ONE));
        for number in [0, 2_147_483_648, u64::MAX] {
            let error = RepeatCount::of_messages(number).unwrap_err();
            assert_eq!(error.to_string(), "must be 1 to 2147483647");
        }
    }

    #[test]
    fn what_an_earlier_version_stored_is_taken_as_the_nearest() {
        assert_eq!(TypeCount::clamped(9_223_372_036_854_775_807), TypeCount::MAX);
        assert_eq!(RepeatCount::clamped(u64::MAX), RepeatCount::MAX);
    }

    proptest! {
        #[test]
        fn a_count_never_falls_and_never_passes_its_bound(start in any::<u64>(), more in any::<u64>()) {
            let count = TypeCount::clamped(start);
            let sum = count.plus(more);
            prop_assert!(count <= sum && sum <= TypeCount::MAX);
            prop_assert_eq!(u128::from(sum.get()), (u128::from(count.get()) + u128::from(more)).min(u128::from(MAX_NUMBER)));
        }
    }
}
