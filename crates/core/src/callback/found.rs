//! Callbacks that are owed for what only the store finds while it makes a change: who was in a group that ends, whose login
//! another one replaces. The domain hands a [`Found`] over with the change, and the store asks it what is owed.

use super::{CallbackEvent, LogoffReason, OwedCall, UserSession, UserTie};
use crate::{
    id::{AppId, GroupId, GroupRef, SessionId, SessionRef, UserId},
    login::LoginChange,
    time::Millis,
};

/// Users that one callback tells of at most: its body stays some tens of kilobytes.
const USERS_PER_CALL: usize = 100;
/// Hexadecimal digits of the number that ids end with.
const NUMBER_DIGITS: usize = 12;

/// Makes callbacks for what a store finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    seed: String,
    made: u64,
    at: Millis,
    back_in: Option<Vec<GroupId>>,
}

impl Found {
    /// Digits of a seed.
    pub const SEED_DIGITS: usize = 20;

    /// For a change at this time. `seed` begins the callbacks' ids: so many drawn hexadecimal digits.
    #[must_use]
    pub fn new(seed: String, at: Millis) -> Self {
        debug_assert_eq!(seed.len(), Self::SEED_DIGITS, "ids have the form of a request's");
        Self { seed, made: 0, at, back_in: None }
    }

    /// The same for the login of a user who says that it comes back, and is in these groups.
    #[must_use]
    pub fn of_return(self, groups: Vec<GroupId>) -> Self {
        Self { back_in: Some(groups), ..self }
    }

    /// What is owed for these, who were in a group and are not any more.
    pub fn left(&mut self, at: &GroupRef, members: &[UserTie]) -> Vec<OwedCall> {
        let part = |part: &[UserTie]| CallbackEvent::AllLeft(at.group.clone(), part.to_vec());
        let events: Vec<_> = members.chunks(USERS_PER_CALL).map(part).collect();
        self.calls(&at.app, events)
    }

    /// What is owed for a login that was lost with its node.
    pub fn lost(&mut self, app: &AppId, user: &UserId, session: &SessionId) -> Vec<OwedCall> {
        let of = UserSession { user: user.clone(), session: session.clone() };
        self.calls(app, [CallbackEvent::LoggedOff(of, LogoffReason::Lost)])
    }

    /// What is owed for a login that begins where `standing` was. The end of one is known without the store.
    pub fn logged_in(
        &mut self,
        app: &AppId,
        user: &UserId,
        change: &LoginChange,
        standing: Option<&SessionRef>,
    ) -> Vec<OwedCall> {
        let LoginChange::Begin(session) = change else { return Vec::new() };
        let of = |session: &SessionRef| UserSession { user: user.clone(), session: session.session.clone() };
        let begun = CallbackEvent::LoggedOn(of(session));
        let events = match (standing, self.back_in.clone()) {
            (None, _) => vec![begun],
            (Some(_), Some(groups)) => vec![CallbackEvent::Reconnected(of(session), groups)],
            (Some(earlier), None) => {
                vec![CallbackEvent::LoggedOff(of(earlier), LogoffReason::Elsewhere), begun]
            }
        };
        self.calls(app, events)
    }

    fn calls(&mut self, app: &AppId, events: impl IntoIterator<Item = CallbackEvent>) -> Vec<OwedCall> {
        let call = |event| OwedCall { id: self.next_id(), app: app.clone(), event, made_at: self.at };
        events.into_iter().map(call).collect()
    }

    fn next_id(&mut self) -> String {
        self.made += 1;
        id_of(&format!("{}{:0NUMBER_DIGITS$X}", self.seed, self.made))
    }
}

/// 32 hexadecimal digits in the form of a request's id.
pub(crate) fn id_of(digits: &str) -> String {
    let digits = digits.to_uppercase();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, digits.len())].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::NodeId;

    fn found() -> Found {
        Found::new("0123456789abcdef0123".to_owned(), Millis(7))
    }

    fn session(name: &str) -> SessionRef {
        SessionRef { node: NodeId::new("n").unwrap(), session: SessionId::new(name).unwrap() }
    }

    fn user() -> UserId {
        UserId::new("u").unwrap()
    }

    fn of(name: &str) -> UserSession {
        UserSession { user: user(), session: SessionId::new(name).unwrap() }
    }

    fn told(mut found: Found, change: &LoginChange, standing: Option<&SessionRef>) -> Vec<CallbackEvent> {
        let calls = found.logged_in(&AppId::new("a").unwrap(), &user(), change, standing);
        calls.into_iter().map(|call| call.event).collect()
    }

    #[test]
    fn a_login_is_told_by_what_it_finds() {
        let begin = LoginChange::Begin(session("new"));
        let groups = vec![GroupId::new("g").unwrap()];
        let on = CallbackEvent::LoggedOn(of("new"));
        assert_eq!(told(found(), &begin, None), std::slice::from_ref(&on));
        let off = CallbackEvent::LoggedOff(of("old"), LogoffReason::Elsewhere);
        assert_eq!(told(found(), &begin, Some(&session("old"))), [off, on.clone()]);
        let back = found().of_return(groups.clone());
        let again = CallbackEvent::Reconnected(of("new"), groups);
        assert_eq!(told(back.clone(), &begin, Some(&session("old"))), [again]);
        assert_eq!(told(back, &begin, None), [on], "the login had ended meanwhile");
        assert_eq!(told(found(), &LoginChange::End(session("old")), Some(&session("old"))), []);
    }

    #[test]
    fn who_left_is_told_in_parts_under_ids_of_their_own() {
        let at = GroupRef::new(AppId::new("a").unwrap(), GroupId::new("g").unwrap());
        let members: Vec<_> = (0..250).map(|n| (UserId::new(&format!("u{n}")).unwrap(), None)).collect();
        let mut found = found();
        let calls = found.left(&at, &members);
        let parts: Vec<_> = calls
            .iter()
            .map(|call| match &call.event {
                CallbackEvent::AllLeft(_, members) => members.len(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(parts, [100, 100, 50]);
        assert_eq!(calls[2].id, "01234567-89AB-CDEF-0123-000000000003");
        assert!(found.left(&at, &[]).is_empty());
        assert_eq!(found.lost(&at.app, &user(), &session("s").session)[0].id.get(24..), Some("000000000004"));
    }
}
