//! Readers: a few connections, each with a thread, that serve one bounded queue: beyond the bound a read is refused at
//! once, because whoever asked would not wait for its turn.
//!
//! What is warm is answered from memory without coming here. A read takes its own snapshot of the database, which
//! holds every commit that was acknowledged before it began.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use muster_core::{
    store::{StoreError, StoreResult},
    vital::Vital,
};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::{fault, stopped};

type Read = Box<dyn FnOnce(&Connection) + Send>;

struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    /// Reads that may wait.
    limit: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Read>,
    stopped: bool,
}

/// The answer to a read that is queued. The read is done also when nobody waits for this.
pub(super) struct PendingRead<T>(oneshot::Receiver<rusqlite::Result<T>>);

impl<T> PendingRead<T> {
    /// Waits for it.
    pub(super) async fn wait(self) -> StoreResult<T> {
        self.0.await.map_err(|_| stopped())?.map_err(fault)
    }
}

/// The way to the readers. The threads have ended, and their connections are closed, when it is dropped.
pub(super) struct Readers {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Starts a thread for each connection. Up to `limit` reads wait for one.
    pub(super) fn start(connections: Vec<Connection>, limit: usize) -> std::io::Result<Self> {
        let queue = Arc::new(Queue { state: Mutex::default(), arrived: Condvar::new(), limit: limit.max(1) });
        let mut readers = Self { queue, threads: Vec::new() };
        for connection in connections {
            let queue = Arc::clone(&readers.queue);
            let serve = move || {
                let _vital = Vital::new("reads from the embedded store");
                while let Some(read) = queue.next() {
                    read(&connection);
                }
            };
            readers.threads.push(std::thread::Builder::new().name("store-reader".into()).spawn(serve)?);
        }
        Ok(readers)
    }

    /// Queues a read. It is done whoever goes away.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when too many wait, or the store has stopped.
    pub(super) fn begin<T, F>(&self, read: F) -> StoreResult<PendingRead<T>>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let serve: Read = Box::new(move |connection| {
            // A caller who has gone away does not hear it.
            let _ = answer.send(read(connection));
        });
        self.queue.add(serve)?;
        Ok(PendingRead(answered))
    }

    /// Runs a read on one of the connections.
    pub(super) async fn read<T, F>(&self, read: F) -> StoreResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.begin(read)?.wait().await
    }

    /// Runs several statements of one read over one snapshot.
    pub(super) async fn snapshot<T, F>(&self, read: F) -> StoreResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.read(|connection| {
            let snapshot = connection.unchecked_transaction()?;
            read(&snapshot)
        })
        .await
    }

    /// Refuses further reads and ends the threads.
    pub(super) fn stop(&self) {
        let mut state = self.queue.lock();
        state.stopped = true;
        state.waiting.clear();
        drop(state);
        self.queue.arrived.notify_all();
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.stop();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, read: Read) -> StoreResult<()> {
        let mut state = self.lock();
        if state.stopped {
            return Err(stopped());
        }
        if state.waiting.len() >= self.limit {
            let why = format!("more than {} reads wait (`sqlite.waiting_reads`)", self.limit);
            return Err(StoreError::Unavailable(why));
        }
        state.waiting.push_back(read);
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    fn next(&self) -> Option<Read> {
        let mut state = self.lock();
        loop {
            if let Some(read) = state.waiting.pop_front() {
                return Some(read);
            }
            if state.stopped {
                return None;
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_reader_that_breaks_is_told_of() {
        let readers = Readers::start(vec![Connection::open_in_memory().unwrap()], 2).unwrap();
        let read = |_: &Connection| -> rusqlite::Result<()> { panic!("a row that nobody foresaw") };
        readers.read(read).await.unwrap_err();
        assert_eq!(muster_core::vital::failed().await, "reads from the embedded store");
    }

    #[tokio::test]
    async fn a_read_beyond_the_bound_is_refused_at_once_and_what_was_begun_is_done() {
        let readers = Readers::start(vec![Connection::open_in_memory().unwrap()], 2).unwrap();
        let (go, gate) = mpsc::channel::<()>();
        let (began, begun) = mpsc::channel();
        let (done, all_done) = mpsc::channel();
        let first = readers.begin(move |_| {
            began.send(()).unwrap();
            gate.recv().unwrap();
            Ok(1)
        });
        begun.recv().unwrap();
        let (second, third) = (done.clone(), done);
        let second = move |_: &Connection| {
            second.send(2).unwrap();
            Ok(())
        };
        drop(readers.begin(second).unwrap());
        let third = move |_: &Connection| {
            third.send(3).unwrap();
            Ok(())
        };
        drop(readers.begin(third).unwrap());
        let refused = readers.read(|_| Ok(4)).await.unwrap_err();
        assert!(refused.to_string().contains("sqlite.waiting_reads"), "{refused}");
        go.send(()).unwrap();
        assert_eq!(first.unwrap().wait().await.unwrap(), 1);
        assert_eq!(all_done.iter().collect::<Vec<_>>(), [2, 3]);
        assert_eq!(readers.read(|_| Ok(5)).await.unwrap(), 5);
    }
}
