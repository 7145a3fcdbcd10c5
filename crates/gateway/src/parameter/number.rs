//! Integers within bounds.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $least:expr, $most:expr, $format:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name<const MIN: i64 = { $least }, const MAX: i64 = { $most }>(i64);

        impl<const MIN: i64, const MAX: i64> $name<MIN, MAX> {
            /// The value, if it lies within the bounds.
            pub const fn new(value: i64) -> Option<Self> {
                if value >= MIN && value <= MAX { Some(Self(value)) } else { None }
            }

            /// The value.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl<const MIN: i64, const MAX: i64> From<$name<MIN, MAX>> for i64 {
            fn from(value: $name<MIN, MAX>) -> i64 {
                value.0
            }
        }

        impl<const MIN: i64, const MAX: i64> fmt::Display for $name<MIN, MAX> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for $name<MIN, MAX> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_i64(Bounds { min: MIN, max: MAX }).map(Self)
            }
        }

        impl<const MIN: i64, const MAX: i64> JsonSchema for $name<MIN, MAX> {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                format!(concat!(stringify!($name), "_{}_{}"), MIN, MAX).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let mut schema = json_schema!({"type": "integer", "format": $format});
                if MIN != $least {
                    schema.insert("minimum".into(), MIN.into());
                }
                if MAX != $most {
                    schema.insert("maximum".into(), MAX.into());
                }
                schema
            }
        }
    };
}

bounded! {
    /// An integer of 32 bits, documented as `integer`, from `MIN` to `MAX`, both included.
    Int, i32::MIN as i64, i32::MAX as i64, "int32"
}

bounded! {
    /// An integer of 64 bits, documented as `long`, from `MIN` to `MAX`, both included.
    Long, i64::MIN, i64::MAX, "int64"
}

/// Takes integers from `min` to `max`, and says so of everything else.
struct Bounds {
    min: i64,
    max: i64,
}

impl Visitor<'_> for Bounds {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (i64::MIN, i64::MAX) => f.write_str("an integer"),
            (min, i64::MAX) => write!(f, "an integer of at least {min}"),
            (i64::MIN, max) => write!(f, "an integer of at most {max}"),
            (min, max) => write!(f, "an integer from {min} to {max}"),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
        if value < self.min || value > self.max {
            return Err(E::invalid_value(Unexpected::Signed(value), &self));
        }
        Ok(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(E::invalid_value(Unexpected::Unsigned(value), &self)),
        }
    }
}
