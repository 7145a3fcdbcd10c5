//! How choices stand in rows, whatever the database; [`columns`](crate::columns) says how all else does, and by which
//! rules this may change.

use muster_core::{
    app::{DataCenter, Generation, Retention},
    chat::ChatGroupStatus,
    chat_message::MessageStatus,
};

use crate::columns::JsonColumn;

/// A choice among a few, as it stands in a column.
pub(crate) trait Code: Copy + 'static {
    /// What stands in the column.
    type Stored: PartialEq + ?Sized + 'static;
    /// What messages call it.
    const NAME: &'static str;
    /// All choices.
    const ALL: &'static [Self];

    /// What stands for this choice. It never changes: databases hold it.
    fn code(self) -> &'static Self::Stored;

    /// The choice that a column's content stands for.
    fn from_code(code: &Self::Stored) -> Option<Self> {
        Self::ALL.iter().copied().find(|choice| choice.code() == code)
    }
}

impl Code for ChatGroupStatus {
    type Stored = str;
    const NAME: &'static str = "status";
    const ALL: &'static [Self] =
        &[Self::Active, Self::Inactive, Self::Suspended, Self::Creating, Self::Deleting, Self::Updating];

    fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Suspended => "suspended",
            Self::Creating => "creating",
            Self::Deleting => "deleting",
            Self::Updating => "updating",
        }
    }
}

impl Code for MessageStatus {
    type Stored = str;
    const NAME: &'static str = "message status";
    const ALL: &'static [Self] =
        &[Self::Accepted, Self::Sent, Self::Delivered, Self::Read, Self::Failed, Self::Received];

    fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Received => "received",
        }
    }
}

impl Code for Generation {
    type Stored = i64;
    const NAME: &'static str = "generation";
    const ALL: &'static [Self] = &[Self::One, Self::Two];

    fn code(self) -> &'static i64 {
        match self {
            Self::One => &1,
            Self::Two => &2,
        }
    }
}

impl Code for DataCenter {
    type Stored = str;
    const NAME: &'static str = "data center";
    const ALL: &'static [Self] = &[Self::Shanghai, Self::Singapore];

    fn code(self) -> &'static str {
        match self {
            Self::Shanghai => "cn-shanghai",
            Self::Singapore => "ap-southeast-1",
        }
    }
}

/// In days.
impl Code for Retention {
    type Stored = i64;
    const NAME: &'static str = "retention";
    const ALL: &'static [Self] = &[Self::Days30, Self::Days90, Self::Days180];

    fn code(self) -> &'static i64 {
        match self {
            Self::Days30 => &30,
            Self::Days90 => &90,
            Self::Days180 => &180,
        }
    }
}

/// A value as JSON.
pub(crate) fn json(value: &impl JsonColumn) -> String {
    value.to_json()
}

/// A row that does not decode: written by a newer version, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("a stored {what} cannot be read: {why}")]
pub(crate) struct Unreadable {
    what: &'static str,
    why: String,
}

impl Unreadable {
    pub(crate) fn new(what: &'static str, why: &dyn std::fmt::Display) -> Self {
        Self { what, why: why.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes of all choices in their order. What was written once is read for ever.
    fn stand<T>(codes: &[&T::Stored])
    where
        T: Code + PartialEq + std::fmt::Debug,
        T::Stored: std::fmt::Debug,
    {
        assert_eq!(T::ALL.iter().map(|choice| choice.code()).collect::<Vec<_>>(), codes);
        for (&choice, code) in T::ALL.iter().zip(codes) {
            assert_eq!(T::from_code(code), Some(choice));
        }
    }

    #[test]
    fn every_choice_is_read_as_it_was_written_and_written_as_it_always_was() {
        stand::<ChatGroupStatus>(&["active", "inactive", "suspended", "creating", "deleting", "updating"]);
        stand::<MessageStatus>(&["accepted", "sent", "delivered", "read", "failed", "received"]);
        stand::<Generation>(&[&1, &2]);
        stand::<DataCenter>(&["cn-shanghai", "ap-southeast-1"]);
        stand::<Retention>(&[&30, &90, &180]);
        assert_eq!(Retention::from_code(&7), None);
    }
}
