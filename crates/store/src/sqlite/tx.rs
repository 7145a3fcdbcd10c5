//! The transaction of a batch: the statements of its jobs, and what they claim in memory until the commit.

use std::{cell::Cell, collections::HashMap, sync::Arc};

use muster_core::{id::UserId, message::Sequence, store::StoreResult};
use rusqlite::{CachedStatement, Connection, Params};

use super::{
    cell::GroupCell,
    fault::{fault, is_locked},
    mark::COUNT_ONE,
    messages::UserTops,
};

/// A place in a user's stream that a batch has claimed.
#[derive(Clone, Copy, Debug)]
pub(super) struct UserPlace {
    pub(super) key: i64,
    pub(super) sequence: Sequence,
}

/// A batch's transaction. It begins with the first change.
pub(super) struct Tx<'a> {
    connection: &'a Connection,
    begun: Cell<bool>,
    /// Whether it could not begin because another process held the database.
    locked: Cell<bool>,
    /// Groups of which jobs of this batch hold claims.
    cells: Vec<Arc<GroupCell>>,
    /// Ends of users' streams as they are committed.
    pub(super) tops: &'a UserTops,
    /// Ends of users' streams that moved in this batch.
    pub(super) user_places: HashMap<(i64, UserId), UserPlace>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(connection: &'a Connection, tops: &'a UserTops) -> Self {
        Self {
            connection,
            begun: Cell::new(false),
            locked: Cell::new(false),
            cells: Vec::new(),
            tops,
            user_places: HashMap::new(),
        }
    }

    /// A statement that changes something.
    pub(super) fn change(&self, sql: &str) -> StoreResult<CachedStatement<'a>> {
        if !self.begun.get() {
            let begin = self.connection.prepare_cached("BEGIN IMMEDIATE");
            begin.and_then(|mut begin| begin.execute([])).map_err(|error| {
                self.locked.set(is_locked(&error));
                fault(error)
            })?;
            self.begun.set(true);
        }
        self.connection.prepare_cached(sql).map_err(fault)
    }

    /// Executes a statement that changes something; how many rows it changed.
    pub(super) fn execute(&self, sql: &str, values: impl Params) -> StoreResult<usize> {
        self.change(sql)?.execute(values).map_err(fault)
    }

    /// The connection, to read what is there, uncommitted changes of this batch included.
    pub(super) fn read(&self) -> &'a Connection {
        self.connection
    }

    /// Runs several changes so that they are made all or not at all.
    pub(super) fn atomically<T>(
        &mut self,
        steps: impl FnOnce(&mut Self) -> StoreResult<T>,
    ) -> StoreResult<T> {
        self.execute("SAVEPOINT job", [])?;
        let result = steps(self);
        if result.is_err() && !self.is_lost() {
            self.execute("ROLLBACK TO job", [])?;
        }
        if !self.is_lost() {
            self.execute("RELEASE job", [])?;
        }
        result
    }

    /// Takes a claim of a user's stream back: its end is as it was before.
    pub(super) fn restore_place(&mut self, of: &(i64, UserId), before: Option<UserPlace>) {
        match before {
            Some(place) => self.user_places.insert(of.clone(), place),
            None => self.user_places.remove(of),
        };
    }

    /// The key of the row inserted last.
    pub(super) fn last_key(&self) -> i64 {
        self.connection.last_insert_rowid()
    }

    /// Notes that a job of this batch holds claims in `cell`. Its figures are written before the commit, and its
    /// claims end with the batch.
    pub(super) fn involve(&mut self, cell: &Arc<GroupCell>) {
        if cell.involve() {
            self.cells.push(Arc::clone(cell));
        }
    }

    /// Whether anything was changed, so that there is something to commit.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.get()
    }

    /// Whether it could not begin because another process held the database.
    pub(super) fn is_locked(&self) -> bool {
        self.locked.get()
    }

    /// Whether SQLite gave the transaction up by itself, as it does when the disk is full.
    pub(super) fn is_lost(&self) -> bool {
        self.begun.get() && self.connection.is_autocommit()
    }

    /// Makes what was claimed what holds, after the commit.
    pub(super) fn settle_claims(&self) {
        for cell in &self.cells {
            cell.commit();
        }
        self.tops.moved(&self.user_places);
    }

    /// Undoes what was done and claimed.
    pub(super) fn abandon(self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a failed batch could not be rolled back");
        }
        for cell in &self.cells {
            cell.abort();
        }
        self.release();
    }

    /// Lets go of the groups.
    pub(super) fn release(self) {
        for cell in &self.cells {
            cell.release();
        }
    }

    /// Writes what jobs claimed, and commits; which commit of the database that is, if anything was changed. After an
    /// error the transaction is still to be rolled back.
    pub(super) fn commit(&self) -> StoreResult<Option<u64>> {
        for cell in &self.cells {
            cell.write_claims(self)?;
        }
        for ((space, user), place) in &self.user_places {
            self.execute(
                "UPDATE user_stream SET sequence = ?1 WHERE space_key = ?2 AND user_id = ?3",
                rusqlite::params![place.sequence, space, user.as_str()],
            )?;
        }
        if !self.begun.get() {
            return Ok(None);
        }
        let commits = self.change(COUNT_ONE)?.query_row([], |row| row.get(0)).map_err(fault)?;
        self.execute("COMMIT", [])?;
        Ok(Some(commits))
    }
}
