//! What a transaction makes of joins and leaves, one after the other in the order in which callers came. The rules are
//! the domain's (`muster_core::roster`). Nothing here asks the database: what it holds of the groups is locked and read
//! before, and what has changed is written after.

use std::collections::{BTreeMap, HashMap};

use muster_core::{
    id::{GroupRef, NodeId, SessionRef, UserId},
    message::Positions,
    roster::{
        Admission, Departure, Hold, Join, JoinNumber, Joined, Leave, Left, Member, Membership, RosterState,
        Tie,
    },
    time::Millis,
};

/// A membership that has a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::postgres) struct Row {
    pub(in crate::postgres) number: JoinNumber,
    pub(in crate::postgres) joined_at: Millis,
    pub(in crate::postgres) info: Option<std::sync::Arc<str>>,
    pub(in crate::postgres) durable: bool,
    pub(in crate::postgres) tie: Option<SessionRef>,
}

impl Row {
    pub(in crate::postgres) fn hold(&self) -> Hold<'_> {
        Hold { durable: self.durable, session: self.tie.as_ref() }
    }

    fn member(&self, user: &UserId) -> Member {
        Member {
            user: user.clone(),
            info: self.info.clone(),
            number: self.number,
            joined_at: self.joined_at,
            connected: self.tie.is_some(),
        }
    }
}

/// A user's membership as it was read and as it is now.
#[derive(Clone, Debug, Default)]
pub(in crate::postgres) struct Seat {
    pub(in crate::postgres) before: Option<Row>,
    pub(in crate::postgres) now: Option<Row>,
}

/// A group's roster under its lock.
#[derive(Debug, Default)]
pub(in crate::postgres) struct LockedRoster {
    pub(in crate::postgres) next_join: JoinNumber,
    /// Members with rows.
    pub(in crate::postgres) listed: u64,
    /// The figures. Members counted without rows, by other nodes and by those of this process, are in `count`; `views` are
    /// the joins counted in the group's own row.
    pub(in crate::postgres) state: RosterState,
    /// Whether the group was a super group when it was read.
    pub(in crate::postgres) super_before: bool,
    /// Users touched by the jobs.
    pub(in crate::postgres) seats: HashMap<UserId, Seat>,
    /// Sessions that join to be counted only, by their nodes.
    pub(in crate::postgres) entering: BTreeMap<NodeId, Vec<UserId>>,
    pub(in crate::postgres) changed: bool,
}

/// What a job comes to.
#[derive(Debug)]
pub(in crate::postgres) enum Outcome {
    /// A join that was answered from rows.
    Admission(Admission),
    /// A join that is counted only: its answer is made when the count is in memory.
    Counted {
        /// Whether the user was not a member before.
        fresh: bool,
        /// Those of what was stored with it.
        positions: Positions,
    },
    /// A leave.
    Left(Option<Departure>),
    /// A node's counts are written.
    Flushed,
    /// The session's node has no lease any more.
    Fenced,
}

impl Outcome {
    /// Where what follows stands, if a membership has begun or ended.
    pub(in crate::postgres) fn positions(&mut self) -> Option<&mut Positions> {
        match self {
            Self::Admission(Admission::Admitted { fresh: true, positions, .. })
            | Self::Counted { fresh: true, positions }
            | Self::Left(Some(Departure { positions, .. })) => Some(positions),
            _ => None,
        }
    }
}

impl LockedRoster {
    /// Takes in that so many members are counted without rows.
    pub(in crate::postgres) fn add_counted(&mut self, members: u64) {
        self.state.count = self.listed + members;
    }

    /// Makes a join. `alive` says whether the session's node may tie anything to itself; `known` whether this
    /// process counts the user already.
    pub(in crate::postgres) fn join(&mut self, join: &Join, alive: bool, known: bool) -> Outcome {
        let session = match &join.tie {
            Tie::Durable => None,
            Tie::Session(_) if !alive => return Outcome::Fenced,
            Tie::Session(session) => Some(session),
        };
        let seat = self.seats.entry(join.user.clone()).or_default();
        let counted = known || self.entering.values().any(|users| users.contains(&join.user));
        let membership = match &seat.now {
            Some(row) => Membership::Listed(row.hold()),
            None if counted => Membership::Counted,
            None => Membership::None,
        };
        let joined = self.state.join(membership, join);
        match (joined, &mut seat.now) {
            (Joined::Full, _) => return Outcome::Admission(Admission::Full),
            (Joined::Counted { fresh }, _) => {
                if let Some(session) = session.filter(|_| fresh) {
                    self.entering.entry(session.node.clone()).or_default().push(join.user.clone());
                    // Its node counts the view.
                    self.state.count += 1;
                }
                return Outcome::Counted { fresh, positions: Positions::new() };
            }
            (Joined::Listed { .. }, now) => {
                *now = Some(Row {
                    number: self.next_join,
                    joined_at: join.at,
                    info: join.info.clone(),
                    durable: session.is_none(),
                    tie: session.cloned(),
                });
                self.changed = true;
                self.next_join += 1;
                self.listed += 1;
                self.state.admit(joined, join.super_above);
            }
            (Joined::Tied, Some(row)) => row.tie = session.cloned(),
            (Joined::Durable, Some(row)) => row.durable = true,
            (Joined::Stays | Joined::Tied | Joined::Durable, _) => {}
        }
        match &seat.now {
            Some(row) => Outcome::Admission(Admission::Admitted {
                member: row.member(&join.user),
                fresh: joined.is_fresh(),
                count: self.state.count,
                positions: Positions::new(),
            }),
            None => Outcome::Admission(Admission::NoGroup),
        }
    }

    /// Makes a leave of a member who has a row.
    pub(in crate::postgres) fn leave(&mut self, user: &UserId, leave: &Leave) -> Outcome {
        let Some(seat) = self.seats.get_mut(user) else { return Outcome::Left(None) };
        let Some(row) = &mut seat.now else { return Outcome::Left(None) };
        match row.hold().leave(leave) {
            Left::Stays => return Outcome::Left(None),
            Left::Untied => {
                row.tie = None;
                return Outcome::Left(None);
            }
            Left::Gone => {}
        }
        seat.now = None;
        self.changed = true;
        self.listed -= 1;
        self.state.dismiss();
        Outcome::Left(Some(Departure { count: self.state.count, positions: Positions::new() }))
    }
}

/// Members more or fewer in a block of join numbers.
pub(in crate::postgres) type BlockDeltas<'a> = BTreeMap<(&'a GroupRef, i64, i64), i64>;

/// Bits of a join number within a block of level 1, and of a block within one of the next level.
pub(in crate::postgres) const BLOCK_BITS: u32 = 5;
/// Levels of blocks. One of the last level is a million numbers, so that even a group with hundreds of millions of
/// joins behind it has few of them.
pub(in crate::postgres) const LEVELS: u32 = 4;

/// Notes that a join number comes (`1`) or goes (`-1`).
pub(in crate::postgres) fn note_number<'a>(
    deltas: &mut BlockDeltas<'a>,
    at: &'a GroupRef,
    number: JoinNumber,
    delta: i64,
) {
    for level in 1..=LEVELS {
        let block = i64::try_from(number >> (BLOCK_BITS * level)).unwrap_or(i64::MAX);
        *deltas.entry((at, i64::from(level), block)).or_default() += delta;
    }
}
