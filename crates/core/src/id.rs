//! Names of things. An id that exists is well-formed: it is checked once, where it comes in.

use std::{borrow::Borrow, fmt, marker::PhantomData, str::FromStr, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, Unexpected, Visitor},
};

/// The longest id, in bytes: the documentation's bound for group, user and message ids.
pub const MAX_ID_BYTES: usize = 64;

/// Digits of an account's id, as in the cloud.
pub const ACCOUNT_ID_DIGITS: usize = 16;

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// No characters at all.
    #[error("must not be empty")]
    Empty,
    /// More than [`MAX_ID_BYTES`] bytes.
    #[error("must be at most {MAX_ID_BYTES} bytes")]
    TooLong,
    /// A character outside `A-Z a-z 0-9 _ - .`.
    #[error("may hold only the characters A-Z a-z 0-9 _ - .")]
    Character,
    /// An account's id that is not [`ACCOUNT_ID_DIGITS`] digits.
    #[error("must be {ACCOUNT_ID_DIGITS} digits")]
    AccountDigits,
}

fn check(text: &str) -> Result<(), InvalidId> {
    if text.is_empty() {
        return Err(InvalidId::Empty);
    }
    if text.len() > MAX_ID_BYTES {
        return Err(InvalidId::TooLong);
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if text.bytes().all(allowed) { Ok(()) } else { Err(InvalidId::Character) }
}

fn check_account(text: &str) -> Result<(), InvalidId> {
    let digits = text.len() == ACCOUNT_ID_DIGITS && text.bytes().all(|b| b.is_ascii_digit());
    if digits { Ok(()) } else { Err(InvalidId::AccountDigits) }
}

/// What an id is, for whoever gave none.
const ID: Form = Form {
    check,
    expected: "1 to 64 of the characters A-Z a-z 0-9 _ - .",
    pattern: "^[A-Za-z0-9_.-]+$",
    most: MAX_ID_BYTES,
};
/// What an account's id is.
const ACCOUNT_ID: Form =
    Form { check: check_account, expected: "16 digits", pattern: "^[0-9]{16}$", most: ACCOUNT_ID_DIGITS };

/// The form of ids of one kind.
struct Form {
    check: fn(&str) -> Result<(), InvalidId>,
    /// What is said to who gave another text.
    expected: &'static str,
    /// The same as a regular expression.
    pattern: &'static str,
    /// Bytes at most.
    most: usize,
}

/// Takes a text as an id, and says what an id is when it is none. The text is borrowed: an id costs one allocation.
struct IdVisitor<T>(&'static Form, PhantomData<T>);

impl<T: FromStr<Err = InvalidId>> Visitor<'_> for IdVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        id!($(#[$doc])* $name, ID);
    };
    ($(#[$doc:meta])* $name:ident, $form:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a text as an id.
            ///
            /// # Errors
            /// [`InvalidId`] when it has not the form of these ids.
            pub fn new(text: &str) -> Result<Self, InvalidId> {
                ($form.check)(text).map(|()| Self(text.into()))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                ($form.check)(&text).map(|()| Self(text.into()))
            }
        }

        impl TryFrom<Arc<str>> for $name {
            type Error = InvalidId;
            fn try_from(text: Arc<str>) -> Result<Self, InvalidId> {
                ($form.check)(&text).map(|()| Self(text))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(IdVisitor(&$form, PhantomData))
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "maxLength": $form.most, "pattern": $form.pattern })
            }
        }
    };
}

id! {
    /// An account: 16 decimal digits.
    AccountId, ACCOUNT_ID
}
id! {
    /// An application of one generation, or the channel that a CAMS group belongs to.
    AppId
}
id! {
    /// A group, unique in its application.
    GroupId
}
id! {
    /// A user of an application, or the phone number of a CAMS participant.
    UserId
}
id! {
    /// A message, named by its sender or by the server.
    MessageId
}
id! {
    /// One login of one user on one connection.
    SessionId
}
id! {
    /// One running server process.
    NodeId
}
id! {
    /// The public half of an access key.
    AccessKeyId
}

/// A group together with the application that holds it: the address of a roster and of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupRef {
    /// The application, or the channel of a CAMS group.
    pub app: AppId,
    /// The group in it.
    pub group: GroupId,
}

impl GroupRef {
    /// Names `group` in `app`.
    #[must_use]
    pub fn new(app: AppId, group: GroupId) -> Self {
        Self { app, group }
    }
}

/// One login and the node that holds its connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionRef {
    /// The node that holds the connection.
    pub node: NodeId,
    /// The login.
    pub session: SessionId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_holds_the_documented_characters_and_no_others() {
        assert!(GroupId::new("AE35-x.T95F_1").is_ok());
        assert_eq!(GroupId::new(""), Err(InvalidId::Empty));
        assert_eq!(GroupId::new("a b"), Err(InvalidId::Character));
        assert_eq!(GroupId::new("群"), Err(InvalidId::Character));
        assert_eq!(GroupId::new(&"x".repeat(65)), Err(InvalidId::TooLong));
        assert!(GroupId::new(&"x".repeat(64)).is_ok());
    }

    #[test]
    fn an_account_is_named_by_16_digits_and_nothing_else() {
        assert!(AccountId::new("1234567890123456").is_ok());
        for text in ["", "acc", "123456789012345", "12345678901234567", "123456789012345x", "１２３４５６"]
        {
            assert_eq!(AccountId::new(text), Err(InvalidId::AccountDigits), "{text}");
        }
        let refused = serde_json::from_str::<AccountId>("\"acc\"").unwrap_err().to_string();
        assert!(refused.contains("16 digits"), "{refused}");
    }

    #[test]
    fn a_malformed_id_does_not_deserialise() {
        assert!(serde_json::from_str::<UserId>("\"u1\"").is_ok());
        assert!(serde_json::from_str::<UserId>("\"u 1\"").is_err());
    }
}
