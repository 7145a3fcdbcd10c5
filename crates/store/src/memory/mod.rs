//! A store in memory: nothing of it lasts.
//!
//! It is for tests: of other crates, which need a store that does what a store does without a disk or a server, and of
//! the suite, where it is a third reading of what the traits promise. What it holds ends with it; a "durable" change is
//! one that the next call finds. Everything that is hot stands in plain maps under one mutex, and the rules over it are
//! the domain's; records stand in the tables that are written once for every store, over an SQLite database without a
//! file. Nothing is made fast: a page of a roster costs what is passed over, and one call waits for the other.

mod groups;
mod messages;
mod purge;
mod rosters;
mod sessions;
mod state;
mod tables;

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use muster_core::{
    figure::Figure,
    random::Random,
    store::{Records, Store, StoreResult},
};
use rusqlite::Connection;

use self::{
    state::State,
    tables::{InMemory, Shared},
};
use crate::{
    sqlite::{OpenError, migrate, stopped, wanted_still},
    tables::Tables,
};

/// A store whose content ends with it. For tests alone: nothing of it lasts.
pub struct MemoryStore {
    shared: Arc<Shared>,
    tables: Tables<InMemory>,
}

impl MemoryStore {
    /// An empty store, which draws the names of streams from `random`.
    ///
    /// # Errors
    /// [`OpenError`] when SQLite cannot make a database in memory.
    pub fn open(random: Arc<dyn Random>) -> Result<Self, OpenError> {
        let mut connection = Connection::open_in_memory()?;
        migrate(&mut connection, Path::new(":memory:"))?;
        let shared = Arc::new(Shared {
            connection: Mutex::new(connection),
            state: Mutex::default(),
            closed: AtomicBool::new(false),
        });
        Ok(Self { tables: Tables::new(InMemory(Arc::clone(&shared)), random), shared })
    }

    /// What is hot, to be read.
    fn reading(&self) -> StoreResult<MutexGuard<'_, State>> {
        self.shared.open_still()?;
        Ok(self.shared.state())
    }

    /// What is hot, to be changed for a caller who still waits.
    fn changing(&self) -> StoreResult<MutexGuard<'_, State>> {
        self.shared.open_still()?;
        wanted_still()?;
        Ok(self.shared.state())
    }
}

impl Shared {
    fn open_still(&self) -> StoreResult<()> {
        if self.closed.load(Ordering::Acquire) { Err(stopped()) } else { Ok(()) }
    }

    /// The tables. Whoever needs the hot state too takes it after them.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A step that panics has its transaction undone as that is dropped.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No change of the maps panics half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn records(&self) -> &dyn Records {
        &self.tables
    }

    fn figures(&self) -> Vec<Figure> {
        Vec::new()
    }

    async fn ready(&self) -> StoreResult<()> {
        self.shared.open_still()
    }

    async fn close(&self) -> StoreResult<()> {
        if self.shared.closed.swap(true, Ordering::AcqRel) { Err(stopped()) } else { Ok(()) }
    }
}
