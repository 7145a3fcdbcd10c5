//! Rosters: joins, leaves, pages.
//!
//! A member is a row with a join number. Joins and leaves of many callers go through one transaction (`batch`), which
//! makes them in the order in which they came (`plan`) under the locks of their groups, and writes what changed with
//! one statement for each table (`rows`). The member of a rank is found by the counts of blocks of numbers, which
//! change with the members (`pages`). In a super group whose list is not shown, sessions are counted by their nodes
//! and have no rows (`counted`).
//!
//! What is only counted is known to its own node alone: another node does not find such a member by name, and cannot
//! end the membership; the groups of a user leave out those that only count the user; and a user who holds sessions on
//! two nodes at once is counted by both until the earlier one ends.

mod batch;
mod counted;
mod info;
mod pages;
mod plan;
mod rows;

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use async_trait::async_trait;
use muster_core::{
    group::{Page, Slice},
    id::{AppId, GroupRef, NodeId, UserId},
    message::Positions,
    roster::{Admission, Departure, Join, Leave, Member, PageQuery, RosterState, WalkQuery},
    store::{Also, Messages as _, Rosters, StoreError, StoreResult, UserInfoPut},
    vital::Vital,
};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use self::{
    batch::{Job, RosterBatch},
    plan::Outcome,
    rows::member,
};
pub(super) use self::{
    counted::Counted,
    plan::{BLOCK_BITS, LEVELS, LockedRoster, Seat},
    rows::{Changes, CountChange, NodeCount, address, hold_nodes, lock, read_counts, read_seats},
};
use super::{
    PostgresStore,
    database::Database,
    fault::{Fault, retry, wanted_still},
    gather::{Gatherer, Lanes},
    records::{bigint, unsigned},
    values::values,
};

/// How often a node writes what it counts. Other nodes' figures of a super group are behind by no more than that.
const FLUSH_INTERVAL: Duration = Duration::from_millis(250);

/// What a session of a dead node is told.
pub(super) fn fenced() -> StoreError {
    StoreError::Unavailable("this node's lease was taken away".into())
}

/// What changes rosters.
pub(super) struct RosterWriter {
    gatherer: Gatherer<RosterBatch>,
    pub(super) counted: Arc<Counted>,
}

impl RosterWriter {
    /// Starts the lanes, and a task that writes what is counted.
    pub(super) fn start(database: &Arc<Database>, lanes: Lanes) -> Arc<Self> {
        let counted = Arc::new(Counted::new());
        let batch = RosterBatch { counted: Arc::clone(&counted) };
        let writer = Arc::new(Self { gatherer: Gatherer::start(database, batch, lanes), counted });
        tokio::spawn(flush_on(Arc::downgrade(&writer)));
        writer
    }

    /// Joins and leaves that needed a transaction, since the start.
    pub(super) fn jobs(&self) -> u64 {
        self.gatherer.jobs()
    }

    /// Writes what is counted and not written.
    pub(super) async fn flush(self: &Arc<Self>) {
        let mut flushes = JoinSet::new();
        for at in self.counted.take_stirred() {
            let writer = Arc::clone(self);
            flushes.spawn(async move {
                if let Err(error) = writer.gatherer.run(&at, Job::Flush(at.clone())).await {
                    tracing::debug!(%error, "the count of a super group is not written yet");
                    writer.counted.again(&at);
                }
            });
        }
        flushes.join_all().await;
    }

    async fn join(&self, at: &GroupRef, join: Join, also: Also) -> StoreResult<Admission> {
        wanted_still()?;
        if also.is_nothing()
            && let Some(admission) = self.counted.join(at, &join)
        {
            return Ok(admission);
        }
        match self.gatherer.run(at, Job::Join(at.clone(), join, also)).await? {
            Outcome::Admission(admission) => Ok(admission),
            Outcome::Fenced => Err(fenced()),
            _ => Ok(Admission::NoGroup),
        }
    }
}

impl PostgresStore {
    async fn end_membership(
        &self,
        at: &GroupRef,
        user: &UserId,
        leave: Leave,
        also: Also,
    ) -> StoreResult<Option<Departure>> {
        if let Some(left) = self.leave_counted(at, user, &leave, &also).await? {
            return Ok(Some(left));
        }
        let job = Job::Leave(at.clone(), user.clone(), leave.clone(), also.clone());
        match self.roster_writer.gatherer.run(at, job).await? {
            Outcome::Left(Some(left)) => Ok(Some(left)),
            // A join that was under way before may have been counted meanwhile.
            _ => self.leave_counted(at, user, &leave, &also).await,
        }
    }

    /// Ends the membership of somebody whom this process counts without a row. What follows is stored first: the
    /// membership itself is in memory alone. Of several who end it with something that follows, one does. Should its
    /// session end meanwhile, from which nothing follows, it was the session's to end.
    async fn leave_counted(
        &self,
        at: &GroupRef,
        user: &UserId,
        leave: &Leave,
        also: &Also,
    ) -> StoreResult<Option<Departure>> {
        let counted = &self.roster_writer.counted;
        let _turn = if also.is_nothing() { None } else { counted.ending(at, user).await };
        if !counted.may_leave(at, user, leave) {
            return Ok(None);
        }
        wanted_still()?;
        let positions =
            if also.is_nothing() { Some(Positions::new()) } else { self.append(also.clone()).await? };
        let Some(positions) = positions else { return Ok(None) };
        Ok(counted.leave(at, user, leave).map(|count| Departure { count, positions }))
    }
}

/// Writes what is counted until the store is dropped.
async fn flush_on(writer: Weak<RosterWriter>) {
    let _vital = Vital::new("writes the figures of super groups");
    let mut ticks = interval(FLUSH_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(writer) = writer.upgrade() else { return };
        writer.flush().await;
    }
}

impl PostgresStore {
    async fn read_state(&self, at: &GroupRef) -> Result<RosterState, Fault> {
        // What this process counts is added from memory, so that its callers find what they did.
        let share = self.roster_writer.counted.share(at);
        let nodes: Vec<_> = share.nodes.iter().map(NodeId::as_str).collect();
        let sql = "SELECT r.listed, r.views, r.super_group, r.closed,
                coalesce(sum(c.members), 0)::bigint AS counted, coalesce(sum(c.views), 0)::bigint AS counted_views
            FROM roster r
            LEFT JOIN node_count c ON c.app = r.app AND c.grp = r.grp AND NOT c.node = ANY($3)
            WHERE r.app = $1 AND r.grp = $2 GROUP BY r.app, r.grp";
        let connection = self.database.reader().await?;
        let Some(row) = connection.query_opt(sql, values![at.app.as_str(), at.group.as_str(), nodes]).await?
        else {
            return Ok(RosterState::default());
        };
        let views = unsigned(&row, "views")? + unsigned(&row, "counted_views")? + share.views;
        let count = unsigned(&row, "listed")? + unsigned(&row, "counted")? + share.members;
        let state = RosterState { count, views, super_group: row.try_get("super_group")? };
        Ok(if row.try_get("closed")? { state.emptied() } else { state })
    }

    async fn count_visitors(&self, at: &GroupRef) -> Result<u64, Fault> {
        let sql = "SELECT visitors FROM roster WHERE app = $1 AND grp = $2";
        let connection = self.database.reader().await?;
        let row = connection.query_opt(sql, values![at.app.as_str(), at.group.as_str()]).await?;
        row.map_or(Ok(0), |row| unsigned(&row, "visitors"))
    }

    async fn read_members(&self, at: &GroupRef, users: &[UserId]) -> Result<Vec<Option<Member>>, Fault> {
        self.database.open_still()?;
        let mut found: Vec<_> = users.iter().map(|user| self.roster_writer.counted.find(at, user)).collect();
        let missing: Vec<_> = (0..users.len()).filter(|place| found[*place].is_none()).collect();
        if missing.is_empty() {
            return Ok(found);
        }
        let sql = "SELECT k.place, m.user_id, m.info, m.number, m.joined_at, m.node IS NOT NULL AS connected
            FROM unnest($3, $4) k (place, user_id)
            JOIN member m ON m.app = $1 AND m.user_id = k.user_id AND m.grp = $2
            WHERE EXISTS (SELECT 1 FROM roster WHERE app = $1 AND grp = $2 AND NOT closed)";
        let places: Vec<_> = missing.iter().map(|place| bigint(*place as u64)).collect();
        let names: Vec<_> = missing.iter().map(|place| users[*place].as_str()).collect();
        let connection = self.database.reader().await?;
        for row in connection.query(sql, values![at.app.as_str(), at.group.as_str(), places, names]).await? {
            let place = usize::try_from(row.try_get::<_, i64>("place")?).unwrap_or(usize::MAX);
            if let Some(seat) = found.get_mut(place) {
                *seat = Some(member(&row)?);
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Rosters for PostgresStore {
    async fn join(&self, at: &GroupRef, join: Join, also: Also) -> StoreResult<Admission> {
        self.database.open_still()?;
        self.roster_writer.join(at, join, also).await
    }

    async fn leave(
        &self,
        at: &GroupRef,
        user: &UserId,
        leave: Leave,
        also: Also,
    ) -> StoreResult<Option<Departure>> {
        self.database.open_still()?;
        self.end_membership(at, user, leave, also).await
    }

    async fn put_user_info(
        &self,
        app: &AppId,
        user: &UserId,
        info: Option<Arc<str>>,
        also: Also,
    ) -> StoreResult<UserInfoPut> {
        self.database.open_still()?;
        let mut put = retry(|| info::put(&self.database, (app, user), info.as_ref(), &also)).await?;
        put.groups.extend(self.roster_writer.counted.put_info(app, user, info.as_ref()));
        put.groups.sort();
        put.groups.dedup();
        Ok(put)
    }

    fn put_counted_info(&self, app: &AppId, user: &UserId, info: Option<&Arc<str>>) {
        self.roster_writer.counted.put_info(app, user, info);
    }

    fn dismiss_counted(&self, at: &GroupRef) {
        self.roster_writer.counted.dismiss(at);
    }

    async fn roster_page(&self, at: &GroupRef, query: PageQuery) -> StoreResult<Page<Member>> {
        let connection = self.database.reader().await?;
        Ok(pages::page(&connection, at, query).await?)
    }

    async fn roster_walk(&self, at: &GroupRef, query: WalkQuery) -> StoreResult<Slice<Member>> {
        let connection = self.database.reader().await?;
        Ok(pages::walk(&connection, at, query).await?)
    }

    async fn find_members(&self, at: &GroupRef, users: &[UserId]) -> StoreResult<Vec<Option<Member>>> {
        Ok(self.read_members(at, users).await?)
    }

    async fn roster_state(&self, at: &GroupRef) -> StoreResult<RosterState> {
        Ok(self.read_state(at).await?)
    }

    async fn visitors(&self, at: &GroupRef) -> StoreResult<u64> {
        Ok(self.count_visitors(at).await?)
    }
}
