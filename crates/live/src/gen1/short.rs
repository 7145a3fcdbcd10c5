//! Ids with a tighter bound than the domain's.

use std::{borrow::Cow, fmt, marker::PhantomData, str::FromStr};

use muster_core::id::MAX_ID_BYTES;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// An id of at most `MAX` characters. The documentation tightens the alphabet as well, differently for each parameter,
/// and its own samples do not keep to that; the domain's alphabet counts.
pub(crate) struct Short<T, const MAX: usize>(pub(crate) T);

impl<'de, T: FromStr, const MAX: usize> Deserialize<'de> for Short<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Rule::<T, MAX>(PhantomData))
    }
}

struct Rule<T, const MAX: usize>(PhantomData<T>);

impl<T: FromStr, const MAX: usize> Visitor<'_> for Rule<T, MAX> {
    type Value = Short<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1 to {MAX} of the characters A-Z a-z 0-9 _ - .")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let short = Some(text).filter(|text| text.len() <= MAX.min(MAX_ID_BYTES));
        let id = short.and_then(|text| text.parse().ok());
        id.map(Short).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl<T: JsonSchema, const MAX: usize> JsonSchema for Short<T, MAX> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("{}UpTo{MAX}", T::schema_name()).into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": MAX, "pattern": "^[A-Za-z0-9_.-]+$" })
    }
}
