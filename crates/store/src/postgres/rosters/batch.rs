//! One transaction of many callers' joins and leaves.
//!
//! The order is the same in every transaction, so that none waits for another in a circle: nodes first, then the
//! groups by address; what hangs on a group changes under its lock alone. What only counts members of super groups,
//! and leaves somebody counted, needs no lock of the group.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use muster_core::{
    id::{GroupRef, NodeId, UserId},
    roster::{Admission, Join, Leave, Tie},
    store::Also,
};

use super::{
    counted::{Count, Counted},
    plan::{LockedRoster, Outcome},
    rows::{self, Changes, CountChange, NodeCount},
};
use crate::postgres::{database::Tx, fault::Fault, gather::Batch, writes::follow};

/// Users with rows in a super group whom a node keeps in mind, at most: they are what the group had before it became
/// one. In a group with more of them every join is a transaction.
const LISTED_KNOWN: usize = 20_000;

/// What a caller wants of a roster.
#[derive(Debug)]
pub(super) enum Job {
    Join(GroupRef, Join, Also),
    Leave(GroupRef, UserId, Leave, Also),
    /// To have written what this process counts.
    Flush(GroupRef),
}

impl Job {
    fn at(&self) -> &GroupRef {
        match self {
            Self::Join(at, ..) | Self::Leave(at, ..) | Self::Flush(at) => at,
        }
    }

    fn node(&self) -> Option<&NodeId> {
        match self {
            Self::Join(_, Join { tie: Tie::Session(session), .. }, _) => Some(&session.node),
            _ => None,
        }
    }

    fn also(&self) -> Option<&Also> {
        match self {
            Self::Join(.., also) | Self::Leave(.., also) => Some(also),
            Self::Flush(_) => None,
        }
    }
}

/// Does jobs of rosters.
pub(super) struct RosterBatch {
    pub(super) counted: Arc<Counted>,
}

#[async_trait]
impl Batch for RosterBatch {
    type Job = Job;
    type Output = Outcome;

    async fn apply(&self, tx: &Tx, jobs: &[&Job]) -> Result<Vec<Outcome>, Fault> {
        let groups: BTreeSet<_> = jobs.iter().map(|job| job.at()).collect();
        let alive = self.hold_nodes(tx, jobs, &groups).await?;
        let moving: HashSet<_> =
            jobs.iter().filter(|job| !matches!(job, Job::Flush(_))).map(|job| job.at()).collect();
        let (locked, counted): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|at| moving.contains(at) || self.counted.may_empty(at));
        let outcomes = self.apply_locked(tx, jobs, &locked, &alive).await?;
        self.write_counted(tx, &counted).await?;
        Ok(outcomes)
    }

    fn settle(&self, jobs: &[&Job], outcomes: &mut [Outcome]) {
        for (job, outcome) in jobs.iter().zip(outcomes) {
            let Job::Join(at, join, _) = job else { continue };
            match outcome {
                Outcome::Counted { positions: stored, .. } => {
                    let mut admission = self.counted.enter(at, join).unwrap_or(Admission::NoGroup);
                    if let Admission::Admitted { positions, .. } = &mut admission {
                        *positions = std::mem::take(stored);
                    }
                    *outcome = Outcome::Admission(admission);
                }
                // Whoever has a row now is not counted as well.
                Outcome::Admission(Admission::Admitted { .. }) if join.tie == Tie::Durable => {
                    self.counted.leave(at, &join.user, &Leave::Any);
                }
                _ => {}
            }
        }
        for at in jobs.iter().map(|job| job.at()).collect::<BTreeSet<_>>() {
            self.counted.settle(at);
        }
    }
}

/// Who has become a member and is to be noted.
fn visitors<'a>(jobs: &[&'a Job], outcomes: &[Outcome]) -> Vec<(&'a GroupRef, &'a UserId)> {
    let fresh = |(job, outcome): (&&'a Job, &Outcome)| match (*job, outcome) {
        (Job::Join(at, join, _), Outcome::Admission(Admission::Admitted { fresh: true, .. }))
            if join.visitor =>
        {
            Some((at, &join.user))
        }
        _ => None,
    };
    jobs.iter().zip(outcomes).filter_map(fresh).collect()
}

/// Stores what follows from memberships that have begun or ended.
async fn write_what_follows(tx: &Tx, jobs: &[&Job], outcomes: &mut [Outcome]) -> Result<(), Fault> {
    let changes = jobs.iter().zip(outcomes);
    let (all, places): (Vec<_>, Vec<_>) = changes
        .filter_map(|(job, outcome)| {
            let also = job.also().filter(|also| !also.is_nothing())?;
            Some((also, outcome.positions()?))
        })
        .unzip();
    if all.is_empty() {
        return Ok(());
    }
    for (place, positions) in places.into_iter().zip(follow(tx, all).await?) {
        *place = positions;
    }
    Ok(())
}

impl RosterBatch {
    /// Keeps the nodes of all sessions concerned from being declared dead meanwhile; those that have a lease. Of those
    /// that have none, nobody is counted any more.
    async fn hold_nodes(
        &self,
        tx: &Tx,
        jobs: &[&Job],
        groups: &BTreeSet<&GroupRef>,
    ) -> Result<HashSet<NodeId>, Fault> {
        let mut nodes: BTreeSet<_> = jobs.iter().filter_map(|job| job.node().cloned()).collect();
        let counting: BTreeSet<_> = groups.iter().flat_map(|at| self.counted.share(at).nodes).collect();
        nodes.extend(counting.iter().cloned());
        let alive = rows::hold_nodes(tx, &nodes.iter().map(NodeId::as_str).collect::<Vec<_>>()).await?;
        for dead in counting.iter().filter(|node| !alive.contains(*node)) {
            self.counted.forget_node(dead);
        }
        Ok(alive)
    }

    /// Does the jobs of groups that have to be locked; the outcomes of all jobs.
    async fn apply_locked(
        &self,
        tx: &Tx,
        jobs: &[&Job],
        groups: &[&GroupRef],
        alive: &HashSet<NodeId>,
    ) -> Result<Vec<Outcome>, Fault> {
        if groups.is_empty() {
            return Ok(jobs.iter().map(|_| Outcome::Flushed).collect());
        }
        let mut rosters = rows::lock(tx, groups.iter().copied()).await?;
        for at in groups.iter().filter(|at| !rosters.contains_key(**at)) {
            self.counted.forget_group(at);
        }
        let users: BTreeSet<_> = jobs
            .iter()
            .filter_map(|job| match job {
                Job::Join(at, join, _) => Some((at, &join.user)),
                Job::Leave(at, user, ..) => Some((at, user)),
                Job::Flush(_) => None,
            })
            .filter(|(at, _)| rosters.contains_key(*at))
            .collect();
        rows::read_seats(tx, &mut rosters, &users.into_iter().collect::<Vec<_>>()).await?;
        let counting: Vec<_> = rosters
            .iter()
            .filter(|(at, roster)| roster.state.super_group || self.counted.has_tallies(at))
            .map(|(at, _)| at.clone())
            .collect();
        let node_counts = rows::read_counts(tx, counting.iter()).await?;
        for at in &counting {
            let share = self.counted.share(at);
            let rows = node_counts.get(at).map_or(&[][..], Vec::as_slice);
            let others = rows.iter().filter(|row| !share.nodes.contains(&row.node));
            if let Some(roster) = rosters.get_mut(at) {
                roster.add_counted(share.members + others.map(|row| row.members).sum::<u64>());
            }
        }
        let mut outcomes: Vec<_> = jobs.iter().map(|job| self.decide(&mut rosters, job, alive)).collect();
        self.make_tallies(tx, &rosters).await?;
        self.write_locked(tx, &rosters, &node_counts).await?;
        rows::note_visitors(tx, &visitors(jobs, &outcomes)).await?;
        write_what_follows(tx, jobs, &mut outcomes).await?;
        Ok(outcomes)
    }

    fn decide(
        &self,
        rosters: &mut HashMap<GroupRef, LockedRoster>,
        job: &Job,
        alive: &HashSet<NodeId>,
    ) -> Outcome {
        let roster = rosters.get_mut(job.at());
        match (job, roster) {
            (Job::Join(at, join, _), Some(roster)) => {
                let alive = job.node().is_none_or(|node| alive.contains(node));
                let known = self.counted.knows(at, job.node(), &join.user);
                roster.join(join, alive, known)
            }
            (Job::Join(..), None) => Outcome::Admission(Admission::NoGroup),
            (Job::Leave(_, user, leave, _), Some(roster)) => roster.leave(user, leave),
            (Job::Leave(..), None) => Outcome::Left(None),
            (Job::Flush(_), _) => Outcome::Flushed,
        }
    }

    /// Makes tallies for sessions that are the first of their node to be counted only.
    async fn make_tallies(&self, tx: &Tx, rosters: &HashMap<GroupRef, LockedRoster>) -> Result<(), Fault> {
        for (at, roster) in rosters {
            let missing: Vec<_> =
                roster.entering.keys().filter(|node| !self.counted.has_tally(at, node)).collect();
            if missing.is_empty() {
                continue;
            }
            let listed = rows::listed_users(tx, at, LISTED_KNOWN).await?;
            for node in missing {
                self.counted.make_tally(at, node, listed.clone());
            }
        }
        Ok(())
    }

    async fn write_locked(
        &self,
        tx: &Tx,
        rosters: &HashMap<GroupRef, LockedRoster>,
        node_counts: &HashMap<GroupRef, Vec<NodeCount>>,
    ) -> Result<(), Fault> {
        let counts: BTreeMap<_, _> = rosters
            .iter()
            .map(|(at, roster)| {
                let mut counts = self.counted.counts(at);
                for count in &mut counts {
                    let entering = roster.entering.get(&count.node).map_or(0, Vec::len) as u64;
                    count.members += entering;
                    count.views += entering;
                }
                (at, counts)
            })
            .collect();
        let mut changes = Changes::default();
        for (at, roster) in rosters {
            let rows = node_counts.get(at).map_or(&[][..], Vec::as_slice);
            self.note_changes(&mut changes, at, roster, counts.get(at).map_or(&[], Vec::as_slice), rows);
        }
        changes.write(tx).await
    }

    /// Notes what has changed of a locked group.
    fn note_changes<'a>(
        &self,
        changes: &mut Changes<'a>,
        at: &'a GroupRef,
        roster: &'a LockedRoster,
        counts: &'a [Count],
        rows: &[NodeCount],
    ) {
        changes.note_seats(at, roster);
        let own: u64 = counts.iter().map(|count| count.members).sum();
        let others = rows.iter().filter(|row| counts.iter().all(|count| count.node != row.node));
        let others = others.map(|row| row.members).sum::<u64>();
        let mut folded = 0;
        for count in counts {
            let row_views = rows.iter().find(|row| row.node == count.node).map_or(0, |row| row.views);
            let views_then = row_views + count.views;
            let kept = count.members > 0;
            folded += if kept { 0 } else { views_then };
            changes.counts.push(CountChange {
                at,
                node: &count.node,
                members: count.members,
                views: count.views,
            });
            let elsewhere = roster.listed + others + own - count.members;
            self.counted.note_writing(at, count, if kept { views_then } else { 0 }, elsewhere);
        }
        let mut state = roster.state.recounted(roster.listed, others + own);
        state.views += folded;
        if roster.changed || folded > 0 || state.super_group != roster.super_before {
            changes.rosters.insert(at, (roster.next_join, roster.listed, state));
        }
    }

    /// Writes the counts of groups that only count, and keep somebody to count.
    async fn write_counted(&self, tx: &Tx, groups: &[&GroupRef]) -> Result<(), Fault> {
        let counts: Vec<_> = groups.iter().map(|at| (*at, self.counted.counts(at))).collect();
        let changes: Vec<_> = counts
            .iter()
            .flat_map(|(at, counts)| counts.iter().map(move |count| (*at, count)))
            .filter(|(_, count)| count.members > 0)
            .map(|(at, count)| CountChange {
                at,
                node: &count.node,
                members: count.members,
                views: count.views,
            })
            .collect();
        if changes.is_empty() {
            return Ok(());
        }
        let written = rows::write_node_counts(tx, &changes.iter().collect::<Vec<_>>()).await?;
        let elsewhere = rows::read_elsewhere(tx, &changes).await?;
        for (at, counts) in &counts {
            for count in counts {
                let row = written.iter().find(|row| row.at == **at && row.node == count.node);
                match (row, elsewhere.get(&((*at).clone(), count.node.clone()))) {
                    (Some(row), Some(elsewhere)) => {
                        self.counted.note_writing(at, count, row.row_views, *elsewhere);
                    }
                    // The group is deleted.
                    _ if count.members > 0 => self.counted.forget_group(at),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
