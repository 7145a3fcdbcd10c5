//! What joins and leaves come to.
//!
//! The rules of rosters stand here and nowhere else: a store reads what stands, asks here, and writes what follows.
//! Nothing here allocates, asks a database or knows the time, so a store may ask under a lock and once more when a
//! transaction is done anew.
//!
//! A decision is made by [`RosterState::join`] or [`Hold::leave`] and changes nothing. What it does to the figures is
//! said by [`RosterState::admit`] and [`RosterState::dismiss`], so that a store may decide over figures that a running
//! transaction promises, and change those that everybody sees after the commit.

use super::{Join, Leave, RosterState, Tie};
use crate::{id::SessionRef, limits::has_room};

/// What holds the membership of a member who has a place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold<'a> {
    /// Whether it outlives every session.
    pub durable: bool,
    /// The session that is tied to it, if one is.
    pub session: Option<&'a SessionRef>,
}

impl Hold<'_> {
    /// A durable membership without a session: what holds a member who is not connected.
    pub const UNCONNECTED: Self = Self { durable: true, session: None };

    /// What a leave comes to.
    #[must_use]
    pub fn leave(self, leave: &Leave) -> Left {
        match leave {
            Leave::Any => Left::Gone,
            Leave::Session(session) if self.session != Some(session) => Left::Stays,
            Leave::Session(_) if self.durable => Left::Untied,
            Leave::Session(_) => Left::Gone,
        }
    }
}

/// A user's membership as it stands before a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership<'a> {
    /// None.
    None,
    /// One that is only counted: a session's, in a super group whose members are not listed.
    Counted,
    /// A place in the list, and what holds it.
    Listed(Hold<'a>),
}

/// What a join comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// The group has as many members as it may have: nothing changes.
    Full,
    /// The user is a member already, and nothing changes.
    Stays,
    /// The user is a member already, and the session holds the membership from now on: beside what makes it durable,
    /// in place of an earlier session.
    Tied,
    /// The user is a member by a session, and from now on durably.
    Durable,
    /// The user takes the next join number and a place in the list; `fresh` unless the user was counted before.
    Listed {
        /// Whether the user was not a member before.
        fresh: bool,
    },
    /// The user is a member whom nobody lists. A store that lists everybody may do so nevertheless.
    Counted {
        /// Whether the user was not a member before.
        fresh: bool,
    },
}

impl Joined {
    /// Whether there is a member more.
    #[must_use]
    pub fn is_fresh(self) -> bool {
        matches!(self, Self::Listed { fresh: true } | Self::Counted { fresh: true })
    }
}

/// What a leave comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Whoever leaves does not hold the membership, if there is one: nothing changes.
    Stays,
    /// The membership is durable: only the session's tie to it ends.
    Untied,
    /// The membership ends.
    Gone,
}

impl RosterState {
    /// What a join comes to over these figures.
    #[must_use]
    pub fn join(&self, membership: Membership<'_>, join: &Join) -> Joined {
        let by_session = matches!(join.tie, Tie::Session(_));
        let fresh = match membership {
            Membership::Listed(_) if by_session => return Joined::Tied,
            Membership::Listed(hold) if hold.durable => return Joined::Stays,
            Membership::Listed(_) => return Joined::Durable,
            Membership::Counted => false,
            Membership::None => true,
        };
        if fresh && self.is_full(join.capacity) {
            return Joined::Full;
        }
        if by_session && self.super_group && !join.super_listed {
            Joined::Counted { fresh }
        } else {
            Joined::Listed { fresh }
        }
    }

    /// Whether one more member is too many.
    #[must_use]
    pub fn is_full(&self, capacity: Option<u64>) -> bool {
        !has_room(self.count, capacity)
    }

    /// Counts a join that was decided: a fresh member is one more and one view more, and may make the group a super
    /// group.
    pub fn admit(&mut self, joined: Joined, super_above: Option<u64>) {
        if joined.is_fresh() {
            self.count += 1;
            self.views += 1;
            self.super_group |= super_above.is_some_and(|bound| self.count > bound);
        }
    }

    /// Counts a member less. A group that nobody is in any more is no super group.
    pub fn dismiss(&mut self) {
        *self = self.recounted(self.count.saturating_sub(1), 0);
    }

    /// The figures once the roster has been counted anew, after sessions ended together: `listed` members have places in the list,
    /// `counted` have none. Whoever is only counted is so in a super group.
    #[must_use]
    pub fn recounted(self, listed: u64, counted: u64) -> Self {
        let count = listed + counted;
        Self { count, super_group: (self.super_group || counted > 0) && count > 0, ..self }
    }

    /// Whether the group is a super group still once every session has ended, as they have where an export is taken in;
    /// `durable` says whether anybody is a member without one.
    #[must_use]
    pub fn outlasts_sessions(self, durable: bool) -> bool {
        self.recounted(u64::from(durable), 0).super_group
    }

    /// The figures of a group that was deleted: nobody is in it, and it has been seen as often as it was.
    #[must_use]
    pub fn emptied(self) -> Self {
        self.recounted(0, 0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        id::{NodeId, SessionId, UserId},
        time::Millis,
    };

    fn session(name: &str) -> SessionRef {
        SessionRef { node: NodeId::new("n").unwrap(), session: SessionId::new(name).unwrap() }
    }

    fn durable() -> Join {
        Join {
            user: UserId::new("u").unwrap(),
            info: None,
            tie: Tie::Durable,
            at: Millis(0),
            capacity: None,
            super_above: None,
            super_listed: true,
            visitor: false,
        }
    }

    fn by(name: &str) -> Join {
        Join { tie: Tie::Session(session(name)), ..durable() }
    }

    fn of(count: u64, super_group: bool) -> RosterState {
        RosterState { count, views: count, super_group }
    }

    #[test]
    fn a_super_group_outlasts_its_sessions_where_somebody_is_a_member_without_one() {
        for (super_group, durable, stays) in [(true, true, true), (true, false, false), (false, true, false)]
        {
            assert_eq!(of(9, super_group).outlasts_sessions(durable), stays);
        }
    }

    #[test]
    fn whoever_is_a_member_changes_what_holds_the_membership_and_nothing_else() {
        let (one, full) = (session("1"), of(1, false));
        let connected = Hold { durable: false, session: Some(&one) };
        let cases = [
            (connected, by("1"), Joined::Tied),
            (connected, by("2"), Joined::Tied),
            (connected, durable(), Joined::Durable),
            (Hold::UNCONNECTED, by("1"), Joined::Tied),
            (Hold::UNCONNECTED, durable(), Joined::Stays),
            (Hold { durable: true, ..connected }, durable(), Joined::Stays),
        ];
        for (hold, join, joined) in cases {
            let join = Join { capacity: Some(1), super_above: Some(0), ..join };
            assert_eq!(full.join(Membership::Listed(hold), &join), joined);
            let mut after = full;
            after.admit(joined, join.super_above);
            assert_eq!(after, full);
        }
    }

    #[test]
    fn a_full_group_takes_in_whom_it_counts_already_and_nobody_else() {
        let join = Join { capacity: Some(2), ..durable() };
        assert_eq!(of(1, false).join(Membership::None, &join), Joined::Listed { fresh: true });
        assert_eq!(of(2, false).join(Membership::None, &join), Joined::Full);
        assert_eq!(of(2, true).join(Membership::Counted, &join), Joined::Listed { fresh: false });
    }

    #[test]
    fn sessions_in_a_super_group_that_is_not_listed_are_only_counted() {
        let unlisted = |join| Join { super_listed: false, ..join };
        let counted = Joined::Counted { fresh: true };
        assert_eq!(of(9, true).join(Membership::None, &unlisted(by("1"))), counted);
        assert_eq!(
            of(9, true).join(Membership::Counted, &unlisted(by("1"))),
            Joined::Counted { fresh: false }
        );
        let listed = Joined::Listed { fresh: true };
        assert_eq!(of(9, false).join(Membership::None, &unlisted(by("1"))), listed);
        assert_eq!(of(9, true).join(Membership::None, &by("1")), listed);
        assert_eq!(of(9, true).join(Membership::None, &unlisted(durable())), listed);
    }

    #[test]
    fn a_leave_ends_what_whoever_leaves_holds() {
        let one = session("1");
        let connected = Hold { durable: false, session: Some(&one) };
        let both = Hold { durable: true, ..connected };
        for (hold, leave, left) in [
            (connected, Leave::Session(session("1")), Left::Gone),
            (connected, Leave::Session(session("2")), Left::Stays),
            (connected, Leave::Any, Left::Gone),
            (both, Leave::Session(session("1")), Left::Untied),
            (both, Leave::Session(session("2")), Left::Stays),
            (both, Leave::Any, Left::Gone),
            (Hold::UNCONNECTED, Leave::Session(session("1")), Left::Stays),
            (Hold::UNCONNECTED, Leave::Any, Left::Gone),
        ] {
            assert_eq!(hold.leave(&leave), left, "{hold:?} {leave:?}");
        }
    }

    #[test]
    fn a_group_becomes_super_above_its_bound_and_until_nobody_is_in_it() {
        let mut state = RosterState::default();
        for count in 1..=3 {
            state.admit(Joined::Listed { fresh: true }, Some(2));
            assert_eq!(state, RosterState { count, views: count, super_group: count > 2 });
        }
        for count in (0..3).rev() {
            state.dismiss();
            assert_eq!(state, RosterState { count, views: 3, super_group: count > 0 });
        }
        assert_eq!(of(0, false).recounted(0, 2), RosterState { count: 2, views: 0, super_group: true });
        assert_eq!(of(7, true).emptied(), RosterState { count: 0, views: 7, super_group: false });
    }

    /// Whether a membership is listed, whether it is durable, and its session.
    type Kept = (bool, bool, Option<u8>);

    fn kept_after(joined: Joined, kept: Option<Kept>, by: Option<u8>) -> Option<Kept> {
        match (joined, kept) {
            (Joined::Full, kept) | (Joined::Stays, kept) => kept,
            (Joined::Tied, Some((_, durable, _))) => Some((true, durable, by)),
            (Joined::Durable, Some((_, _, session))) => Some((true, true, session)),
            (Joined::Listed { .. }, _) => Some((true, by.is_none(), by)),
            (Joined::Counted { .. }, _) => Some((false, false, by)),
            (_, None) => unreachable!("there is no membership to change"),
        }
    }

    proptest! {
        #[test]
        fn figures_are_those_of_the_memberships_that_the_decisions_leave(
            steps in prop::collection::vec(
                (any::<bool>(), 0..6_u8, prop::option::of(0..3_u8), any::<bool>(), prop::option::of(0..6_u64)), 0..80)
        ) {
            let mut state = RosterState::default();
            let mut members = BTreeMap::<u8, Kept>::new();
            let (mut fresh, mut once_above) = (0, false);
            for (joins, user, by, super_listed, bound) in steps {
                let kept = members.get(&user).copied();
                let tied = kept.and_then(|kept| kept.2).map(|name| session(&name.to_string()));
                let hold = kept.map(|(_, durable, _)| Hold { durable, session: tied.as_ref() });
                let session = by.map(|name| session(&name.to_string()));
                if joins {
                    let membership = match (kept, hold) {
                        (Some((true, ..)), Some(hold)) => Membership::Listed(hold),
                        (Some(_), _) => Membership::Counted,
                        _ => Membership::None,
                    };
                    let tie = session.map_or(Tie::Durable, Tie::Session);
                    let join = Join { tie, super_listed, super_above: bound, capacity: Some(5), ..durable() };
                    let joined = state.join(membership, &join);
                    prop_assert_eq!(joined == Joined::Full, kept.is_none() && members.len() == 5);
                    state.admit(joined, join.super_above);
                    fresh += u64::from(kept.is_none() && joined != Joined::Full);
                    if let Some(kept) = kept_after(joined, kept, by) {
                        members.insert(user, kept);
                    }
                    once_above |= joined.is_fresh() && bound.is_some_and(|bound| members.len() as u64 > bound);
                } else if let Some(hold) = hold {
                    match hold.leave(&session.map_or(Leave::Any, Leave::Session)) {
                        Left::Stays => {}
                        Left::Untied => drop(members.insert(user, (true, true, None))),
                        Left::Gone => {
                            state.dismiss();
                            members.remove(&user);
                        }
                    }
                }
                once_above &= !members.is_empty();
                let expected = RosterState { count: members.len() as u64, views: fresh, super_group: once_above };
                prop_assert_eq!(state, expected);
                // Nobody is held by nothing.
                prop_assert!(members.values().all(|(_, durable, session)| *durable || session.is_some()));
            }
        }
    }
}
