//! Where a store lives.

use std::{path::Path, sync::Arc};

use muster_core::{store::Store, testing::Seeded, transfer::Portable};
use muster_store::sqlite::{DATABASE_FILE, SqliteOptions, SqliteStore};
use tempfile::TempDir;

/// A place that keeps what a store wrote, so that the store can be opened there again.
pub(crate) trait Place: Send + Sync {
    /// Opens the store. One at a time.
    fn open(&self) -> Arc<dyn Store>;
    /// Opens the store for carrying its content, when no other is open.
    fn open_portable(&self) -> Arc<dyn Portable>;
    /// What would be found here had the machine stopped now.
    fn after_a_crash(&self) -> Box<dyn Place>;
}

/// SQLite in a directory of its own.
pub(crate) struct Sqlite {
    pub(crate) directory: TempDir,
    pub(crate) options: SqliteOptions,
}

impl Sqlite {
    pub(crate) fn new() -> Self {
        // Caches so small that they overflow in the tests.
        let options = SqliteOptions {
            readers: 2,
            roster_cache_bytes: 64 << 10,
            cached_groups: 64,
            ..SqliteOptions::default()
        };
        Self { directory: TempDir::new().unwrap(), options }
    }

    pub(crate) fn store(&self) -> SqliteStore {
        SqliteStore::open(self.directory.path(), &self.options, Arc::new(Seeded::new(1))).unwrap()
    }
}

impl Place for Sqlite {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.store())
    }

    fn open_portable(&self) -> Arc<dyn Portable> {
        Arc::new(self.store())
    }

    fn after_a_crash(&self) -> Box<dyn Place> {
        let copy = TempDir::new().unwrap();
        copy_files(self.directory.path(), copy.path());
        Box::new(Self { directory: copy, options: self.options.clone() })
    }
}

/// Copies the database and its log as a stopped machine would leave them. A reader that stands on the log keeps it
/// from being begun anew meanwhile, so whatever the copy of the database lacks is in the copy of the log.
fn copy_files(from: &Path, to: &Path) {
    let reader = rusqlite::Connection::open(from.join(DATABASE_FILE)).unwrap();
    reader.pragma_update(None, "wal_autocheckpoint", 0).ok();
    reader.execute_batch("BEGIN").unwrap();
    let _: i64 = reader.query_row("SELECT count(*) FROM migration", [], |row| row.get(0)).unwrap();
    for suffix in ["", "-wal"] {
        let name = format!("{DATABASE_FILE}{suffix}");
        if from.join(&name).exists() {
            std::fs::copy(from.join(&name), to.join(&name)).unwrap();
        }
    }
}
