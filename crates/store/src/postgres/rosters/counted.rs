//! Members of super groups whom this process counts without rows.
//!
//! A super group's list is not shown, so its sessions need not be kept one by one where all nodes see them. Each node
//! keeps its own here, and writes how many they are to its row in `node_count` a few times a second. The first one of a
//! node joins in a transaction, and so does the end of the last one come to be known: between the two the row says
//! more than nothing, so no other node finds the group empty, and joins and leaves need nobody but this process.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use muster_core::{
    id::{AppId, GroupId, GroupRef, NodeId, SessionRef, UserId},
    message::Positions,
    roster::{Admission, Hold, Join, Joined, Leave, Left, Member, Membership, RosterState, Tie},
    time::Millis,
};

use crate::sharded::Sharded;

/// Ends of memberships that may be under way at a time: any two of one user's take turns.
const ENDINGS: usize = 64;

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

/// What a transaction writes of a tally.
#[derive(Clone, Copy, Debug)]
struct Writing {
    members: u64,
    views: u64,
    row_views: u64,
    elsewhere: u64,
}

/// The members of one super group whom one node counts.
#[derive(Debug, Default)]
struct NodeTally {
    guests: HashMap<UserId, Guest>,
    /// Users who have rows of the time before the group was super, if they are few enough to know them.
    listed: Option<HashSet<UserId>>,
    /// Whether joins need no transaction.
    open: bool,
    /// Members who are not in `guests`, as of the last transaction.
    elsewhere: u64,
    /// Joins since the tally was made, and those of them that are written.
    views: u64,
    written_views: u64,
    /// Views in this node's row.
    row_views: u64,
    writing: Option<Writing>,
    dirty: bool,
}

impl NodeTally {
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

/// What a transaction has to write of a tally.
#[derive(Clone, Debug)]
pub(super) struct Count {
    pub(super) node: NodeId,
    pub(super) members: u64,
    /// Joins that no row counts yet.
    pub(super) views: u64,
}

/// All tallies of this process.
pub(in crate::postgres) struct Counted {
    tallies: Sharded<GroupRef, HashMap<NodeId, NodeTally>>,
    /// Groups that may have something to write.
    stirred: std::sync::Mutex<HashSet<GroupRef>>,
    /// Held by whoever stores what follows from the end of a membership and then ends it, by a hash of who it is.
    endings: [tokio::sync::Mutex<()>; ENDINGS],
}

impl Counted {
    pub(in crate::postgres) fn new() -> Self {
        Self {
            tallies: Sharded::new(),
            stirred: std::sync::Mutex::default(),
            endings: std::array::from_fn(|_| tokio::sync::Mutex::default()),
        }
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

    fn group<R>(&self, at: &GroupRef, work: impl FnOnce(Option<&mut HashMap<NodeId, NodeTally>>) -> R) -> R {
        self.tallies.shard(at, |groups| work(groups.get_mut(at)))
    }

    /// A session's join, if it needs no transaction.
    pub(super) fn join(&self, at: &GroupRef, join: &Join) -> Option<Admission> {
        let Tie::Session(session) = &join.tie else { return None };
        // How many are elsewhere is not known exactly.
        if join.capacity.is_some() {
            return None;
        }
        let admission = self.group(at, |tallies| {
            let tally = tallies?.get_mut(&session.node)?;
            let listed = tally.listed.as_ref()?;
            (tally.open && tally.counts(join) && !listed.contains(&join.user))
                .then(|| tally.enter(join, session))
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
        self.group(at, |tallies| {
            let tally = tallies?.get_mut(&session.node)?;
            if let Some(listed) = &mut tally.listed {
                listed.remove(&join.user);
            }
            Some(tally.enter(join, session))
        })
    }

    /// Waits until nobody else is ending this user's membership with something that follows from it.
    pub(super) async fn ending(
        &self,
        at: &GroupRef,
        user: &UserId,
    ) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let mut hasher = DefaultHasher::new();
        (at, user).hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % ENDINGS as u64).ok()?;
        Some(self.endings.get(place)?.lock().await)
    }

    /// Ends the membership of somebody who is counted here; `None` when nobody is meant.
    pub(super) fn leave(&self, at: &GroupRef, user: &UserId, leave: &Leave) -> Option<u64> {
        let left = self.group(at, |tallies| {
            let tally = tallies?.values_mut().find(|tally| tally.is_left_by(user, leave))?;
            tally.guests.remove(user);
            tally.dirty = true;
            Some(tally.count())
        })?;
        self.stir(at);
        Some(left)
    }

    /// Whether a leave would end the membership of somebody who is counted here.
    pub(super) fn may_leave(&self, at: &GroupRef, user: &UserId, leave: &Leave) -> bool {
        self.group(at, |tallies| {
            tallies.is_some_and(|tallies| tallies.values().any(|tally| tally.is_left_by(user, leave)))
        })
    }

    /// Puts what is told of somebody who is counted here; in which groups.
    pub(super) fn put_info(&self, app: &AppId, user: &UserId, info: Option<&Arc<str>>) -> Vec<GroupId> {
        let mut groups = Vec::new();
        self.tallies.each(|shard| {
            for (at, tallies) in shard.iter_mut().filter(|(at, _)| at.app == *app) {
                let mut counted = false;
                for guest in tallies.values_mut().filter_map(|tally| tally.guests.get_mut(user)) {
                    guest.info = info.cloned();
                    counted = true;
                }
                if counted {
                    groups.push(at.group.clone());
                }
            }
        });
        groups
    }

    /// The membership of somebody who is counted here.
    pub(super) fn find(&self, at: &GroupRef, user: &UserId) -> Option<Member> {
        self.group(at, |tallies| {
            tallies?.values().find_map(|tally| Some(tally.guests.get(user)?.member(user)))
        })
    }

    /// What this process adds to a group's figures.
    pub(super) fn share(&self, at: &GroupRef) -> Share {
        self.group(at, |tallies| {
            let mut share = Share::default();
            for (node, tally) in tallies.into_iter().flatten() {
                share.nodes.push(node.clone());
                share.members += tally.guests.len() as u64;
                share.views += tally.row_views + tally.views - tally.written_views;
            }
            share
        })
    }

    /// Whether this process counts somebody of this group.
    pub(super) fn has_tallies(&self, at: &GroupRef) -> bool {
        self.group(at, |tallies| tallies.is_some())
    }

    /// Whether somebody is counted here: by this node, if one is named.
    pub(super) fn knows(&self, at: &GroupRef, node: Option<&NodeId>, user: &UserId) -> bool {
        self.group(at, |tallies| {
            let of_node = |(one, tally): (&NodeId, &mut NodeTally)| {
                node.is_none_or(|node| node == one) && tally.guests.contains_key(user)
            };
            tallies.is_some_and(|tallies| tallies.iter_mut().any(of_node))
        })
    }

    /// Whether joins of this node to this group have a tally.
    pub(super) fn has_tally(&self, at: &GroupRef, node: &NodeId) -> bool {
        self.group(at, |tallies| tallies.is_some_and(|tallies| tallies.contains_key(node)))
    }

    /// Makes a tally. Until a transaction with a member in it is settled, it is not open.
    pub(super) fn make_tally(&self, at: &GroupRef, node: &NodeId, listed: Option<HashSet<UserId>>) {
        self.stir(at);
        self.tallies.shard(at, |groups| {
            let tally = NodeTally { listed, dirty: true, ..NodeTally::default() };
            groups.entry(at.clone()).or_default().entry(node.clone()).or_insert(tally);
        });
    }

    /// Whether writing this group's counts would find nobody left in one of its tallies.
    pub(super) fn may_empty(&self, at: &GroupRef) -> bool {
        self.group(at, |tallies| {
            tallies
                .is_some_and(|tallies| tallies.values().any(|tally| tally.guests.is_empty() || !tally.open))
        })
    }

    /// What is to be written of a group's tallies. A tally with nobody in it takes in nobody until that is settled.
    pub(super) fn counts(&self, at: &GroupRef) -> Vec<Count> {
        self.group(at, |tallies| {
            let count = |(node, tally): (&NodeId, &mut NodeTally)| {
                tally.open &= !tally.guests.is_empty();
                // Of a transaction that came to nothing.
                tally.writing = None;
                let members = tally.guests.len() as u64;
                Count { node: node.clone(), members, views: tally.views - tally.written_views }
            };
            tallies.into_iter().flatten().map(count).collect()
        })
    }

    /// Notes what a transaction writes: `count`, in a row that then has `row_views`, while `elsewhere` are members
    /// whom this tally does not count.
    pub(super) fn note_writing(&self, at: &GroupRef, count: &Count, row_views: u64, elsewhere: u64) {
        self.group(at, |tallies| {
            if let Some(tally) = tallies.and_then(|tallies| tallies.get_mut(&count.node)) {
                let views = tally.written_views + count.views;
                tally.writing = Some(Writing { members: count.members, views, row_views, elsewhere });
            }
        });
    }

    /// What was noted is committed. Tallies that were written to be empty, and are, go.
    pub(super) fn settle(&self, at: &GroupRef) {
        let stirred = self.tallies.shard(at, |groups| {
            let Some(tallies) = groups.get_mut(at) else { return false };
            tallies.retain(|_, tally| {
                let Some(writing) = tally.writing.take() else { return true };
                tally.written_views = writing.views;
                tally.row_views = writing.row_views;
                tally.elsewhere = writing.elsewhere;
                let members = tally.guests.len() as u64;
                tally.dirty = members != writing.members || tally.views != tally.written_views;
                tally.open = writing.members > 0;
                tally.open || members > 0
            });
            let stirred = tallies.values().any(|tally| tally.dirty);
            if tallies.is_empty() {
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
        if self.group(at, |tallies| tallies.is_some()) {
            self.stir(at);
        }
    }

    /// Forgets everybody of a group, and has that written: it was deleted, and may be there again.
    pub(super) fn dismiss(&self, at: &GroupRef) {
        let known = self.group(at, |tallies| {
            tallies.is_some_and(|tallies| {
                for tally in tallies.values_mut() {
                    tally.guests.clear();
                    tally.open = false;
                    tally.dirty = true;
                }
                true
            })
        });
        if known {
            self.stir(at);
        }
    }

    /// Forgets everybody of a group: it is deleted.
    pub(in crate::postgres) fn forget_group(&self, at: &GroupRef) {
        self.tallies.shard(at, |groups| groups.remove(at));
    }

    /// Forgets everybody of a node: its lease is over.
    pub(in crate::postgres) fn forget_node(&self, node: &NodeId) {
        self.tallies.each(|groups| {
            groups.retain(|_, tallies| {
                tallies.remove(node);
                !tallies.is_empty()
            });
        });
    }
}
