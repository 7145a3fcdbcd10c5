//! What joins and leaves come to, decided over what a transaction has read, in the order in which callers came.
//! Nothing here asks the database: what it holds of the groups is locked and read before, and what has changed is
//! written after.

use std::collections::{BTreeMap, HashMap};

use muster_core::{
    id::{GroupRef, NodeId, SessionRef, UserId},
    message::Sequence,
    roster::{Admission, Join, JoinNumber, Leave, Member, Tie},
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
pub(in crate::postgres) struct Roll {
    pub(in crate::postgres) next_join: JoinNumber,
    /// Members with rows.
    pub(in crate::postgres) listed: u64,
    /// Joins counted in the group's own row.
    pub(in crate::postgres) views: u64,
    pub(in crate::postgres) super_group: bool,
    /// Whether the group was one when it was read.
    pub(in crate::postgres) super_before: bool,
    /// Members counted without rows: by other nodes, and by those of this process.
    pub(in crate::postgres) counted: u64,
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
    Counted,
    /// A leave.
    Left(Option<u64>),
    /// A membership has ended, and what followed is stored at these positions.
    Removed(Vec<Sequence>),
    /// A node's counts are written.
    Flushed,
    /// The session's node has no lease any more.
    Fenced,
}

impl Roll {
    /// All members.
    pub(in crate::postgres) fn count(&self) -> u64 {
        self.listed + self.counted
    }

    /// Decides a join. `alive` says whether the session's node may tie anything to itself; `known` whether this
    /// process counts the user already.
    pub(in crate::postgres) fn join(&mut self, join: &Join, alive: bool, known: bool) -> Outcome {
        let session = match &join.tie {
            Tie::Durable => None,
            Tie::Session(_) if !alive => return Outcome::Fenced,
            Tie::Session(session) => Some(session),
        };
        let count = self.count();
        let seat = self.seats.entry(join.user.clone()).or_default();
        if let Some(row) = &mut seat.now {
            match session {
                Some(session) => row.tie = Some(session.clone()),
                None => row.durable = true,
            }
            let member = row.member(&join.user);
            return Outcome::Admission(Admission::Admitted { member, fresh: false, count });
        }
        let entering = |users: &Vec<UserId>| users.contains(&join.user);
        let fresh = !known && !self.entering.values().any(entering);
        if fresh && join.capacity.is_some_and(|capacity| count >= capacity) {
            return Outcome::Admission(Admission::Full);
        }
        if let Some(session) = session.filter(|_| self.super_group && !join.super_listed) {
            if fresh {
                self.entering.entry(session.node.clone()).or_default().push(join.user.clone());
                self.counted += 1;
            }
            return Outcome::Counted;
        }
        let row = Row {
            number: self.next_join,
            joined_at: join.at,
            info: join.info.clone(),
            durable: session.is_none(),
            tie: session.cloned(),
        };
        let member = row.member(&join.user);
        seat.now = Some(row);
        self.changed = true;
        self.next_join += 1;
        self.listed += 1;
        if fresh {
            self.views += 1;
        } else {
            // Counted until now, and a member with a row from here on.
            self.counted = self.counted.saturating_sub(1);
        }
        let count = self.count();
        self.super_group |= join.super_above.is_some_and(|bound| count > bound);
        Outcome::Admission(Admission::Admitted { member, fresh, count })
    }

    /// Decides a leave of a member who has a row.
    pub(in crate::postgres) fn leave(&mut self, user: &UserId, leave: &Leave) -> Outcome {
        let Some(seat) = self.seats.get_mut(user) else { return Outcome::Left(None) };
        let Some(row) = &mut seat.now else { return Outcome::Left(None) };
        if let Leave::Session(session) = leave {
            if row.tie.as_ref() != Some(session) {
                return Outcome::Left(None);
            }
            if row.durable {
                row.tie = None;
                return Outcome::Left(None);
            }
        }
        seat.now = None;
        self.changed = true;
        self.listed -= 1;
        self.super_group &= self.count() > 0;
        Outcome::Left(Some(self.count()))
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
