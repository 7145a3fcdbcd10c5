//! Reads everything, in the order of the records' kinds.

use muster_core::{
    group::Group,
    id::{AppId, GroupId, GroupRef, UserId},
    message::StreamRef,
    number::TypeCount,
    roster::RosterState,
    store::StoreResult,
    transfer::{GroupRecord, Kind, MemberRecord, MessageCount, Record, StreamEntry, UserStream},
};
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};
use tokio::sync::mpsc;

use super::BATCH;
use crate::sqlite::{
    fault::fault,
    messages::{ENTRY_COLUMNS, read_entry},
    records::{self, GROUP_COLUMNS, id, millis, text},
    tables::Snapshot,
};
use crate::tables::{self, Carried};

/// Nobody takes the records any more.
#[derive(Debug, thiserror::Error)]
#[error("nobody takes the records")]
struct Unwanted;

/// Where records go, in batches.
struct Out {
    batch: Vec<Record>,
    send: mpsc::Sender<Vec<Record>>,
}

impl Out {
    fn put(&mut self, record: Record) -> rusqlite::Result<()> {
        self.batch.push(record);
        if self.batch.len() < BATCH { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> rusqlite::Result<()> {
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.send
            .blocking_send(batch)
            .map_err(|_| rusqlite::Error::ToSqlConversionFailure(Box::new(Unwanted)))
    }

    /// Puts a record for each row of a statement.
    fn rows<P: Params>(
        &mut self,
        connection: &Connection,
        sql: &str,
        values: P,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<Record>,
    ) -> rusqlite::Result<()> {
        let mut query = connection.prepare_cached(sql)?;
        let mut rows = query.query(values)?;
        while let Some(row) = rows.next()? {
            self.put(read(row)?)?;
        }
        Ok(())
    }
}

/// Reads everything and sends it in batches.
pub(super) fn all(connection: &Connection, send: mpsc::Sender<Vec<Record>>) -> StoreResult<()> {
    let mut out = Out { batch: Vec::with_capacity(BATCH), send };
    for kind in Kind::ALL {
        match tables::of_kind(kind) {
            Some(carried) => records(connection, &mut out, carried)?,
            None => hot(connection, &mut out, kind).map_err(fault)?,
        }
    }
    out.flush().map_err(fault)
}

/// The rows of a table that is written once for every store.
fn records(connection: &Connection, out: &mut Out, carried: &Carried) -> StoreResult<()> {
    let mut after = None;
    loop {
        let part = (carried.part)(&mut Snapshot(connection), after)?;
        for record in part.records {
            out.put(record).map_err(fault)?;
        }
        if part.next.is_none() {
            return Ok(());
        }
        after = part.next;
    }
}

/// What has a form of its own here.
fn hot(connection: &Connection, out: &mut Out, kind: Kind) -> rusqlite::Result<()> {
    match kind {
        Kind::LastGroupNumber => last_group_number(connection, out),
        Kind::Group => groups(connection, out),
        Kind::MessageCount => message_counts(connection, out),
        Kind::Member => members(connection, out),
        Kind::UserStream => user_streams(connection, out),
        Kind::Entry => entries(connection, out),
        _ => Ok(()),
    }
}

fn group_ref(row: &Row<'_>) -> rusqlite::Result<GroupRef> {
    Ok(GroupRef::new(id(row, "space_id", AppId::new)?, id(row, "id", GroupId::new)?))
}

fn last_group_number(connection: &Connection, out: &mut Out) -> rusqlite::Result<()> {
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'group'";
    let last: Option<i64> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    out.put(Record::LastGroupNumber(last.unwrap_or(0)))
}

/// Groups with their figures.
fn groups(connection: &Connection, out: &mut Out) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT {GROUP_COLUMNS}, f.next_join, f.views, f.visitors, f.sequence, f.super_group,
           EXISTS (SELECT 1 FROM member m WHERE m.group_key = g.key) AS durable
         FROM \"group\" g JOIN space s ON s.key = g.space_key JOIN figures f ON f.group_key = g.key
         ORDER BY g.key"
    );
    out.rows(connection, &sql, [], |row| {
        let group: Group = records::group(row)?;
        let views = row.get("views")?;
        let figures = RosterState { count: 0, views, super_group: row.get("super_group")? };
        let durable = group.deletion.is_none() && row.get("durable")?;
        Ok(Record::Group(GroupRecord {
            group,
            next_join: row.get("next_join")?,
            views,
            visitors: row.get("visitors")?,
            super_group: figures.outlasts_sessions(durable),
            sequence: row.get("sequence")?,
        }))
    })
}

fn message_counts(connection: &Connection, out: &mut Out) -> rusqlite::Result<()> {
    let sql = "SELECT s.id AS space_id, g.id, c.kind, c.total FROM message_count c
               JOIN \"group\" g ON g.key = c.group_key JOIN space s ON s.key = g.space_key
               ORDER BY c.group_key, c.kind";
    out.rows(connection, sql, [], |row| {
        let GroupRef { app, group } = group_ref(row)?;
        Ok(Record::MessageCount(MessageCount {
            app,
            group,
            kind: row.get("kind")?,
            total: TypeCount::clamped(row.get("total")?),
        }))
    })
}

/// Does something for each group.
fn each_group(
    connection: &Connection,
    condition: &str,
    mut act: impl FnMut(i64, GroupRef) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT g.key, s.id AS space_id, g.id FROM \"group\" g JOIN space s ON s.key = g.space_key
         WHERE {condition} ORDER BY g.key"
    );
    let mut query = connection.prepare(&sql)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        act(row.get("key")?, group_ref(row)?)?;
    }
    Ok(())
}

fn members(connection: &Connection, out: &mut Out) -> rusqlite::Result<()> {
    let sql = "SELECT number, user_id, info, joined_at FROM member WHERE group_key = ?1 ORDER BY number";
    each_group(connection, "g.deleted = 0", |key, at| {
        out.rows(connection, sql, [key], |row| {
            Ok(Record::Member(MemberRecord {
                app: at.app.clone(),
                group: at.group.clone(),
                number: row.get("number")?,
                user: id(row, "user_id", UserId::new)?,
                info: text(row, "info")?,
                joined_at: millis(row, "joined_at")?,
            }))
        })
    })
}

/// The tables of users' streams, in the order in which they are given.
const USER_STREAMS: &str = "user_stream u JOIN space s ON s.key = u.space_key ORDER BY u.key";

fn user_streams(connection: &Connection, out: &mut Out) -> rusqlite::Result<()> {
    let sql = format!("SELECT s.id, u.user_id, u.sequence FROM {USER_STREAMS}");
    out.rows(connection, &sql, [], |row| {
        Ok(Record::UserStream(UserStream {
            app: id(row, "id", AppId::new)?,
            user: id(row, "user_id", UserId::new)?,
            sequence: row.get("sequence")?,
        }))
    })
}

fn entries(connection: &Connection, out: &mut Out) -> rusqlite::Result<()> {
    each_group(connection, "TRUE", |key, at| entries_of(connection, out, key, &StreamRef::Group(at)))?;
    let sql = format!("SELECT u.key, s.id, u.user_id FROM {USER_STREAMS}");
    let mut query = connection.prepare(&sql)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let stream = StreamRef::User(id(row, "id", AppId::new)?, id(row, "user_id", UserId::new)?);
        entries_of(connection, out, -row.get::<_, i64>("key")?, &stream)?;
    }
    Ok(())
}

fn entries_of(connection: &Connection, out: &mut Out, key: i64, stream: &StreamRef) -> rusqlite::Result<()> {
    let sql = format!("SELECT {ENTRY_COLUMNS} FROM entry WHERE stream = ?1 ORDER BY sequence");
    out.rows(connection, &sql, params![key], |row| {
        Ok(Record::Entry(StreamEntry { stream: stream.clone(), entry: read_entry(row)? }))
    })
}
