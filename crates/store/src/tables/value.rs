//! Values of statements and cells of rows, whatever the database.

use std::sync::Arc;

use muster_core::{
    id::{AppId, GroupId, GroupRef, InvalidId},
    time::Millis,
};

use crate::{
    codes::{Code, Unreadable},
    columns::JsonColumn,
};

/// What a statement is given for `$1`, `$2`, …. Nothing has a type too: a statement that is not prepared needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// An integer of 64 bits.
    Number(Option<i64>),
    /// True or false.
    Flag(bool),
    /// A text without U+0000: an id, a choice, JSON.
    Text(Option<String>),
    /// A text that callers write freely, U+0000 and all.
    Free(Option<String>),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Value {
    /// A text that callers write freely.
    pub(crate) fn free<'a>(text: impl Into<Option<&'a str>>) -> Self {
        Self::Free(text.into().map(str::to_owned))
    }

    /// A count or a bound; one that is too large is larger than anything stored.
    pub(crate) fn count(number: u64) -> Self {
        Self::Number(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    /// A choice that stands as a text, or none.
    pub(crate) fn choice<T: Code<Stored = str>>(choice: Option<T>) -> Self {
        Self::Text(choice.map(|choice| choice.code().to_owned()))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<Millis> for Value {
    fn from(at: Millis) -> Self {
        Self::Number(Some(at.0))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

/// The values of a statement: `values![a, b]` for `$1` and `$2`.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        &[$($crate::tables::Value::from($value)),*]
    };
}
pub(crate) use values;

/// What stands in a row, as the database gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Nothing,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row of an answer. A column that is not there, or holds something else than is asked for, is [`Unreadable`].
#[derive(Debug)]
pub(crate) struct Row {
    columns: Arc<[String]>,
    cells: Vec<Cell>,
}

type Read<T> = Result<T, Unreadable>;

impl Row {
    pub(crate) fn new(columns: Arc<[String]>, cells: Vec<Cell>) -> Self {
        Self { columns, cells }
    }

    fn cell(&self, column: &'static str) -> Read<&Cell> {
        let at = self.columns.iter().position(|name| name == column);
        at.and_then(|at| self.cells.get(at)).ok_or_else(|| Unreadable::new(column, &"it is not there"))
    }

    /// What stands in a column, as a value to ask with.
    pub(crate) fn value(&self, column: &'static str) -> Read<Value> {
        match self.cell(column)? {
            Cell::Number(number) => Ok(Value::Number(Some(*number))),
            Cell::Text(text) => Ok(Value::Text(Some(text.clone()))),
            Cell::Bytes(bytes) => Ok(Value::Bytes(bytes.clone())),
            Cell::Nothing => Err(Unreadable::new(column, &"nothing stands there")),
        }
    }

    /// A number, or nothing.
    pub(crate) fn optional_number(&self, column: &'static str) -> Read<Option<i64>> {
        match self.cell(column)? {
            Cell::Nothing => Ok(None),
            Cell::Number(number) => Ok(Some(*number)),
            other => Err(Unreadable::new(column, &format_args!("it is no number but {other:?}"))),
        }
    }

    /// A number.
    pub(crate) fn number(&self, column: &'static str) -> Read<i64> {
        self.optional_number(column)?.ok_or_else(|| Unreadable::new(column, &"nothing stands there"))
    }

    /// A number that is never negative.
    pub(crate) fn count(&self, column: &'static str) -> Read<u64> {
        u64::try_from(self.number(column)?).map_err(|error| Unreadable::new(column, &error))
    }

    /// A small number that is never negative.
    pub(crate) fn small(&self, column: &'static str) -> Read<u32> {
        u32::try_from(self.number(column)?).map_err(|error| Unreadable::new(column, &error))
    }

    /// True or false.
    pub(crate) fn flag(&self, column: &'static str) -> Read<bool> {
        Ok(self.number(column)? != 0)
    }

    /// A time.
    pub(crate) fn millis(&self, column: &'static str) -> Read<Millis> {
        self.number(column).map(Millis)
    }

    /// A text, whichever way it stands, or nothing.
    pub(crate) fn optional_text(&self, column: &'static str) -> Read<Option<&str>> {
        match self.cell(column)? {
            Cell::Nothing => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            Cell::Bytes(bytes) => {
                str::from_utf8(bytes).map(Some).map_err(|error| Unreadable::new(column, &error))
            }
            Cell::Number(_) => Err(Unreadable::new(column, &"it is a number and no text")),
        }
    }

    /// A text, whichever way it stands.
    pub(crate) fn text(&self, column: &'static str) -> Read<&str> {
        self.optional_text(column)?.ok_or_else(|| Unreadable::new(column, &"nothing stands there"))
    }

    /// Bytes.
    pub(crate) fn bytes(&self, column: &'static str) -> Read<&[u8]> {
        match self.cell(column)? {
            Cell::Bytes(bytes) => Ok(bytes),
            other => Err(Unreadable::new(column, &format_args!("it is no bytes but {other:?}"))),
        }
    }

    /// An id that the store wrote.
    pub(crate) fn id<T>(&self, column: &'static str, new: fn(&str) -> Result<T, InvalidId>) -> Read<T> {
        new(self.text(column)?).map_err(|error| Unreadable::new(column, &error))
    }

    /// The address in two columns.
    pub(crate) fn group_ref(&self, app: &'static str, group: &'static str) -> Read<GroupRef> {
        Ok(GroupRef::new(self.id(app, AppId::new)?, self.id(group, GroupId::new)?))
    }

    /// A value that stands as JSON.
    pub(crate) fn json<T: JsonColumn>(&self, column: &'static str) -> Read<T> {
        T::from_json(self.text(column)?).map_err(|error| Unreadable::new(column, &error))
    }

    /// A choice that stands as a text.
    pub(crate) fn named<T: Code<Stored = str>>(&self, column: &'static str) -> Read<T> {
        let code = self.text(column)?;
        T::from_code(code).ok_or_else(|| Unreadable::new(T::NAME, &code))
    }

    /// A choice that stands as a number.
    pub(crate) fn numbered<T: Code<Stored = i64>>(&self, column: &'static str) -> Read<T> {
        let code = self.number(column)?;
        T::from_code(&code).ok_or_else(|| Unreadable::new(T::NAME, &code))
    }
}
