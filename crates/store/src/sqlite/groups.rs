//! Groups.

use std::sync::Arc;

use async_trait::async_trait;
use muster_core::{
    callback::UserTie,
    group::{Deletion, Group, GroupFilter, GroupTally, Order, Page, Slice, Window},
    id::{AppId, GroupRef, UserId},
    limits::has_room,
    message::Positions,
    roster::JoinNumber,
    store::{Also, GroupCreated, GroupDeleted, GroupRecovered, GroupRewritten, Groups, StoreResult},
    time::Millis,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    Memory, SqliteStore,
    also::{Made, together},
    cell::GroupCell,
    fault::fault,
    records::{self, GROUP_COLUMNS, bounds},
    tx::Tx,
    writer::Subject,
};
use crate::{
    codes::json,
    tables::{direction, rewritten, stands_as},
};

/// Adds a group and its figures under `key`, or the next one; its key, which is its number.
pub(super) fn insert_group(tx: &Tx<'_>, space: i64, group: &Group, key: Option<i64>) -> StoreResult<i64> {
    tx.execute(
        "INSERT INTO \"group\" (key, space_key, id, epoch, creator, admins, name, info, extension, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            key,
            space,
            group.at.group.as_str(),
            group.epoch,
            group.creator.as_ref().map(UserId::as_str),
            json(&group.admins),
            group.name,
            group.info,
            json(&group.extension),
            group.created_at.0,
        ],
    )?;
    let key = tx.last_key();
    tx.execute(
        "INSERT INTO figures (group_key, next_join, views, super_group, sequence) VALUES (?1, 1, 0, 0, 0)",
        [key],
    )?;
    tx.execute("UPDATE space SET existing_groups = existing_groups + 1 WHERE key = ?1", [space])?;
    Ok(key)
}

/// The group of this id in a space.
pub(super) fn find_group(connection: &Connection, space: i64, id: &str) -> rusqlite::Result<Option<Group>> {
    let sql = format!(
        "SELECT {GROUP_COLUMNS} FROM \"group\" g JOIN space s ON s.key = g.space_key
         WHERE g.space_key = ?1 AND g.id = ?2"
    );
    connection.prepare_cached(&sql)?.query_row(params![space, id], records::group).optional()
}

/// Whether an application or channel has as many existing groups as it may have.
fn has_too_many(tx: &Tx<'_>, space: i64, limit: Option<u64>) -> StoreResult<bool> {
    let Some(limit) = limit else { return Ok(false) };
    let sql = "SELECT existing_groups FROM space WHERE key = ?1";
    let existing: u64 = tx
        .read()
        .prepare_cached(sql)
        .and_then(|mut query| query.query_row([space], |row| row.get(0)))
        .map_err(fault)?;
    Ok(!has_room(existing, Some(limit)))
}

fn create(
    tx: &mut Tx<'_>,
    space: i64,
    group: &Group,
    limit: Option<u64>,
) -> StoreResult<(GroupCreated, Made)> {
    if let Some(there) = find_group(tx.read(), space, group.at.group.as_str()).map_err(fault)? {
        return Ok((GroupCreated::Exists(there), Made::Nothing));
    }
    if has_too_many(tx, space, limit)? {
        return Ok((GroupCreated::TooMany, Made::Nothing));
    }
    let number = insert_group(tx, space, group, None)?;
    let group = Group { number, deletion: None, ..group.clone() };
    Ok((GroupCreated::Created(group, Positions::new()), Made::Group(number)))
}

/// Deletes a group; whether it was there.
fn delete(tx: &Tx<'_>, cell: &GroupCell, deletion: &Deletion) -> StoreResult<bool> {
    if cell.lock().is_deleted() {
        return Ok(false);
    }
    // Nobody flushes a deleted group, and a recovered one goes on where this one ends.
    cell.write_unwritten(tx)?;
    mark_deleted(tx, cell.space, cell.key, deletion)?;
    tx.execute("INSERT INTO abandoned_roster (group_key) VALUES (?1)", [cell.key])?;
    Ok(true)
}

/// Everybody in a group, in the order in which they joined, with the login that holds or ties the membership.
fn everybody(tx: &Tx<'_>, cell: &GroupCell) -> StoreResult<Vec<UserTie>> {
    let mut members = cell.lock().presence.ties();
    let sql = "SELECT number, user_id FROM member WHERE group_key = ?1";
    let mut statement = tx.read().prepare_cached(sql).map_err(fault)?;
    let rows = statement.query_map([cell.key], |row| {
        Ok((row.get::<_, JoinNumber>("number")?, records::id(row, "user_id", UserId::new)?))
    });
    for row in rows.map_err(fault)? {
        let (number, user) = row.map_err(fault)?;
        members.entry(number).or_insert((user, None));
    }
    Ok(members.into_values().collect())
}

/// Notes that a group is deleted.
pub(super) fn mark_deleted(tx: &Tx<'_>, space: i64, key: i64, deletion: &Deletion) -> StoreResult<()> {
    tx.execute(
        "UPDATE \"group\" SET deleted = 1, deleted_at = ?2, deleted_by = ?3 WHERE key = ?1",
        params![key, deletion.at.0, deletion.by.as_ref().map(UserId::as_str)],
    )?;
    tx.execute(
        "UPDATE space SET existing_groups = existing_groups - 1, deleted_groups = deleted_groups + 1
         WHERE key = ?1",
        [space],
    )
    .map(|_| ())
}

/// Makes a group exist again.
fn recover(
    tx: &Tx<'_>,
    cell: &GroupCell,
    deleted_after: Millis,
    limit: Option<u64>,
) -> StoreResult<GroupRecovered> {
    match &cell.lock().record.deletion {
        None => return Ok(GroupRecovered::Exists),
        Some(deletion) if deletion.at <= deleted_after => return Ok(GroupRecovered::Missing),
        Some(_) => {}
    }
    if has_too_many(tx, cell.space, limit)? {
        return Ok(GroupRecovered::TooMany);
    }
    let sql = "UPDATE \"group\" SET deleted = 0, deleted_at = NULL, deleted_by = NULL WHERE key = ?1 AND deleted = 1";
    if tx.execute(sql, [cell.key])? == 0 {
        return Ok(GroupRecovered::Missing);
    }
    for sql in [
        "DELETE FROM member WHERE group_key = ?1",
        "DELETE FROM abandoned_roster WHERE group_key = ?1",
        "UPDATE figures SET super_group = 0 WHERE group_key = ?1",
    ] {
        tx.execute(sql, [cell.key])?;
    }
    tx.execute(
        "UPDATE space SET existing_groups = existing_groups + 1, deleted_groups = deleted_groups - 1
         WHERE key = ?1",
        [cell.space],
    )?;
    Ok(GroupRecovered::Recovered(Positions::new()))
}

/// Puts one record of a group in the place of another.
fn rewrite(tx: &Tx<'_>, cell: &GroupCell, before: &Group, after: &Group) -> StoreResult<GroupRewritten> {
    let there = find_group(tx.read(), cell.space, cell.at.group.as_str()).map_err(fault)?;
    let Some(there) = there.filter(|there| there.deletion.is_none()) else {
        return Ok(GroupRewritten::Missing);
    };
    if !stands_as(&there, before) {
        return Ok(GroupRewritten::Differs(there));
    }
    tx.execute(
        "UPDATE \"group\" SET admins = ?2, info = ?3, extension = ?4 WHERE key = ?1",
        params![cell.key, json(&after.admins), after.info, json(&after.extension)],
    )?;
    Ok(GroupRewritten::Done(Positions::new()))
}

fn settle_delete(memory: &Memory, cell: &GroupCell, deletion: Deletion) {
    let mut state = cell.lock();
    let mut record = Group::clone(&state.record);
    record.deletion = Some(deletion);
    state.record = Arc::new(record);
    let sessions = state.presence.clear();
    drop(state);
    for user in sessions {
        memory.unattend(cell.space, &user, cell.key);
    }
}

/// The condition on the table `"group" g`, and the expression on `space s` that counts what meets it.
fn condition(filter: GroupFilter) -> (&'static str, &'static str) {
    match filter {
        GroupFilter::All => ("g.space_key = ?1", "s.existing_groups + s.deleted_groups"),
        GroupFilter::Existing => ("g.space_key = ?1 AND g.deleted = 0", "s.existing_groups"),
        GroupFilter::Deleted => ("g.space_key = ?1 AND g.deleted = 1", "s.deleted_groups"),
    }
}

fn list(
    connection: &Connection,
    space: i64,
    filter: GroupFilter,
    order: Order,
    window: Window,
) -> rusqlite::Result<Page<Group>> {
    let (condition, count) = condition(filter);
    let direction = direction(order);
    let total = connection
        .prepare_cached(&format!("SELECT {count} FROM space s WHERE s.key = ?1"))?
        .query_row([space], |row| row.get(0))?;
    // The rows passed over are counted in the index; only those of the page are read.
    let sql = format!(
        "SELECT {GROUP_COLUMNS} FROM
           (SELECT g.key FROM \"group\" g WHERE {condition} ORDER BY g.key {direction} LIMIT ?2 OFFSET ?3) page
         JOIN \"group\" g ON g.key = page.key JOIN space s ON s.key = g.space_key ORDER BY g.key {direction}"
    );
    let (limit, skip) = bounds(window);
    let entries = connection
        .prepare_cached(&sql)?
        .query_map(params![space, limit, skip], records::group)?
        .collect::<Result<_, _>>()?;
    Ok(Page { entries, total })
}

fn walk(
    connection: &Connection,
    space: i64,
    filter: GroupFilter,
    order: Order,
    after: Option<i64>,
    limit: usize,
) -> rusqlite::Result<Slice<Group>> {
    let (condition, _) = condition(filter);
    let direction = direction(order);
    let (beyond, start) = match order {
        Order::Ascending => ("g.key > ?2", after.unwrap_or(0)),
        Order::Descending => ("g.key < ?2", after.unwrap_or(i64::MAX)),
    };
    let sql = format!(
        "SELECT {GROUP_COLUMNS} FROM \"group\" g JOIN space s ON s.key = g.space_key
         WHERE {condition} AND {beyond} ORDER BY g.key {direction} LIMIT ?3"
    );
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut query = connection.prepare_cached(&sql)?;
    let entries = query.query_map(params![space, start, one_more], records::group)?;
    Ok(Slice::cut(entries.collect::<Result<_, _>>()?, limit))
}

/// The groups of a user: durable memberships from the database, those by a session from `attended`.
fn of_user(
    connection: &Connection,
    space: i64,
    user: &UserId,
    attended: &[i64],
    order: Order,
    window: Window,
) -> rusqlite::Result<Page<Group>> {
    let mut keys: Vec<i64> = connection
        .prepare_cached(
            "SELECT m.group_key FROM member m JOIN \"group\" g ON g.key = m.group_key
             WHERE m.space_key = ?1 AND m.user_id = ?2 AND g.deleted = 0",
        )?
        .query_map(params![space, user.as_str()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    keys.extend_from_slice(attended);
    keys.sort_unstable();
    keys.dedup();
    if order == Order::Descending {
        keys.reverse();
    }
    let sql = format!(
        "SELECT {GROUP_COLUMNS} FROM \"group\" g JOIN space s ON s.key = g.space_key WHERE g.key = ?1"
    );
    let mut record = connection.prepare_cached(&sql)?;
    let skip = usize::try_from(window.skip).unwrap_or(usize::MAX);
    let page = keys.iter().skip(skip).take(window.limit);
    let entries = page.map(|key| record.query_row([key], records::group)).collect::<Result<_, _>>()?;
    Ok(Page { entries, total: keys.len() as u64 })
}

#[async_trait]
impl Groups for SqliteStore {
    async fn create_group(&self, group: Group, limit: Option<u64>, also: Also) -> StoreResult<GroupCreated> {
        let space = self.known_space(&group.at.app).await?.key;
        let following = self.following(also).await?;
        let run = move |tx: &mut Tx<'_>| {
            together(tx, None, &following, |tx| tx.atomically(|tx| create(tx, space, &group, limit)))
        };
        let settle = |(created, positions)| match created {
            GroupCreated::Created(group, _) => GroupCreated::Created(group, positions),
            other => other,
        };
        self.writer.run(Subject::None, run, settle).await
    }

    async fn group(&self, at: &GroupRef) -> StoreResult<Option<Arc<Group>>> {
        Ok(self.cell(at).await?.map(|cell| Arc::clone(&cell.lock().record)))
    }

    async fn delete_group(&self, at: &GroupRef, deletion: Deletion, also: Also) -> StoreResult<GroupDeleted> {
        let Some(cell) = self.cell(at).await? else { return Ok(GroupDeleted::Missing) };
        let following = self.following(also).await?;
        let memory = Arc::clone(&self.memory);
        let (theirs, wanted, at) = (Arc::clone(&cell), deletion.clone(), at.clone());
        let run = move |tx: &mut Tx<'_>| {
            together(tx, Some(&theirs), &following, |tx| {
                let deleted = tx.atomically(|tx| delete(tx, &theirs, &wanted))?;
                if deleted && following.finds() {
                    let members = everybody(tx, &theirs)?;
                    following.owe_found(tx, |found| found.left(&at, &members))?;
                }
                Ok((deleted, Made::when(deleted)))
            })
        };
        let settle = move |(deleted, positions): (bool, Positions)| {
            if !deleted {
                return GroupDeleted::Missing;
            }
            settle_delete(&memory, &cell, deletion);
            GroupDeleted::Deleted(positions)
        };
        let deleted = self.writer.run(Subject::All, run, settle).await?;
        self.housekeeper.wake();
        Ok(deleted)
    }

    async fn rewrite_group(&self, before: &Group, after: Group, also: Also) -> StoreResult<GroupRewritten> {
        let Some(cell) = self.cell(&before.at).await? else { return Ok(GroupRewritten::Missing) };
        let following = self.following(also).await?;
        let (theirs, before, wanted) = (Arc::clone(&cell), before.clone(), after.clone());
        let run = move |tx: &mut Tx<'_>| {
            together(tx, Some(&theirs), &following, |tx| {
                let done = rewrite(tx, &theirs, &before, &wanted)?;
                let made = Made::when(matches!(done, GroupRewritten::Done(_)));
                Ok((done, made))
            })
        };
        let settle = move |(done, positions)| match done {
            GroupRewritten::Done(_) => {
                let mut state = cell.lock();
                state.record = Arc::new(rewritten(&state.record, after));
                GroupRewritten::Done(positions)
            }
            other => other,
        };
        self.writer.run(Subject::None, run, settle).await
    }

    async fn recover_group(
        &self,
        at: &GroupRef,
        deleted_after: Millis,
        limit: Option<u64>,
        also: Also,
    ) -> StoreResult<GroupRecovered> {
        let Some(cell) = self.cell(at).await? else { return Ok(GroupRecovered::Missing) };
        let following = self.following(also).await?;
        let theirs = Arc::clone(&cell);
        let run = move |tx: &mut Tx<'_>| {
            together(tx, Some(&theirs), &following, |tx| {
                let done = tx.atomically(|tx| recover(tx, &theirs, deleted_after, limit))?;
                let made = Made::when(matches!(done, GroupRecovered::Recovered(_)));
                Ok((done, made))
            })
        };
        let settle = move |(done, positions)| match done {
            GroupRecovered::Recovered(_) => {
                let mut state = cell.lock();
                state.record = Arc::new(Group { deletion: None, ..Group::clone(&state.record) });
                GroupRecovered::Recovered(positions)
            }
            other => other,
        };
        self.writer.run(Subject::All, run, settle).await
    }

    async fn groups(
        &self,
        app: &AppId,
        filter: GroupFilter,
        order: Order,
        window: Window,
    ) -> StoreResult<Page<Group>> {
        let Some(space) = self.space(app).await? else {
            return Ok(Page { entries: Vec::new(), total: 0 });
        };
        self.readers.snapshot(move |connection| list(connection, space.key, filter, order, window)).await
    }

    async fn walk_groups(
        &self,
        app: &AppId,
        filter: GroupFilter,
        order: Order,
        after: Option<i64>,
        limit: usize,
    ) -> StoreResult<Slice<Group>> {
        let Some(space) = self.space(app).await? else {
            return Ok(Slice { entries: Vec::new(), more: false });
        };
        self.readers.read(move |connection| walk(connection, space.key, filter, order, after, limit)).await
    }

    async fn groups_of(
        &self,
        app: &AppId,
        user: &UserId,
        order: Order,
        window: Window,
    ) -> StoreResult<Page<Group>> {
        let Some(space) = self.space(app).await? else {
            return Ok(Page { entries: Vec::new(), total: 0 });
        };
        // Sessions first: a membership that becomes durable in between is then found twice rather than never.
        let attended = self.memory.attended(space.key, user);
        let user = user.clone();
        self.readers
            .snapshot(move |connection| of_user(connection, space.key, &user, &attended, order, window))
            .await
    }

    async fn tally(&self, at: &GroupRef) -> StoreResult<GroupTally> {
        let Some(cell) = self.roster(at).await? else { return Ok(GroupTally::default()) };
        let state = cell.lock();
        Ok(state.tally())
    }

    async fn purge(&self, now: Millis, deleted: Millis) -> StoreResult<u64> {
        self.open_still()?;
        self.purge_some(now, deleted).await
    }

    async fn purge_time(&self, now: Millis) -> StoreResult<Millis> {
        self.open_still()?;
        self.find_purge_time(now).await
    }

    async fn note_purge_time(&self, time: Millis) -> StoreResult<Millis> {
        self.open_still()?;
        self.raise_purge_time(time).await
    }
}
