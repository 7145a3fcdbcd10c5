//! Groups. They are made and deleted under the lock of their application's row, so that their numbers rise in the order
//! in which they appear to others, and a walk by number passes over none.

use std::sync::Arc;

use async_trait::async_trait;
use muster_core::{
    callback::UserTie,
    group::{Deletion, Group, GroupFilter, GroupTally, Order, Page, Slice, Window},
    id::{AppId, GroupRef, SessionId, UserId},
    limits::has_room,
    number::TypeCount,
    store::{
        Also, GroupCreated, GroupDeleted, GroupRecovered, GroupRewritten, Groups, Rosters as _, StoreResult,
    },
    time::Millis,
};

use super::{
    PostgresStore,
    database::{Connection, Tx},
    fault::{Fault, misuse, retry},
    records::{self, GROUP_COLUMNS, all, bigint, bounds, optional_id, unsigned},
    values::{bytes, values},
    writes::follow,
};
use crate::{
    codes::json,
    tables::{direction, rewritten, stands_as},
};

/// Takes the lock of an application or channel; how many existing groups it has, or `None` when it is not there.
pub(super) async fn lock_space(tx: &Tx, app: &AppId) -> Result<Option<u64>, Fault> {
    let sql = "SELECT existing_groups FROM space WHERE app = $1 FOR UPDATE";
    let row = tx.query_opt(sql, values![app.as_str()]).await?;
    row.map(|row| unsigned(&row, "existing_groups")).transpose()
}

/// Everybody with a membership of its own in a group whose roster is locked, in the order in which they joined, with the
/// login that holds or ties it.
async fn everybody(tx: &Tx, at: &GroupRef) -> Result<Vec<UserTie>, Fault> {
    let sql = "SELECT user_id, session FROM member WHERE app = $1 AND grp = $2 ORDER BY number";
    let rows = tx.query(sql, values![at.app.as_str(), at.group.as_str()]).await?;
    all(&rows, |row| {
        Ok((records::id(row, "user_id", UserId::new)?, optional_id(row, "session", SessionId::new)?))
    })
}

/// Adds a group with its stream and its roster, under the lock of its application; its number.
pub(super) async fn insert_group(tx: &Tx, group: &Group) -> Result<i64, Fault> {
    let row = tx
        .query_opt(
            "WITH made AS (
               INSERT INTO grp (app, id, number, epoch, creator, admins, name, info, extension, created_at)
               VALUES ($1, $2, nextval('stream_number'), $3, $4, $5, $6, $7, $8, $9) RETURNING number
             ), counted AS (
               UPDATE space SET existing_groups = existing_groups + 1 WHERE app = $1
             ), seated AS (
               INSERT INTO roster (app, grp) VALUES ($1, $2)
             )
             INSERT INTO stream (app, kind, name, number) SELECT $1, 1, $2, number FROM made RETURNING number",
            values![
                group.at.app.as_str(),
                group.at.group.as_str(),
                group.epoch,
                group.creator.as_ref().map(UserId::as_str),
                json(&group.admins),
                bytes(group.name.as_deref()),
                bytes(group.info.as_deref()),
                json(&group.extension),
                group.created_at.0,
            ],
        )
        .await?;
    match row {
        Some(row) => Ok(row.try_get(0)?),
        None => misuse("a group was not made".into()),
    }
}

/// The group at this address.
pub(super) async fn find_group(connection: &Connection, at: &GroupRef) -> Result<Option<Group>, Fault> {
    let sql = format!("SELECT {GROUP_COLUMNS} FROM grp g WHERE g.app = $1 AND g.id = $2");
    let row = connection.query_opt(&sql, values![at.app.as_str(), at.group.as_str()]).await?;
    row.as_ref().map(records::group).transpose()
}

/// The condition on the table `grp g`, and the expression on `space s` that counts what meets it.
fn condition(filter: GroupFilter) -> (&'static str, &'static str) {
    match filter {
        GroupFilter::All => ("g.app = $1", "s.existing_groups + s.deleted_groups"),
        GroupFilter::Existing => ("g.app = $1 AND g.deleted_at IS NULL", "s.existing_groups"),
        GroupFilter::Deleted => ("g.app = $1 AND g.deleted_at IS NOT NULL", "s.deleted_groups"),
    }
}

/// What opens the roster and the stream of a deleted group again, in this order: the roster's lock first, and its figures
/// with the joins that nodes have counted. Nobody is in it.
const REOPENED: [&str; 5] = [
    "UPDATE roster r SET closed = false, listed = 0, super_group = false, views = r.views + coalesce(
       (SELECT sum(c.views) FROM node_count c WHERE c.app = $1 AND c.grp = $2), 0)::bigint
     WHERE r.app = $1 AND r.grp = $2",
    "DELETE FROM member WHERE app = $1 AND grp = $2",
    "DELETE FROM member_block WHERE app = $1 AND grp = $2",
    "DELETE FROM node_count WHERE app = $1 AND grp = $2",
    "UPDATE stream SET closed = false WHERE app = $1 AND kind = 1 AND name = $2",
];

impl PostgresStore {
    async fn try_create_group(
        &self,
        group: &Group,
        limit: Option<u64>,
        also: &Also,
    ) -> Result<GroupCreated, Fault> {
        let tx = self.database.begin().await?;
        let Some(existing) = lock_space(&tx, &group.at.app).await? else {
            tx.rollback().await?;
            return misuse(format!("there is no application or channel {}", group.at.app));
        };
        if let Some(there) = find_group(&tx, &group.at).await? {
            tx.rollback().await?;
            return Ok(GroupCreated::Exists(there));
        }
        if !has_room(existing, limit) {
            tx.rollback().await?;
            return Ok(GroupCreated::TooMany);
        }
        let number = insert_group(&tx, group).await?;
        let positions = follow(&tx, vec![also]).await?.concat();
        tx.commit().await?;
        Ok(GroupCreated::Created(Group { number, deletion: None, ..group.clone() }, positions))
    }

    async fn try_delete_group(
        &self,
        at: &GroupRef,
        deletion: &Deletion,
        also: &Also,
    ) -> Result<GroupDeleted, Fault> {
        let tx = self.database.begin().await?;
        lock_space(&tx, &at.app).await?;
        let marked = tx
            .execute(
                "UPDATE grp SET deleted_at = $3, deleted_by = $4 WHERE app = $1 AND id = $2 AND deleted_at IS NULL",
                values![
                    at.app.as_str(),
                    at.group.as_str(),
                    deletion.at.0,
                    deletion.by.as_ref().map(UserId::as_str)
                ],
            )
            .await?;
        if marked == 0 {
            tx.rollback().await?;
            return Ok(GroupDeleted::Missing);
        }
        let sql =
            "UPDATE space SET existing_groups = existing_groups - 1, deleted_groups = deleted_groups + 1
                   WHERE app = $1";
        tx.execute(sql, values![at.app.as_str()]).await?;
        let sql = "UPDATE roster SET closed = true WHERE app = $1 AND grp = $2";
        tx.execute(sql, values![at.app.as_str(), at.group.as_str()]).await?;
        let members = if also.found.is_some() { everybody(&tx, at).await? } else { Vec::new() };
        let also = also.clone().having(|found| found.left(at, &members));
        let positions = follow(&tx, vec![&also]).await?.concat();
        let sql = "UPDATE stream SET closed = true WHERE app = $1 AND kind = 1 AND name = $2";
        tx.execute(sql, values![at.app.as_str(), at.group.as_str()]).await?;
        tx.commit().await?;
        Ok(GroupDeleted::Deleted(positions))
    }

    async fn try_rewrite_group(
        &self,
        before: &Group,
        after: &Group,
        also: &Also,
    ) -> Result<GroupRewritten, Fault> {
        let at = &before.at;
        let tx = self.database.begin().await?;
        let sql = format!("SELECT {GROUP_COLUMNS} FROM grp g WHERE g.app = $1 AND g.id = $2 FOR UPDATE");
        let row = tx.query_opt(&sql, values![at.app.as_str(), at.group.as_str()]).await?;
        let there = row.as_ref().map(records::group).transpose()?;
        let Some(there) = there.filter(|there| there.deletion.is_none()) else {
            tx.rollback().await?;
            return Ok(GroupRewritten::Missing);
        };
        if !stands_as(&there, before) {
            tx.rollback().await?;
            return Ok(GroupRewritten::Differs(there));
        }
        let after = rewritten(&there, after.clone());
        tx.execute(
            "UPDATE grp SET admins = $3, info = $4, extension = $5 WHERE app = $1 AND id = $2",
            values![
                at.app.as_str(),
                at.group.as_str(),
                json(&after.admins),
                bytes(after.info.as_deref()),
                json(&after.extension)
            ],
        )
        .await?;
        let positions = follow(&tx, vec![also]).await?.concat();
        tx.commit().await?;
        Ok(GroupRewritten::Done(positions))
    }

    async fn try_recover_group(
        &self,
        at: &GroupRef,
        deleted_after: Millis,
        limit: Option<u64>,
        also: &Also,
    ) -> Result<GroupRecovered, Fault> {
        let tx = self.database.begin().await?;
        let existing = lock_space(&tx, &at.app).await?.unwrap_or_default();
        let deletion = find_group(&tx, at).await?.map(|group| group.deletion);
        let refused = match deletion {
            None => Some(GroupRecovered::Missing),
            Some(None) => Some(GroupRecovered::Exists),
            Some(Some(deletion)) if deletion.at <= deleted_after => Some(GroupRecovered::Missing),
            Some(Some(_)) => (!has_room(existing, limit)).then_some(GroupRecovered::TooMany),
        };
        if let Some(refused) = refused {
            tx.rollback().await?;
            return Ok(refused);
        }
        // Fails to find the row when it was purged just now: the purge does not wait for the application's lock.
        let sql = "UPDATE grp SET deleted_at = NULL, deleted_by = NULL
                   WHERE app = $1 AND id = $2 AND deleted_at IS NOT NULL";
        if tx.execute(sql, values![at.app.as_str(), at.group.as_str()]).await? == 0 {
            tx.rollback().await?;
            return Ok(GroupRecovered::Missing);
        }
        for sql in REOPENED {
            tx.execute(sql, values![at.app.as_str(), at.group.as_str()]).await?;
        }
        let sql =
            "UPDATE space SET existing_groups = existing_groups + 1, deleted_groups = deleted_groups - 1
                   WHERE app = $1";
        tx.execute(sql, values![at.app.as_str()]).await?;
        let positions = follow(&tx, vec![also]).await?.concat();
        tx.commit().await?;
        Ok(GroupRecovered::Recovered(positions))
    }

    async fn list_groups(
        &self,
        app: &AppId,
        filter: GroupFilter,
        order: Order,
        window: Window,
    ) -> Result<Page<Group>, Fault> {
        let (condition, count) = condition(filter);
        let direction = direction(order);
        let tx = self.database.snapshot().await?;
        let sql = format!("SELECT {count} AS total FROM space s WHERE s.app = $1");
        let row = tx.query_opt(&sql, values![app.as_str()]).await?;
        let total = row.map_or(Ok(0), |row| unsigned(&row, "total"))?;
        // The rows passed over are counted in the index; only those of the page are read.
        let sql = format!(
            "SELECT {GROUP_COLUMNS} FROM
               (SELECT g.number FROM grp g WHERE {condition} ORDER BY g.number {direction} LIMIT $2 OFFSET $3) page
             JOIN grp g ON g.app = $1 AND g.number = page.number ORDER BY g.number {direction}"
        );
        let (limit, skip) = bounds(window);
        let rows = tx.query(&sql, values![app.as_str(), limit, skip]).await?;
        tx.rollback().await?;
        Ok(Page { entries: all(&rows, records::group)?, total })
    }

    async fn walk(
        &self,
        app: &AppId,
        filter: GroupFilter,
        order: Order,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Slice<Group>, Fault> {
        let (condition, _) = condition(filter);
        let (beyond, start) = match order {
            Order::Ascending => ("g.number > $2", after.unwrap_or(0)),
            Order::Descending => ("g.number < $2", after.unwrap_or(i64::MAX)),
        };
        let sql = format!(
            "SELECT {GROUP_COLUMNS} FROM grp g WHERE {condition} AND {beyond} ORDER BY g.number {} LIMIT $3",
            direction(order)
        );
        let one_more = bigint(limit as u64).saturating_add(1);
        let connection = self.database.reader().await?;
        let rows = connection.query(&sql, values![app.as_str(), start, one_more]).await?;
        Ok(Slice::cut(all(&rows, records::group)?, limit))
    }

    async fn list_groups_of(
        &self,
        app: &AppId,
        user: &UserId,
        order: Order,
        window: Window,
    ) -> Result<Page<Group>, Fault> {
        let tables = "member m JOIN grp g ON g.app = m.app AND g.id = m.grp
                      WHERE m.app = $1 AND m.user_id = $2 AND g.deleted_at IS NULL";
        let tx = self.database.snapshot().await?;
        let sql = format!("SELECT count(*) AS total FROM {tables}");
        let row = tx.query_opt(&sql, values![app.as_str(), user.as_str()]).await?;
        let total = row.map_or(Ok(0), |row| unsigned(&row, "total"))?;
        let sql = format!(
            "SELECT {GROUP_COLUMNS} FROM {tables} ORDER BY g.number {} LIMIT $3 OFFSET $4",
            direction(order)
        );
        let (limit, skip) = bounds(window);
        let rows = tx.query(&sql, values![app.as_str(), user.as_str(), limit, skip]).await?;
        tx.rollback().await?;
        Ok(Page { entries: all(&rows, records::group)?, total })
    }

    async fn message_counts(&self, at: &GroupRef) -> Result<Vec<(i64, u64)>, Fault> {
        let connection = self.database.reader().await?;
        let sql = "SELECT c.kind, c.total FROM stream s
                   JOIN message_count c ON c.app = s.app AND c.stream = s.number
                   WHERE s.app = $1 AND s.kind = 1 AND s.name = $2";
        let rows = connection.query(sql, values![at.app.as_str(), at.group.as_str()]).await?;
        rows.iter()
            .map(|row| Ok((row.try_get("kind")?, TypeCount::clamped(unsigned(row, "total")?).get())))
            .collect()
    }
}

#[async_trait]
impl Groups for PostgresStore {
    async fn create_group(&self, group: Group, limit: Option<u64>, also: Also) -> StoreResult<GroupCreated> {
        retry(|| self.try_create_group(&group, limit, &also)).await
    }

    async fn group(&self, at: &GroupRef) -> StoreResult<Option<Arc<Group>>> {
        self.database.open_still()?;
        if let Some(group) = self.groups.get(at) {
            return Ok(Some(group));
        }
        let ticket = self.groups.ticket(at);
        let connection = self.database.reader().await?;
        let group = find_group(&connection, at).await?.map(Arc::new);
        if let Some(group) = &group {
            self.groups.fill(at.clone(), Arc::clone(group), ticket);
        }
        Ok(group)
    }

    async fn delete_group(&self, at: &GroupRef, deletion: Deletion, also: Also) -> StoreResult<GroupDeleted> {
        let deleted = retry(|| self.try_delete_group(at, &deletion, &also)).await;
        // Also when it failed: it may have happened without an answer.
        self.groups.forget(at.clone());
        if deleted.is_ok() {
            self.roster_writer.counted.forget_group(at);
        }
        deleted
    }

    async fn rewrite_group(&self, before: &Group, after: Group, also: Also) -> StoreResult<GroupRewritten> {
        let done = retry(|| self.try_rewrite_group(before, &after, &also)).await;
        self.groups.forget(before.at.clone());
        done
    }

    async fn recover_group(
        &self,
        at: &GroupRef,
        deleted_after: Millis,
        limit: Option<u64>,
        also: Also,
    ) -> StoreResult<GroupRecovered> {
        let done = retry(|| self.try_recover_group(at, deleted_after, limit, &also)).await;
        self.groups.forget(at.clone());
        done
    }

    async fn groups(
        &self,
        app: &AppId,
        filter: GroupFilter,
        order: Order,
        window: Window,
    ) -> StoreResult<Page<Group>> {
        Ok(self.list_groups(app, filter, order, window).await?)
    }

    async fn walk_groups(
        &self,
        app: &AppId,
        filter: GroupFilter,
        order: Order,
        after: Option<i64>,
        limit: usize,
    ) -> StoreResult<Slice<Group>> {
        Ok(self.walk(app, filter, order, after, limit).await?)
    }

    async fn groups_of(
        &self,
        app: &AppId,
        user: &UserId,
        order: Order,
        window: Window,
    ) -> StoreResult<Page<Group>> {
        Ok(self.list_groups_of(app, user, order, window).await?)
    }

    async fn tally(&self, at: &GroupRef) -> StoreResult<GroupTally> {
        let roster = self.roster_state(at).await?;
        Ok(GroupTally::new(roster, self.message_counts(at).await?))
    }

    async fn purge(&self, now: Millis, deleted: Millis) -> StoreResult<u64> {
        Ok(self.purge_some(now, deleted).await?)
    }

    async fn purge_time(&self, now: Millis) -> StoreResult<Millis> {
        Ok(self.find_purge_time(now).await?)
    }

    async fn note_purge_time(&self, time: Millis) -> StoreResult<Millis> {
        Ok(self.raise_purge_time(time).await?)
    }
}
