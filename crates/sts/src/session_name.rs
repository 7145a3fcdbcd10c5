//! The name of a session.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// The least characters (documented).
const MIN: usize = 2;
/// The most characters (documented: 64; 32 in older pages).
const MAX: usize = 64;

/// What a caller names its session, so that it is told apart in the log: 2 to 64 of `A-Z a-z 0-9 . @ - _`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionName(pub(crate) String);

impl SessionName {
    fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'@' | b'-' | b'_');
        let well_formed = (MIN..=MAX).contains(&text.len()) && text.bytes().all(allowed);
        well_formed.then(|| Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for SessionName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Name)
    }
}

struct Name;

impl Visitor<'_> for Name {
    type Value = SessionName;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MIN} to {MAX} of the characters A-Z a-z 0-9 . @ - _")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SessionName, E> {
        SessionName::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl JsonSchema for SessionName {
    fn schema_name() -> Cow<'static, str> {
        "SessionName".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "minLength": MIN, "maxLength": MAX, "pattern": "^[A-Za-z0-9.@_-]+$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_the_documented_characters() {
        for name in ["ab", "ann@example.com", &"x".repeat(64)] {
            assert!(SessionName::parse(name).is_some(), "{name}");
        }
        for none in ["", "a", "a b", "a/b", "a:b", "群主", &"x".repeat(65)] {
            assert!(SessionName::parse(none).is_none(), "{none}");
        }
    }
}
