//! Removes what has been kept long enough, in small steps: one call holds the writer for some milliseconds.

use std::sync::Arc;

use muster_core::{
    chat::CHANNEL_RETENTION,
    id::{AppId, GroupId, GroupRef, UserId},
    store::StoreResult,
    time::Millis,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{SqliteStore, fault::fault, records, tables::Job, tx::Tx, writer::Subject};

use crate::tables::{self, Transaction as _, Value};

/// Rows that one call removes, about.
const AT_ONCE: u64 = 1_000;
/// Applications and channels whose old entries one call removes.
const SPACES_AT_ONCE: i64 = 16;

/// The setting that holds the time by which was last purged: milliseconds, as 8 bytes.
const PURGE_TIME: &str = "purge_time";
/// The newest thing that would be removed with age.
const NEWEST: &str = "SELECT max(at) FROM (
      SELECT (SELECT max(e.at) FROM entry e WHERE e.space_key = s.key) AS at FROM space s
      UNION ALL SELECT max(deleted_at) FROM \"group\" WHERE deleted = 1
      UNION ALL SELECT max(at) FROM chat_message)";

/// A group whose time has come: it was deleted, or its application was.
struct Doomed {
    key: i64,
    space: i64,
    at: GroupRef,
    deleted: bool,
}

/// Where the next is found: among groups that were deleted, and among those of deleted applications.
const DOOMED: [&str; 2] = [
    "SELECT g.key, g.space_key, s.id AS space_id, g.id, g.deleted FROM \"group\" g JOIN space s ON s.key = g.space_key
     WHERE g.deleted = 1 AND g.deleted_at <= ?1 ORDER BY g.deleted_at LIMIT 1",
    "SELECT g.key, g.space_key, s.id AS space_id, g.id, g.deleted FROM app a JOIN space s ON s.id = a.app
     JOIN \"group\" g ON g.space_key = s.key WHERE a.deleted_at <= ?1 LIMIT 1",
];

fn next_doomed(connection: &Connection, deleted: Millis) -> rusqlite::Result<Option<Doomed>> {
    for sql in DOOMED {
        let found = connection.prepare_cached(sql)?.query_row([deleted.0], doomed).optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn doomed(row: &Row<'_>) -> rusqlite::Result<Doomed> {
    let (app, group) = (records::id(row, "space_id", AppId::new)?, records::id(row, "id", GroupId::new)?);
    let (key, space, deleted) = (row.get("key")?, row.get("space_key")?, row.get("deleted")?);
    Ok(Doomed { key, space, at: GroupRef::new(app, group), deleted })
}

/// Removes up to `limit` of the rows that may be many; 0 when none is left.
fn remove_bulk(tx: &Tx<'_>, doomed: &Doomed, limit: u64) -> StoreResult<u64> {
    let group = doomed.key;
    let entries = tx.execute(
        "DELETE FROM entry WHERE key IN (SELECT key FROM entry WHERE stream = ?1 LIMIT ?2)",
        params![group, limit],
    )?;
    if entries > 0 {
        return Ok(entries as u64);
    }
    let members = tx.execute(
        "DELETE FROM member WHERE group_key = ?1 AND number IN
           (SELECT number FROM member WHERE group_key = ?1 ORDER BY number LIMIT ?2)",
        params![group, limit],
    )?;
    if members > 0 {
        return Ok(members as u64);
    }
    let visitors = tx.execute(
        "DELETE FROM visitor WHERE app = ?1 AND grp = ?2 AND user_id IN
           (SELECT user_id FROM visitor WHERE app = ?1 AND grp = ?2 ORDER BY user_id LIMIT ?3)",
        params![doomed.at.app.as_str(), doomed.at.group.as_str(), limit],
    )?;
    Ok(visitors as u64)
}

/// Removes what is left of a group: a handful of rows.
fn remove_group(tx: &mut Tx<'_>, doomed: &Doomed) -> StoreResult<u64> {
    tx.atomically(|tx| {
        let mut rows = 0;
        for sql in tables::purges_of_a_group() {
            let of = [Value::from(doomed.at.app.as_str()), Value::from(doomed.at.group.as_str())];
            rows += Job::new(tx).execute(&sql, &of)?;
        }
        for sql in [
            "DELETE FROM abandoned_roster WHERE group_key = ?1",
            "DELETE FROM message_count WHERE group_key = ?1",
            "DELETE FROM figures WHERE group_key = ?1",
            "DELETE FROM \"group\" WHERE key = ?1",
        ] {
            rows += tx.execute(sql, [doomed.key])? as u64;
        }
        let count = if doomed.deleted { "deleted_groups" } else { "existing_groups" };
        tx.execute(&format!("UPDATE space SET {count} = {count} - 1 WHERE key = ?1"), [doomed.space])?;
        Ok(rows)
    })
}

/// Purges deleted groups; the groups that are gone now, and how many rows went.
fn purge_groups(tx: &mut Tx<'_>, deleted: Millis) -> StoreResult<(Vec<GroupRef>, u64)> {
    let (mut gone, mut rows) = (Vec::new(), 0);
    while rows < AT_ONCE
        && let Some(doomed) = next_doomed(tx.read(), deleted).map_err(fault)?
    {
        let removed = remove_bulk(tx, &doomed, AT_ONCE - rows)?;
        rows += removed;
        if removed == 0 {
            rows += remove_group(tx, &doomed)?;
            gone.push(doomed.at);
        }
    }
    Ok((gone, rows))
}

/// What users of deleted applications have: streams, and entries in them.
const OF_USERS: [&str; 2] = [
    "FROM app a JOIN space s ON s.id = a.app JOIN entry e ON e.space_key = s.key WHERE a.deleted_at <= ?1 LIMIT ?2",
    "FROM app a JOIN space s ON s.id = a.app JOIN user_stream u ON u.space_key = s.key WHERE a.deleted_at <= ?1 LIMIT ?2",
];

/// Purges users' streams of deleted applications; whose streams are gone now, and how many rows went.
fn purge_users(tx: &Tx<'_>, deleted: Millis) -> StoreResult<(Vec<(i64, UserId)>, u64)> {
    let [entries, streams] = OF_USERS;
    let bound = params![deleted.0, AT_ONCE];
    let rows = tx.execute(&format!("DELETE FROM entry WHERE key IN (SELECT e.key {entries})"), bound)?;
    if rows > 0 {
        return Ok((Vec::new(), rows as u64));
    }
    let sql =
        format!("DELETE FROM user_stream WHERE key IN (SELECT u.key {streams}) RETURNING space_key, user_id");
    let gone: Vec<_> = tx
        .change(&sql)?
        .query_map(bound, |row| Ok((row.get("space_key")?, records::id(row, "user_id", UserId::new)?)))
        .and_then(Iterator::collect)
        .map_err(fault)?;
    let rows = gone.len() as u64;
    Ok((gone, rows))
}

/// Applications and channels that have entries older than they keep them, with the time before which those are.
fn overdue(connection: &Connection, now: Millis) -> rusqlite::Result<Vec<(i64, i64)>> {
    connection
        .prepare_cached(
            "SELECT s.key, s.horizon FROM (
               SELECT s.key, ?1 - coalesce(a.retention_days * 86400000, ?2) AS horizon
               FROM space s LEFT JOIN app a ON a.app = s.id) s
             WHERE EXISTS (SELECT 1 FROM entry e WHERE e.space_key = s.key AND e.at < s.horizon) LIMIT ?3",
        )?
        .query_map([now.0, CHANNEL_RETENTION.millis(), SPACES_AT_ONCE], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn purge_entries(tx: &mut Tx<'_>, spaces: &[(i64, i64)]) -> StoreResult<u64> {
    let mut rows = 0;
    for (space, horizon) in spaces {
        let removed = tx.execute(
            "DELETE FROM entry WHERE key IN
               (SELECT key FROM entry WHERE space_key = ?1 AND at < ?2 ORDER BY at LIMIT ?3)",
            params![space, horizon, AT_ONCE / spaces.len() as u64],
        )?;
        rows += removed as u64;
    }
    Ok(rows)
}

impl SqliteStore {
    /// One step of a sweep; how many rows went.
    pub(super) async fn purge_some(&self, now: Millis, deleted: Millis) -> StoreResult<u64> {
        let mut rows = self.purge_messages(now - CHANNEL_RETENTION.millis()).await?;
        let doomed = self.readers.read(move |connection| next_doomed(connection, deleted)).await?;
        // Messages of a group are older than its deletion: when none is left to go with age, a handful goes with the group.
        if doomed.is_some() && rows < AT_ONCE {
            let memory = Arc::clone(&self.memory);
            let run = move |tx: &mut Tx<'_>| purge_groups(tx, deleted);
            let settle = move |(gone, rows): (Vec<GroupRef>, u64)| {
                gone.iter().for_each(|at| memory.cells.forget(at));
                rows
            };
            rows += self.writer.run(Subject::All, run, settle).await?;
        }
        if rows < AT_ONCE {
            rows += self.purge_users(deleted).await?;
        }
        let spaces = self.readers.read(move |connection| overdue(connection, now)).await?;
        if !spaces.is_empty() {
            let run = move |tx: &mut Tx<'_>| purge_entries(tx, &spaces);
            rows += self.writer.run(Subject::All, run, |rows| rows).await?;
        }
        Ok(rows)
    }

    /// Removes what users of applications have that were deleted at or before a time.
    async fn purge_users(&self, deleted: Millis) -> StoreResult<u64> {
        let [_, streams] = OF_USERS;
        let look = move |connection: &Connection| {
            connection.prepare_cached(&format!("SELECT 1 {streams}"))?.exists(params![deleted.0, 1])
        };
        if !self.readers.read(look).await? {
            return Ok(0);
        }
        let tops = Arc::clone(&self.memory.tops);
        let settle = move |(gone, rows): (Vec<_>, u64)| {
            tops.ended(gone);
            rows
        };
        self.writer.run(Subject::All, move |tx: &mut Tx<'_>| purge_users(tx, deleted), settle).await
    }

    /// Removes messages of business numbers that were taken before a time.
    async fn purge_messages(&self, before: Millis) -> StoreResult<u64> {
        let old = "SELECT 1 FROM chat_message WHERE at < ?1 LIMIT 1";
        let look = move |connection: &Connection| connection.prepare_cached(old)?.exists([before.0]);
        if !self.readers.read(look).await? {
            return Ok(0);
        }
        let run = move |tx: &mut Tx<'_>| {
            let values = [before.into(), Value::count(AT_ONCE)];
            Ok(Job::new(tx).execute(tables::PURGE_OLD_MESSAGES, &values)?)
        };
        self.writer.run(Subject::All, run, |rows| rows).await
    }

    /// The time by which was last purged.
    pub(super) async fn find_purge_time(&self, now: Millis) -> StoreResult<Millis> {
        let noted = self.readers.read(purge_time).await?;
        if let Some(noted) = noted {
            return Ok(noted);
        }
        let newest: Option<i64> =
            self.readers.read(|connection| connection.query_row(NEWEST, [], |row| row.get(0))).await?;
        self.raise_purge_time(newest.map_or(now, |newest| now.min(Millis(newest)))).await
    }

    /// Notes a later time.
    pub(super) async fn raise_purge_time(&self, time: Millis) -> StoreResult<Millis> {
        let run = move |tx: &mut Tx<'_>| match purge_time(tx.read()).map_err(fault)? {
            Some(noted) if noted >= time => Ok(noted),
            _ => {
                let sql = "INSERT INTO setting (name, value) VALUES (?1, ?2)
                           ON CONFLICT (name) DO UPDATE SET value = excluded.value";
                tx.execute(sql, params![PURGE_TIME, time.0.to_be_bytes()])?;
                Ok(time)
            }
        };
        self.writer.run(Subject::All, run, |noted| noted).await
    }
}

pub(super) fn purge_time(connection: &Connection) -> rusqlite::Result<Option<Millis>> {
    let mut query = connection.prepare_cached("SELECT value FROM setting WHERE name = ?1")?;
    let noted: Option<[u8; 8]> = query.query_row([PURGE_TIME], |row| row.get(0)).optional()?;
    Ok(noted.map(|noted| Millis(i64::from_be_bytes(noted))))
}
