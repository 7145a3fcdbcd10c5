//! Records on SQLite: steps run on a reader's thread, or on the writer's as one job.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use muster_core::{
    group::Group,
    id::{AppId, GroupRef},
    message::Positions,
    store::{Also, StoreError, StoreResult},
};
use rusqlite::{
    CachedStatement, Connection, OptionalExtension as _, ToSql,
    types::{ToSqlOutput, ValueRef},
};

use super::{
    Memory,
    also::{Following, Made, together},
    fault::{fault, stopped},
    groups::insert_group,
    readers::Readers,
    spaces::{self, insert_space},
    tx::Tx,
    writer::{Subject, Writer},
};
use crate::{
    settings::MASTER_KEY_CHECK,
    tables::{Cell, Change, Database, Reading, Row, Transaction, Tried, Turn, Value, misuse},
};

/// A statement's text with its places for values as SQLite numbers them.
pub(crate) fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Number(None) | Self::Text(None) | Self::Free(None) => ValueRef::Null,
            Self::Number(Some(number)) => ValueRef::Integer(*number),
            Self::Flag(flag) => ValueRef::Integer((*flag).into()),
            Self::Text(Some(text)) | Self::Free(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn cell(value: ValueRef<'_>) -> rusqlite::Result<Cell> {
    Ok(match value {
        ValueRef::Null => Cell::Nothing,
        ValueRef::Integer(number) => Cell::Number(number),
        ValueRef::Text(_) => Cell::Text(value.as_str()?.to_owned()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => {
            return Err(rusqlite::Error::InvalidColumnType(0, "a real number".into(), value.data_type()));
        }
    })
}

fn rows(mut statement: CachedStatement<'_>, values: &[Value]) -> rusqlite::Result<Vec<Row>> {
    let columns: Arc<[String]> = statement.column_names().map(str::to_owned).collect();
    let read = |row: &rusqlite::Row<'_>| {
        let cells = (0..columns.len()).map(|at| cell(row.get_ref(at)?)).collect::<Result<_, _>>()?;
        Ok(Row::new(Arc::clone(&columns), cells))
    };
    statement.query_map(rusqlite::params_from_iter(values), read)?.collect()
}

fn epoch(connection: &Connection, id: &AppId) -> rusqlite::Result<Option<String>> {
    Ok(spaces::load(connection, id)?.map(|space| space.epoch.to_string()))
}

fn group_number(connection: &Connection, at: &GroupRef) -> rusqlite::Result<Option<i64>> {
    let sql =
        "SELECT g.key FROM \"group\" g JOIN space s ON s.key = g.space_key WHERE s.id = ?1 AND g.id = ?2";
    let mut query = connection.prepare_cached(sql)?;
    query.query_row([at.app.as_str(), at.group.as_str()], |row| row.get(0)).optional()
}

/// The check value of the master key, of a database that no store is open on.
pub(super) fn master_check(connection: &Connection) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut query = connection.prepare_cached("SELECT value FROM setting WHERE name = ?1")?;
    query.query_row([MASTER_KEY_CHECK], |row| row.get(0)).optional()
}

/// Reads on a reader's connection.
pub(crate) struct Snapshot<'a>(pub(crate) &'a Connection);

impl Reading for Snapshot<'_> {
    fn query(&mut self, sql: &str, values: &[Value]) -> Tried<Vec<Row>> {
        let statement = self.0.prepare_cached(&numbered(sql)).map_err(fault)?;
        Ok(rows(statement, values).map_err(fault)?)
    }

    fn epoch(&mut self, id: &AppId) -> Tried<Option<String>> {
        Ok(epoch(self.0, id).map_err(fault)?)
    }

    fn group_number(&mut self, at: &GroupRef) -> Tried<Option<i64>> {
        Ok(group_number(self.0, at).map_err(fault)?)
    }
}

/// Reads and changes in the writer's transaction.
pub(super) struct Job<'t, 'c> {
    tx: &'t Tx<'c>,
    /// The key of the group that was made last.
    made: Option<i64>,
}

impl<'t, 'c> Job<'t, 'c> {
    pub(super) fn new(tx: &'t Tx<'c>) -> Self {
        Self { tx, made: None }
    }
}

impl Reading for Job<'_, '_> {
    fn query(&mut self, sql: &str, values: &[Value]) -> Tried<Vec<Row>> {
        let sql = numbered(sql);
        let mut statement = self.tx.read().prepare_cached(&sql).map_err(fault)?;
        if !statement.readonly() {
            statement = self.tx.change(&sql)?;
        }
        Ok(rows(statement, values).map_err(fault)?)
    }

    fn epoch(&mut self, id: &AppId) -> Tried<Option<String>> {
        Ok(epoch(self.tx.read(), id).map_err(fault)?)
    }

    fn group_number(&mut self, at: &GroupRef) -> Tried<Option<i64>> {
        Ok(group_number(self.tx.read(), at).map_err(fault)?)
    }
}

impl Transaction for Job<'_, '_> {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Tried<u64> {
        Ok(self.tx.execute(&numbered(sql), rusqlite::params_from_iter(values))? as u64)
    }

    fn take_turn(&mut self, turn: Turn<'_>) -> Tried<bool> {
        // There is one writer: it is always its turn.
        match turn {
            Turn::Directory => Ok(true),
            Turn::Space(id) => Ok(spaces::load(self.tx.read(), id).map_err(fault)?.is_some()),
        }
    }

    fn add_space(&mut self, id: &AppId, epoch: &str) -> Tried<()> {
        Ok(insert_space(self.tx, id, epoch).map(|_| ())?)
    }

    fn add_group(&mut self, group: &Group) -> Tried<i64> {
        match spaces::load(self.tx.read(), &group.at.app).map_err(fault)? {
            Some(space) => {
                let key = insert_group(self.tx, space.key, group, None)?;
                self.made = Some(key);
                Ok(key)
            }
            None => misuse(format!("there is no application or channel {}", group.at.app)),
        }
    }
}

/// The way to the database's threads.
pub(super) struct Threads {
    pub(super) writer: Writer,
    pub(super) readers: Arc<Readers>,
    pub(super) memory: Arc<Memory>,
    pub(super) closed: Arc<AtomicBool>,
}

impl Database for Threads {
    fn open_still(&self) -> StoreResult<()> {
        if self.closed.load(Ordering::Acquire) { Err(stopped()) } else { Ok(()) }
    }

    async fn read<T, S>(&self, step: S) -> StoreResult<T>
    where
        T: Send + 'static,
        S: Fn(&mut dyn Reading) -> Tried<T> + Send + Sync + 'static,
    {
        self.open_still()?;
        let found = self.readers.read(move |connection| Ok(step(&mut Snapshot(connection)))).await?;
        found.map_err(StoreError::from)
    }

    async fn snapshot<T, S>(&self, step: S) -> StoreResult<T>
    where
        T: Send + 'static,
        S: Fn(&mut dyn Reading) -> Tried<T> + Send + Sync + 'static,
    {
        self.open_still()?;
        let found = self.readers.snapshot(move |connection| Ok(step(&mut Snapshot(connection)))).await?;
        found.map_err(StoreError::from)
    }

    async fn write_also<T, S>(&self, also: Also, step: S) -> StoreResult<(T, Positions)>
    where
        T: Send + 'static,
        S: Fn(&mut dyn Transaction) -> Tried<Change<T>> + Send + Sync + 'static,
    {
        self.open_still()?;
        let following = match also.is_nothing() {
            true => Following::default(),
            false => Following::find(&self.memory, &self.readers, also).await?,
        };
        let change = move |tx: &mut Tx<'_>| {
            let mut job = Job::new(tx);
            let change = step(&mut job)?;
            let made = match job.made {
                _ if !change.made => Made::Nothing,
                Some(key) => Made::Group(key),
                None => Made::Change,
            };
            Ok((change.answer, made))
        };
        let run = move |tx: &mut Tx<'_>| together(tx, None, &following, |tx| tx.atomically(|tx| change(tx)));
        self.writer.run(Subject::None, run, |done| done).await
    }
}
