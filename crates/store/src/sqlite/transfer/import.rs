//! Writes everything in one transaction.

use std::path::Path;

use muster_core::{
    id::{AppId, GroupRef, UserId},
    message::StreamRef,
    store::{StoreError, StoreResult},
    transfer::{Counts, GroupRecord, MemberRecord, MessageCount, Part, Record, StreamEntry, TransferError},
};
use rusqlite::{Connection, OptionalExtension as _, params};
use tokio::sync::mpsc;

use super::count;
use crate::sqlite::{
    connection,
    fault::{fault, stopped},
    groups::{insert_group, mark_deleted},
    mark::CommitMark,
    messages::{UserTops, insert_event, insert_user_stream, load_place},
    options::SqliteOptions,
    spaces,
    tables::Job,
    tx::Tx,
};
use crate::tables;

/// The indices of the tables that may be very long: built at once after the rows are there, which takes a fraction of the
/// time that adding each row in a random place takes.
const LATE_INDICES: &str = "SELECT name, sql FROM sqlite_schema
     WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('member', 'entry', 'message_count')";

/// Takes parts until the end and keeps all of them, or nothing.
pub(super) fn all(
    path: &Path,
    options: &SqliteOptions,
    mark: &CommitMark,
    parts: mpsc::Receiver<Part>,
) -> Result<Counts, TransferError> {
    let failed = |error| StoreError::Failed(Box::new(error));
    let connection = connection::open_writer(path, options).map_err(failed)?;
    // The sorting of the late indices may take more than memory should hold.
    connection.pragma_update(None, "temp_store", "FILE").map_err(fault)?;
    let taken = take(&connection, mark, parts);
    if taken.is_err()
        && !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::warn!(%error, "an import is undone only when the database is opened again");
    }
    if taken.is_ok()
        && let Err(error) = mark.while_moving(|| {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| Ok(row.get::<_, i64>(0)? == 0))
        })
    {
        tracing::warn!(%error, "the log of the import stays until the server moves it");
    }
    taken
}

fn take(
    connection: &Connection,
    mark: &CommitMark,
    mut parts: mpsc::Receiver<Part>,
) -> Result<Counts, TransferError> {
    let tops = UserTops::new();
    let mut import = Import { tx: Tx::new(connection, &tops), space: None, stream: None };
    let late = import.drop_late_indices()?;
    import.must_be_empty()?;
    let told = loop {
        match parts.blocking_recv() {
            Some(Part::Records(records)) => {
                for record in records {
                    import.put(record)?;
                }
            }
            Some(Part::End(told)) => break told,
            None => return Err(stopped().into()),
        }
    };
    for sql in late {
        import.tx.execute(&sql, [])?;
    }
    let counted = count(connection).map_err(fault)?;
    told.must_be(&counted)?;
    if let Some(commits) = import.tx.commit()? {
        mark.committed(commits);
    }
    Ok(counted)
}

/// A group or a user's stream as rows name it.
#[derive(Clone, Copy)]
struct Place {
    space: i64,
    /// The group's key, or minus the user stream's.
    stream: i64,
}

/// An import under way.
struct Import<'a> {
    tx: Tx<'a>,
    /// The application or channel asked for last, and its key: records of one come together.
    space: Option<(AppId, i64)>,
    /// The same of groups and users' streams.
    stream: Option<(StreamRef, Place)>,
}

impl Import<'_> {
    /// Drops the indices that are built at the end; the statements that build them.
    fn drop_late_indices(&self) -> StoreResult<Vec<String>> {
        let indices: Vec<(String, String)> = self
            .tx
            .read()
            .prepare(LATE_INDICES)
            .and_then(|mut query| {
                query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()
            })
            .map_err(fault)?;
        indices
            .into_iter()
            .map(|(name, sql)| self.tx.execute(&format!("DROP INDEX \"{name}\""), []).map(|_| sql))
            .collect()
    }

    /// Everything hangs on an account, an application or a channel.
    fn must_be_empty(&self) -> Result<(), TransferError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM account) OR EXISTS (SELECT 1 FROM space)";
        let filled: bool = self.tx.read().query_row(sql, [], |row| row.get(0)).map_err(fault)?;
        if filled { Err(TransferError::NotEmpty) } else { Ok(()) }
    }

    fn put(&mut self, record: Record) -> Result<(), TransferError> {
        if let Some(carried) = tables::of_kind(record.kind()) {
            return (carried.import)(&mut Job::new(&self.tx), record);
        }
        match record {
            Record::LastGroupNumber(last) => Ok(self.last_group_number(last)?),
            Record::Group(record) => self.group(&record),
            Record::MessageCount(count) => self.message_count(count),
            Record::Member(member) => self.member(member),
            Record::UserStream(stream) => {
                let space = self.space(&stream.app)?;
                insert_user_stream(&self.tx, space, &stream.user, stream.sequence)?;
                Ok(())
            }
            Record::Entry(entry) => self.entry(entry),
            _ => Ok(()),
        }
    }

    /// The next group takes a higher number than this and than all that are there.
    fn last_group_number(&self, last: i64) -> StoreResult<()> {
        self.tx.execute("DELETE FROM sqlite_sequence WHERE name = 'group'", [])?;
        self.tx.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('group', ?1)", [last])?;
        Ok(())
    }

    fn group(&mut self, record: &GroupRecord) -> Result<(), TransferError> {
        let group = &record.group;
        let space = self.space(&group.at.app)?;
        let key = insert_group(&self.tx, space, group, Some(group.number))?;
        if let Some(deletion) = &group.deletion {
            mark_deleted(&self.tx, space, key, deletion)?;
        }
        self.tx.execute(
            "UPDATE figures SET next_join = ?2, views = ?3, super_group = ?4, sequence = ?5, visitors = ?6
             WHERE group_key = ?1",
            params![
                key,
                record.next_join,
                record.views,
                record.super_group,
                record.sequence,
                record.visitors
            ],
        )?;
        Ok(())
    }

    fn message_count(&mut self, count: MessageCount) -> Result<(), TransferError> {
        let key = self.place_of_group(&GroupRef::new(count.app, count.group))?.stream;
        let sql = "INSERT INTO message_count (group_key, kind, total) VALUES (?1, ?2, ?3)";
        self.tx.execute(sql, params![key, count.kind, count.total.get()])?;
        Ok(())
    }

    fn member(&mut self, member: MemberRecord) -> Result<(), TransferError> {
        let Place { space, stream } = self.place_of_group(&GroupRef::new(member.app, member.group))?;
        self.tx.execute(
            "INSERT INTO member (group_key, number, space_key, user_id, info, joined_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                stream,
                member.number,
                space,
                member.user.as_str(),
                member.info.as_deref(),
                member.joined_at.0,
            ],
        )?;
        Ok(())
    }

    fn entry(&mut self, record: StreamEntry) -> Result<(), TransferError> {
        let Place { space, stream } = self.place(record.stream)?;
        let entry = record.entry;
        Ok(insert_event(&self.tx, space, stream, entry.sequence, &entry.event, entry.at)?)
    }

    fn space(&mut self, id: &AppId) -> Result<i64, TransferError> {
        if let Some((known, key)) = &self.space
            && known == id
        {
            return Ok(*key);
        }
        let found = spaces::load(self.tx.read(), id).map_err(fault)?;
        let key = found.ok_or_else(|| TransferError::orphan("application or channel", id))?.key;
        self.space = Some((id.clone(), key));
        Ok(key)
    }

    fn place_of_group(&mut self, at: &GroupRef) -> Result<Place, TransferError> {
        self.place(StreamRef::Group(at.clone()))
    }

    fn place(&mut self, of: StreamRef) -> Result<Place, TransferError> {
        if let Some((known, place)) = &self.stream
            && *known == of
        {
            return Ok(*place);
        }
        let space = self.space(of.app())?;
        let stream = match &of {
            StreamRef::Group(at) => self.group_key(space, at)?,
            StreamRef::User(_, user) => self.user_key(space, user)?,
        };
        let place = Place { space, stream };
        self.stream = Some((of, place));
        Ok(place)
    }

    fn group_key(&self, space: i64, at: &GroupRef) -> Result<i64, TransferError> {
        let found: Option<i64> = self
            .tx
            .read()
            .prepare_cached("SELECT key FROM \"group\" WHERE space_key = ?1 AND id = ?2")
            .and_then(|mut query| {
                query.query_row(params![space, at.group.as_str()], |row| row.get(0)).optional()
            })
            .map_err(fault)?;
        found.ok_or_else(|| TransferError::orphan("group", &at.group))
    }

    fn user_key(&self, space: i64, user: &UserId) -> Result<i64, TransferError> {
        let found = load_place(self.tx.read(), space, user).map_err(fault)?;
        found.map(|place| -place.key).ok_or_else(|| TransferError::orphan("stream of the user", user))
    }
}
