//! Removes what has been kept long enough, in small steps: one call is one short transaction. Nodes that sweep at the
//! same time pass over what another one has in hand.

use muster_core::{chat::CHANNEL_RETENTION, id::GroupRef, time::Millis};
use tokio_postgres::Row;

use super::{
    PostgresStore,
    database::Tx,
    fault::{Fault, retry},
    records::{bigint, group_ref},
    values::values,
};

use crate::tables;

/// Rows that one call removes, about.
const AT_ONCE: u64 = 1_000;
/// Applications and channels whose old entries one call removes.
const SPACES_AT_ONCE: i64 = 16;
/// Users' streams of deleted applications that one call removes.
const STREAMS_AT_ONCE: i64 = 64;

/// The setting that holds the time by which was last purged: milliseconds, as 8 bytes.
pub(super) const PURGE_TIME: &str = "purge_time";
const PURGE_TIME_SQL: &str = "SELECT value FROM setting WHERE name = $1";
/// The newest thing that would be removed with age.
const NEWEST: &str = "SELECT max(at) FROM (
      SELECT (SELECT max(e.at) FROM entry e WHERE e.app = s.app) AS at FROM space s
      UNION ALL SELECT max(deleted_at) FROM grp UNION ALL SELECT max(at) FROM chat_message) newest";

/// A group whose time has come: it was deleted, or its application was.
struct Doomed {
    at: GroupRef,
    number: i64,
    deleted: bool,
}

impl Doomed {
    fn app(&self) -> &str {
        self.at.app.as_str()
    }

    fn id(&self) -> &str {
        self.at.group.as_str()
    }
}

/// Rows of a group that may be many: each statement removes up to `$3` of them. Which they are is asked once, into an
/// array: of a table that was never analysed the planner believes that it has few rows, and would ask for each of them.
const BULK: [&str; 2] = [
    "DELETE FROM entry WHERE app = $1 AND stream = $2 AND sequence = ANY (ARRAY
       (SELECT sequence FROM entry WHERE app = $1 AND stream = $2 ORDER BY sequence LIMIT $3))",
    "DELETE FROM message_count WHERE app = $1 AND stream = $2 AND kind = ANY (ARRAY
       (SELECT kind FROM message_count WHERE app = $1 AND stream = $2 LIMIT $3))",
];
/// The same, of tables that know the group by its id.
const BULK_BY_ID: [&str; 2] = [
    "DELETE FROM member WHERE app = $1 AND grp = $2 AND number = ANY (ARRAY
       (SELECT number FROM member WHERE app = $1 AND grp = $2 ORDER BY number LIMIT $3))",
    "DELETE FROM visitor WHERE app = $1 AND grp = $2 AND user_id = ANY (ARRAY
       (SELECT user_id FROM visitor WHERE app = $1 AND grp = $2 ORDER BY user_id LIMIT $3))",
];

/// What is left of a group then.
const REST: [&str; 5] = [
    "DELETE FROM member_block WHERE app = $1 AND grp = $2",
    "DELETE FROM node_count WHERE app = $1 AND grp = $2",
    "DELETE FROM roster WHERE app = $1 AND grp = $2",
    "DELETE FROM stream WHERE app = $1 AND kind = 1 AND name = $2",
    "DELETE FROM grp WHERE app = $1 AND id = $2",
];

/// Where the next group is found whose time has come: among those that were deleted, and among those of deleted applications.
const DOOMED: [&str; 2] = [
    "SELECT app, id, number, true AS deleted FROM grp WHERE deleted_at <= $1
     ORDER BY deleted_at LIMIT 1 FOR UPDATE SKIP LOCKED",
    "SELECT g.app, g.id, g.number, g.deleted_at IS NOT NULL AS deleted FROM app a JOIN grp g ON g.app = a.app
     WHERE a.deleted_at <= $1 LIMIT 1 FOR UPDATE OF g SKIP LOCKED",
];

async fn next_doomed(tx: &Tx, deleted: Millis) -> Result<Option<Doomed>, Fault> {
    for sql in DOOMED {
        if let Some(row) = tx.query_opt(sql, values![deleted.0]).await? {
            let (number, deleted) = (row.try_get("number")?, row.try_get("deleted")?);
            return Ok(Some(Doomed { at: group_ref(&row)?, number, deleted }));
        }
    }
    Ok(None)
}

/// Removes up to `limit` of the rows that may be many; 0 when none is left.
async fn remove_bulk(tx: &Tx, doomed: &Doomed, limit: u64) -> Result<u64, Fault> {
    let mut rows = 0;
    for sql in BULK {
        let left = bigint(limit - rows);
        rows += tx.execute(sql, values![doomed.app(), doomed.number, left]).await?.min(limit - rows);
    }
    for sql in BULK_BY_ID {
        let left = bigint(limit - rows);
        rows += tx.execute(sql, values![doomed.app(), doomed.id(), left]).await?.min(limit - rows);
    }
    Ok(rows)
}

/// Removes what is left of a group.
async fn remove_group(tx: &Tx, doomed: &Doomed) -> Result<u64, Fault> {
    let mut rows = 0;
    for sql in tables::purges_of_a_group().chain(REST.map(str::to_owned)) {
        rows += tx.execute(&sql, values![doomed.app(), doomed.id()]).await?;
    }
    let count = if doomed.deleted { "deleted_groups" } else { "existing_groups" };
    let sql = format!("UPDATE space SET {count} = {count} - 1 WHERE app = $1");
    tx.execute(&sql, values![doomed.app()]).await?;
    Ok(rows)
}

impl PostgresStore {
    /// One step of a sweep; how many rows went.
    pub(super) async fn purge_some(&self, now: Millis, deleted: Millis) -> Result<u64, Fault> {
        let messages = retry(|| self.purge_messages(now - CHANNEL_RETENTION.millis())).await?;
        // Messages of a group are older than its deletion: when none is left to go with age, a handful goes with the group.
        if messages >= AT_ONCE {
            return Ok(messages);
        }
        let (gone, groups) = retry(|| self.purge_groups(deleted)).await?;
        for at in gone {
            self.groups.forget(at);
        }
        let users = retry(|| self.purge_users(deleted)).await?;
        let entries = retry(|| self.purge_entries(now)).await?;
        Ok(messages + groups + users + entries)
    }

    /// Removes messages of business numbers that were taken before a time.
    async fn purge_messages(&self, before: Millis) -> Result<u64, Fault> {
        let tx = self.database.begin().await?;
        let rows = tx.execute(tables::PURGE_OLD_MESSAGES, values![before.0, bigint(AT_ONCE)]).await?;
        tx.commit().await?;
        Ok(rows)
    }

    /// Purges deleted groups; the groups that are gone now, and how many rows went.
    async fn purge_groups(&self, deleted: Millis) -> Result<(Vec<GroupRef>, u64), Fault> {
        let tx = self.database.begin().await?;
        let (mut gone, mut rows) = (Vec::new(), 0);
        while rows < AT_ONCE
            && let Some(doomed) = next_doomed(&tx, deleted).await?
        {
            let removed = remove_bulk(&tx, &doomed, AT_ONCE - rows).await?;
            rows += removed;
            if removed == 0 {
                rows += remove_group(&tx, &doomed).await?;
                gone.push(doomed.at);
            }
        }
        tx.commit().await?;
        Ok((gone, rows))
    }

    /// Purges users' streams of applications that were deleted at or before a time; how many rows went.
    async fn purge_users(&self, deleted: Millis) -> Result<u64, Fault> {
        let tx = self.database.begin().await?;
        let sql = "SELECT s.app, s.name, s.number FROM app a JOIN stream s ON s.app = a.app AND s.kind = 2
                   WHERE a.deleted_at <= $1 LIMIT $2 FOR UPDATE OF s SKIP LOCKED";
        let streams = tx.query(sql, values![deleted.0, STREAMS_AT_ONCE]).await?;
        let mut rows = 0;
        for row in &streams {
            let (app, name): (&str, &str) = (row.try_get("app")?, row.try_get("name")?);
            let (number, left): (i64, u64) = (row.try_get("number")?, AT_ONCE.saturating_sub(rows));
            let [entries, _] = BULK;
            let removed = tx.execute(entries, values![app, number, bigint(left)]).await?;
            rows += removed;
            if removed < left {
                let sql = "DELETE FROM stream WHERE app = $1 AND kind = 2 AND name = $2";
                rows += tx.execute(sql, values![app, name]).await?;
            }
        }
        tx.commit().await?;
        Ok(rows)
    }

    async fn purge_entries(&self, now: Millis) -> Result<u64, Fault> {
        let tx = self.database.begin().await?;
        let spaces = tx
            .query(
                "SELECT s.app, s.horizon FROM (
                   SELECT s.app, $1 - coalesce(a.retention_days * 86400000, $2) AS horizon
                   FROM space s LEFT JOIN app a ON a.app = s.app) s
                 WHERE EXISTS (SELECT 1 FROM entry e WHERE e.app = s.app AND e.at < s.horizon) LIMIT $3",
                values![now.0, CHANNEL_RETENTION.millis(), SPACES_AT_ONCE],
            )
            .await?;
        let mut rows = 0;
        for row in &spaces {
            let (app, horizon): (&str, i64) = (row.try_get("app")?, row.try_get("horizon")?);
            let limit = bigint(AT_ONCE / spaces.len() as u64);
            rows += tx
                .execute(
                    "DELETE FROM entry WHERE app = $1 AND (stream, sequence) IN
                       (SELECT stream, sequence FROM entry WHERE app = $1 AND at < $2 ORDER BY at LIMIT $3
                        FOR UPDATE SKIP LOCKED)",
                    values![app, horizon, limit],
                )
                .await?;
        }
        tx.commit().await?;
        Ok(rows)
    }

    /// The time by which was last purged.
    pub(super) async fn find_purge_time(&self, now: Millis) -> Result<Millis, Fault> {
        let connection = self.database.reader().await?;
        let noted = connection.query_opt(PURGE_TIME_SQL, values![PURGE_TIME]).await?;
        if let Some(row) = noted {
            return noted_in(&row);
        }
        let newest: Option<i64> =
            connection.query_opt(NEWEST, &[]).await?.and_then(|row| row.try_get(0).ok().flatten());
        drop(connection);
        self.raise_purge_time(newest.map_or(now, |newest| now.min(Millis(newest)))).await
    }

    /// Notes a later time.
    pub(super) async fn raise_purge_time(&self, time: Millis) -> Result<Millis, Fault> {
        Ok(retry(|| self.try_raise_purge_time(time)).await?)
    }

    async fn try_raise_purge_time(&self, time: Millis) -> Result<Millis, Fault> {
        let tx = self.database.begin().await?;
        // Of positive numbers the bytes are in the order of the numbers.
        let sql = "INSERT INTO setting AS s (name, value) VALUES ($1, $2) ON CONFLICT (name)
                   DO UPDATE SET value = greatest(s.value, excluded.value) RETURNING value";
        let value = time.0.max(0).to_be_bytes();
        let row = tx.query_opt(sql, values![PURGE_TIME, &value[..]]).await?;
        tx.commit().await?;
        row.map_or(Ok(time), |row| noted_in(&row))
    }
}

fn noted_in(row: &Row) -> Result<Millis, Fault> {
    let bytes: &[u8] = row.try_get("value")?;
    // Nobody else writes it; what is none was never noted.
    Ok(Millis(<[u8; 8]>::try_from(bytes).map_or(0, i64::from_be_bytes)))
}
