//! The name of a role.

use std::{borrow::Cow, fmt};

use muster_core::id::AccountId;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// What a role's name is, for whoever gave none.
const EXPECTED: &str = "acs:ram::<account>:role/<role>, with an account of 16 digits";
/// The longest, in characters: an account's 16 digits, a role's 64, and what stands around them.
const MAX: usize = 96;

/// `acs:ram::<account>:role/<role>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoleArn {
    /// The account.
    pub(crate) account: AccountId,
    /// The role's name in it.
    pub(crate) role: String,
}

impl RoleArn {
    fn parse(text: &str) -> Option<Self> {
        let (account, role) = text.strip_prefix("acs:ram::")?.split_once(":role/")?;
        let named = !role.is_empty() && !role.contains('/') && text.len() <= MAX;
        let account = AccountId::new(account).ok()?;
        named.then(|| Self { account, role: role.to_owned() })
    }
}

impl<'de> Deserialize<'de> for RoleArn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Arn)
    }
}

struct Arn;

impl Visitor<'_> for Arn {
    type Value = RoleArn;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<RoleArn, E> {
        RoleArn::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl JsonSchema for RoleArn {
    fn schema_name() -> Cow<'static, str> {
        "RoleArn".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": MAX, "pattern": "^acs:ram::[0-9]{16}:role/[^/]+$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_named_by_its_account_and_its_name() {
        let arn = RoleArn::parse("acs:ram::1234567890123456:role/reader").unwrap();
        assert_eq!((arn.account.as_str(), arn.role.as_str()), ("1234567890123456", "reader"));
        for none in [
            "",
            "reader",
            "acs:ram::1:role/reader",
            "acs:ram::1234567890123456:user/ann",
            "acs:ram::1234567890123456:role/",
            "acs:ram::1234567890123456:role/reader/ann",
        ] {
            assert_eq!(RoleArn::parse(none), None, "{none}");
        }
    }
}
