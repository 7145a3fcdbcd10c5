//! How decoding fails: the path of the value, the rule it breaks, and the value.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

/// Why decoding stopped.
#[derive(Debug)]
pub(super) enum Kind {
    /// A parameter means absent: decode again without it.
    Absent(Absent),
    /// A required member is absent.
    Missing,
    /// A value is not what this text says it must be.
    Invalid(String),
}

/// A parameter whose text means that nothing was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Absent {
    pub(super) index: usize,
    /// Whether a list was wanted; a list of texts may have this very text as its only item.
    pub(super) list: bool,
    /// Whether it is one of many of a kind, members of a map or items of a list: those of the same text mean the
    /// same.
    pub(super) one_of_many: bool,
}

/// Boxed, so that the success path moves one word.
#[derive(Debug)]
pub(super) struct DecodeError(pub(super) Box<Fault>);

#[derive(Debug)]
pub(super) struct Fault {
    pub(super) path: String,
    pub(super) kind: Kind,
    pub(super) given: Option<String>,
}

impl DecodeError {
    pub(super) fn new(kind: Kind) -> Self {
        Self(Box::new(Fault { path: String::new(), kind, given: None }))
    }

    pub(super) fn invalid(rule: impl Into<String>) -> Self {
        Self::new(Kind::Invalid(rule.into()))
    }

    /// Puts a name before the path.
    pub(super) fn within(mut self, name: &str) -> Self {
        self.0.path =
            if self.0.path.is_empty() { name.to_owned() } else { format!("{name}.{}", self.0.path) };
        self
    }

    /// Says that the value is one of many of a kind, if the fault is its own.
    pub(super) fn one_of_many(mut self) -> Self {
        if let Kind::Absent(absent) = &mut self.0.kind
            && self.0.path.is_empty()
        {
            absent.one_of_many = true;
        }
        self
    }

    /// Remembers the innermost refused value.
    pub(super) fn given(mut self, value: impl FnOnce() -> String) -> Self {
        if matches!(self.0.kind, Kind::Invalid(_)) && self.0.given.is_none() {
            self.0.given = Some(value());
        }
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.0.path, self.0.kind)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    /// The text is taken as the rule, a noun phrase.
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::invalid(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid(noun(expected.to_string()))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid(noun(expected.to_string()))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::invalid(noun(expected.to_string()))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::invalid(format!("one of {}", expected.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Kind::Missing).within(field)
    }
}

/// What serde calls a plain Rust type, in the caller's words.
fn noun(expected: String) -> String {
    match expected.as_str() {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "an integer".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        _ => expected,
    }
}
