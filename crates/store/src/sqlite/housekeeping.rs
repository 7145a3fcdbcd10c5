//! What the store does by itself, about once a second: it writes figures that changed in memory only, and removes
//! the rows of rosters whose groups were deleted.

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use muster_core::{
    store::{StoreError, StoreResult},
    vital::Vital,
};

use super::{
    Memory,
    cell::{GroupCell, GroupState},
    fault::fault,
    tx::Tx,
    writer::{Subject, Writer},
};

/// How long a figure may stay unwritten.
const INTERVAL: Duration = Duration::from_secs(1);
/// Groups whose figures are written in one go: some milliseconds of the writer's time.
const FLUSHED_AT_ONCE: usize = 500;
/// Rows of abandoned rosters that are removed in one go.
const SWEPT_AT_ONCE: i64 = 1_000;

/// Groups whose figures differ from the database's.
#[derive(Default)]
pub(super) struct Unwritten(Mutex<Vec<Arc<GroupCell>>>);

impl Unwritten {
    /// Puts a group down, once. `state` is the locked state of `cell`.
    pub(super) fn note(&self, cell: &Arc<GroupCell>, state: &mut GroupState) {
        if GroupCell::wait(state) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(cell));
        }
    }

    fn take(&self, limit: usize) -> Vec<Arc<GroupCell>> {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = cells.len().saturating_sub(limit);
        cells.split_off(from)
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn put_back(&self, cells: &[Arc<GroupCell>]) {
        for cell in cells {
            cell.unflushed();
            self.note(cell, &mut cell.lock());
        }
    }
}

/// The thread.
pub(super) struct Housekeeper {
    memory: Arc<Memory>,
    wake: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Housekeeper {
    /// Starts it. It ends when the housekeeper is dropped.
    pub(super) fn start(writer: Writer, memory: Arc<Memory>) -> std::io::Result<Self> {
        let (wake, woken) = mpsc::channel();
        let theirs = Arc::clone(&memory);
        let serve = move || {
            let _vital = Vital::new("keeps house in the embedded store");
            loop {
                sweep(&writer);
                match woken.recv_timeout(INTERVAL) {
                    Err(mpsc::RecvTimeoutError::Disconnected) => return,
                    Ok(()) | Err(mpsc::RecvTimeoutError::Timeout) => {}
                }
                // What is put down meanwhile is for the next round.
                let mut left = theirs.unwritten.len();
                while left > 0 {
                    let cells = theirs.unwritten.take(FLUSHED_AT_ONCE.min(left));
                    left = left.saturating_sub(FLUSHED_AT_ONCE);
                    let written = cells.clone();
                    match writer.run_blocking(move |tx| write(tx, &written)) {
                        Ok(failed) => theirs.unwritten.put_back(&failed),
                        Err(error) => {
                            tracing::debug!(%error, groups = cells.len(), "figures are not written yet");
                            theirs.unwritten.put_back(&cells);
                            break;
                        }
                    }
                }
            }
        };
        let thread = std::thread::Builder::new().name("store-housekeeper".into()).spawn(serve)?;
        Ok(Self { memory, wake: Some(wake), thread: Some(thread) })
    }

    /// Tells that there is something to sweep.
    pub(super) fn wake(&self) {
        if let Some(wake) = &self.wake {
            // The thread ends only when this is dropped.
            let _ = wake.send(());
        }
    }

    /// Writes everything that is unwritten, at the end.
    pub(super) async fn flush(&self, writer: &Writer) -> StoreResult<()> {
        loop {
            let cells = self.memory.unwritten.take(FLUSHED_AT_ONCE);
            if cells.is_empty() {
                return Ok(());
            }
            writer.run(Subject::All, move |tx| write(tx, &cells), drop).await?;
        }
    }
}

impl Drop for Housekeeper {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Writes the figures of groups; those whose figures cannot be written, which keeps no other from it.
fn write(tx: &mut Tx<'_>, cells: &[Arc<GroupCell>]) -> StoreResult<Vec<Arc<GroupCell>>> {
    let mut failed = Vec::new();
    for cell in cells {
        match tx.atomically(|tx| cell.flush(tx)) {
            Ok(()) => {}
            Err(StoreError::Failed(error)) => {
                tracing::warn!(%error, group = %cell.at.group, "the figures of a group cannot be written");
                failed.push(Arc::clone(cell));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(failed)
}

/// Removes rows of abandoned rosters until there are none.
fn sweep(writer: &Writer) {
    loop {
        match writer.run_blocking(sweep_some) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, "rows of deleted groups are left for later");
                return;
            }
        }
    }
}

/// Removes some rows of one abandoned roster; 0 when there is none.
fn sweep_some(tx: &mut Tx<'_>) -> StoreResult<usize> {
    let abandoned = tx
        .read()
        .prepare_cached("SELECT group_key FROM abandoned_roster LIMIT 1")
        .and_then(|mut query| query.query_map([], |row| row.get::<_, i64>(0))?.next().transpose())
        .map_err(fault)?;
    let Some(group) = abandoned else { return Ok(0) };
    let removed = tx.execute(
        "DELETE FROM member WHERE group_key = ?1 AND number IN
           (SELECT number FROM member WHERE group_key = ?1 ORDER BY number LIMIT ?2)",
        [group, SWEPT_AT_ONCE],
    )?;
    if removed == 0 {
        tx.execute("DELETE FROM abandoned_roster WHERE group_key = ?1", [group])?;
    }
    Ok(removed.max(1))
}
