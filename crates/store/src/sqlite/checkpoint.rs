//! Keeps the write-ahead log short.
//!
//! Moving the log into the database inside a commit would make that commit wait for thousands of pages. So a thread
//! with a connection of its own moves it while the writer goes on (`PASSIVE`). Under unbroken writing that alone never
//! lets the log begin anew: something always came after what was moved. So once the log is half its limit long and
//! the thread has just moved what there was, the writer itself moves the little rest and begins the log anew
//! (`RESTART`); at the limit it does so in any case.
//!
//! The log's file keeps its length as long as that is within the limit: overwriting pages that a file has is cheaper than
//! making it longer. Whoever reads an old snapshot, a backup or another program, keeps the log from beginning anew, and
//! it grows. From then on the thread tries every second, whether anything is written or not, until it has emptied the
//! file (`TRUNCATE`). It is emptied also when the store is closed.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread::JoinHandle,
    time::Duration,
};

use muster_core::vital::Vital;
use rusqlite::Connection;

use super::{connection::BUSY_TIMEOUT, mark::CommitMark};

/// Bytes by which the log grows before it is moved in the background.
const STEP_BYTES: u64 = 32 << 20;
/// Bytes of a frame: a page of 4,096 bytes and its header, by SQLite's description of the format.
const FRAME_BYTES: u64 = 4_096 + 24;
/// How often a log that somebody kept is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How long the writer waits for readers of old snapshots: those of this process are done within milliseconds.
const READERS: Duration = Duration::from_millis(50);

/// Knows the log's length.
#[derive(Debug)]
pub(super) struct WalGauge {
    /// The log's file.
    path: PathBuf,
    frames: AtomicU64,
    /// Whether the thread has finished a move since the writer last looked.
    moved: AtomicBool,
    /// Whether somebody has kept the log from beginning anew, and its file has not been emptied since.
    kept: AtomicBool,
}

impl WalGauge {
    /// The gauge of the log at `path`.
    pub(super) fn new(path: PathBuf) -> Self {
        let (frames, moved, kept) = (AtomicU64::new(0), AtomicBool::new(false), AtomicBool::new(false));
        Self { path, frames, moved, kept }
    }

    /// Measures the log at each of the writer's commits.
    pub(super) fn attach(self: &Arc<Self>, writer: &mut Connection) -> rusqlite::Result<()> {
        let gauge = Arc::clone(self);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, frames| {
            gauge.frames.store(u64::try_from(frames).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))
    }

    /// Bytes of the log's file.
    pub(super) fn bytes(&self) -> u64 {
        length(&self.path)
    }

    /// Bytes of the log that are in use.
    fn used(&self) -> u64 {
        self.frames.load(Ordering::Relaxed) * FRAME_BYTES
    }
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

/// The writer's part: decides when the log is moved, and by whom.
pub(super) struct WalKeeper {
    gauge: Arc<WalGauge>,
    mark: Arc<CommitMark>,
    limit: u64,
    /// The length at which the thread is woken next.
    next_step: u64,
    /// The length at which the writer acts whatever the thread does; rises while readers keep it from beginning anew.
    threshold: u64,
    /// Wakes the thread; taken away, it ends it.
    wake: Option<mpsc::SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Whether it was said that somebody keeps the log.
    complained: bool,
}

impl WalKeeper {
    /// Starts the thread that moves the log in the background. It has ended when the keeper is dropped.
    pub(super) fn start(
        connection: Connection,
        gauge: Arc<WalGauge>,
        mark: Arc<CommitMark>,
        limit: u64,
    ) -> std::io::Result<Self> {
        let (wake, woken) = mpsc::sync_channel(1);
        let (theirs, told) = (Arc::clone(&mark), Arc::clone(&gauge));
        let serve = move || {
            let _vital = Vital::new("moves the write-ahead log of the embedded store");
            while wait(&woken, told.kept.load(Ordering::Relaxed)) {
                checkpoint(&connection, &theirs, Move::Passive);
                told.moved.store(true, Ordering::Release);
                if told.kept.load(Ordering::Relaxed) && checkpoint(&connection, &theirs, Move::Truncate) {
                    told.frames.store(0, Ordering::Relaxed);
                    told.kept.store(false, Ordering::Relaxed);
                }
            }
        };
        let thread = Some(std::thread::Builder::new().name("store-checkpoint".into()).spawn(serve)?);
        let (wake, next_step, threshold) = (Some(wake), step(limit), limit);
        Ok(Self { gauge, mark, limit, next_step, threshold, wake, thread, complained: false })
    }

    /// Called after every batch.
    pub(super) fn committed(&mut self, writer: &Connection) {
        let bytes = self.gauge.used();
        let moved = self.gauge.moved.swap(false, Ordering::Acquire);
        if bytes >= self.threshold || (moved && bytes >= self.limit / 2) {
            let begun_anew = self.begin_anew(writer);
            // A reader of an old snapshot can keep the log; then the next try waits until it has grown on.
            self.threshold = if begun_anew { self.limit } else { bytes + step(self.limit) };
            self.next_step = if begun_anew { 0 } else { bytes } + step(self.limit);
            self.complain(begun_anew, bytes);
        } else if bytes >= self.next_step {
            self.next_step = bytes + step(self.limit);
            self.wake_thread();
        } else if bytes + step(self.limit) < self.next_step {
            // The log has begun anew by itself, because all of it was moved.
            self.next_step = bytes + step(self.limit);
            self.threshold = self.limit;
            self.complain(true, bytes);
        }
    }

    /// Moves the rest of the log and begins it anew, with an empty file when that has grown beyond the limit; whether
    /// nobody kept it.
    fn begin_anew(&self, writer: &Connection) -> bool {
        let overgrown = self.gauge.bytes() > self.limit + step(self.limit);
        let how = if overgrown { Move::Truncate } else { Move::Restart };
        let waiting = |patience| {
            if let Err(error) = writer.busy_timeout(patience) {
                tracing::debug!(%error, "the writer's patience could not be set");
            }
        };
        waiting(READERS);
        let begun_anew = checkpoint(writer, &self.mark, how);
        waiting(BUSY_TIMEOUT);
        if !begun_anew {
            self.gauge.kept.store(true, Ordering::Relaxed);
            self.wake_thread();
        }
        begun_anew
    }

    /// Says once that the log is kept from beginning anew, and once that it no longer is.
    fn complain(&mut self, begun_anew: bool, bytes: u64) {
        if begun_anew {
            if std::mem::take(&mut self.complained) {
                tracing::warn!("the write-ahead log begins anew again");
            }
        } else if bytes >= 2 * self.limit && !std::mem::replace(&mut self.complained, true) {
            tracing::warn!(
                bytes,
                limit = self.limit,
                "the write-ahead log cannot begin anew and grows: a long read, such as a backup or another program that \
                 has the database open, still needs it"
            );
        }
    }

    fn wake_thread(&self) {
        if let Some(wake) = &self.wake {
            // Full: the thread is at it.
            let _ = wake.try_send(());
        }
    }

    /// Moves everything and empties the file, at the end.
    pub(super) fn finish(&self, writer: &Connection) {
        if checkpoint(writer, &self.mark, Move::Truncate) {
            self.gauge.frames.store(0, Ordering::Relaxed);
        }
    }
}

impl Drop for WalKeeper {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Waits until the thread is woken, or until it is time to try again; `false` at the end.
fn wait(woken: &mpsc::Receiver<()>, again: bool) -> bool {
    if again {
        return woken.recv_timeout(RETRY) != Err(RecvTimeoutError::Disconnected);
    }
    woken.recv().is_ok()
}

/// The step for a limit: several steps fit into it.
fn step(limit: u64) -> u64 {
    STEP_BYTES.min(limit / 4)
}

/// How the log is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    /// What there is, while the writer goes on.
    Passive,
    /// All of it: it begins anew.
    Restart,
    /// All of it: it begins anew with an empty file.
    Truncate,
}

impl Move {
    fn pragma(self) -> &'static str {
        match self {
            Self::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
            Self::Restart => "PRAGMA wal_checkpoint(RESTART)",
            Self::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
        }
    }
}

/// Moves the log; whether it begins anew.
fn checkpoint(connection: &Connection, mark: &CommitMark, how: Move) -> bool {
    let moved = mark.while_moving(|| {
        connection.query_row(how.pragma(), [], |row| {
            let (done, frames, moved) =
                (row.get::<_, i64>(0)? == 0, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?);
            tracing::debug!(?how, done, frames, moved, "checkpoint");
            Ok(done && how != Move::Passive)
        })
    });
    match moved {
        Ok(begins_anew) => begins_anew,
        Err(error) => {
            tracing::warn!(%error, "the write-ahead log could not be moved into the database");
            false
        }
    }
}
