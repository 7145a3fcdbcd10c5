//! A time span as Centrifugo's configuration writes it: `300s`, `5m`, `1h30m`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest that is taken, in milliseconds: ten years.
const LONGEST: u64 = 315_360_000_000;

/// A time span in milliseconds, written as `300s`, `5m` or `1h30m`; `0s` for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Lifetime(u64);

/// A text that is no time span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time span of at most ten years, such as 300s, 5m or 1h30m")]
pub struct NoLifetime(String);

impl Lifetime {
    /// So many seconds.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds * 1000)
    }

    /// Whether it is no time at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// In milliseconds.
    pub(super) fn millis(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "0" {
            return Some(Self(0));
        }
        let (mut rest, mut sum) = (text, 0_u64);
        while !rest.is_empty() {
            let digits = rest.find(|one: char| !one.is_ascii_digit())?;
            let number: u64 = rest[..digits].parse().ok()?;
            rest = &rest[digits..];
            let (unit, millis) = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
                .into_iter()
                .find(|(unit, _)| rest.starts_with(unit))?;
            rest = &rest[unit.len()..];
            sum = sum.checked_add(number.checked_mul(millis)?)?;
        }
        (!text.is_empty() && sum <= LONGEST).then_some(Self(sum))
    }
}

impl TryFrom<String> for Lifetime {
    type Error = NoLifetime;

    fn try_from(text: String) -> Result<Self, NoLifetime> {
        Self::parse(text.trim()).ok_or(NoLifetime(text))
    }
}

impl From<Lifetime> for String {
    fn from(span: Lifetime) -> Self {
        span.to_string()
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 1000 {
            0 => write!(f, "{}s", self.0 / 1000),
            _ => write!(f, "{}ms", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_span_is_read_as_centrifugo_writes_it_and_nothing_else_is() {
        for (text, millis) in [
            ("0", 0),
            ("0s", 0),
            ("300s", 300_000),
            ("1h30m", 5_400_000),
            ("1m500ms", 60_500),
            ("720h", 2_592_000_000),
        ] {
            let span = Lifetime::try_from(text.to_owned()).unwrap();
            assert_eq!(span.millis(), millis, "{text}");
            assert_eq!(Lifetime::try_from(String::from(span)), Ok(span));
        }
        for text in ["", "s", "300", "-1s", "1d", "1.5h", "99999999999999999999s", "88000h", "5é"] {
            assert!(Lifetime::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
