//! Parameters of a request, and the types an operation declares them with.
//!
//! On the wire every parameter is a name with a text. [`Parameters`] holds them decoded, sorted by
//! name, one value per name. [`decode`] turns them into an operation's request type, through serde,
//! and says exactly which parameter broke which rule.
//!
//! | type | takes | schema |
//! |---|---|---|
//! | [`Int`], [`Long`] | decimal text within bounds | integer, `int32` or `int64`, minimum, maximum |
//! | [`Text`], [`ByteText`] | text of a length in characters or bytes | string, minLength, maxLength |
//! | [`List`] | `a,b`, `["a","b"]`, `Name.1=a&Name.2=b` | array, style `simple` |
//! | [`Json`] | JSON text, dotted `Name.Member=x`, `Name.1.Member=x` | that of its content, style `json` |
//! | [`StringMap`] | `{"a":"b"}`, `Name.a=b` | object of strings, style `json` |
//! | [`integer_choice!`](crate::integer_choice) | one of a few integers | integer, enum |
//! | a derived `enum` of unit variants | one of a few texts, exactly | string, enum |
//! | `bool` | `true` or `false` in any case (Python clients send `True`); nothing else | boolean |
//! | [`Change`] | absent, empty, or a value: for parameters that an empty text clears | that of its content |
//! | `String`, `i64`, … | without a rule of their own | |
//!
//! Absent values. An empty text is an absent parameter, whatever its type: `Option` becomes `None`,
//! `#[serde(default)]` its default, anything else a missing parameter. [`Change`] alone tells empty
//! from absent. Some clients send their language's word for nothing: `None`, `null` or `undefined`
//! count as absent for every type but free text.
//!
//! Unknown parameters are ignored, as are the common ones (`RegionId`, `OwnerId` and so on).

mod choice;
mod decode;
mod error;
mod json;
mod list;
mod node;
mod number;
mod pairs;
mod run;
mod text;

#[cfg(test)]
mod tests;

#[doc(hidden)]
pub use choice::{choose, not_chosen};
pub use decode::decode;
pub use json::{Change, Json, StringMap};
pub use list::List;
pub use number::{Int, Long};
pub use pairs::Parameters;
pub use text::{ByteText, Text};

pub(crate) use node::{WITHOUT_HALF_PAIRS, has_half_pair, json_depth};
pub(crate) use pairs::Pair;

/// How deep JSON text and dotted names may nest where no configuration says otherwise.
pub const DEFAULT_DEPTH: usize = 32;
