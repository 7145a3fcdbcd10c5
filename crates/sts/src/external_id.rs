//! What whoever asks for a role names besides it.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// The least characters (documented).
const MIN: usize = 2;
/// The most characters (documented).
const MAX: usize = 1224;

/// What a role's owner has agreed upon with who acts for many: the owner lets the role be assumed by who names it, so that
/// nobody else can make that one act with the owner's role. 2 to 1224 of `A-Z a-z 0-9 _ + = , . @ : / -`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExternalId(pub(crate) String);

impl ExternalId {
    fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
        let well_formed = (MIN..=MAX).contains(&text.len()) && text.bytes().all(allowed);
        well_formed.then(|| Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for ExternalId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Id)
    }
}

struct Id;

impl Visitor<'_> for Id {
    type Value = ExternalId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MIN} to {MAX} of the characters A-Z a-z 0-9 _ + = , . @ : / -")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ExternalId, E> {
        ExternalId::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl JsonSchema for ExternalId {
    fn schema_name() -> Cow<'static, str> {
        "ExternalId".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "minLength": MIN, "maxLength": MAX, "pattern": "^[A-Za-z0-9_+=,.@:/-]+$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_external_id_has_the_documented_characters() {
        for id in ["ab", "shop_1+2=3,4.5@6:7/8-9", &"x".repeat(1224)] {
            assert!(ExternalId::parse(id).is_some(), "{id}");
        }
        for none in ["", "a", "a b", "a\\b", "a*", "群主", &"x".repeat(1225)] {
            assert!(ExternalId::parse(none).is_none(), "{none}");
        }
    }
}
