//! Gathers the writes of many callers into few transactions.
//!
//! Callers hand in jobs; each of a few lanes takes all that wait, up to [`GATHERED`], and does them in one
//! transaction. Jobs of one key always take the same lane, and are done in the order in which they came. While one
//! transaction is under way the next gathers, so the busier the server the larger they become.

use std::{
    hash::{DefaultHasher, Hash, Hasher as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use muster_core::{
    caller::Caller,
    store::{StoreError, StoreResult},
    vital::Vital,
};
use tokio::sync::{mpsc, oneshot};

use super::{
    database::{Database, Tx},
    fault::{Fault, settled, stopped},
};

/// Jobs of one transaction, at most: some milliseconds of the server's time.
const GATHERED: usize = 512;

/// How jobs of one kind are spread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lanes {
    /// Transactions at a time.
    pub(super) number: usize,
    /// Jobs that may wait for each. When more come, the server is too slow for them, and waiting longer would only let
    /// every caller's time run out.
    pub(super) waiting: usize,
}

/// A kind of write that is done for many callers at once.
#[async_trait]
pub(super) trait Batch: Send + Sync + 'static {
    /// What one caller wants.
    type Job: Send + Sync + 'static;
    /// What one caller is told.
    type Output: Send + 'static;

    /// Does all jobs in a transaction; their answers, in their order. It is neither committed nor rolled back here, and
    /// may be run again with the same jobs when it was rolled back.
    async fn apply(&self, tx: &Tx, jobs: &[&Self::Job]) -> Result<Vec<Self::Output>, Fault>;

    /// Takes the jobs' outcome into memory: after the commit, before anybody is told and before the lane goes on.
    fn settle(&self, _jobs: &[&Self::Job], _answers: &mut [Self::Output]) {}
}

struct Waiting<B: Batch> {
    job: B::Job,
    caller: Caller,
    answer: oneshot::Sender<StoreResult<B::Output>>,
}

/// Where callers hand in jobs of one kind.
pub(super) struct Gatherer<B: Batch> {
    lanes: Vec<mpsc::Sender<Waiting<B>>>,
    jobs: Arc<AtomicU64>,
}

impl<B: Batch> Gatherer<B> {
    /// Starts the lanes. They end when the gatherer is dropped.
    pub(super) fn start(database: &Arc<Database>, batch: B, lanes: Lanes) -> Self {
        let batch = Arc::new(batch);
        let jobs = Arc::new(AtomicU64::new(0));
        let start = |_| {
            let (send, receive) = mpsc::channel(lanes.waiting);
            let lane =
                Lane { database: Arc::clone(database), batch: Arc::clone(&batch), jobs: Arc::clone(&jobs) };
            tokio::spawn(lane.serve(receive));
            send
        };
        Self { lanes: (0..lanes.number.max(1)).map(start).collect(), jobs }
    }

    /// Jobs done since the start.
    pub(super) fn jobs(&self) -> u64 {
        self.jobs.load(Ordering::Relaxed)
    }

    /// Has a job done, after all earlier ones of the same key.
    pub(super) async fn run(&self, key: &impl Hash, job: B::Job) -> StoreResult<B::Output> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % self.lanes.len() as u64).unwrap_or(0);
        let (answer, answered) = oneshot::channel();
        let caller = Caller::current();
        let told = caller.clone();
        self.lanes[lane].try_send(Waiting { job, caller, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Unavailable(
                "too many writes wait for PostgreSQL (`postgres.waiting_writes`)".into(),
            ),
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })?;
        told.place();
        answered.await.unwrap_or_else(|_| Err(stopped()))
    }
}

struct Lane<B> {
    database: Arc<Database>,
    batch: Arc<B>,
    jobs: Arc<AtomicU64>,
}

impl<B: Batch> Lane<B> {
    async fn serve(self, mut receive: mpsc::Receiver<Waiting<B>>) {
        let _vital = Vital::new("gathers writes for PostgreSQL");
        let mut waiting = Vec::new();
        while receive.recv_many(&mut waiting, GATHERED).await > 0 {
            // Nobody is told about the others, so nobody may be told that they happened.
            waiting.retain(|one| !one.answer.is_closed() && one.caller.begin());
            if !waiting.is_empty() {
                self.jobs.fetch_add(waiting.len() as u64, Ordering::Relaxed);
                self.settle(std::mem::take(&mut waiting)).await;
            }
        }
    }

    /// Does jobs and tells their callers. When one of them spoils the transaction, each half is done by itself, and so
    /// on until that one is alone.
    async fn settle(&self, waiting: Vec<Waiting<B>>) {
        let mut parts = vec![waiting];
        while let Some(mut part) = parts.pop() {
            let jobs: Vec<_> = part.iter().map(|one| &one.job).collect();
            match settled(|| self.transact(&jobs)).await {
                Ok(answers) => {
                    for (one, answer) in part.into_iter().zip(answers) {
                        let _ = one.answer.send(Ok(answer));
                    }
                }
                Err(fault) if fault.is_of_one_job() && part.len() > 1 => {
                    let later = part.split_off(part.len() / 2);
                    parts.push(later);
                    parts.push(part);
                }
                Err(fault) => {
                    for one in part {
                        let _ = one.answer.send(Err(fault.again()));
                    }
                }
            }
        }
    }

    async fn transact(&self, jobs: &[&B::Job]) -> Result<Vec<B::Output>, Fault> {
        let tx = self.database.begin().await?;
        let mut answers = self.batch.apply(&tx, jobs).await?;
        tx.commit().await?;
        self.batch.settle(jobs, &mut answers);
        Ok(answers)
    }
}
