//! Connections and their settings.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::{migrate, options::SqliteOptions};
use crate::sqlite::fault::OpenError;

/// How long a connection waits for a lock. Only checkpoints and foreign tools ever hold one against it.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the checkpointer waits for a lock, since the writer waits meanwhile.
const PATIENCE: Duration = Duration::from_millis(10);
/// Statements that a connection keeps prepared; all that the store has fit.
const CACHED_STATEMENTS: usize = 128;

/// Opens the database for writing, makes it when it is not there, and brings it up to date.
pub(super) fn open_writer(path: &Path, options: &SqliteOptions) -> Result<Connection, OpenError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    settle(&connection, options.page_cache_bytes, options.mmap_bytes)?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// Opens another connection to a database that is up to date.
pub(super) fn open_reader(path: &Path, options: &SqliteOptions) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    settle(&connection, options.page_cache_bytes / 4, options.mmap_bytes)?;
    Ok(connection)
}

/// Opens the connection that moves the log into the database.
pub(super) fn open_checkpointer(path: &Path) -> Result<Connection, OpenError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    Ok(connection)
}

fn settle(connection: &Connection, page_cache: u64, mapped: u64) -> Result<(), OpenError> {
    // FULL: a commit returns after the log is on the disk. The log is moved by the checkpointer, not by commits.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Negative: in KiB rather than in pages.
    let kibibytes = i64::try_from(page_cache / 1024).unwrap_or(i64::MAX);
    connection.pragma_update(None, "cache_size", -kibibytes)?;
    let mapped = i64::try_from(mapped).unwrap_or(i64::MAX);
    connection.pragma_update_and_check(None, "mmap_size", mapped, |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(())
}
