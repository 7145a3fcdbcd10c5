//! The nodes that hold sessions, and the end of what a dead one held.
//!
//! Time is the database's, so nodes' clocks need not agree; a jump of it ends nobody (`clock`). Whoever ties a session to a node keeps the node's row from
//! being taken (`FOR KEY SHARE`) until its transaction ends; whoever ends a node takes the row (`FOR UPDATE`) and marks
//! it dead before anything else. So either the session is tied before, and is ended with the rest, or its transaction finds the
//! node dead.

use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

use async_trait::async_trait;
use muster_core::{
    app::Generation,
    callback::{Found, OwedCall, UserTie},
    id::{AppId, GroupRef, NodeId, SessionId, UserId},
    roster::Leave,
    store::{Also, Departed, NodeLease, Nodes, Reaped, StoreResult},
};
use tokio::time::Instant;

use super::{
    PostgresStore,
    database::Tx,
    fault::{Fault, retry},
    records::id,
    rosters::{Changes, CountChange, LockedRoster, NodeCount, Seat, address, lock, read_counts, read_seats},
    values::values,
    writes::follow,
};
use crate::codes::Code as _;

/// How long a node that was ended stays known as dead: far longer than any process can be paused and go on as if
/// nothing had been.
const DEAD_KEPT: &str = "1 day";

/// What a part of a dead node's end comes to.
struct Part {
    departed: Vec<Departed>,
    /// Those of them who are known by name, with their logins, and the logins that have ended.
    left: Vec<(GroupRef, Vec<UserTie>)>,
    logins: Vec<(AppId, UserId, SessionId)>,
    /// Whether the node may hold more.
    more: bool,
}

impl Part {
    /// What is owed for it, to these applications.
    fn owed(&self, found: &mut Found, told: &HashSet<AppId>) -> Vec<OwedCall> {
        let mut calls = Vec::new();
        for (at, members) in self.left.iter().filter(|(at, _)| told.contains(&at.app)) {
            calls.extend(found.left(at, members));
        }
        for (app, user, session) in self.logins.iter().filter(|(app, ..)| told.contains(app)) {
            calls.extend(found.lost(app, user, session));
        }
        calls
    }
}

impl PostgresStore {
    async fn try_beat(&self, node: &NodeId, lease: Duration) -> Result<bool, Fault> {
        let tx = self.database.begin().await?;
        let millis = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        let sql = "INSERT INTO node AS n (node, expires_at)
            VALUES ($1, clock_timestamp() + $2 * interval '1 millisecond')
            ON CONFLICT (node) DO UPDATE SET expires_at = excluded.expires_at WHERE n.dead_at IS NULL
            RETURNING (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now";
        let asked = Instant::now();
        let held = tx.query_opt(sql, values![node.as_str(), millis]).await?;
        if let Some(row) = &held {
            self.clock.renewed(asked, row.try_get("now")?, lease);
        }
        tx.commit().await?;
        Ok(held.is_some())
    }

    async fn try_leases(&self, gone_within: Duration) -> Result<Vec<NodeLease>, Fault> {
        let tx = self.database.begin().await?;
        let within = i64::try_from(gone_within.as_millis()).unwrap_or(i64::MAX);
        let sql = "SELECT node, over_for FROM (SELECT node,
                (extract(epoch FROM clock_timestamp() - expires_at) * 1000)::bigint AS over_for FROM node) AS lease
            WHERE over_for < $1 ORDER BY node";
        let rows = tx.query(sql, values![within]).await?;
        tx.commit().await?;
        let mut leases = Vec::with_capacity(rows.len());
        for row in &rows {
            let over = u64::try_from(row.try_get::<_, i64>("over_for")?).ok().map(Duration::from_millis);
            leases.push(NodeLease { node: id(row, "node", NodeId::new)?, over_for: over });
        }
        Ok(leases)
    }

    async fn try_reap(&self, limit: usize, also: &Also) -> Result<Reaped, Fault> {
        let tx = self.database.begin().await?;
        let asked = Instant::now();
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now";
        if let Some(row) = tx.query_opt(sql, &[]).await?
            && !self.clock.is_steady(asked, row.try_get("now")?)
        {
            tx.rollback().await?;
            return Ok(Reaped::default());
        }
        // A node that another one has in hand is left to it. Who only ties sessions does not keep it from being chosen.
        let sql = "SELECT node, dead_at IS NOT NULL AS dead FROM node
            WHERE reaped_at IS NULL AND (dead_at IS NOT NULL OR expires_at <= clock_timestamp())
            ORDER BY expires_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED";
        let Some(row) = tx.query_opt(sql, &[]).await? else {
            let sql =
                format!("DELETE FROM node WHERE reaped_at < clock_timestamp() - interval '{DEAD_KEPT}'");
            tx.execute(&sql, &[]).await?;
            tx.commit().await?;
            return Ok(Reaped::default());
        };
        let node = id(&row, "node", NodeId::new)?;
        if !row.try_get::<_, bool>("dead")? {
            // Waits for those who are tying sessions to it; the next ones find it dead.
            tx.query("SELECT 1 FROM node WHERE node = $1 FOR UPDATE", values![node.as_str()]).await?;
            let sql = "UPDATE node SET dead_at = clock_timestamp() WHERE node = $1";
            tx.execute(sql, values![node.as_str()]).await?;
        }
        let part = reap_node(&tx, &node, limit).await?;
        if !(part.departed.is_empty() && part.logins.is_empty()) {
            let told = told(&tx, &part).await?;
            follow(&tx, vec![&also.clone().having(|found| part.owed(found, &told))]).await?;
        }
        if !part.more {
            let sql = "UPDATE node SET reaped_at = clock_timestamp() WHERE node = $1";
            tx.execute(sql, values![node.as_str()]).await?;
        }
        tx.commit().await?;
        self.roster_writer.counted.forget_node(&node);
        // There may be other nodes too.
        Ok(Reaped { departed: part.departed, more: true })
    }
}

/// The applications of what has ended that are told of it.
async fn told(tx: &Tx, part: &Part) -> Result<HashSet<AppId>, Fault> {
    let of_members = part.left.iter().map(|(at, _)| at.app.as_str());
    let apps: BTreeSet<_> = of_members.chain(part.logins.iter().map(|(app, ..)| app.as_str())).collect();
    let sql = "SELECT app FROM app WHERE app = ANY ($1) AND generation = $2 AND callback_url IS NOT NULL";
    let apps = apps.into_iter().collect::<Vec<_>>();
    let rows = tx.query(sql, values![apps, *Generation::Two.code()]).await?;
    rows.iter().map(|row| id(row, "app", AppId::new)).collect()
}

/// Groups and what a node holds in them.
async fn held(tx: &Tx, node: &NodeId, limit: i64) -> Result<(Vec<(GroupRef, UserId)>, Vec<GroupRef>), Fault> {
    let sql = "SELECT app, grp, user_id FROM member WHERE node = $1 ORDER BY app, grp LIMIT $2";
    let rows = tx.query(sql, values![node.as_str(), limit]).await?;
    let member = |row| Ok::<_, Fault>((address(row)?, id(row, "user_id", UserId::new)?));
    let members = rows.iter().map(member).collect::<Result<_, _>>()?;
    let sql = "SELECT app, grp FROM node_count WHERE node = $1 ORDER BY app, grp LIMIT $2";
    let rows = tx.query(sql, values![node.as_str(), limit]).await?;
    Ok((members, rows.iter().map(address).collect::<Result<_, _>>()?))
}

/// Ends up to `limit` memberships by rows, counts and logins of a node each.
async fn reap_node(tx: &Tx, node: &NodeId, limit: usize) -> Result<Part, Fault> {
    let most = i64::try_from(limit.max(1)).unwrap_or(i64::MAX);
    let (members, counting) = held(tx, node, most).await?;
    let logins = end_logins(tx, node, most).await?;
    let full = |length: usize| length >= limit.max(1);
    let more = full(members.len()) || full(counting.len()) || full(logins.len());
    let groups: BTreeSet<_> = members.iter().map(|(at, _)| at).chain(&counting).collect();
    if groups.is_empty() {
        return Ok(Part { departed: Vec::new(), left: Vec::new(), logins, more });
    }
    let mut rosters = lock(tx, groups.iter().copied()).await?;
    let users: Vec<_> = members.iter().map(|(at, user)| (at, user)).collect();
    read_seats(tx, &mut rosters, &users).await?;
    let counts = read_counts(tx, groups.iter().copied()).await?;
    let (mut departed, mut left) = (Vec::new(), Vec::new());
    let mut changes = Changes::default();
    for (at, user) in members.iter().filter(|(at, _)| !rosters.contains_key(at)) {
        // Of a deleted group: nobody is told again.
        changes.gone.push((at, user));
    }
    for roster in rosters.values_mut() {
        untie(roster, node);
    }
    for at in &groups {
        let of_node = |one: &&NodeCount| one.node == *node;
        let rows = counts.get(*at).map_or(&[][..], Vec::as_slice);
        let own = rows.iter().find(of_node);
        if let Some(roster) = rosters.get(*at) {
            let elsewhere: u64 = rows.iter().filter(|one| !of_node(one)).map(|one| one.members).sum();
            let mut state = roster.state.recounted(roster.listed, elsewhere);
            state.views += own.map_or(0, |own| own.views);
            changes.rosters.insert(at, (roster.next_join, roster.listed, state));
            changes.note_seats(at, roster);
            let gone = gone_from(roster);
            departed.extend(
                gone.iter().map(|(user, _)| Departed { group: (*at).clone(), user: Some(user.clone()) }),
            );
            left.push(((*at).clone(), gone));
            if own.is_some_and(|own| own.members > 0) {
                departed.push(Departed { group: (*at).clone(), user: None });
            }
        }
        if own.is_some() {
            changes.counts.push(CountChange { at, node, members: 0, views: 0 });
        }
    }
    changes.write(tx).await?;
    left.retain(|(_, gone)| !gone.is_empty());
    Ok(Part { departed, left, logins, more })
}

/// Who was in a roster when it was read and is not any more, in the order in which they joined.
fn gone_from(roster: &LockedRoster) -> Vec<UserTie> {
    let mut gone: Vec<_> = roster
        .seats
        .iter()
        .filter(|(_, seat)| seat.now.is_none())
        .filter_map(|(user, seat)| Some((user, seat.before.as_ref()?)))
        .collect();
    gone.sort_by_key(|(_, row)| row.number);
    gone.into_iter()
        .map(|(user, row)| (user.clone(), row.tie.as_ref().map(|tie| tie.session.clone())))
        .collect()
}

/// Takes a dead node's sessions out of a roster.
fn untie(roster: &mut LockedRoster, node: &NodeId) {
    let tied = |(user, seat): (&UserId, &Seat)| {
        // Who is tied to another node's session since stays.
        let session = seat.now.as_ref()?.tie.clone().filter(|tie| tie.node == *node)?;
        Some((user.clone(), session))
    };
    let ended: Vec<_> = roster.seats.iter().filter_map(tied).collect();
    for (user, session) in ended {
        roster.leave(&user, &Leave::Session(session));
    }
}

/// Ends up to `limit` logins of a node; which.
async fn end_logins(tx: &Tx, node: &NodeId, limit: i64) -> Result<Vec<(AppId, UserId, SessionId)>, Fault> {
    let sql = "DELETE FROM login l
        USING (SELECT app, user_id FROM login WHERE node = $1 ORDER BY app, user_id LIMIT $2 FOR UPDATE) k
        WHERE l.app = k.app AND l.user_id = k.user_id AND l.node = $1
        RETURNING l.app, l.user_id, l.session";
    let rows = tx.query(sql, values![node.as_str(), limit]).await?;
    let login = |row| {
        let (app, user) = (id(row, "app", AppId::new)?, id(row, "user_id", UserId::new)?);
        Ok((app, user, id(row, "session", SessionId::new)?))
    };
    rows.iter().map(login).collect()
}

#[async_trait]
impl Nodes for PostgresStore {
    async fn beat(&self, node: &NodeId, lease: Duration) -> StoreResult<bool> {
        let held = retry(|| self.try_beat(node, lease)).await?;
        if !held {
            self.roster_writer.counted.forget_node(node);
        }
        Ok(held)
    }

    async fn reap(&self, limit: usize, also: Also) -> StoreResult<Reaped> {
        retry(|| self.try_reap(limit, &also)).await
    }

    async fn leases(&self, gone_within: Duration) -> StoreResult<Vec<NodeLease>> {
        retry(|| self.try_leases(gone_within)).await
    }
}
