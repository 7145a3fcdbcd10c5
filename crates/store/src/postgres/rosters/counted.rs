//! Members of super groups whom this process counts without rows.
//!
//! A super group's list is not shown, so its sessions need not be kept one by one where all nodes see them. Each node
//! keeps its own here, and writes how many they are to its row in `node_count` a few times a second. The first one of a
//! node joins in a transaction, and so does the end of the last one come to be known: between the two the row says
//! more than nothing, so no other node finds the group empty, and joins and leaves need nobody but this process.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use muster_core::{
    id::{GroupRef, NodeId, SessionRef, UserId},
    message::Positions,
    roster::{Admission, Hold, Join, Joined, Leave, Left, Member, Membership, RosterState, Tie},
    time::Millis,
};

use crate::sharded::Sharded;

/// The number of a member who is only counted: such a member has no place in the list.
const NO_NUMBER: u64 = 0;

/// A member who is only counted.
#[derive(Debug)]
struct Guest {
    session: SessionRef,
    info: Option<Arc<str>>,
    joined_at: Millis,
}

impl Guest {
    fn hold(&self) -> Hold<'_> {
        Hold { durable: false, session: Some(&self.session) }
    }

    fn member(&self, user: &UserId) -> Member {
        Member {
            user: user.clone(),
            info: self.info.clone(),
            number: NO_NUMBER,
            joined_at: self.joined_at,
            connected: true,
        }
    }
}

/// What a transaction writes of a hall.
#[derive(Clone, Copy, Debug)]
struct Writing {
    members: u64,
    views: u64,
    row_views: u64,
    elsewhere: u64,
}

/// The members of one super group whom one node counts.
#[derive(Debug, Default)]
struct Hall {
    guests: HashMap<UserId, Guest>,
    /// Users who have rows of the time before the group was super, if they are few enough to know them.
    listed: Option<HashSet<UserId>>,
    /// Whether joins need no transaction.
    open: bool,
    /// Members who are not in `guests`, as of the last transaction.
    elsewhere: u64,
    /// Joins since the hall was made, and those of them that are written.
    views: u64,
    written_views: u64,
    /// Views in this node's row.
    row_views: u64,
    writing: Option<Writing>,
    dirty: bool,
}

impl Hall {
    fn count(&self) -> u64 {
        self.elsewhere + self.guests.len() as u64
    }

    /// Whether somebody without a row is only counted by this join.
    fn counts(&self, join: &Join) -> bool {
        let state = RosterState { count: self.count(), views: self.views, super_group: true };
        matches!(state.join(Membership::Counted, join), Joined::Counted { .. })
    }

    /// Whether a leave ends somebody's membership here.
    fn is_left_by(&self, user: &UserId, leave: &Leave) -> bool {
        self.guests.get(user).is_some_and(|guest| guest.hold().leave(leave) == Left::Gone)
    }

    fn enter(&mut self, join: &Join, session: &SessionRef) -> Admission {
        let mut fresh = false;
        let guest = self.guests.entry(join.user.clone()).or_insert_with(|| {
            fresh = true;
            Guest { session: session.clone(), info: join.info.clone(), joined_at: join.at }
        });
        guest.session = session.clone();
        let member = guest.member(&join.user);
        if fresh {
            self.views += 1;
            self.dirty = true;
        }
        Admission::Admitted { member, fresh, count: self.count(), positions: Positions::new() }
    }
}

/// What this process adds to a group's figures.
#[derive(Debug, Default)]
pub(super) struct Share {
    /// Nodes whose rows in `node_count` are behind what is here.
    pub(super) nodes: Vec<NodeId>,
    pub(super) members: u64,
    pub(super) views: u64,
}

/// What a transaction has to write of a hall.
#[derive(Clone, Debug)]
pub(super) struct Count {
    pub(super) node: NodeId,
    pub(super) members: u64,
    /// Joins that no row counts yet.
    pub(super) views: u64,
}

/// All halls of this process.
pub(in crate::postgres) struct Counted {
    halls: Sharded<GroupRef, HashMap<NodeId, Hall>>,
    /// Groups that may have something to write.
    stirred: std::sync::Mutex<HashSet<GroupRef>>,
}

impl Counted {
    pub(in crate::postgres) fn new() -> Self {
        Self { halls: Sharded::new(), stirred: std::sync::Mutex::default() }
    }

    fn stir(&self, at: &GroupRef) {
        let mut stirred = self.stirred.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !stirred.contains(at) {
            stirred.insert(at.clone());
        }
    }

    /// Groups that may have something to write; each is answered once.
    pub(super) fn take_stirred(&self) -> Vec<GroupRef> {
        let mut stirred = self.stirred.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::take(&mut *stirred).into_iter().collect()
    }

    fn group<R>(&self, at: &GroupRef, work: impl FnOnce(Option<&mut HashMap<NodeId, Hall>>) -> R) -> R {
        self.halls.shard(at, |groups| work(groups.get_mut(at)))
    }

    /// A session's join, if it needs no transaction.
    pub(super) fn join(&self, at: &GroupRef, join: &Join) -> Option<Admission> {
        let Tie::Session(session) = &join.tie else { return None };
        // How many are elsewhere is not known exactly.
        if join.capacity.is_some() {
            return None;
        }
        let admission = self.group(at, |halls| {
            let hall = halls?.get_mut(&session.node)?;
            let listed = hall.listed.as_ref()?;
            (hall.open && hall.counts(join) && !listed.contains(&join.user))
                .then(|| hall.enter(join, session))
        })?;
        if matches!(admission, Admission::Admitted { fresh: true, .. }) {
            self.stir(at);
        }
        Some(admission)
    }

    /// Takes a join in that a transaction has found to be counted only.
    pub(super) fn enter(&self, at: &GroupRef, join: &Join) -> Option<Admission> {
        let Tie::Session(session) = &join.tie else { return None };
        self.stir(at);
        self.group(at, |halls| {
            let hall = halls?.get_mut(&session.node)?;
            if let Some(listed) = &mut hall.listed {
                listed.remove(&join.user);
            }
            Some(hall.enter(join, session))
        })
    }

    /// Ends the membership of somebody who is counted here; `None` when nobody is meant.
    pub(super) fn leave(&self, at: &GroupRef, user: &UserId, leave: &Leave) -> Option<u64> {
        let left = self.group(at, |halls| {
            let hall = halls?.values_mut().find(|hall| hall.is_left_by(user, leave))?;
            hall.guests.remove(user);
            hall.dirty = true;
            Some(hall.count())
        })?;
        self.stir(at);
        Some(left)
    }

    /// Whether a leave would end the membership of somebody who is counted here.
    pub(super) fn may_leave(&self, at: &GroupRef, user: &UserId, leave: &Leave) -> bool {
        self.group(at, |halls| {
            halls.is_some_and(|halls| halls.values().any(|hall| hall.is_left_by(user, leave)))
        })
    }

    /// The membership of somebody who is counted here.
    pub(super) fn find(&self, at: &GroupRef, user: &UserId) -> Option<Member> {
        self.group(at, |halls| halls?.values().find_map(|hall| Some(hall.guests.get(user)?.member(user))))
    }

    /// What this process adds to a group's figures.
    pub(super) fn share(&self, at: &GroupRef) -> Share {
        self.group(at, |halls| {
            let mut share = Share::default();
            for (node, hall) in halls.into_iter().flatten() {
                share.nodes.push(node.clone());
                share.members += hall.guests.len() as u64;
                share.views += hall.row_views + hall.views - hall.written_views;
            }
            share
        })
    }

    /// Whether this process counts somebody of this group.
    pub(super) fn has_halls(&self, at: &GroupRef) -> bool {
        self.group(at, |halls| halls.is_some())
    }

    /// Whether somebody is counted here: by this node, if one is named.
    pub(super) fn knows(&self, at: &GroupRef, node: Option<&NodeId>, user: &UserId) -> bool {
        self.group(at, |halls| {
            let of_node = |(one, hall): (&NodeId, &mut Hall)| {
                node.is_none_or(|node| node == one) && hall.guests.contains_key(user)
            };
            halls.is_some_and(|halls| halls.iter_mut().any(of_node))
        })
    }

    /// Whether joins of this node to this group have a hall.
    pub(super) fn has_hall(&self, at: &GroupRef, node: &NodeId) -> bool {
        self.group(at, |halls| halls.is_some_and(|halls| halls.contains_key(node)))
    }

    /// Makes a hall. Until a transaction with a member in it is settled, it is not open.
    pub(super) fn make_hall(&self, at: &GroupRef, node: &NodeId, listed: Option<HashSet<UserId>>) {
        self.stir(at);
        self.halls.shard(at, |groups| {
            let hall = Hall { listed, dirty: true, ..Hall::default() };
            groups.entry(at.clone()).or_default().entry(node.clone()).or_insert(hall);
        });
    }

    /// Whether writing this group's counts would find nobody left in one of its halls.
    pub(super) fn may_empty(&self, at: &GroupRef) -> bool {
        self.group(at, |halls| {
            halls.is_some_and(|halls| halls.values().any(|hall| hall.guests.is_empty() || !hall.open))
        })
    }

    /// What is to be written of a group's halls. A hall with nobody in it takes in nobody until that is settled.
    pub(super) fn counts(&self, at: &GroupRef) -> Vec<Count> {
        self.group(at, |halls| {
            let count = |(node, hall): (&NodeId, &mut Hall)| {
                hall.open &= !hall.guests.is_empty();
                // Of a transaction that came to nothing.
                hall.writing = None;
                let members = hall.guests.len() as u64;
                Count { node: node.clone(), members, views: hall.views - hall.written_views }
            };
            halls.into_iter().flatten().map(count).collect()
        })
    }

    /// Notes what a transaction writes: `count`, in a row that then has `row_views`, while `elsewhere` are members
    /// whom this hall does not count.
    pub(super) fn note_writing(&self, at: &GroupRef, count: &Count, row_views: u64, elsewhere: u64) {
        self.group(at, |halls| {
            if let Some(hall) = halls.and_then(|halls| halls.get_mut(&count.node)) {
                let views = hall.written_views + count.views;
                hall.writing = Some(Writing { members: count.members, views, row_views, elsewhere });
            }
        });
    }

    /// What was noted is committed. Halls that were written to be empty, and are, go.
    pub(super) fn settle(&self, at: &GroupRef) {
        let stirred = self.halls.shard(at, |groups| {
            let Some(halls) = groups.get_mut(at) else { return false };
            halls.retain(|_, hall| {
                let Some(writing) = hall.writing.take() else { return true };
                hall.written_views = writing.views;
                hall.row_views = writing.row_views;
                hall.elsewhere = writing.elsewhere;
                let members = hall.guests.len() as u64;
                hall.dirty = members != writing.members || hall.views != hall.written_views;
                hall.open = writing.members > 0;
                hall.open || members > 0
            });
            let stirred = halls.values().any(|hall| hall.dirty);
            if halls.is_empty() {
                groups.remove(at);
            }
            stirred
        });
        if stirred {
            self.stir(at);
        }
    }

    /// Notes that a group's counts are still to be written.
    pub(super) fn again(&self, at: &GroupRef) {
        if self.group(at, |halls| halls.is_some()) {
            self.stir(at);
        }
    }

    /// Forgets everybody of a group: it is deleted.
    pub(in crate::postgres) fn forget_group(&self, at: &GroupRef) {
        self.halls.shard(at, |groups| groups.remove(at));
    }

    /// Forgets everybody of a node: its lease is over.
    pub(in crate::postgres) fn forget_node(&self, node: &NodeId) {
        self.halls.each(|groups| {
            groups.retain(|_, halls| {
                halls.remove(node);
                !halls.is_empty()
            });
        });
    }
}
