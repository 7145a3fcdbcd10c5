//! Text of a bounded length.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $unit:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name<const MIN: usize = 1, const MAX: usize = { usize::MAX }>(String);

        impl<const MIN: usize, const MAX: usize> $name<MIN, MAX> {
            /// The text, if its length lies within the bounds.
            pub fn new(text: impl Into<String>) -> Option<Self> {
                let text = text.into();
                let length = $unit.length(&text);
                (length >= MIN && length <= MAX).then_some(Self(text))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, owned.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl<const MIN: usize, const MAX: usize> Deref for $name<MIN, MAX> {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl<const MIN: usize, const MAX: usize> AsRef<str> for $name<MIN, MAX> {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl<const MIN: usize, const MAX: usize> From<$name<MIN, MAX>> for String {
            fn from(text: $name<MIN, MAX>) -> String {
                text.0
            }
        }

        impl<const MIN: usize, const MAX: usize> fmt::Display for $name<MIN, MAX> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for $name<MIN, MAX> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Bounds { min: MIN, max: MAX, unit: $unit }).map(Self)
            }
        }

        impl<const MIN: usize, const MAX: usize> JsonSchema for $name<MIN, MAX> {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                format!(concat!(stringify!($name), "_{}_{}"), MIN, MAX).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $unit.schema(MIN, MAX)
            }
        }
    };
}

bounded! {
    /// Text of `MIN` to `MAX` characters.
    Text, Unit::Characters
}

bounded! {
    /// Text of `MIN` to `MAX` bytes of UTF-8.
    ByteText, Unit::Bytes
}

#[derive(Clone, Copy)]
enum Unit {
    Characters,
    Bytes,
}

impl Unit {
    fn length(self, text: &str) -> usize {
        match self {
            Self::Characters => text.chars().count(),
            Self::Bytes => text.len(),
        }
    }

    /// JSON schema counts characters; a bound in bytes is told as an extension too.
    fn schema(self, min: usize, max: usize) -> Schema {
        let mut schema = json_schema!({"type": "string"});
        let fewest = if matches!(self, Self::Bytes) { min.min(1) } else { min };
        if fewest > 0 {
            schema.insert("minLength".into(), fewest.into());
        }
        if max < usize::MAX {
            schema.insert("maxLength".into(), max.into());
        }
        if matches!(self, Self::Bytes) {
            schema.insert("x-length-unit".into(), "bytes".into());
        }
        schema
    }
}

/// Takes text of `min` to `max` units, and says so of everything else.
struct Bounds {
    min: usize,
    max: usize,
    unit: Unit,
}

impl Visitor<'_> for Bounds {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Characters => "characters",
            Unit::Bytes => "bytes",
        };
        match (self.min, self.max) {
            (0 | 1, usize::MAX) => f.write_str("text"),
            (min, usize::MAX) => write!(f, "at least {min} {unit}"),
            (0, max) => write!(f, "at most {max} {unit}"),
            (min, max) if min == max => write!(f, "{min} {unit}"),
            (min, max) => write!(f, "{min} to {max} {unit}"),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        let length = self.unit.length(text);
        if length < self.min || length > self.max {
            return Err(E::invalid_value(Unexpected::Str(text), &self));
        }
        Ok(text.to_owned())
    }
}
