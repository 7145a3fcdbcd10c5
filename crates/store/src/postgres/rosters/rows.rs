//! How rosters stand in rows: what transactions read under the groups' locks, and how their changes are written, each
//! with one statement for all groups together.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use muster_core::{
    id::{AppId, GroupId, GroupRef, NodeId, SessionId, SessionRef, UserId},
    roster::{Member, RosterState},
};
use tokio::try_join;

use super::plan::{BlockDeltas, LockedRoster, Row, note_number};
use crate::postgres::{
    database::Tx,
    fault::Fault,
    records::{bigint, id, millis, optional_id, text, unsigned},
    values::{bytes, values},
};

/// A group's address, from the columns `app` and `grp`.
pub(in crate::postgres) fn address(row: &tokio_postgres::Row) -> Result<GroupRef, Fault> {
    Ok(GroupRef::new(id(row, "app", AppId::new)?, id(row, "grp", GroupId::new)?))
}

/// What a member said of itself, from the column `info`.
fn info(row: &tokio_postgres::Row) -> Result<Option<Arc<str>>, Fault> {
    Ok(text(row, "info")?.map(Arc::from))
}

/// A member, from the columns `user_id, info, number, joined_at, connected`.
pub(in crate::postgres) fn member(row: &tokio_postgres::Row) -> Result<Member, Fault> {
    Ok(Member {
        user: id(row, "user_id", UserId::new)?,
        info: info(row)?,
        number: unsigned(row, "number")?,
        joined_at: millis(row, "joined_at")?,
        connected: row.try_get("connected")?,
    })
}

fn apps<'a>(groups: impl Iterator<Item = &'a GroupRef>) -> (Vec<&'a str>, Vec<&'a str>) {
    groups.map(|at| (at.app.as_str(), at.group.as_str())).unzip()
}

/// Keeps these nodes from being declared dead until the transaction ends; those of them that are not.
pub(in crate::postgres) async fn hold_nodes(tx: &Tx, nodes: &[&str]) -> Result<HashSet<NodeId>, Fault> {
    if nodes.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = "SELECT node FROM node WHERE node = ANY($1) AND dead_at IS NULL ORDER BY node FOR KEY SHARE";
    let rows = tx.query(sql, values![nodes.to_vec()]).await?;
    rows.iter().map(|row| id(row, "node", NodeId::new)).collect()
}

/// Locks the rosters of groups that exist and are not deleted, in the order of their addresses.
pub(in crate::postgres) async fn lock<'a>(
    tx: &Tx,
    groups: impl Iterator<Item = &'a GroupRef>,
) -> Result<HashMap<GroupRef, LockedRoster>, Fault> {
    let (apps, grps) = apps(groups);
    let sql = "SELECT r.app, r.grp, r.next_join, r.listed, r.views, r.super_group
        FROM unnest($1, $2) k (app, grp) JOIN roster r ON r.app = k.app AND r.grp = k.grp
        WHERE NOT r.closed ORDER BY r.app, r.grp FOR UPDATE OF r";
    let mut rosters = HashMap::new();
    for row in tx.query(sql, values![apps, grps]).await? {
        let roster = LockedRoster {
            next_join: unsigned(&row, "next_join")?,
            listed: unsigned(&row, "listed")?,
            state: RosterState {
                count: unsigned(&row, "listed")?,
                views: unsigned(&row, "views")?,
                super_group: row.try_get("super_group")?,
            },
            super_before: row.try_get("super_group")?,
            ..LockedRoster::default()
        };
        rosters.insert(address(&row)?, roster);
    }
    Ok(rosters)
}

/// Reads the memberships of users into the rosters of their groups, which are locked.
pub(in crate::postgres) async fn read_seats(
    tx: &Tx,
    rosters: &mut HashMap<GroupRef, LockedRoster>,
    users: &[(&GroupRef, &UserId)],
) -> Result<(), Fault> {
    if users.is_empty() {
        return Ok(());
    }
    let (apps, grps) = apps(users.iter().map(|(at, _)| *at));
    let names: Vec<_> = users.iter().map(|(_, user)| user.as_str()).collect();
    let sql = "SELECT m.app, m.grp, m.user_id, m.number, m.joined_at, m.durable, m.node, m.session, m.info
        FROM unnest($1, $2, $3) k (app, grp, user_id)
        JOIN member m ON m.app = k.app AND m.user_id = k.user_id AND m.grp = k.grp";
    for row in tx.query(sql, values![apps, grps, names]).await? {
        let node = optional_id(&row, "node", NodeId::new)?;
        let session = optional_id(&row, "session", SessionId::new)?;
        let tie = node.zip(session).map(|(node, session)| SessionRef { node, session });
        let there = Row {
            number: unsigned(&row, "number")?,
            joined_at: millis(&row, "joined_at")?,
            info: info(&row)?,
            durable: row.try_get("durable")?,
            tie,
        };
        if let Some(roster) = rosters.get_mut(&address(&row)?) {
            let seat = roster.seats.entry(id(&row, "user_id", UserId::new)?).or_default();
            seat.before = Some(there.clone());
            seat.now = Some(there);
        }
    }
    Ok(())
}

/// A row of `node_count`.
pub(in crate::postgres) struct NodeCount {
    pub(in crate::postgres) node: NodeId,
    pub(in crate::postgres) members: u64,
    pub(in crate::postgres) views: u64,
}

/// What nodes count of groups, by group.
pub(in crate::postgres) async fn read_counts<'a>(
    tx: &Tx,
    groups: impl Iterator<Item = &'a GroupRef>,
) -> Result<HashMap<GroupRef, Vec<NodeCount>>, Fault> {
    let mut counts = HashMap::<_, Vec<_>>::new();
    let (apps, grps) = apps(groups);
    if apps.is_empty() {
        return Ok(counts);
    }
    let sql = "SELECT c.app, c.grp, c.node, c.members, c.views FROM unnest($1, $2) k (app, grp)
        JOIN node_count c ON c.app = k.app AND c.grp = k.grp";
    for row in tx.query(sql, values![apps, grps]).await? {
        let one = NodeCount {
            node: id(&row, "node", NodeId::new)?,
            members: unsigned(&row, "members")?,
            views: unsigned(&row, "views")?,
        };
        counts.entry(address(&row)?).or_default().push(one);
    }
    Ok(counts)
}

/// The users who have rows in a group, unless they are more than `most`.
pub(in crate::postgres) async fn listed_users(
    tx: &Tx,
    at: &GroupRef,
    most: usize,
) -> Result<Option<HashSet<UserId>>, Fault> {
    let sql = "SELECT user_id FROM member WHERE app = $1 AND grp = $2 ORDER BY number LIMIT $3";
    let limit = bigint(most as u64 + 1);
    let rows = tx.query(sql, values![at.app.as_str(), at.group.as_str(), limit]).await?;
    if rows.len() > most {
        return Ok(None);
    }
    rows.iter().map(|row| id(row, "user_id", UserId::new)).collect::<Result<_, _>>().map(Some)
}

/// A row of `node_count` as it is to be; without members it goes.
pub(in crate::postgres) struct CountChange<'a> {
    pub(in crate::postgres) at: &'a GroupRef,
    pub(in crate::postgres) node: &'a NodeId,
    pub(in crate::postgres) members: u64,
    /// Added to the row's.
    pub(in crate::postgres) views: u64,
}

/// Everything that a transaction changes of rosters it has locked.
#[derive(Default)]
pub(in crate::postgres) struct Changes<'a> {
    /// Memberships as they are now.
    pub(in crate::postgres) kept: Vec<(&'a GroupRef, &'a UserId, &'a Row)>,
    /// Memberships that have ended.
    pub(in crate::postgres) gone: Vec<(&'a GroupRef, &'a UserId)>,
    pub(in crate::postgres) blocks: BlockDeltas<'a>,
    /// Figures: next number, members with rows, and of the state the views and whether super.
    pub(in crate::postgres) rosters: BTreeMap<&'a GroupRef, (u64, u64, RosterState)>,
    pub(in crate::postgres) counts: Vec<CountChange<'a>>,
}

impl<'a> Changes<'a> {
    /// Notes what has become of the members of a roster.
    pub(in crate::postgres) fn note_seats(&mut self, at: &'a GroupRef, roster: &'a LockedRoster) {
        for (user, seat) in &roster.seats {
            if seat.before == seat.now {
                continue;
            }
            match &seat.now {
                Some(row) => self.kept.push((at, user, row)),
                None => self.gone.push((at, user)),
            }
            let number = |row: &Option<Row>| row.as_ref().map(|row| row.number);
            let (before, now) = (number(&seat.before), number(&seat.now));
            if before != now {
                if let Some(number) = before {
                    note_number(&mut self.blocks, at, number, -1);
                }
                if let Some(number) = now {
                    note_number(&mut self.blocks, at, number, 1);
                }
            }
        }
    }
}

impl Changes<'_> {
    /// Writes them. The statements touch different rows, so their order does not matter.
    pub(in crate::postgres) async fn write(&self, tx: &Tx) -> Result<(), Fault> {
        try_join!(
            self.write_kept(tx),
            self.write_gone(tx),
            write_blocks(tx, &self.blocks),
            self.write_rosters(tx),
            self.write_counts(tx),
        )?;
        Ok(())
    }

    async fn write_kept(&self, tx: &Tx) -> Result<(), Fault> {
        if self.kept.is_empty() {
            return Ok(());
        }
        let (apps, grps) = apps(self.kept.iter().map(|(at, ..)| *at));
        let rows = || self.kept.iter().map(|(.., row)| *row);
        let users: Vec<_> = self.kept.iter().map(|(_, user, _)| user.as_str()).collect();
        let numbers: Vec<_> = rows().map(|row| bigint(row.number)).collect();
        let times: Vec<_> = rows().map(|row| row.joined_at.0).collect();
        let durable: Vec<_> = rows().map(|row| row.durable).collect();
        let nodes: Vec<_> = rows().map(|row| row.tie.as_ref().map(|tie| tie.node.as_str())).collect();
        let sessions: Vec<_> = rows().map(|row| row.tie.as_ref().map(|tie| tie.session.as_str())).collect();
        let infos: Vec<_> = rows().map(|row| bytes(row.info.as_deref())).collect();
        let sql = "INSERT INTO member (app, grp, user_id, number, joined_at, durable, node, session, info)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (app, user_id, grp) DO UPDATE SET number = excluded.number,
                joined_at = excluded.joined_at, durable = excluded.durable, node = excluded.node,
                session = excluded.session, info = excluded.info";
        let values = values![apps, grps, users, numbers, times, durable, nodes, sessions, infos];
        tx.execute(sql, values).await.map(drop)
    }

    async fn write_gone(&self, tx: &Tx) -> Result<(), Fault> {
        if self.gone.is_empty() {
            return Ok(());
        }
        let (apps, grps) = apps(self.gone.iter().map(|(at, _)| *at));
        let users: Vec<_> = self.gone.iter().map(|(_, user)| user.as_str()).collect();
        let sql = "DELETE FROM member m USING unnest($1, $2, $3) k (app, grp, user_id)
            WHERE m.app = k.app AND m.user_id = k.user_id AND m.grp = k.grp";
        tx.execute(sql, values![apps, grps, users]).await.map(drop)
    }

    async fn write_rosters(&self, tx: &Tx) -> Result<(), Fault> {
        if self.rosters.is_empty() {
            return Ok(());
        }
        let (apps, grps) = apps(self.rosters.keys().copied());
        let next: Vec<_> = self.rosters.values().map(|figures| bigint(figures.0)).collect();
        let listed: Vec<_> = self.rosters.values().map(|figures| bigint(figures.1)).collect();
        let views: Vec<_> = self.rosters.values().map(|figures| bigint(figures.2.views)).collect();
        let supers: Vec<_> = self.rosters.values().map(|figures| figures.2.super_group).collect();
        let sql = "UPDATE roster r SET next_join = k.next_join, listed = k.listed, views = k.views,
                super_group = k.super_group
            FROM unnest($1, $2, $3, $4, $5, $6) k (app, grp, next_join, listed, views, super_group)
            WHERE r.app = k.app AND r.grp = k.grp";
        tx.execute(sql, values![apps, grps, next, listed, views, supers]).await.map(drop)
    }

    async fn write_counts(&self, tx: &Tx) -> Result<(), Fault> {
        let (kept, gone): (Vec<_>, Vec<_>) = self.counts.iter().partition(|change| change.members > 0);
        if !kept.is_empty() {
            write_node_counts(tx, &kept).await?;
        }
        if gone.is_empty() {
            return Ok(());
        }
        let (apps, grps) = apps(gone.iter().map(|change| change.at));
        let nodes: Vec<_> = gone.iter().map(|change| change.node.as_str()).collect();
        let sql = "DELETE FROM node_count c USING unnest($1, $2, $3) k (app, grp, node)
            WHERE c.app = k.app AND c.grp = k.grp AND c.node = k.node";
        tx.execute(sql, values![apps, grps, nodes]).await.map(drop)
    }
}

/// A group's figures and one node's, as they are after that node's count was written.
pub(in crate::postgres) struct Written {
    pub(in crate::postgres) at: GroupRef,
    pub(in crate::postgres) node: NodeId,
    pub(in crate::postgres) row_views: u64,
}

/// Writes how many members nodes count in groups that are not deleted, whether or not these are locked; what was
/// written.
pub(in crate::postgres) async fn write_node_counts(
    tx: &Tx,
    changes: &[&CountChange<'_>],
) -> Result<Vec<Written>, Fault> {
    let (apps, grps) = apps(changes.iter().map(|change| change.at));
    let nodes: Vec<_> = changes.iter().map(|change| change.node.as_str()).collect();
    let members: Vec<_> = changes.iter().map(|change| bigint(change.members)).collect();
    let views: Vec<_> = changes.iter().map(|change| bigint(change.views)).collect();
    let sql = "INSERT INTO node_count (app, grp, node, members, views)
        SELECT k.* FROM unnest($1, $2, $3, $4, $5) k (app, grp, node, members, views)
            JOIN roster r ON r.app = k.app AND r.grp = k.grp AND NOT r.closed
        ORDER BY r.app, r.grp, k.node COLLATE \"C\"
        ON CONFLICT (app, grp, node) DO UPDATE
            SET members = excluded.members, views = node_count.views + excluded.views
        RETURNING app, grp, node, views";
    let rows = tx.query(sql, values![apps, grps, nodes, members, views]).await?;
    let written = |row: &tokio_postgres::Row| {
        let node = id(row, "node", NodeId::new)?;
        Ok(Written { at: address(row)?, node, row_views: unsigned(row, "views")? })
    };
    rows.iter().map(written).collect()
}

/// Members of each change's group whom its node does not count.
pub(in crate::postgres) async fn read_elsewhere<'a>(
    tx: &Tx,
    changes: &[CountChange<'a>],
) -> Result<HashMap<(GroupRef, NodeId), u64>, Fault> {
    let (apps, grps) = apps(changes.iter().map(|change| change.at));
    let nodes: Vec<_> = changes.iter().map(|change| change.node.as_str()).collect();
    let sql = "SELECT k.app, k.grp, k.node, r.listed + coalesce((SELECT sum(c.members) FROM node_count c
            WHERE c.app = k.app AND c.grp = k.grp AND c.node <> k.node), 0)::bigint AS elsewhere
        FROM unnest($1, $2, $3) k (app, grp, node) JOIN roster r ON r.app = k.app AND r.grp = k.grp";
    let rows = tx.query(sql, values![apps, grps, nodes]).await?;
    let one = |row| Ok(((address(row)?, id(row, "node", NodeId::new)?), unsigned(row, "elsewhere")?));
    rows.iter().map(one).collect()
}

/// Adds to the counts of blocks, and removes those in which nobody is left.
pub(in crate::postgres) async fn write_blocks(tx: &Tx, deltas: &BlockDeltas<'_>) -> Result<(), Fault> {
    let deltas = || deltas.iter().filter(|(_, delta)| **delta != 0);
    let (apps, grps) = apps(deltas().map(|((at, ..), _)| *at));
    if apps.is_empty() {
        return Ok(());
    }
    let levels: Vec<_> = deltas().map(|((_, level, _), _)| *level).collect();
    let blocks: Vec<_> = deltas().map(|((.., block), _)| *block).collect();
    let changes: Vec<_> = deltas().map(|(_, delta)| *delta).collect();
    let falls = changes.iter().any(|delta| *delta < 0);
    let sql = "INSERT INTO member_block (app, grp, level, block, members)
        SELECT * FROM unnest($1, $2, $3, $4, $5)
        ON CONFLICT (app, grp, level, block) DO UPDATE SET members = member_block.members + excluded.members";
    tx.execute(sql, values![apps, grps, levels, blocks, changes]).await?;
    if falls {
        let sql = "DELETE FROM member_block b USING unnest($1, $2, $3, $4) k (app, grp, level, block)
            WHERE b.app = k.app AND b.grp = k.grp AND b.level = k.level AND b.block = k.block AND b.members = 0";
        tx.execute(sql, values![apps, grps, levels, blocks]).await?;
    }
    Ok(())
}

/// Notes who has been in groups whose rows the transaction has locked, and counts whom it notes the first time.
pub(super) async fn note_visitors(tx: &Tx, visitors: &[(&GroupRef, &UserId)]) -> Result<(), Fault> {
    if visitors.is_empty() {
        return Ok(());
    }
    let (apps, grps) = apps(visitors.iter().map(|(at, _)| *at));
    let users: Vec<_> = visitors.iter().map(|(_, user)| user.as_str()).collect();
    let sql = "WITH fresh AS (
            INSERT INTO visitor (app, grp, user_id) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
            ON CONFLICT DO NOTHING RETURNING app, grp
        )
        UPDATE roster r SET visitors = r.visitors + k.more
        FROM (SELECT app, grp, count(*) AS more FROM fresh GROUP BY app, grp) k
        WHERE r.app = k.app AND r.grp = k.grp";
    tx.execute(sql, values![apps, grps, users]).await.map(drop)
}
