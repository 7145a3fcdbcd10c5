//! How callbacks stand in rows. Additive only: rows of every version are read for ever.

use serde::{Deserialize, Serialize};

use super::{
    CallbackEvent, LogoffReason, Membership, UserSession, UserTie, chat_group::ChatGroupForm, news::NewsForm,
};
use crate::id::{GroupId, SessionId, UserId};

#[derive(Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Form {
    Joined(MembershipForm),
    Left(MembershipForm),
    AllLeft { group: String, members: Vec<TieForm> },
    LoggedOn(SessionForm),
    LoggedOff { user: String, session: String, reason: ReasonForm },
    Reconnected { user: String, session: String, groups: Vec<String> },
    News(Box<NewsForm>),
    ChatGroup(Box<ChatGroupForm>),
}

#[derive(Serialize, Deserialize)]
struct MembershipForm {
    group: String,
    user: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    session: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct TieForm {
    user: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    session: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct SessionForm {
    user: String,
    session: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReasonForm {
    Closed,
    Lost,
    Elsewhere,
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
        let (user, session) = TieForm { user: self.user, session: self.session }.read()?;
        Some(Membership { group: GroupId::new(&self.group).ok()?, user, session })
    }
}

impl From<&UserTie> for TieForm {
    fn from((user, session): &UserTie) -> Self {
        Self { user: user.to_string(), session: session.as_ref().map(ToString::to_string) }
    }
}

impl TieForm {
    fn read(self) -> Option<UserTie> {
        let session = self.session.map(|session| SessionId::new(&session)).transpose().ok()?;
        Some((UserId::new(&self.user).ok()?, session))
    }
}

impl From<&UserSession> for SessionForm {
    fn from(of: &UserSession) -> Self {
        Self { user: of.user.to_string(), session: of.session.to_string() }
    }
}

impl SessionForm {
    fn read(&self) -> Option<UserSession> {
        let (user, session) = (UserId::new(&self.user).ok()?, SessionId::new(&self.session).ok()?);
        Some(UserSession { user, session })
    }
}

impl From<LogoffReason> for ReasonForm {
    fn from(reason: LogoffReason) -> Self {
        match reason {
            LogoffReason::Closed => Self::Closed,
            LogoffReason::Lost => Self::Lost,
            LogoffReason::Elsewhere => Self::Elsewhere,
        }
    }
}

impl From<ReasonForm> for LogoffReason {
    fn from(reason: ReasonForm) -> Self {
        match reason {
            ReasonForm::Closed => Self::Closed,
            ReasonForm::Lost => Self::Lost,
            ReasonForm::Elsewhere => Self::Elsewhere,
        }
    }
}

impl From<&CallbackEvent> for Form {
    fn from(event: &CallbackEvent) -> Self {
        match event {
            CallbackEvent::Joined(of) => Self::Joined(of.into()),
            CallbackEvent::Left(of) => Self::Left(of.into()),
            CallbackEvent::AllLeft(group, members) => Self::AllLeft {
                group: group.to_string(),
                members: members.iter().map(TieForm::from).collect(),
            },
            CallbackEvent::LoggedOn(of) => Self::LoggedOn(of.into()),
            CallbackEvent::LoggedOff(of, reason) => {
                let SessionForm { user, session } = of.into();
                Self::LoggedOff { user, session, reason: (*reason).into() }
            }
            CallbackEvent::Reconnected(of, groups) => {
                let SessionForm { user, session } = of.into();
                Self::Reconnected { user, session, groups: groups.iter().map(ToString::to_string).collect() }
            }
            CallbackEvent::News(news) => Self::News(Box::new((&**news).into())),
            CallbackEvent::ChatGroup(news) => Self::ChatGroup(Box::new((&**news).into())),
        }
    }
}

impl Form {
    fn read(self) -> Option<CallbackEvent> {
        Some(match self {
            Self::Joined(of) => CallbackEvent::Joined(of.read()?),
            Self::Left(of) => CallbackEvent::Left(of.read()?),
            Self::AllLeft { group, members } => CallbackEvent::AllLeft(
                GroupId::new(&group).ok()?,
                members.into_iter().map(TieForm::read).collect::<Option<_>>()?,
            ),
            Self::LoggedOn(of) => CallbackEvent::LoggedOn(of.read()?),
            Self::LoggedOff { user, session, reason } => {
                CallbackEvent::LoggedOff(SessionForm { user, session }.read()?, reason.into())
            }
            Self::Reconnected { user, session, groups } => CallbackEvent::Reconnected(
                SessionForm { user, session }.read()?,
                groups.iter().map(|group| GroupId::new(group).ok()).collect::<Option<_>>()?,
            ),
            Self::News(news) => CallbackEvent::News(Box::new(news.read()?)),
            Self::ChatGroup(news) => CallbackEvent::ChatGroup(Box::new((*news).into())),
        })
    }
}

impl CallbackEvent {
    /// The event as a row holds it.
    ///
    /// # Errors
    /// None that a value of this type can cause.
    pub fn to_form(&self) -> serde_json::Result<String> {
        serde_json::to_string(&Form::from(self))
    }

    /// What a row holds; `None` when this version does not know it.
    #[must_use]
    pub fn of_form(text: &str) -> Option<Self> {
        serde_json::from_str::<Form>(text).ok()?.read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(name: &str) -> SessionId {
        SessionId::new(name).unwrap()
    }

    fn membership(session_name: Option<&str>) -> Membership {
        Membership {
            group: GroupId::new("g").unwrap(),
            user: UserId::new("u").unwrap(),
            session: session_name.map(session),
        }
    }

    #[test]
    fn an_event_is_read_as_it_was_written_and_an_unknown_one_is_none() {
        let (user, group) = (UserId::new("u").unwrap(), GroupId::new("g").unwrap());
        let of = UserSession { user: user.clone(), session: session("s") };
        let members = vec![(user.clone(), Some(session("s"))), (user, None)];
        let mut events = vec![
            CallbackEvent::Joined(membership(None)),
            CallbackEvent::Left(membership(Some("s"))),
            CallbackEvent::AllLeft(group.clone(), members),
            CallbackEvent::LoggedOn(of.clone()),
            CallbackEvent::Reconnected(of.clone(), vec![group]),
        ];
        for reason in [LogoffReason::Closed, LogoffReason::Lost, LogoffReason::Elsewhere] {
            events.push(CallbackEvent::LoggedOff(of.clone(), reason));
        }
        for event in events {
            assert_eq!(CallbackEvent::of_form(&event.to_form().unwrap()), Some(event));
        }
        for unknown in [r#"{"event":"later","group":"g"}"#, r#"{"event":"left","group":""}"#, "none"] {
            assert_eq!(CallbackEvent::of_form(unknown), None);
        }
    }

    #[test]
    fn rows_of_every_version_are_read() {
        let (user, group) = (UserId::new("u").unwrap(), GroupId::new("g").unwrap());
        let of = UserSession { user: user.clone(), session: session("s") };
        let rows = [
            (r#"{"event":"joined","group":"g","user":"u"}"#, CallbackEvent::Joined(membership(None))),
            (
                r#"{"event":"left","group":"g","user":"u","session":"s"}"#,
                CallbackEvent::Left(membership(Some("s"))),
            ),
            (
                r#"{"event":"all_left","group":"g","members":[{"user":"u"}]}"#,
                CallbackEvent::AllLeft(group.clone(), vec![(user, None)]),
            ),
            (r#"{"event":"logged_on","user":"u","session":"s"}"#, CallbackEvent::LoggedOn(of.clone())),
            (
                r#"{"event":"logged_off","user":"u","session":"s","reason":"lost"}"#,
                CallbackEvent::LoggedOff(of.clone(), LogoffReason::Lost),
            ),
            (
                r#"{"event":"reconnected","user":"u","session":"s","groups":["g"]}"#,
                CallbackEvent::Reconnected(of, vec![group]),
            ),
        ];
        for (row, event) in rows {
            assert_eq!(CallbackEvent::of_form(row), Some(event), "{row}");
        }
    }
}
