//! What a call is given, read; and what is wrong with it, in the words of the documentation.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::protocol::ErrorReply;

/// Reads what a method is given.
///
/// # Errors
/// One that names the member which cannot be read, and says what it must be.
pub(super) fn parameters<T: DeserializeOwned>(data: &[u8]) -> Result<T, ErrorReply> {
    if !matches!(data.trim_ascii_start().first(), Some(b'{' | b'"')) {
        return Err(ErrorReply::invalid("the parameters must be a JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(data);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        ErrorReply::invalid(complaint(&error.path().to_string(), &error.inner().to_string()))
    })
}

/// What is wrong with a member, from the parser's words. They hold what was given, which is not repeated, and the place in the
/// text, which says nothing to who wrote the call with an SDK.
fn complaint(path: &str, told: &str) -> String {
    let what = told.rsplit_once(" at line ").map_or(told, |(what, _)| what);
    let member = if path == "." { "the parameters" } else { path };
    let named = |before: &str| what.strip_prefix(before).and_then(|rest| rest.strip_suffix('`'));
    if let Some(field) = named("missing field `") {
        return format!("{field} is missing");
    }
    if let Some(field) = named("duplicate field `") {
        return format!("{field} is given more than once");
    }
    match what.rsplit_once(", expected ") {
        Some((given, expected)) if given.starts_with("invalid ") => {
            format!("{member} must be {}", in_words(expected))
        }
        _ => format!("{member}: {what}"),
    }
}

/// A type of this language in words.
fn in_words(expected: &str) -> &str {
    match expected {
        "a string" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "u8" => "an integer from 0 to 255",
        "u32" => "an integer from 0 to 4294967295",
        "u64" => "an integer from 0 to 18446744073709551615",
        "i64" => "an integer from -9223372036854775808 to 9223372036854775807",
        other if other.starts_with("struct ") => "a JSON object",
        other => other,
    }
}

/// What an object says, or a bare id in its place.
pub(super) struct OrId<T>(pub(super) T);

impl<'de, T: Deserialize<'de> + From<String>> Deserialize<'de> for OrId<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectOrId(PhantomData)).map(Self)
    }
}

struct ObjectOrId<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + From<String>> Visitor<'de> for ObjectOrId<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object, or the group's id")
    }

    fn visit_str<E: Error>(self, id: &str) -> Result<T, E> {
        Ok(id.to_owned().into())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::calls::GroupAlone, *};

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "it is read, and not looked at")]
    struct Given {
        group_id: String,
        user_list: Option<Vec<String>>,
        broad_cast_type: Option<u8>,
        skip_audit: Option<bool>,
        kind: Option<i64>,
    }

    #[test]
    fn what_is_wrong_is_told_by_the_name_of_the_member_and_what_it_must_be() {
        for (data, message) in [
            (r#"{}"#, "groupId is missing"),
            (r#"{"groupId":"a","groupId":"b"}"#, "groupId is given more than once"),
            (r#"{"groupId":["a"]}"#, "groupId must be a text"),
            (r#"{"groupId":null}"#, "groupId must be a text"),
            (r#"{"groupId":"g","userList":"x"}"#, "userList must be a list"),
            (r#"{"groupId":"g","userList":["x",7]}"#, "userList[1] must be a text"),
            (r#"{"groupId":"g","broadCastType":300}"#, "broadCastType must be an integer from 0 to 255"),
            (
                r#"{"groupId":"g","broadCastType":" at line , expected x"}"#,
                "broadCastType must be an integer from 0 to 255",
            ),
            (r#"{"groupId":"g","skipAudit":1}"#, "skipAudit must be true or false"),
            (
                r#"{"groupId":"g","kind":1.5}"#,
                "kind must be an integer from -9223372036854775808 to 9223372036854775807",
            ),
            (r#""g""#, "the parameters must be a JSON object"),
            ("[1]", "the parameters must be a JSON object"),
        ] {
            assert_eq!(parameters::<Given>(data.as_bytes()).unwrap_err().message, message, "{data}");
        }
    }

    #[test]
    fn a_group_is_named_by_its_bare_id_or_in_an_object() {
        for data in [r#""g""#, r#"{"groupId":"g"}"#] {
            assert_eq!(parameters::<OrId<GroupAlone>>(data.as_bytes()).unwrap().0.group_id, "g");
        }
        for (data, message) in [
            (r#"{"groupId":{"a":1}}"#, "groupId must be a text"),
            ("{}", "groupId is missing"),
            ("7", "the parameters must be a JSON object"),
        ] {
            let error = parameters::<OrId<GroupAlone>>(data.as_bytes()).err().unwrap();
            assert_eq!(error.message, message, "{data}");
        }
    }
}
