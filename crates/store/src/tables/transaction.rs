//! What a transaction of either database can do for the tables that are written once.

use muster_core::{
    group::Group,
    id::{AppId, GroupRef},
    store::StoreError,
    transfer::TransferError,
};

use super::value::{Row, Value};
use crate::{codes::Unreadable, postgres::Fault};

/// Why a step did not come to its end. Whoever meets one gives it on: the transaction is then undone.
#[derive(Debug)]
pub(crate) enum Failure {
    /// As the store's caller is told.
    Store(StoreError),
    /// PostgreSQL's, which may ask for another attempt.
    Postgres(Fault),
}

/// What a step comes to.
pub(crate) type Tried<T> = Result<T, Failure>;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Postgres(fault)
    }
}

impl From<Unreadable> for Failure {
    fn from(unreadable: Unreadable) -> Self {
        Self::Store(StoreError::Failed(Box::new(unreadable)))
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error,
            Failure::Postgres(fault) => fault.into(),
        }
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error.into(),
            Failure::Postgres(fault) => fault,
        }
    }
}

impl From<Failure> for TransferError {
    fn from(failure: Failure) -> Self {
        StoreError::from(failure).into()
    }
}

/// A rule of the store that the caller broke: no variant of the answer tells it.
pub(crate) fn misuse<T>(what: String) -> Tried<T> {
    Err(Failure::Store(StoreError::Failed(what.into())))
}

/// Reading in one snapshot, or within a transaction. Statements are PostgreSQL's and SQLite's alike, with values at
/// `$1`, `$2`, ….
pub(crate) trait Reading {
    /// All rows of a statement's answer.
    fn query(&mut self, sql: &str, values: &[Value]) -> Tried<Vec<Row>>;
    /// The epoch of the streams of an application's or a channel's users; `None` when there is none of this id.
    fn epoch(&mut self, id: &AppId) -> Tried<Option<String>>;
    /// The number of a group, deleted ones included.
    fn group_number(&mut self, at: &GroupRef) -> Tried<Option<i64>>;
}

/// Whose turn a change takes: others that take the same one wait until the transaction has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Turn<'a> {
    /// Changes of accounts, users, keys and policies, and of how many applications there are.
    Directory,
    /// Changes of what is in an application or a channel.
    Space(&'a AppId),
}

/// What a step of a transaction has come to.
pub(crate) struct Change<T> {
    pub(crate) answer: T,
    /// Whether something is changed, so that what follows from it is to be stored.
    pub(crate) made: bool,
}

impl<T> Change<T> {
    /// Something is changed.
    pub(crate) fn made(answer: T) -> Self {
        Self { answer, made: true }
    }

    /// Nothing is changed, or nothing follows from it.
    pub(crate) fn nothing(answer: T) -> Self {
        Self { answer, made: false }
    }
}

impl Change<bool> {
    /// Something is changed if `made`, which is the answer.
    pub(crate) fn when(made: bool) -> Self {
        Self { answer: made, made }
    }
}

/// A transaction that changes something: made whole, or not at all.
pub(crate) trait Transaction: Reading {
    /// Runs a statement; how many rows it changed.
    fn execute(&mut self, sql: &str, values: &[Value]) -> Tried<u64>;
    /// Waits for a turn; `false` when there is no such application or channel.
    fn take_turn(&mut self, turn: Turn<'_>) -> Tried<bool>;
    /// Adds what ids of groups and users are unique in; an error when the id is taken.
    fn add_space(&mut self, id: &AppId, epoch: &str) -> Tried<()>;
    /// Adds a group with an empty roster and an empty stream to a space whose turn was taken; its number.
    fn add_group(&mut self, group: &Group) -> Tried<i64>;
}
