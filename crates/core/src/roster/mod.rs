//! Rosters: the ordered set of a group's members.
//!
//! Each join takes the group's next *join number*; the order of a roster is the order of its join numbers, and a
//! walk by join number neither repeats nor skips a member who stayed throughout. What joins and leaves come to is
//! decided by [`RosterState::join`] and [`Hold::leave`], whatever the store.

mod decide;

use std::sync::Arc;

use crate::{
    group::{Order, Window},
    id::{GroupRef, SessionRef, UserId},
    message::Positions,
    time::Millis,
};

pub use self::decide::{Hold, Joined, Left, Membership};

/// A place in a roster's order: rises with each join, never reused while the group lives. The first is 1.
pub type JoinNumber = u64;

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// What is told of the member: what it said of itself on joining (a login's extension, a CAMS participant's name),
    /// or what the operator has put in its place.
    pub info: Option<Arc<str>>,
    /// The place in the roster.
    pub number: JoinNumber,
    /// When the member joined.
    pub joined_at: Millis,
    /// Whether a connection holds the membership now.
    pub connected: bool,
}

/// A roster's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RosterState {
    /// Members present.
    pub count: u64,
    /// Joins since the group was made.
    pub views: u64,
    /// Whether the group has become a super group and has not emptied since.
    pub super_group: bool,
}

/// What keeps a member in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tie {
    /// Lasts until someone ends it.
    Durable,
    /// Lasts as long as this session's subscription.
    Session(SessionRef),
}

/// A join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// Who joins.
    pub user: UserId,
    /// What the user says of itself.
    pub info: Option<Arc<str>>,
    /// What keeps the member.
    pub tie: Tie,
    /// When.
    pub at: Millis,
    /// The most members that the group may have, if there is such a bound.
    pub capacity: Option<u64>,
    /// The number of members above which the group becomes a super group, if it can become one.
    pub super_above: Option<u64>,
    /// Whether the members of a super group are listed. When they are not, a store need not keep those who join it
    /// by a session one by one, as long as it counts them.
    pub super_listed: bool,
    /// Whether the user is noted as a [`Visitor`]. Not of those who are only counted.
    pub visitor: bool,
}

/// Somebody who has been in a group, now or before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// The group.
    pub at: GroupRef,
    /// Who.
    pub user: UserId,
}

/// What became of a [`Join`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The user is a member.
    Admitted {
        /// The membership; an earlier one when `fresh` is false.
        member: Member,
        /// Whether the user was not a member before.
        fresh: bool,
        /// Members after the join.
        count: u64,
        /// Those of what was stored with it.
        positions: Positions,
    },
    /// The group has as many members as it may have.
    Full,
    /// The group does not exist or was deleted.
    NoGroup,
}

/// Which membership a leave ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Whatever membership there is: kicked, taken out by the operator.
    Any,
    /// Only what this session holds: a later login's membership, and a durable one, stay.
    Session(SessionRef),
}

/// A membership has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// Members after it.
    pub count: u64,
    /// Those of what was stored with it.
    pub positions: Positions,
}

/// A page of a roster by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageQuery {
    /// By join number.
    pub order: Order,
    /// Which part.
    pub window: Window,
}

/// A walk over a roster by join number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalkQuery {
    /// By join number.
    pub order: Order,
    /// The last number that the walker has seen; `None` at the start.
    pub after: Option<JoinNumber>,
    /// Members to answer with, at most.
    pub limit: usize,
}
