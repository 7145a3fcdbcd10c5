//! Backups of the embedded store: one file, made while the store is in use, and taken back into an empty directory.
//!
//! A backup is SQLite's own online copy of one moment. It holds everything but the master key, of which it holds the
//! check value, and a note of how many records there are of each kind, by which it is told from a database in use and
//! proved whole when it is restored. A restored database has another identity than the one it was copied from, so that
//! neither is ever taken for the other.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use muster_core::{
    store::StoreError,
    transfer::{Counts, TransferError},
};
use rusqlite::{Connection, OptionalExtension as _, backup::Backup, params};

use super::{
    DATABASE_FILE, MARK_FILE, SqliteStore, connection,
    fault::{OpenError, fault},
    hold, mark,
    options::SqliteOptions,
    private,
    transfer::count,
};
use crate::settings::MASTER_KEY_CHECK;

/// The setting that tells of a backup: how many records there were of each kind, as JSON.
const BACKUP: &str = "backup";
/// Pages that are copied at a time.
const ALL_PAGES: i32 = -1;

/// A backup could not be restored. The directory is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is something already.
    #[error("{0} is there already: restore into an empty directory")]
    NotEmpty(PathBuf),
    /// The file is none.
    #[error("{0} is not a backup that `muster backup` wrote")]
    Foreign(PathBuf),
    /// What it holds is not what it should.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database in it cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// How many records there are of each kind.
    pub counts: Counts,
    /// The check value of the master key that the secrets in it are sealed under.
    pub master_check: Option<Vec<u8>>,
}

/// A file that is not whole yet. Removed unless it gets its name.
struct Draft {
    path: PathBuf,
}

impl Draft {
    /// Begins an empty file beside the place that it shall have, for its owner alone.
    fn beside(place: &Path) -> io::Result<Self> {
        let mut name = place.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        File::options().create(true).write(true).truncate(true).mode(0o600).open(&path)?;
        Ok(Self { path })
    }

    /// Gives the file its name once it is on the disk.
    fn finish(self, place: &Path) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        fs::rename(&self.path, place)?;
        let directory = place.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let mut name = self.path.as_os_str().to_owned();
            name.push(suffix);
            // Nearly always it is gone, for it has its name.
            let _ = fs::remove_file(PathBuf::from(name));
        }
    }
}

/// Copies what `source` sees at this moment to an empty database; how many records there are.
fn copy(source: &Connection, to: &Path) -> Result<Counts, TransferError> {
    let snapshot = source.unchecked_transaction().map_err(fault)?;
    let counts = count(&snapshot).map_err(fault)?;
    let mut copy = Connection::open(to).map_err(fault)?;
    Backup::new(&snapshot, &mut copy).and_then(|backup| backup.step(ALL_PAGES)).map_err(fault)?;
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).map_err(fault)?;
    let note = serde_json::to_vec(&counts).map_err(|error| StoreError::Failed(Box::new(error)))?;
    copy.execute("INSERT INTO setting (name, value) VALUES (?1, ?2)", params![BACKUP, note])
        .map_err(fault)?;
    counts.must_be(&count(&copy).map_err(fault)?)?;
    Ok(counts)
}

/// Writes a backup of an open store.
pub(super) fn write(database: &Path, options: &SqliteOptions, to: &Path) -> Result<Counts, TransferError> {
    let failed = |error: io::Error| TransferError::Other(Box::new(error));
    let source =
        connection::open_reader(database, options).map_err(|error| StoreError::Failed(Box::new(error)))?;
    let draft = Draft::beside(to).map_err(failed)?;
    let counts = copy(&source, &draft.path)?;
    draft.finish(to).map_err(failed)?;
    Ok(counts)
}

/// Proves that a copied backup is whole, and makes a database of it.
fn take_over(draft: &Path, backup: &Path) -> Result<Restored, RestoreError> {
    let connection = connection::open_writer(draft, &SqliteOptions::default())?;
    let sqlite = |error| RestoreError::Open(OpenError::Sqlite(error));
    let setting = |name: &str| {
        let sql = "SELECT value FROM setting WHERE name = ?1";
        connection.query_row(sql, [name], |row| row.get::<_, Vec<u8>>(0)).optional().map_err(sqlite)
    };
    let noted = setting(BACKUP)?.ok_or_else(|| RestoreError::Foreign(backup.to_owned()))?;
    let noted: Counts =
        serde_json::from_slice(&noted).map_err(|error| RestoreError::Damaged(error.to_string()))?;
    let faults = mark::faults(draft)?;
    if !faults.is_empty() {
        return Err(RestoreError::Damaged(faults.join("; ")));
    }
    let counts = count(&connection).map_err(sqlite)?;
    noted.must_be(&counts).map_err(|error| RestoreError::Damaged(error.to_string()))?;
    let master_check = setting(MASTER_KEY_CHECK)?;
    connection.execute("DELETE FROM setting WHERE name = ?1", [BACKUP]).map_err(sqlite)?;
    connection.execute("UPDATE commits SET store = randomblob(16)", []).map_err(sqlite)?;
    let in_file = |row: &rusqlite::Row<'_>| Ok(row.get::<_, i64>(0)? == 0);
    if !connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], in_file).map_err(sqlite)? {
        return Err(RestoreError::Damaged("another program has it open".to_owned()));
    }
    Ok(Restored { counts, master_check })
}

impl SqliteStore {
    /// Restores a backup into a directory that has no store, and makes the directory when it is not there.
    ///
    /// # Errors
    /// [`RestoreError`]. Then there is no store in the directory.
    pub fn restore(backup: &Path, directory: &Path) -> Result<Restored, RestoreError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| RestoreError::Io { path, source }
        };
        private::make_directory(directory).map_err(at(directory))?;
        let _lock = hold(directory)?;
        let database = directory.join(DATABASE_FILE);
        for path in [&database, &mark::log_of(&database), &directory.join(MARK_FILE)] {
            if path.exists() {
                return Err(RestoreError::NotEmpty(path.clone()));
            }
        }
        let mut from = File::open(backup).map_err(at(backup))?;
        let draft = Draft::beside(&database).map_err(at(directory))?;
        let mut to = File::options().write(true).open(&draft.path).map_err(at(&draft.path))?;
        io::copy(&mut from, &mut to).map_err(at(&draft.path))?;
        drop(to);
        let restored = take_over(&draft.path, backup)?;
        draft.finish(&database).map_err(at(&database))?;
        Ok(restored)
    }
}
