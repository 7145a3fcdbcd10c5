//! Records on PostgreSQL: steps run on threads that may block, a statement after the other on one connection.

use std::{borrow::Borrow, sync::Arc};

use bytes::BytesMut;
use muster_core::{
    group::Group,
    id::{AppId, GroupRef},
    message::Positions,
    store::{Also, StoreError, StoreResult},
};
use tokio::runtime::Handle;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::{
    database::{Connection, Database, Tx},
    fault::{Fault, settled},
    groups::{find_group, insert_group, lock_space},
    spaces::insert_space,
    writes::follow,
};
use crate::{
    codes::Unreadable,
    tables::{self, Cell, Change, Reading, Row, Transaction, Tried, Turn, Value},
};

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Number(number) => number.to_sql(kind, out),
            Self::Flag(flag) => flag.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Free(text) => text.as_deref().map(str::as_bytes).to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn sql_type(value: &Value) -> Type {
    match value {
        Value::Number(_) => Type::INT8,
        Value::Flag(_) => Type::BOOL,
        Value::Text(_) => Type::TEXT,
        Value::Free(_) | Value::Bytes(_) => Type::BYTEA,
    }
}

fn typed(values: &[Value]) -> Vec<(&(dyn ToSql + Sync), Type)> {
    values.iter().map(|value| (value as &(dyn ToSql + Sync), sql_type(value))).collect()
}

fn cell(row: &tokio_postgres::Row, at: usize, kind: &Type) -> Result<Cell, Fault> {
    let read = match *kind {
        Type::INT8 => row.try_get::<_, Option<i64>>(at)?.map(Cell::Number),
        Type::INT4 => row.try_get::<_, Option<i32>>(at)?.map(|number| Cell::Number(number.into())),
        Type::BOOL => row.try_get::<_, Option<bool>>(at)?.map(|flag| Cell::Number(flag.into())),
        Type::TEXT => row.try_get::<_, Option<String>>(at)?.map(Cell::Text),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at)?.map(Cell::Bytes),
        ref other => return Err(Unreadable::new("column", &format_args!("its type is {other}")).into()),
    };
    Ok(read.unwrap_or(Cell::Nothing))
}

fn rows(answer: &[tokio_postgres::Row]) -> Result<Vec<Row>, Fault> {
    let Some(first) = answer.first() else { return Ok(Vec::new()) };
    let kinds: Vec<Type> = first.columns().iter().map(|column| column.type_().clone()).collect();
    let columns: Arc<[String]> = first.columns().iter().map(|column| column.name().to_owned()).collect();
    let read = |row| {
        let cells =
            kinds.iter().enumerate().map(|(at, kind)| cell(row, at, kind)).collect::<Result<_, _>>()?;
        Ok(Row::new(Arc::clone(&columns), cells))
    };
    answer.iter().map(read).collect()
}

/// What statements can be run on.
pub(super) trait On {
    fn connection(&self) -> &Connection;
}

impl On for Connection {
    fn connection(&self) -> &Connection {
        self
    }
}

impl On for Tx {
    fn connection(&self) -> &Connection {
        self
    }
}

impl On for Arc<Tx> {
    fn connection(&self) -> &Connection {
        self
    }
}

/// Statements on a connection, from a thread that may block.
pub(super) struct Statements<'a, C> {
    on: &'a C,
    runtime: Handle,
}

impl<C: On> Reading for Statements<'_, C> {
    fn query(&mut self, sql: &str, values: &[Value]) -> Tried<Vec<Row>> {
        let answer = self.runtime.block_on(self.on.connection().query(sql, &typed(values)))?;
        Ok(rows(&answer)?)
    }

    fn epoch(&mut self, id: &AppId) -> Tried<Option<String>> {
        let found = self.query("SELECT epoch FROM space WHERE app = $1", &[id.as_str().into()])?;
        Ok(found.first().map(|row| row.text("epoch").map(str::to_owned)).transpose()?)
    }

    fn group_number(&mut self, at: &GroupRef) -> Tried<Option<i64>> {
        let found = self.runtime.block_on(find_group(self.on.connection(), at))?;
        Ok(found.map(|group| group.number))
    }
}

impl<C: On + Borrow<Tx>> Transaction for Statements<'_, C> {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Tried<u64> {
        Ok(self.runtime.block_on(self.on.borrow().execute(sql, &typed(values)))?)
    }

    fn take_turn(&mut self, turn: Turn<'_>) -> Tried<bool> {
        match turn {
            Turn::Directory => {
                let sql = "SELECT name FROM setting WHERE name = 'directory' FOR UPDATE";
                self.query(sql, &[]).map(|found| !found.is_empty())
            }
            Turn::Space(id) => Ok(self.runtime.block_on(lock_space(self.on.borrow(), id))?.is_some()),
        }
    }

    fn add_space(&mut self, id: &AppId, epoch: &str) -> Tried<()> {
        Ok(self.runtime.block_on(insert_space(self.on.borrow(), id, epoch))?)
    }

    fn add_group(&mut self, group: &Group) -> Tried<i64> {
        Ok(self.runtime.block_on(insert_group(self.on.borrow(), group))?)
    }
}

/// Runs blocking work, and gives back what it was done with.
pub(super) async fn blocking<C, T>(
    on: C,
    work: impl FnOnce(&mut Statements<'_, C>) -> T + Send + 'static,
) -> Result<(C, T), Fault>
where
    C: Send + 'static,
    T: Send + 'static,
{
    let runtime = Handle::current();
    let done = tokio::task::spawn_blocking(move || {
        let result = work(&mut Statements { on: &on, runtime });
        (on, result)
    });
    done.await.map_err(|error| Fault::Store(StoreError::Failed(Box::new(error))))
}

impl tables::Database for Arc<Database> {
    fn open_still(&self) -> StoreResult<()> {
        Ok(Database::open_still(self)?)
    }

    async fn read<T, S>(&self, step: S) -> StoreResult<T>
    where
        T: Send + 'static,
        S: Fn(&mut dyn Reading) -> Tried<T> + Send + Sync + 'static,
    {
        let connection = self.reader().await?;
        Ok(blocking(connection, move |statements| step(statements)).await?.1?)
    }

    async fn snapshot<T, S>(&self, step: S) -> StoreResult<T>
    where
        T: Send + 'static,
        S: Fn(&mut dyn Reading) -> Tried<T> + Send + Sync + 'static,
    {
        let snapshot = Database::snapshot(self).await?;
        let (snapshot, found) = blocking(snapshot, move |statements| step(statements)).await?;
        snapshot.rollback().await?;
        Ok(found?)
    }

    async fn write_also<T, S>(&self, also: Also, step: S) -> StoreResult<(T, Positions)>
    where
        T: Send + 'static,
        S: Fn(&mut dyn Transaction) -> Tried<Change<T>> + Send + Sync + 'static,
    {
        let step = Arc::new(step);
        let attempt = || async {
            let tx = self.begin().await?;
            let step = Arc::clone(&step);
            let (tx, done) = blocking(tx, move |statements| step(statements)).await?;
            match done {
                Ok(change) => {
                    let followed =
                        if change.made { follow(&tx, vec![&also]).await?.concat() } else { vec![] };
                    tx.commit().await.map(|()| (change.answer, followed))
                }
                Err(failure) => {
                    // The step's failure is what the caller hears, whatever becomes of this.
                    let _ = tx.rollback().await;
                    Err(failure.into())
                }
            }
        };
        Ok(settled(attempt).await?)
    }
}
