//! Readers: a few connections, each with a thread, that serve one queue.
//!
//! What is warm is answered from memory without coming here. A read takes its own snapshot of the database, which
//! holds every commit that was acknowledged before it began.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, PoisonError},
};

use muster_core::store::StoreResult;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::{fault, stopped};

type Read = Box<dyn FnOnce(&Connection) + Send>;

#[derive(Default)]
struct Queue {
    reads: Mutex<(VecDeque<Read>, bool)>,
    arrived: Condvar,
}

/// The way to the readers. The threads end when it is dropped.
pub(super) struct Readers {
    queue: Arc<Queue>,
}

impl Readers {
    /// Starts a thread for each connection.
    pub(super) fn start(connections: Vec<Connection>) -> std::io::Result<Self> {
        let readers = Self { queue: Arc::default() };
        for connection in connections {
            let queue = Arc::clone(&readers.queue);
            let serve = move || {
                while let Some(read) = queue.next() {
                    read(&connection);
                }
            };
            std::thread::Builder::new().name("store-reader".into()).spawn(serve)?;
        }
        Ok(readers)
    }

    /// Runs a read on one of the connections.
    pub(super) async fn read<T, F>(&self, read: F) -> StoreResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let serve: Read = Box::new(move |connection| {
            // A caller who has gone away does not hear it.
            let _ = answer.send(read(connection));
        });
        {
            let mut reads = self.queue.reads.lock().unwrap_or_else(PoisonError::into_inner);
            if reads.1 {
                return Err(stopped());
            }
            reads.0.push_back(serve);
        }
        self.queue.arrived.notify_one();
        answered.await.map_err(|_| stopped())?.map_err(fault)
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
        let mut reads = self.queue.reads.lock().unwrap_or_else(PoisonError::into_inner);
        reads.1 = true;
        reads.0.clear();
        drop(reads);
        self.queue.arrived.notify_all();
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Queue {
    fn next(&self) -> Option<Read> {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(read) = reads.0.pop_front() {
                return Some(read);
            }
            if reads.1 {
                return None;
            }
            reads = self.arrived.wait(reads).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
