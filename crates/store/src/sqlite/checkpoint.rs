//! Keeps the write-ahead log short.
//!
//! Moving the log into the database inside a commit would make that commit wait for thousands of pages. So a thread
//! with a connection of its own moves it while the writer goes on (`PASSIVE`). Under unbroken writing that never
//! empties the log; when its file passes the limit, the writer itself moves the rest and empties it (`TRUNCATE`).

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
};

use rusqlite::Connection;

/// Bytes that the log's file grows before it is moved in the background.
const PASSIVE_BYTES: u64 = 32 << 20;
/// Commits after which it is moved even when its file did not grow: SQLite reuses a file that was moved whole.
const PASSIVE_COMMITS: u64 = 1_024;

/// Knows the log's length.
#[derive(Debug)]
pub(super) struct WalGauge {
    path: PathBuf,
    bytes: AtomicU64,
}

impl WalGauge {
    pub(super) fn new(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        Self { path: path.into(), bytes: AtomicU64::new(0) }
    }

    fn measure(&self) -> u64 {
        let bytes = std::fs::metadata(&self.path).map_or(0, |file| file.len());
        self.bytes.store(bytes, Ordering::Relaxed);
        bytes
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// The writer's part: decides when the log is moved, and by whom.
pub(super) struct WalKeeper {
    gauge: Arc<WalGauge>,
    /// Bytes from which on the writer empties the log; rises while readers keep it from that.
    limit: u64,
    threshold: u64,
    moved_at: u64,
    commits: u64,
    wake: mpsc::SyncSender<()>,
    /// Held by whoever moves the log: the second of two would be turned away at once.
    moving: Arc<Mutex<()>>,
}

impl WalKeeper {
    /// Starts the thread that moves the log in the background. It ends when the keeper is dropped.
    pub(super) fn start(connection: Connection, gauge: Arc<WalGauge>, limit: u64) -> std::io::Result<Self> {
        let (wake, woken) = mpsc::sync_channel(1);
        let moving = Arc::new(Mutex::new(()));
        let theirs = Arc::clone(&moving);
        let serve = move || {
            while woken.recv().is_ok() {
                let _moving = theirs.lock().unwrap_or_else(PoisonError::into_inner);
                checkpoint(&connection, "PRAGMA wal_checkpoint(PASSIVE)");
            }
        };
        std::thread::Builder::new().name("store-checkpoint".into()).spawn(serve)?;
        Ok(Self { gauge, limit, threshold: limit, moved_at: 0, commits: 0, wake, moving })
    }

    /// Called after every batch.
    pub(super) fn committed(&mut self, writer: &Connection) {
        self.commits += 1;
        let bytes = self.gauge.measure();
        if bytes >= self.threshold {
            self.empty(writer);
            // Readers of an old snapshot can keep the log; then the next try waits until it has grown on.
            let left = self.gauge.measure();
            self.threshold = if left < self.limit { self.limit } else { left + PASSIVE_BYTES };
            self.moved_at = left;
        } else if bytes >= self.moved_at + PASSIVE_BYTES || self.commits >= PASSIVE_COMMITS {
            self.moved_at = bytes;
            self.commits = 0;
            // Full: the thread is at it.
            let _ = self.wake.try_send(());
        }
    }

    /// Moves everything, at the end.
    pub(super) fn finish(&self, writer: &Connection) {
        self.empty(writer);
        self.gauge.measure();
    }

    fn empty(&self, writer: &Connection) {
        let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        checkpoint(writer, "PRAGMA wal_checkpoint(TRUNCATE)");
    }
}

fn checkpoint(connection: &Connection, pragma: &str) {
    let moved = connection.query_row(pragma, [], |row| {
        Ok((row.get::<_, i64>(0)? != 0, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    });
    match moved {
        Ok((kept, frames, moved)) => tracing::debug!(kept, frames, moved, "checkpoint"),
        Err(error) => tracing::warn!(%error, "the write-ahead log could not be moved into the database"),
    }
}
