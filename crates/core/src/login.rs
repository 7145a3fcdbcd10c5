//! What the beginning and the end of a login come to.
//!
//! A user is logged in by one session of an application at a time. Stores read which one, ask here, and write what follows.

use crate::id::SessionRef;

/// A change of who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginChange {
    /// The session begins; whichever stands ends.
    Begin(SessionRef),
    /// The session ends, and nothing else: a later one stays.
    End(SessionRef),
}

impl LoginChange {
    /// Whether it changes anything where `standing` is the user's login.
    #[must_use]
    pub fn changes(&self, standing: Option<&SessionRef>) -> bool {
        match self {
            Self::Begin(session) => standing != Some(session),
            Self::End(session) => standing == Some(session),
        }
    }

    /// The user's login once it has changed something.
    #[must_use]
    pub fn after(self) -> Option<SessionRef> {
        match self {
            Self::Begin(session) => Some(session),
            Self::End(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{NodeId, SessionId};

    fn session(name: &str) -> SessionRef {
        SessionRef { node: NodeId::new("n").unwrap(), session: SessionId::new(name).unwrap() }
    }

    #[test]
    fn a_login_replaces_any_other_and_ends_only_itself() {
        let (one, two) = (session("1"), session("2"));
        let cases = [
            (LoginChange::Begin(one.clone()), None, true),
            (LoginChange::Begin(one.clone()), Some(&two), true),
            (LoginChange::Begin(one.clone()), Some(&one), false),
            (LoginChange::End(one.clone()), None, false),
            (LoginChange::End(one.clone()), Some(&two), false),
            (LoginChange::End(one.clone()), Some(&one), true),
        ];
        for (change, standing, changes) in cases {
            assert_eq!(change.changes(standing), changes, "{change:?} {standing:?}");
        }
        assert_eq!(LoginChange::Begin(one.clone()).after(), Some(one.clone()));
        assert_eq!(LoginChange::End(one).after(), None);
    }
}
