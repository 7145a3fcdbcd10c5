//! The kind of channel that a request names.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// WhatsApp, the one kind that has chat groups made by calls. Other operations of the product write it in lower case,
/// so it is taken in any.
pub(crate) struct ChannelType;

const NAME: &str = "WHATSAPP";

impl<'de> Deserialize<'de> for ChannelType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(AnyCase)
    }
}

struct AnyCase;

impl Visitor<'_> for AnyCase {
    type Value = ChannelType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ChannelType, E> {
        // Some clients send their language's word for nothing.
        let nothing = matches!(text, "None" | "null" | "undefined");
        let known = nothing || text.eq_ignore_ascii_case(NAME);
        known.then_some(ChannelType).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl JsonSchema for ChannelType {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ChannelType".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": [NAME] })
    }
}
