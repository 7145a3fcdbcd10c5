//! The embedded store: SQLite in a data directory that one process owns.
//!
//! What lasts is in the database, and a change is answered when it is on the disk: one `writer` thread gathers
//! changes into transactions, and one `fsync` acknowledges all of a batch. What is asked often is in memory: group
//! records, the ends of streams, counters, and of every roster in use which join numbers are present (`cell`,
//! `presence`). Memory is changed after the commit and before the answer, so that whoever was answered finds what
//! was done. What is cold is read by a few `readers`. Sessions live in memory alone: their connections end with
//! the process.
//!
//! Views by sessions and counts of messages that are not stored may lag behind a crash by a second
//! (`housekeeping`).

mod also;
mod backup;
mod cell;
mod cells;
mod checkpoint;
mod connection;
mod fault;
mod groups;
mod housekeeping;
mod mark;
mod messages;
mod migrate;
mod options;
mod presence;
mod private;
mod purge;
mod readers;
mod records;
mod rosters;
mod rows;
mod sessions;
mod spaces;
mod stats;
mod tables;
mod transfer;
mod tx;
mod user_info;
mod writer;

use std::{
    fs::{File, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use muster_core::{
    figure::Figure,
    id::{AppId, GroupRef, UserId},
    random::Random,
    store::{Records, Store, StoreError, StoreResult},
    transfer::{Counts, TransferError},
};

pub use self::{
    backup::{RestoreError, Restored},
    fault::OpenError,
    mark::{Loss, MARK_FILE},
    options::SqliteOptions,
    stats::Stats,
};
use self::{
    cell::GroupCell,
    cells::Cells,
    checkpoint::{WalGauge, WalKeeper},
    housekeeping::{Housekeeper, Unwritten},
    mark::CommitMark,
    messages::UserTops,
    readers::Readers,
    rows::Rows,
    spaces::{Space, Spaces},
    stats::Counters,
    tables::Threads,
    writer::{Writer, WriterThread},
};
pub(crate) use self::{
    fault::{fault, misuse, stopped, wanted_still},
    migrate::migrate,
    tables::{Snapshot, numbered},
};
use crate::{inspection::Inspection, sharded::Sharded, tables::Tables};

/// The database's file in the data directory.
pub const DATABASE_FILE: &str = "muster.db";
/// The file that the process which has the data directory holds locked.
pub const LOCK_FILE: &str = "muster.lock";

/// The embedded store.
///
/// Dropping it without [`close`](Store::close) loses what a crash would lose, nothing that was acknowledged.
pub struct SqliteStore {
    // The order of the fields is the order of their ends: first what uses the writer, then its queue, then its
    // thread, then the mark, which outlives every connection, at last the lock.
    housekeeper: Housekeeper,
    tables: Tables<Threads>,
    writer: Writer,
    _writer_thread: WriterThread,
    readers: Arc<Readers>,
    memory: Arc<Memory>,
    logins: Arc<sessions::Logins>,
    counters: Arc<Counters>,
    wal: Arc<WalGauge>,
    mark: Arc<CommitMark>,
    /// The database's file, and how it was opened.
    path: PathBuf,
    options: SqliteOptions,
    closed: Arc<AtomicBool>,
    lock: File,
}

/// What both callers and the writer change.
struct Memory {
    cells: Cells,
    spaces: Spaces,
    rows: Rows,
    tops: Arc<UserTops>,
    /// The groups where a user is a member by a session, by key.
    attendances: Sharded<(i64, UserId), Vec<i64>>,
    unwritten: Unwritten,
}

impl Memory {
    /// Notes that a session has become a member.
    fn attend(&self, space: i64, user: &UserId, group: i64) {
        let key = (space, user.clone());
        self.attendances.shard(&key.clone(), |map| map.entry(key).or_default().push(group));
    }

    /// The groups where a user is a member by a session, by key.
    fn attended(&self, space: i64, user: &UserId) -> Vec<i64> {
        let key = (space, user.clone());
        self.attendances.shard(&key, |map| map.get(&key).cloned().unwrap_or_default())
    }

    /// Notes that a session is no member by itself any more.
    fn unattend(&self, space: i64, user: &UserId, group: i64) {
        let key = (space, user.clone());
        self.attendances.shard(&key, |map| {
            if let Some(groups) = map.get_mut(&key) {
                groups.retain(|&one| one != group);
                if groups.is_empty() {
                    map.remove(&key);
                }
            }
        });
    }
}

impl SqliteStore {
    /// Opens the store in `directory`, and makes both when they are not there.
    ///
    /// # Errors
    /// [`OpenError`] when another process has the directory, when a file in it cannot be used, or when the database
    /// is not one that this version knows.
    pub fn open(
        directory: &Path,
        options: &SqliteOptions,
        random: Arc<dyn Random>,
    ) -> Result<Self, OpenError> {
        let at = |path: PathBuf| move |source| OpenError::Io { path, source };
        private::make_directory(directory).map_err(at(directory.to_owned()))?;
        let lock = hold(directory)?;
        let path = directory.join(DATABASE_FILE);
        private::close_database(&path);
        let found = mark::examine(directory)?;
        private::make_file(&path).map_err(at(path.clone()))?;
        let mut connection = connection::open_writer(&path, options)?;
        let mark = Arc::new(CommitMark::take_up(directory, &found, &connection)?);
        let readers: Result<Vec<_>, _> =
            (0..options.readers.max(1)).map(|_| connection::open_reader(&path, options)).collect();
        let thread = |source| OpenError::Io { path: directory.to_owned(), source };
        let wal = Arc::new(WalGauge::new(mark::log_of(&path)));
        wal.attach(&mut connection)?;
        let checkpointer = connection::open_checkpointer(&path)?;
        let keeper =
            WalKeeper::start(checkpointer, Arc::clone(&wal), Arc::clone(&mark), options.wal_limit_bytes)
                .map_err(thread)?;
        let readers = Arc::new(Readers::start(readers?, options.waiting_reads).map_err(thread)?);
        let memory = Arc::new(Memory {
            cells: Cells::new(options.cached_groups),
            spaces: Spaces::new(),
            rows: Rows::new(options.roster_cache_bytes),
            tops: Arc::new(UserTops::new()),
            attendances: Sharded::new(),
            unwritten: Unwritten::default(),
        });
        let counters = Arc::new(Counters::default());
        let (writer, writer_thread) = Writer::start(
            options.waiting_writes,
            connection,
            keeper,
            Arc::clone(&mark),
            Arc::clone(&counters),
            Arc::clone(&memory.tops),
        )
        .map_err(thread)?;
        let housekeeper = Housekeeper::start(writer.clone(), Arc::clone(&memory)).map_err(thread)?;
        let closed = Arc::new(AtomicBool::new(false));
        let threads = Threads {
            writer: writer.clone(),
            readers: Arc::clone(&readers),
            memory: Arc::clone(&memory),
            closed: Arc::clone(&closed),
        };
        Ok(Self {
            housekeeper,
            tables: Tables::new(threads, random),
            writer,
            _writer_thread: writer_thread,
            readers,
            memory,
            logins: Arc::new(sessions::Logins::new()),
            counters,
            wal,
            mark,
            path,
            options: options.clone(),
            closed,
            lock,
        })
    }

    /// Takes what is in a data directory for what should be there, after files were lost: a log that was not written for
    /// the database's file is put aside under the name `….rejected`. What was lost, if anything was.
    ///
    /// # Errors
    /// [`OpenError`] when another process has the directory, or when its files cannot be read or renamed.
    pub fn accept_loss(directory: &Path) -> Result<Option<Loss>, OpenError> {
        let _lock = hold(directory)?;
        mark::accept(directory)
    }

    /// Looks whether the files of a data directory belong together, and what SQLite finds wrong in the database. Leaves
    /// them as they are.
    ///
    /// # Errors
    /// [`OpenError`] when another process has the directory, when files were lost, or when they cannot be read.
    pub fn faults(directory: &Path) -> Result<Vec<String>, OpenError> {
        let _lock = hold(directory)?;
        mark::examine(directory)?;
        mark::faults(&directory.join(DATABASE_FILE))
    }

    /// Looks into the database of a data directory, whether or not a process has it, and leaves it as it is.
    ///
    /// # Errors
    /// [`OpenError`] when the database cannot be read.
    pub fn inspect(directory: &Path) -> Result<Inspection, OpenError> {
        let connection = mark::look(&directory.join(DATABASE_FILE))?;
        connection.busy_timeout(connection::BUSY_TIMEOUT)?;
        let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'setting'";
        if connection.query_row(sql, [], |row| row.get::<_, i64>(0))? == 0 {
            // Of a version that kept none.
            return Ok(Inspection::default());
        }
        Ok(Inspection {
            master_check: tables::master_check(&connection)?,
            purge_time: purge::purge_time(&connection)?,
            database_time: None,
        })
    }

    /// The store's own figures.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            commits: self.counters.commits(),
            jobs: self.counters.jobs(),
            wal_bytes: self.wal.bytes(),
            cached_groups: self.memory.cells.len(),
        }
    }

    /// Fails once the store is closed. What is answered from memory must ask.
    fn open_still(&self) -> StoreResult<()> {
        if self.closed.load(Ordering::Acquire) { Err(stopped()) } else { Ok(()) }
    }

    /// The group at this address, deleted ones included.
    async fn cell(&self, at: &GroupRef) -> StoreResult<Option<Arc<GroupCell>>> {
        self.open_still()?;
        self.memory.cells.get(at, &self.readers).await
    }

    /// The group at this address with its roster in memory.
    async fn roster(&self, at: &GroupRef) -> StoreResult<Option<Arc<GroupCell>>> {
        let Some(cell) = self.cell(at).await? else { return Ok(None) };
        cell.load_roster(&self.readers).await?;
        Ok(Some(cell))
    }

    async fn space(&self, id: &AppId) -> StoreResult<Option<Space>> {
        self.open_still()?;
        self.memory.spaces.get(id, &self.readers).await
    }

    /// The space of an application or channel that the caller knows to be there.
    async fn known_space(&self, id: &AppId) -> StoreResult<Space> {
        match self.space(id).await? {
            Some(space) => Ok(space),
            None => misuse(format!("there is no application or channel {id}")),
        }
    }
}

/// Takes the data directory for this process.
fn hold(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join(LOCK_FILE);
    let at = |source| OpenError::Io { path: path.clone(), source };
    private::make_file(&path).map_err(at)?;
    let mut file = File::options().read(true).write(true).open(&path).map_err(at)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let known = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
            let holder =
                if known { format!("process {}", holder.trim()) } else { "another process".to_owned() };
            return Err(OpenError::Held { path: directory.to_owned(), holder });
        }
        Err(TryLockError::Error(source)) => return Err(at(source)),
    }
    file.set_len(0).map_err(at)?;
    file.rewind().map_err(at)?;
    writeln!(file, "{}", std::process::id()).map_err(at)?;
    Ok(file)
}

#[async_trait]
impl Store for SqliteStore {
    fn records(&self) -> &dyn Records {
        &self.tables
    }

    fn figures(&self) -> Vec<Figure> {
        let stats = self.stats();
        vec![
            Figure::gauge("store_wal_bytes", "Bytes of the write-ahead log now", stats.wal_bytes),
            Figure::gauge("store_cached_groups", "Groups in memory now", stats.cached_groups),
            Figure::counter("store_commits", "Transactions of the store", stats.commits),
            Figure::counter("store_writes", "Writes gathered into them", stats.jobs),
        ]
    }

    async fn ready(&self) -> StoreResult<()> {
        self.open_still()?;
        self.readers
            .read(|connection| connection.query_row("SELECT count(*) FROM migration", [], |_| Ok(())))
            .await?;
        // Really written, and taken back in the same transaction: a disk that is full or read-only still reads.
        let probe = |tx: &mut tx::Tx<'_>| {
            tx.atomically(|tx| {
                tx.execute("INSERT INTO migration (number, name, checksum) VALUES (-1, 'probe', '')", [])?;
                tx.execute("DELETE FROM migration WHERE number = -1", []).map(|_| ())
            })
        };
        self.writer.run(writer::Subject::None, probe, |()| ()).await
    }

    async fn backup(&self, file: &Path) -> Result<Counts, TransferError> {
        self.open_still()?;
        let (database, options, to) = (self.path.clone(), self.options.clone(), file.to_owned());
        let written = tokio::task::spawn_blocking(move || backup::write(&database, &options, &to)).await;
        written.map_err(|error| StoreError::Failed(Box::new(error)))?
    }

    async fn close(&self) -> StoreResult<()> {
        if self.closed.swap(true, Ordering::AcqRel) {
            return Err(stopped());
        }
        let written = self.housekeeper.flush(&self.writer).await;
        self.readers.stop();
        self.writer.stop().await?;
        // The directory is free now, not only when the store is dropped. Dropping unlocks it too, should this fail.
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the data directory stays locked until the process ends");
        }
        written
    }
}
