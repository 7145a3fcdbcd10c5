//! A serde deserializer over one value.
//!
//! A value is the text of one parameter, a run of parameters under a dotted name, or a value inside
//! JSON text.

use std::fmt::Write as _;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::decode::Reading;
use super::error::{Absent, DecodeError, Kind};
use super::run::{Run, Scope};

/// Newtype name by which [`super::Json`] asks for JSON text.
pub(super) const JSON: &str = "muster_gateway::Json";
/// Newtype name by which [`super::Change`] asks to be given empty text.
pub(super) const CHANGE: &str = "muster_gateway::Change";

/// How much of a refused value is repeated to the caller, in characters.
const GIVEN_LIMIT: usize = 100;

#[derive(Clone, Copy)]
pub(super) enum Node<'p> {
    /// The text of a parameter.
    Text {
        scope: &'p Scope<'p>,
        text: &'p str,
        /// Which parameter it is; items of a comma list have none.
        index: Option<usize>,
    },
    /// Parameters under a dotted name.
    Run(Run<'p>),
    /// A value inside JSON text.
    Json(&'p Value),
}

impl<'p> Node<'p> {
    /// The value as the caller gave it, cut to a length that a message can carry.
    fn given(&self) -> String {
        let full = match self {
            Self::Text { text, .. } => (*text).to_owned(),
            Self::Json(Value::String(text)) => text.clone(),
            Self::Json(value) => value.to_string(),
            Self::Run(run) => run.pairs().iter().fold(String::new(), |mut all, (name, value)| {
                let separator = if all.is_empty() { "" } else { "&" };
                let _ = write!(all, "{separator}{name}={value}");
                all
            }),
        };
        match full.char_indices().nth(GIVEN_LIMIT) {
            Some((end, _)) => format!("{}…", &full[..end]),
            None => full,
        }
    }

    fn text(self) -> Option<&'p str> {
        match self {
            Self::Text { text, .. } => Some(text),
            Self::Json(Value::String(text)) => Some(text),
            Self::Json(_) | Self::Run(_) => None,
        }
    }

    /// Refuses text that means nothing was given; `words` are such texts beside the empty one.
    fn present(self, words: &[&str]) -> Result<(), DecodeError> {
        self.present_as(words, false)
    }

    fn present_as(self, words: &[&str], list: bool) -> Result<(), DecodeError> {
        match self {
            Self::Text { scope, text, index: Some(index) }
                if text.is_empty() || words.contains(&text) && scope.readings[index] != Reading::Literal =>
            {
                let list = list && !text.is_empty();
                Err(DecodeError::new(Kind::Absent(Absent { index, list, one_of_many: false })))
            }
            _ => Ok(()),
        }
    }

    fn sequence<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.present_as(&NOTHING, true)?;
        match self {
            Self::Text { text, scope, .. } if text.starts_with('[') => {
                let value = parse_json(text, scope, "a list")?;
                Node::Json(&value).sequence(visitor)
            }
            Self::Text { text, scope, .. } => {
                let items = text.split(',').map(|text| Node::Text { scope, text, index: None });
                visitor.visit_seq(Items(items.enumerate().map(|(at, node)| (at + 1, node))))
            }
            Self::Run(run) => visitor.visit_seq(Items(run.items()?.into_iter())),
            Self::Json(Value::Array(values)) => visitor
                .visit_seq(Items(values.iter().enumerate().map(|(at, value)| (at + 1, Node::Json(value))))),
            Self::Json(_) => Err(DecodeError::invalid("a list")),
        }
    }

    fn object<'de, V: Visitor<'de>>(
        self,
        fields: Option<&'static [&'static str]>,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.present(&NOTHING)?;
        match self {
            Self::Text { text, scope, .. } => {
                let value = parse_json(text, scope, "a JSON object")?;
                Node::Json(&value).object(fields, visitor)
            }
            Self::Run(run) => match fields {
                Some(fields) => visitor.visit_map(Fields { fields: fields.iter(), run, value: None }),
                None => visitor.visit_map(Members { members: run.members()?.into_iter(), value: None }),
            },
            Self::Json(Value::Object(members)) => visitor.visit_map(Members {
                members: members.iter().map(|(name, value)| (name.as_str(), Node::Json(value))),
                value: None,
            }),
            Self::Json(_) => Err(DecodeError::invalid("a JSON object")),
        }
    }
}

/// What clients send for their language's nothing.
const NOTHING: [&str; 3] = ["None", "null", "undefined"];

fn parse_json(text: &str, scope: &Scope<'_>, rule: &str) -> Result<Value, DecodeError> {
    if json_depth(text) > scope.depth {
        return Err(DecodeError::invalid(format!("JSON nested at most {} levels deep", scope.depth)));
    }
    serde_json::from_str(text).map_err(|_| {
        DecodeError::invalid(if has_half_pair(text) {
            format!("{rule} {WITHOUT_HALF_PAIRS}")
        } else {
            rule.to_owned()
        })
    })
}

/// What is said of half a surrogate pair, which stands for no character.
pub(crate) const WITHOUT_HALF_PAIRS: &str = "without half a surrogate pair (\\ud800 to \\udfff)";

/// Whether JSON text holds an escape that is half a surrogate pair.
pub(crate) fn has_half_pair(text: &str) -> bool {
    let mut rest = text;
    let mut high = false;
    loop {
        let Some((before, after)) = rest.split_once('\\') else { return high };
        let adjacent = before.is_empty();
        let unit = after.strip_prefix('u').and_then(|digits| u16::from_str_radix(digits.get(..4)?, 16).ok());
        let low = unit.is_some_and(|unit| (0xdc00..0xe000).contains(&unit));
        if high != (low && adjacent) || low && !high {
            return true;
        }
        high = unit.is_some_and(|unit| (0xd800..0xdc00).contains(&unit));
        let taken = if unit.is_some() { 5 } else { after.chars().next().map_or(0, char::len_utf8) };
        rest = &after[taken..];
    }
}

/// How deep JSON text nests, without parsing it.
pub(crate) fn json_depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Declared fields, looked up one by one in a run.
struct Fields<'p> {
    fields: std::slice::Iter<'static, &'static str>,
    run: Run<'p>,
    value: Option<(&'static str, Node<'p>)>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        for field in self.fields.by_ref() {
            if let Some(node) = self.run.member(field).map_err(|error| error.within(field))? {
                self.value = Some((field, node));
                return seed.deserialize(name_of(field)).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, DecodeError> {
        member_value(self.value.take(), seed)
    }
}

/// Members of a map, in their own order.
struct Members<'p, I: Iterator<Item = (&'p str, Node<'p>)>> {
    members: I,
    value: Option<(&'p str, Node<'p>)>,
}

impl<'de, 'p, I: Iterator<Item = (&'p str, Node<'p>)>> MapAccess<'de> for Members<'p, I> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        self.value = self.members.next();
        self.value.as_ref().map(|(name, _)| seed.deserialize(name_of(name))).transpose()
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, DecodeError> {
        let (name, node) = self.value.take().ok_or_else(|| DecodeError::invalid("asked for once"))?;
        seed.deserialize(node).map_err(|error| error.one_of_many().within(name).given(|| node.given()))
    }
}

fn name_of(name: &str) -> StrDeserializer<'_, DecodeError> {
    name.into_deserializer()
}

fn member_value<'de, T: DeserializeSeed<'de>>(
    member: Option<(&str, Node<'_>)>,
    seed: T,
) -> Result<T::Value, DecodeError> {
    let (name, node) = member.ok_or_else(|| DecodeError::invalid("asked for once"))?;
    seed.deserialize(node).map_err(|error| error.within(name).given(|| node.given()))
}

/// Items of a list, each with the number a caller counts it by.
struct Items<I>(I);

impl<'de, 'p, I: Iterator<Item = (usize, Node<'p>)>> SeqAccess<'de> for Items<I> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some((number, node)) = self.0.next() else { return Ok(None) };
        seed.deserialize(node)
            .map(Some)
            .map_err(|error| error.one_of_many().within(&number.to_string()).given(|| node.given()))
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            self.present(&NOTHING)?;
            match self.text() {
                None => self.deserialize_any(visitor),
                Some(text) => match text.parse::<$type>() {
                    Ok(number) => visitor.$visit(number),
                    // The visitor refuses text, in the words of its own rule.
                    Err(_) => visitor.visit_str(text),
                },
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = DecodeError;

    numbers! {
        deserialize_i8 visit_i64 i64, deserialize_i16 visit_i64 i64, deserialize_i32 visit_i64 i64,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u64 u64, deserialize_u16 visit_u64 u64,
        deserialize_u32 visit_u64 u64, deserialize_u64 visit_u64 u64, deserialize_f32 visit_f64 f64,
        deserialize_f64 visit_f64 f64,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Self::Text { text, .. } => visitor.visit_str(text),
            Self::Run(_) => self.object(None, visitor),
            Self::Json(Value::Null) => visitor.visit_unit(),
            Self::Json(Value::Bool(flag)) => visitor.visit_bool(*flag),
            Self::Json(Value::String(text)) => visitor.visit_str(text),
            Self::Json(Value::Array(_)) => self.sequence(visitor),
            Self::Json(Value::Object(_)) => self.object(None, visitor),
            Self::Json(Value::Number(number)) => {
                if let Some(number) = number.as_i64() {
                    visitor.visit_i64(number)
                } else if let Some(number) = number.as_u64() {
                    visitor.visit_u64(number)
                } else {
                    visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
                }
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.present(&NOTHING)?;
        match self.text() {
            Some(text) if text.eq_ignore_ascii_case("true") => visitor.visit_bool(true),
            Some(text) if text.eq_ignore_ascii_case("false") => visitor.visit_bool(false),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.present(&[])?;
        match self {
            // Inside JSON text a number or a boolean is taken for the text it is written as.
            Self::Json(value @ (Value::Number(_) | Value::Bool(_))) => visitor.visit_str(&value.to_string()),
            Self::Run(_) => Err(DecodeError::invalid("one text")),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Self::Text { text: "", .. } | Self::Json(Value::Null) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.sequence(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.object(None, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.object(Some(fields), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.text() {
            Some(text) if variants.contains(&text) => visitor.visit_enum(name_of(text)),
            Some(_) => {
                self.present(&NOTHING)?;
                Err(serde::de::Error::unknown_variant("", variants))
            }
            None => Err(serde::de::Error::unknown_variant("", variants)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self {
            Self::Text { text, scope, .. } if name == JSON => {
                self.present(&NOTHING)?;
                let value = parse_json(text, scope, "JSON text")?;
                visitor.visit_newtype_struct(Node::Json(&value))
            }
            Self::Text { text: "", .. } if name == CHANGE => visitor.visit_none(),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    forward_to_deserialize_any! {
        char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}
