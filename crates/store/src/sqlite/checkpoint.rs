//! Keeps the write-ahead log short.
//!
//! Moving the log into the database inside a commit would make that commit wait for thousands of pages. So a thread
//! with a connection of its own moves it while the writer goes on (`PASSIVE`). Under unbroken writing that alone never
//! lets the log begin anew: something always came after what was moved. So once the log is half its limit long and
//! the thread has just moved what there was, the writer itself moves the little rest and begins the log anew
//! (`RESTART`); at the limit it does so in any case.
//!
//! The log's file keeps its length: overwriting pages that a file has is cheaper than making it longer. It is emptied
//! when the store is closed.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
    mpsc,
};

use rusqlite::Connection;

/// Bytes by which the log grows before it is moved in the background.
const STEP_BYTES: u64 = 32 << 20;
/// Bytes of a frame: a page of 4,096 bytes and its header, by SQLite's description of the format.
const FRAME_BYTES: u64 = 4_096 + 24;

/// Knows the log's length.
#[derive(Debug, Default)]
pub(super) struct WalGauge {
    frames: AtomicU64,
    /// Whether the thread has finished a move since the writer last looked.
    moved: AtomicBool,
}

impl WalGauge {
    /// Measures the log at each of the writer's commits.
    pub(super) fn attach(self: &Arc<Self>, writer: &mut Connection) -> rusqlite::Result<()> {
        let gauge = Arc::clone(self);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, frames| {
            gauge.frames.store(u64::try_from(frames).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))
    }

    /// Bytes of the log that are in use.
    pub(super) fn bytes(&self) -> u64 {
        self.frames.load(Ordering::Relaxed) * FRAME_BYTES
    }
}

/// The writer's part: decides when the log is moved, and by whom.
pub(super) struct WalKeeper {
    gauge: Arc<WalGauge>,
    limit: u64,
    /// The length at which the thread is woken next.
    next_step: u64,
    /// The length at which the writer acts whatever the thread does; rises while readers keep it from beginning anew.
    threshold: u64,
    wake: mpsc::SyncSender<()>,
    /// Held by whoever moves the log: the second of two would be turned away at once.
    moving: Arc<Mutex<()>>,
}

impl WalKeeper {
    /// Starts the thread that moves the log in the background. It ends when the keeper is dropped.
    pub(super) fn start(connection: Connection, gauge: Arc<WalGauge>, limit: u64) -> std::io::Result<Self> {
        let (wake, woken) = mpsc::sync_channel(1);
        let moving = Arc::new(Mutex::new(()));
        let (theirs, told) = (Arc::clone(&moving), Arc::clone(&gauge));
        let serve = move || {
            while woken.recv().is_ok() {
                let _moving = theirs.lock().unwrap_or_else(PoisonError::into_inner);
                checkpoint(&connection, "PRAGMA wal_checkpoint(PASSIVE)");
                told.moved.store(true, Ordering::Release);
            }
        };
        std::thread::Builder::new().name("store-checkpoint".into()).spawn(serve)?;
        Ok(Self { gauge, limit, next_step: step(limit), threshold: limit, wake, moving })
    }

    /// Called after every batch.
    pub(super) fn committed(&mut self, writer: &Connection) {
        let bytes = self.gauge.bytes();
        let moved = self.gauge.moved.swap(false, Ordering::Acquire);
        if bytes >= self.threshold || (moved && bytes >= self.limit / 2) {
            let begun_anew = {
                let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
                checkpoint(writer, "PRAGMA wal_checkpoint(RESTART)")
            };
            // A reader of an old snapshot can keep the log; then the next try waits until it has grown on.
            self.threshold = if begun_anew { self.limit } else { bytes + step(self.limit) };
            self.next_step = if begun_anew { 0 } else { bytes } + step(self.limit);
        } else if bytes >= self.next_step {
            self.next_step = bytes + step(self.limit);
            // Full: the thread is at it.
            let _ = self.wake.try_send(());
        } else if bytes + step(self.limit) < self.next_step {
            // The log has begun anew by itself, because all of it was moved.
            self.next_step = bytes + step(self.limit);
        }
    }

    /// Moves everything and empties the file, at the end.
    pub(super) fn finish(&self, writer: &Connection) {
        let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        if checkpoint(writer, "PRAGMA wal_checkpoint(TRUNCATE)") {
            self.gauge.frames.store(0, Ordering::Relaxed);
        }
    }
}

/// The step for a limit: several steps fit into it.
fn step(limit: u64) -> u64 {
    STEP_BYTES.min(limit / 4)
}

/// Moves the log; whether all that was asked for was done.
fn checkpoint(connection: &Connection, pragma: &str) -> bool {
    let moved = connection.query_row(pragma, [], |row| {
        Ok((row.get::<_, i64>(0)? == 0, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    });
    match moved {
        Ok((done, frames, moved)) => {
            tracing::debug!(done, frames, moved, "checkpoint");
            done
        }
        Err(error) => {
            tracing::warn!(%error, "the write-ahead log could not be moved into the database");
            false
        }
    }
}
