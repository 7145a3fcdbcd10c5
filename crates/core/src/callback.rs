//! Callbacks: what an application is told at its URL of what its users do.
//!
//! A callback that is owed is written with the change that it tells of, in one transaction ([`Also`](crate::store::Also)),
//! and is gone once its receiver has taken it. So nothing is owed that is only in memory, and a callback may be told twice
//! (the answer was lost) but not never. Callbacks of one lane are told one after the other, in the order of their changes.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AppId, GroupId, SessionId, UserId},
    time::Millis,
};

/// What a callback tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackEvent {
    /// A user joined a group.
    Joined(Membership),
    /// A user is no member of a group any more.
    Left(Membership),
}

/// Whose membership began or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The group.
    pub group: GroupId,
    /// Who.
    pub user: UserId,
    /// The login by which, where there was one.
    pub session: Option<SessionId>,
}

impl CallbackEvent {
    /// The name of the lane in which it is told: that of its group.
    #[must_use]
    pub fn lane(&self) -> String {
        match self {
            Self::Joined(Membership { group, .. }) | Self::Left(Membership { group, .. }) => {
                format!("g:{group}")
            }
        }
    }
}

/// A callback that an application is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedCall {
    /// What the receiver knows it by: the same in every attempt.
    pub id: String,
    /// The application.
    pub app: AppId,
    /// What it tells of.
    pub event: CallbackEvent,
    /// When that happened.
    pub made_at: Millis,
}

/// A callback as it stands in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCall {
    /// Its number: callbacks of one lane are told in this order.
    pub number: i64,
    /// What the receiver knows it by.
    pub id: String,
    /// The application.
    pub app: AppId,
    /// The lane.
    pub lane: String,
    /// What it tells of; `None` when a later version wrote what this one does not know.
    pub event: Option<CallbackEvent>,
    /// When that happened.
    pub made_at: Millis,
    /// Attempts that were begun.
    pub attempts: u32,
    /// When it is tried next; while it is being tried, when others take it for given up.
    pub next_at: Millis,
    /// Whether it is tried no more: a dead letter.
    pub dead: bool,
    /// Why the last attempt failed; empty before one has.
    pub fault: String,
}

/// What becomes of a callback after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Told,
    /// It is tried again then.
    Again {
        /// When.
        at: Millis,
        /// Why it was not taken.
        fault: String,
    },
    /// It is tried no more, and kept.
    Dead {
        /// Why it was not taken.
        fault: String,
    },
}

/// How callbacks stand in rows. Additive only: rows of every version are read for ever.
#[derive(Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Form {
    Joined(MembershipForm),
    Left(MembershipForm),
}

#[derive(Serialize, Deserialize)]
struct MembershipForm {
    group: String,
    user: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    session: Option<String>,
}

impl From<&Membership> for MembershipForm {
    fn from(of: &Membership) -> Self {
        Self {
            group: of.group.to_string(),
            user: of.user.to_string(),
            session: of.session.as_ref().map(ToString::to_string),
        }
    }
}

impl MembershipForm {
    fn read(self) -> Option<Membership> {
        let session = self.session.map(|session| SessionId::new(&session)).transpose().ok()?;
        Some(Membership {
            group: GroupId::new(&self.group).ok()?,
            user: UserId::new(&self.user).ok()?,
            session,
        })
    }
}

impl CallbackEvent {
    /// The event as a row holds it.
    ///
    /// # Errors
    /// None that a value of this type can cause.
    pub fn to_form(&self) -> serde_json::Result<String> {
        let form = match self {
            Self::Joined(of) => Form::Joined(of.into()),
            Self::Left(of) => Form::Left(of.into()),
        };
        serde_json::to_string(&form)
    }

    /// What a row holds; `None` when this version does not know it.
    #[must_use]
    pub fn of_form(text: &str) -> Option<Self> {
        match serde_json::from_str(text).ok()? {
            Form::Joined(of) => of.read().map(Self::Joined),
            Form::Left(of) => of.read().map(Self::Left),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_was_written_and_an_unknown_one_is_none() {
        let of = |session: Option<&str>| Membership {
            group: GroupId::new("g").unwrap(),
            user: UserId::new("u").unwrap(),
            session: session.map(|id| SessionId::new(id).unwrap()),
        };
        for event in [CallbackEvent::Joined(of(None)), CallbackEvent::Left(of(Some("s")))] {
            assert_eq!(CallbackEvent::of_form(&event.to_form().unwrap()), Some(event));
        }
        let written = r#"{"event":"joined","group":"g","user":"u"}"#;
        assert_eq!(CallbackEvent::of_form(written), Some(CallbackEvent::Joined(of(None))));
        for unknown in [r#"{"event":"later","group":"g"}"#, r#"{"event":"left","group":""}"#, "none"] {
            assert_eq!(CallbackEvent::of_form(unknown), None);
        }
    }
}
