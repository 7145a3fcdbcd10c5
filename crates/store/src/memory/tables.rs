//! Records: a step runs in a transaction of an SQLite database without a file, while the hot state is held, so that
//! applications and groups which it adds there come with its rows or not at all.

use std::sync::{Arc, Mutex, atomic::AtomicBool};

use muster_core::{
    group::Group,
    id::{AppId, GroupRef},
    message::Positions,
    store::{Also, StoreError, StoreResult},
};
use rusqlite::{Connection, params_from_iter};

use super::state::{Space, State};
use crate::{
    sqlite::{Snapshot, fault, numbered, wanted_still},
    tables::{
        Change, Database, INSERT_CALL, Reading, Row, Transaction, Tried, Turn, Value, misuse, values_of,
    },
};

/// What the store's halves share.
pub(super) struct Shared {
    pub(super) connection: Mutex<Connection>,
    pub(super) state: Mutex<State>,
    pub(super) closed: AtomicBool,
}

/// The database of the store's records.
pub(super) struct InMemory(pub(super) Arc<Shared>);

/// A step under way.
struct Step<'a> {
    connection: &'a Connection,
    state: &'a mut State,
    /// What it has added to the hot state.
    spaces: Vec<AppId>,
    groups: Vec<GroupRef>,
}

impl<'a> Step<'a> {
    fn new(connection: &'a Connection, state: &'a mut State) -> Self {
        Self { connection, state, spaces: Vec::new(), groups: Vec::new() }
    }

    /// Takes back what was added.
    fn undo(self) {
        for at in self.groups {
            self.state.remove_group(&at);
        }
        for id in self.spaces {
            self.state.spaces.remove(&id);
        }
    }
}

impl Reading for Step<'_> {
    fn query(&mut self, sql: &str, values: &[Value]) -> Tried<Vec<Row>> {
        Snapshot(self.connection).query(sql, values)
    }

    fn epoch(&mut self, id: &AppId) -> Tried<Option<String>> {
        Ok(self.state.spaces.get(id).map(|space| space.epoch.clone()))
    }

    fn group_number(&mut self, at: &GroupRef) -> Tried<Option<i64>> {
        Ok(self.state.group(at).map(|group| group.record.number))
    }
}

impl Transaction for Step<'_> {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Tried<u64> {
        let mut statement = self.connection.prepare_cached(&numbered(sql)).map_err(fault)?;
        Ok(statement.execute(params_from_iter(values)).map_err(fault)? as u64)
    }

    fn take_turn(&mut self, turn: Turn<'_>) -> Tried<bool> {
        // One step runs at a time: it is always its turn.
        Ok(match turn {
            Turn::Directory => true,
            Turn::Space(id) => self.state.spaces.contains_key(id),
        })
    }

    fn add_space(&mut self, id: &AppId, epoch: &str) -> Tried<()> {
        if self.state.spaces.contains_key(id) {
            return misuse(format!("there is an application or channel {id} already"));
        }
        self.state.spaces.insert(id.clone(), Space::new(epoch));
        self.spaces.push(id.clone());
        Ok(())
    }

    fn add_group(&mut self, group: &Group) -> Tried<i64> {
        let Some(made) = self.state.add_group(group.clone()) else {
            return misuse(format!("there is no application or channel {}", group.at.app));
        };
        self.groups.push(group.at.clone());
        Ok(made.number)
    }
}

/// Writes what is owed for changes of the hot state to the records: before anything looks there.
fn write_owed(connection: &Connection, state: &mut State) -> StoreResult<()> {
    for call in state.owed.drain(..) {
        let mut statement = connection.prepare_cached(&numbered(INSERT_CALL)).map_err(fault)?;
        statement.execute(params_from_iter(values_of(&call)?)).map_err(fault)?;
    }
    Ok(())
}

impl InMemory {
    fn look<T>(&self, step: impl Fn(&mut dyn Reading) -> Tried<T>) -> StoreResult<T> {
        self.0.open_still()?;
        let (connection, mut state) = (self.0.connection(), self.0.state());
        write_owed(&connection, &mut state)?;
        step(&mut Step::new(&connection, &mut state)).map_err(StoreError::from)
    }

    fn change<T>(
        &self,
        also: Also,
        step: impl Fn(&mut dyn Transaction) -> Tried<Change<T>>,
    ) -> StoreResult<(T, Positions)> {
        self.0.open_still()?;
        wanted_still()?;
        let (mut connection, mut state) = (self.0.connection(), self.0.state());
        write_owed(&connection, &mut state)?;
        // Undone when it is dropped.
        let transaction = connection.transaction().map_err(fault)?;
        let mut work = Step::new(&transaction, &mut state);
        let done = step(&mut work).map_err(StoreError::from).and_then(|change| {
            if change.made {
                work.state.demand_streams(&also)?;
            }
            Ok(change)
        });
        match done {
            Ok(change) => {
                transaction.commit().map_err(fault)?;
                let positions = if change.made { state.follow(also) } else { Positions::new() };
                Ok((change.answer, positions))
            }
            Err(error) => {
                work.undo();
                Err(error)
            }
        }
    }
}

impl Database for InMemory {
    fn open_still(&self) -> StoreResult<()> {
        self.0.open_still()
    }

    async fn read<T, S>(&self, step: S) -> StoreResult<T>
    where
        T: Send + 'static,
        S: Fn(&mut dyn Reading) -> Tried<T> + Send + Sync + 'static,
    {
        self.look(step)
    }

    async fn snapshot<T, S>(&self, step: S) -> StoreResult<T>
    where
        T: Send + 'static,
        S: Fn(&mut dyn Reading) -> Tried<T> + Send + Sync + 'static,
    {
        self.look(step)
    }

    async fn write_also<T, S>(&self, also: Also, step: S) -> StoreResult<(T, Positions)>
    where
        T: Send + 'static,
        S: Fn(&mut dyn Transaction) -> Tried<Change<T>> + Send + Sync + 'static,
    {
        self.change(also, step)
    }
}
