//! Closed sets of integers.

/// Declares an enum whose variants are the integers a parameter may have.
///
/// serde derives enums from names alone, so a set of integers needs its own reading: the macro gives
/// the enum `Deserialize` (from decimal text or a JSON number, anything else is refused with the list
/// of values) and a schema of type `integer` with an `enum`.
///
/// ```
/// muster_gateway::integer_choice! {
///     /// The order of a list.
///     pub enum SortType {
///         /// Oldest first.
///         Ascending = 0,
///         /// Newest first.
///         Descending = 1,
///     }
/// }
/// assert_eq!(i64::from(SortType::Descending), 1);
/// ```
#[macro_export]
macro_rules! integer_choice {
    ($(#[$doc:meta])* $visibility:vis enum $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $value:literal),+ $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $visibility enum $name {
            $($(#[$variant_doc])* $variant = $value),+
        }

        impl From<$name> for i64 {
            fn from(choice: $name) -> i64 {
                match choice {
                    $($name::$variant => $value),+
                }
            }
        }

        impl<'de> $crate::reexport::serde::Deserialize<'de> for $name {
            fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
            where
                D: $crate::reexport::serde::Deserializer<'de>,
            {
                const VALUES: &[i64] = &[$($value),+];
                match $crate::parameter::choose(deserializer, VALUES)? {
                    $(value if value == $value => Ok(Self::$variant),)+
                    _ => Err($crate::parameter::not_chosen(VALUES)),
                }
            }
        }

        impl $crate::reexport::schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(
                _: &mut $crate::reexport::schemars::SchemaGenerator,
            ) -> $crate::reexport::schemars::Schema {
                $crate::reexport::schemars::json_schema!({
                    "type": "integer", "format": "int32", "enum": [$($value),+]
                })
            }
        }
    };
}

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};

/// Reads an integer for [`integer_choice!`]; text that is none is refused with the list of values.
pub fn choose<'de, D: Deserializer<'de>>(deserializer: D, values: &'static [i64]) -> Result<i64, D::Error> {
    deserializer.deserialize_i64(Choice(values))
}

/// The refusal of an integer that [`integer_choice!`] does not list.
pub fn not_chosen<E: Error>(values: &'static [i64]) -> E {
    E::custom(Choice(values))
}

struct Choice(&'static [i64]);

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one of ")?;
        for (at, value) in self.0.iter().enumerate() {
            write!(f, "{}{value}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl Visitor<'_> for Choice {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| not_chosen(self.0))
    }
}
