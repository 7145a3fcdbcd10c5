//! The description of a table, and what follows from it: adding a row, reading rows, counting, and carrying all of them
//! to another store and from one.

use muster_core::transfer::{Kind, Record, TransferError};

use super::{
    transaction::{Reading, Transaction, Tried},
    value::{Row, Value},
};
use crate::codes::Unreadable;

/// What a table holds, and how.
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// What an operator calls one of its rows.
    pub(crate) what: &'static str,
    /// The columns that a row is written with, in the order of [`Stored::values`]. Others are given by the database.
    pub(crate) columns: &'static [&'static str],
    /// The columns by which rows are told apart and stand in order when all of them are read.
    pub(crate) order: &'static [&'static str],
    /// What a row hangs on: an import demands it.
    pub(crate) parents: &'static [Parent],
    /// The columns that hold the application and the group to which a row belongs: it goes when the group is purged.
    pub(crate) group: Option<[&'static str; 2]>,
    /// Records of which kind an export gives for its rows.
    pub(crate) kind: Kind,
}

/// What a row hangs on: a row of another table, in whose columns the same values stand. Where one of ours holds nothing, there
/// is nothing to hang on.
pub(crate) struct Parent {
    /// The other table.
    pub(crate) table: &'static str,
    /// What an operator calls it.
    pub(crate) what: &'static str,
    /// Its columns, each with ours.
    pub(crate) columns: &'static [(&'static str, &'static str)],
}

/// The columns of a row that belongs to a group.
pub(crate) const GROUP: [&str; 2] = ["app", "grp"];
/// What rows of an application hang on.
pub(crate) const APP: Parent =
    Parent { table: "app", what: "application of the", columns: &[("app", "app")] };

/// What a row of a table is written from and read as.
pub(crate) trait Stored: Sized {
    /// The table.
    const TABLE: Table;
    /// Rows that are read at once when all of them are.
    const PART: usize = 1_024;

    /// The values of the columns.
    fn values(&self) -> Vec<Value>;
    /// A row that was read.
    fn read(row: &Row) -> Result<Self, Unreadable>;
    /// The row as an export gives it.
    fn record(self, reading: &mut dyn Reading) -> Tried<Record>;
    /// The row that an export gave; `None` when the record is of another kind. What else the record brings is written.
    fn of_record(record: Record, tx: &mut dyn Transaction) -> Result<Option<Self>, TransferError>;
    /// What an operator calls this row among those of its table.
    fn name(&self) -> String;
}

/// The two functions of [`Stored`] for rows that are the content of a variant of [`Record`] just as they are.
macro_rules! record_of {
    ($variant:ident) => {
        fn record(
            self,
            _: &mut dyn $crate::tables::Reading,
        ) -> $crate::tables::Tried<muster_core::transfer::Record> {
            Ok(muster_core::transfer::Record::$variant(self))
        }

        fn of_record(
            record: muster_core::transfer::Record,
            _: &mut dyn $crate::tables::Transaction,
        ) -> Result<Option<Self>, muster_core::transfer::TransferError> {
            Ok(match record {
                muster_core::transfer::Record::$variant(row) => Some(row),
                _ => None,
            })
        }
    };
}
pub(crate) use record_of;

/// A table as carrying sees it, whatever its rows are read as.
pub(crate) struct Carried {
    pub(crate) table: Table,
    /// A part of the rows as records, and where the next part begins.
    pub(crate) part: fn(&mut dyn Reading, Option<Vec<Value>>) -> Tried<Part>,
    /// Adds the row that a record holds.
    pub(crate) import: fn(&mut dyn Transaction, Record) -> Result<(), TransferError>,
}

impl Carried {
    pub(crate) const fn of<T: Stored>() -> Self {
        Self { table: T::TABLE, part: part::<T>, import: import::<T> }
    }
}

/// Records of rows that follow each other, and the place behind them when there are more.
pub(crate) struct Part {
    pub(crate) records: Vec<Record>,
    pub(crate) next: Option<Vec<Value>>,
}

/// `$1, $2, …`.
fn places(count: usize) -> String {
    (1..=count).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ")
}

impl Table {
    /// The statement that adds a row unless there is one like it.
    fn insert_sql(&self) -> String {
        let (columns, places) = (self.columns.join(", "), places(self.columns.len()));
        format!("INSERT INTO {} ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING", self.name)
    }

    /// What reads whole rows.
    fn select_sql(&self) -> String {
        let more = self.order.iter().filter(|column| !self.columns.contains(column));
        let columns: Vec<_> = self.columns.iter().chain(more).map(|column| format!("t.{column}")).collect();
        format!("SELECT {} FROM {} t", columns.join(", "), self.name)
    }

    /// The statement that counts the rows, in a column `total`.
    pub(crate) fn count_sql(&self) -> String {
        format!("SELECT count(*) AS total FROM {}", self.name)
    }

    /// The statement that removes what belongs to the group `$2` of the application `$1`, if rows belong to groups.
    pub(crate) fn purge_sql(&self) -> Option<String> {
        let [app, group] = self.group?;
        Some(format!("DELETE FROM {} WHERE {app} = $1 AND {group} = $2", self.name))
    }
}

/// Adds a row; `false` when there is one like it already.
pub(crate) fn insert<T: Stored>(tx: &mut dyn Transaction, row: &T) -> Tried<bool> {
    Ok(tx.execute(&T::TABLE.insert_sql(), &row.values())? > 0)
}

/// The rows of the table `t` that a condition holds for, with what follows it in the statement: an order, a bound.
pub(crate) fn select<T: Stored>(reading: &mut dyn Reading, tail: &str, values: &[Value]) -> Tried<Vec<T>> {
    let sql = format!("{} {tail}", T::TABLE.select_sql());
    reading.query(&sql, values)?.iter().map(|row| Ok(T::read(row)?)).collect()
}

/// The first of them.
pub(crate) fn find<T: Stored>(reading: &mut dyn Reading, tail: &str, values: &[Value]) -> Tried<Option<T>> {
    Ok(select(reading, tail, values)?.into_iter().next())
}

/// Whether there is a row, given its table and a condition.
pub(crate) fn exists(reading: &mut dyn Reading, from: &str, values: &[Value]) -> Tried<bool> {
    Ok(!reading.query(&format!("SELECT 1 AS one FROM {from} LIMIT 1"), values)?.is_empty())
}

/// The number that a statement answers in its column `total`; 0 without a row.
pub(crate) fn total(reading: &mut dyn Reading, sql: &str, values: &[Value]) -> Tried<u64> {
    Ok(reading.query(sql, values)?.first().map_or(Ok(0), |row| row.count("total"))?)
}

fn part<T: Stored>(reading: &mut dyn Reading, after: Option<Vec<Value>>) -> Tried<Part> {
    let (table, most) = (T::TABLE, T::PART);
    let order = table.order.join(", ");
    let behind = match &after {
        None => String::new(),
        Some(after) => format!("WHERE ({order}) > ({})", places(after.len())),
    };
    let sql = format!("{} {behind} ORDER BY {order} LIMIT {most}", table.select_sql());
    let rows = reading.query(&sql, &after.unwrap_or_default())?;
    let next = match rows.last().filter(|_| rows.len() == most) {
        None => None,
        Some(last) => Some(table.order.iter().map(|column| last.value(column)).collect::<Result<_, _>>()?),
    };
    let mut records = Vec::with_capacity(rows.len());
    for row in &rows {
        records.push(T::read(row)?.record(reading)?);
    }
    Ok(Part { records, next })
}

fn import<T: Stored>(tx: &mut dyn Transaction, record: Record) -> Result<(), TransferError> {
    let Some(row) = T::of_record(record, tx)? else { return Ok(()) };
    let (table, values) = (T::TABLE, row.values());
    for parent in table.parents {
        must_be_there(tx, &table, parent, &values, &row.name())?;
    }
    if tx.execute(&table.insert_sql(), &values)? > 0 {
        return Ok(());
    }
    Err(TransferError::twice(table.what, row.name()))
}

/// Refuses a row that hangs on nothing.
fn must_be_there(
    tx: &mut dyn Transaction,
    table: &Table,
    parent: &Parent,
    values: &[Value],
    name: &str,
) -> Result<(), TransferError> {
    let of = |column| table.columns.iter().position(|&known| known == column).and_then(|at| values.get(at));
    let keys: Vec<_> = parent.columns.iter().filter_map(|&(_, ours)| of(ours)).cloned().collect();
    if keys.contains(&Value::Text(None)) {
        return Ok(());
    }
    let conditions: Vec<_> =
        (1..).zip(parent.columns).map(|(at, (theirs, _))| format!("{theirs} = ${at}")).collect();
    let from = format!("{} WHERE {}", parent.table, conditions.join(" AND "));
    if exists(tx, &from, &keys)? {
        return Ok(());
    }
    Err(TransferError::orphan(parent.what, format!("{} {name}", table.what)))
}
