//! What goes into a message: its body, its level, its weight. A part that exists keeps its bound.

use std::{borrow::Cow, fmt, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// What a message says: text that the server does not read, of at most [`MAX_BYTES`](Self::MAX_BYTES).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body(Arc<str>);

/// A text is too long for a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be at most {} bytes", Body::MAX_BYTES)]
pub struct BodyTooLong;

impl Body {
    /// The longest body, in bytes: the documentation's bound.
    pub const MAX_BYTES: usize = 15 * 1024;

    /// Takes a text as a body.
    ///
    /// # Errors
    /// [`BodyTooLong`].
    pub fn new(text: &str) -> Result<Self, BodyTooLong> {
        if text.len() <= Self::MAX_BYTES { Ok(Self(text.into())) } else { Err(BodyTooLong) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text.
    #[must_use]
    pub fn into_text(self) -> Arc<str> {
        self.0
    }
}

impl Default for Body {
    fn default() -> Self {
        Self("".into())
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(BodyVisitor)
    }
}

struct BodyVisitor;

impl Visitor<'_> for BodyVisitor {
    type Value = Body;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {} bytes", Body::MAX_BYTES)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Body, E> {
        Body::new(text).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }
}

/// JSON schema counts characters; that the bound is in bytes is told as an extension.
impl JsonSchema for Body {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Body".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": Self::MAX_BYTES, "x-length-unit": "bytes" })
    }
}

/// What a message counts for when a group gets more of them than it may: the larger, the longer it is kept. Any number;
/// the names are the documentation's suggestions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(pub i64);

impl Weight {
    /// A like; also what is taken when nothing is said.
    pub const LIKE: Self = Self(1);
    /// A text.
    pub const TEXT: Self = Self(5);
    /// A gift.
    pub const GIFT: Self = Self(1_000_000);
}

/// How much a member makes of a message: any number, 0 is normal and what is above it high.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(pub i64);

impl Level {
    /// What is taken when nothing is said.
    pub const NORMAL: Self = Self(0);

    /// What a message of this level counts for.
    #[must_use]
    pub fn weight(self) -> Weight {
        if self > Self::NORMAL { Weight::GIFT } else { Weight::TEXT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_at_most_its_bound_in_bytes() {
        assert!(Body::new(&"é".repeat(Body::MAX_BYTES / 2)).is_ok());
        let error = Body::new(&"é".repeat(Body::MAX_BYTES / 2 + 1)).unwrap_err();
        assert_eq!(error.to_string(), "must be at most 15360 bytes");
        assert!(serde_json::from_value::<Body>("x".repeat(Body::MAX_BYTES + 1).into()).is_err());
    }

    #[test]
    fn only_what_is_above_normal_weighs_as_a_gift_does() {
        for (level, weight) in [(-1, Weight::TEXT), (0, Weight::TEXT), (1, Weight::GIFT), (7, Weight::GIFT)] {
            assert_eq!(Level(level).weight(), weight, "{level}");
        }
    }
}
