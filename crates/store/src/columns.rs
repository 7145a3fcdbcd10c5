//! How values stand in rows.
//!
//! Rows have a form of their own: what the domain's types become has no effect on databases. Most values stand in columns
//! by themselves, ids and texts as they are, times as milliseconds, choices by their [`Code`](crate::codes::Code); a few
//! stand as JSON, each in a form of this module.
//!
//! The version of the form is the number of migrations that a database has seen. A binary that knows fewer refuses to
//! open it; but one that runs goes on beside nodes of the version after it, which have made their migrations already. So
//! there are always two versions that read and write the same rows.
//!
//! # How the form may change
//!
//! | change | the version before | what it needs |
//! |---|---|---|
//! | a column is added | neither writes nor reads it | a migration; a default, or `NULL`, that means what was so before |
//! | a column goes, or means something else | still writes it | two releases: one that no longer needs it, then one that drops it |
//! | an event is added | reads it as [`Event::Unknown`], at its place and with its bytes | nothing: it stands in `entry.event` in the form of [`form`] |
//! | a choice is added, to a code or to an [`Audit`] | cannot read rows that hold it | two releases: one that reads it, then one that writes it |
//! | a field is added to a JSON form | passes it over, and drops it when it writes the column | a default for when it is missing |
//! | a JSON form changes otherwise | would read what was not meant | a column of its own, filled by a migration |

use muster_core::{
    app::{Audit, StringMap},
    event::{Event, form},
    id::UserId,
};
use serde::{Deserialize, Serialize};

/// Why the JSON of a column cannot be read.
pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// A value that stands in a column as JSON.
pub(crate) trait JsonColumn: Sized {
    /// What stands in the column.
    fn to_json(&self) -> String;

    /// The value of what stands in the column.
    ///
    /// # Errors
    /// When it is not what this version or one before it has written.
    fn from_json(text: &str) -> Result<Self, Fault>;
}

/// JSON of a form. Of those of this module, none fails to serialise.
fn written(form: &impl Serialize) -> String {
    serde_json::to_string(form).unwrap_or_default()
}

/// `entry.event`: what is no message.
impl JsonColumn for Event {
    fn to_json(&self) -> String {
        form::write(self)
    }

    fn from_json(text: &str) -> Result<Self, Fault> {
        Ok(form::read(text)?)
    }
}

/// `app.audit`.
#[derive(Serialize, Deserialize)]
enum AuditForm {
    Off,
    BuiltIn,
    Custom(String),
}

impl JsonColumn for Audit {
    fn to_json(&self) -> String {
        written(&match self {
            Self::Off => AuditForm::Off,
            Self::BuiltIn => AuditForm::BuiltIn,
            Self::Custom(url) => AuditForm::Custom(url.clone()),
        })
    }

    fn from_json(text: &str) -> Result<Self, Fault> {
        Ok(match serde_json::from_str(text)? {
            AuditForm::Off => Self::Off,
            AuditForm::BuiltIn => Self::BuiltIn,
            AuditForm::Custom(url) => Self::Custom(url),
        })
    }
}

/// The administrators of a group: a list of ids.
impl JsonColumn for Vec<UserId> {
    fn to_json(&self) -> String {
        written(&self.iter().map(UserId::as_str).collect::<Vec<_>>())
    }

    fn from_json(text: &str) -> Result<Self, Fault> {
        let ids: Vec<String> = serde_json::from_str(text)?;
        Ok(ids.iter().map(|id| UserId::new(id)).collect::<Result<_, _>>()?)
    }
}

/// Settings and extensions: an object of texts.
impl JsonColumn for StringMap {
    fn to_json(&self) -> String {
        written(self)
    }

    fn from_json(text: &str) -> Result<Self, Fault> {
        Ok(serde_json::from_str(text)?)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use muster_core::{id::GroupId, message::ExitReason};

    use super::*;

    /// What stands in columns is read, and written byte for byte, for ever.
    fn stands<T: JsonColumn + PartialEq + Debug>(text: &str, value: &T) {
        assert_eq!(T::from_json(text).unwrap(), *value, "{text}");
        assert_eq!(value.to_json(), text);
    }

    #[test]
    fn json_of_columns_is_read_and_written_byte_for_byte() {
        stands(r#""Off""#, &Audit::Off);
        stands(r#""BuiltIn""#, &Audit::BuiltIn);
        stands(
            r#"{"Custom":"https://audit.example.com/?a=\"1\""}"#,
            &Audit::Custom(r#"https://audit.example.com/?a="1""#.into()),
        );
        stands("[]", &Vec::<UserId>::new());
        stands(r#"["b","a"]"#, &["b", "a"].map(|id| UserId::new(id).unwrap()).to_vec());
        stands("{}", &StringMap::new());
        let map: StringMap = [("a", "群"), ("b", "\0\n")].map(|(key, text)| (key.into(), text.into())).into();
        stands(r#"{"a":"群","b":"\u0000\n"}"#, &map);
        for (text, reason) in [
            (r#"{"Exit":{"group":"g","reason":"Dissolved"}}"#, ExitReason::Dissolved),
            (r#"{"Exit":{"group":"g","reason":"Removed"}}"#, ExitReason::Removed),
        ] {
            stands(text, &Event::Exit { group: GroupId::new("g").unwrap(), reason });
        }
    }

    #[test]
    fn an_event_of_a_later_version_stays_as_it_stands() {
        let text = r#"{"Muted":{"user":"u","until":18446744073709551615}}"#;
        let event = Event::from_json(text).unwrap();
        assert!(matches!(event, Event::Unknown(_)));
        assert_eq!(event.to_json(), text);
    }

    #[test]
    fn what_no_version_has_written_is_told() {
        assert!(Audit::from_json(r#""Loud""#).is_err());
        assert!(Vec::<UserId>::from_json(r#"["a b"]"#).is_err());
        assert!(StringMap::from_json(r#"{"a":1}"#).is_err());
        assert!(Event::from_json(r#"{"Exit":{"group":"g"}}"#).is_err());
    }
}
