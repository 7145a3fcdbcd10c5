//! The one writer: a thread that gathers jobs into transactions.
//!
//! Jobs wait in a bounded queue. The writer takes what is there, up to [`BATCH`], runs it in one transaction, commits
//! — which returns after the log is on the disk — and only then lets each job change what is in memory and answer
//! its caller. When the commit fails, every job of the batch is refused and memory is as it was.
//!
//! A job has two halves. [`run`](Work::run) works on the transaction; what it claims in memory (a place in a stream,
//! a seat in a group) it claims last, when nothing of it can fail any more. [`settle`](Work::settle) comes after the
//! commit, in the order of the jobs. Between the halves of one job those of others run; so that none sees another
//! half done, jobs name their [`Subject`], and a batch ends before a second job of the same subject.
//!
//! A job that fails is refused alone: its single statement has no effect, or it undid several with
//! [`Tx::atomically`]. A transaction begins with the first change, so a batch that changes nothing costs no commit.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    thread::JoinHandle,
};

use muster_core::{
    id::UserId,
    message::Sequence,
    store::{StoreError, StoreResult},
};
use rusqlite::{CachedStatement, Connection, Params};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use super::{
    cell::GroupCell,
    checkpoint::WalKeeper,
    fault::{again, fault, stopped},
    mark::{COUNT_ONE, CommitMark},
    messages::UserTops,
    stats::Counters,
};

/// Jobs in a transaction, at most.
const BATCH: usize = 1_000;
/// Times that the writer lets other threads go first before it begins a batch smaller than the last.
const GATHER: usize = 8;
/// Jobs that wait, at most. When more come, the disk is too slow for them, and waiting longer would only let every caller's
/// time run out.
const QUEUE: usize = 65_536;

/// What a job must have for itself in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// Nothing.
    None,
    /// One membership: the group's key and a hash of the user (a collision only ends a batch early).
    Member(i64, u64),
    /// The whole batch.
    All,
}

/// Tells a caller what came of its job.
type Answer = Box<dyn FnOnce() + Send>;

/// Tells a batch's callers. Each would be woken from outside of the runtime, which costs a system call each time; so one
/// task is, and wakes the others from inside.
fn tell(runtime: Option<&Handle>, answers: Vec<Answer>) {
    let tell = move || answers.into_iter().for_each(|answer| answer());
    match runtime {
        Some(runtime) => drop(runtime.spawn(async move { tell() })),
        None => tell(),
    }
}

/// A job as the writer sees it.
trait Work: Send {
    fn subject(&self) -> Subject;
    /// The first half; `false` when it failed and was answered.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// The second half; what tells the caller.
    fn settle(self: Box<Self>) -> Option<Answer>;
    fn refuse(self: Box<Self>, error: &StoreError);
}

/// A job made of two closures.
struct Job<R, S, P, T> {
    subject: Subject,
    run: Option<R>,
    settle: S,
    plan: Option<P>,
    answer: Option<oneshot::Sender<StoreResult<T>>>,
    /// Whether the caller blocks its thread: perhaps the runtime's only one, which then could tell nobody.
    blocking: bool,
}

impl<R, S, P, T> Work for Job<R, S, P, T>
where
    R: FnOnce(&mut Tx<'_>) -> StoreResult<P> + Send,
    S: FnOnce(P) -> T + Send,
    P: Send,
    T: Send + 'static,
{
    fn subject(&self) -> Subject {
        self.subject
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let Some(run) = self.run.take() else { return false };
        match run(tx) {
            Ok(plan) => {
                self.plan = Some(plan);
                true
            }
            Err(error) => {
                // A caller who has gone away does not hear it.
                let _ = self.answer.take().map(|answer| answer.send(Err(error)));
                false
            }
        }
    }

    fn settle(self: Box<Self>) -> Option<Answer> {
        let job = *self;
        let done = (job.settle)(job.plan?);
        let answer = job.answer?;
        // A caller who has gone away does not hear it.
        let tell = move || drop(answer.send(Ok(done)));
        if job.blocking {
            tell();
            return None;
        }
        Some(Box::new(tell))
    }

    fn refuse(mut self: Box<Self>, error: &StoreError) {
        let _ = self.answer.take().map(|answer| answer.send(Err(again(error))));
    }
}

enum Command {
    Work(Box<dyn Work>),
    /// Stop after what was queued before.
    Stop(oneshot::Sender<()>),
}

/// The way to the writer.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Command>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(
        connection: Connection,
        wal: WalKeeper,
        mark: Arc<CommitMark>,
        counters: Arc<Counters>,
        tops: Arc<UserTops>,
    ) -> std::io::Result<(Self, WriterThread)> {
        let (queue, commands) = mpsc::channel(QUEUE);
        let desk = Desk {
            connection,
            wal,
            mark,
            counters,
            tops,
            waiting: VecDeque::new(),
            taken: HashSet::new(),
            last: 0,
            runtime: Handle::try_current().ok(),
        };
        let thread =
            std::thread::Builder::new().name("store-writer".into()).spawn(move || desk.work(commands))?;
        Ok((Self { queue }, WriterThread(Some(thread))))
    }

    /// Runs a job and answers when it is durable.
    pub(super) async fn run<R, S, P, T>(&self, subject: Subject, run: R, settle: S) -> StoreResult<T>
    where
        R: FnOnce(&mut Tx<'_>) -> StoreResult<P> + Send + 'static,
        S: FnOnce(P) -> T + Send + 'static,
        P: Send + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Job { subject, run: Some(run), settle, plan: None, answer: Some(answer), blocking: false };
        self.queue.try_send(Command::Work(Box::new(job))).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                StoreError::Unavailable("too many writes wait for the disk".into())
            }
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })?;
        answered.await.map_err(|_| stopped())?
    }

    /// [`run`](Self::run) for a thread that may block: never inside a runtime.
    pub(super) fn run_blocking<R, T>(&self, run: R) -> StoreResult<T>
    where
        R: FnOnce(&mut Tx<'_>) -> StoreResult<T> + Send + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let settle = |done: T| done;
        let job = Job {
            subject: Subject::All,
            run: Some(run),
            settle,
            plan: None,
            answer: Some(answer),
            blocking: true,
        };
        self.queue.blocking_send(Command::Work(Box::new(job))).map_err(|_| stopped())?;
        answered.blocking_recv().map_err(|_| stopped())?
    }

    /// Lets the queue run empty, then closes the database.
    pub(super) async fn stop(&self) -> StoreResult<()> {
        let (done, stopping) = oneshot::channel();
        self.queue.send(Command::Stop(done)).await.map_err(|_| stopped())?;
        stopping.await.map_err(|_| stopped())
    }
}

/// The thread. Dropped after the last [`Writer`], it waits until the database is closed.
pub(super) struct WriterThread(Option<JoinHandle<()>>);

impl Drop for WriterThread {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}

/// What the thread has before it.
struct Desk {
    connection: Connection,
    wal: WalKeeper,
    mark: Arc<CommitMark>,
    counters: Arc<Counters>,
    tops: Arc<UserTops>,
    waiting: VecDeque<Command>,
    taken: HashSet<Subject>,
    /// Jobs of the batch before.
    last: usize,
    /// Where callers wait; none when the store was opened outside of a runtime.
    runtime: Option<Handle>,
}

impl Desk {
    fn work(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut fresh = Vec::with_capacity(BATCH);
        loop {
            if self.waiting.is_empty() {
                self.gather(&commands);
                if commands.blocking_recv_many(&mut fresh, BATCH) == 0 {
                    return;
                }
            } else {
                // Left over from a batch that ended early: fill up with what came meanwhile.
                while fresh.len() + self.waiting.len() < BATCH
                    && let Ok(command) = commands.try_recv()
                {
                    fresh.push(command);
                }
            }
            self.waiting.extend(fresh.drain(..));
            if let Some(done) = self.batch() {
                self.wal.finish(&self.connection);
                drop(self);
                let _ = done.send(());
                return;
            }
        }
    }

    /// Gives those who were just answered a moment to come back, so that they share the next commit: it makes the
    /// batches of many callers a fifth larger, and costs a lone caller nothing that can be measured.
    fn gather(&self, commands: &mpsc::Receiver<Command>) {
        for _ in 0..GATHER {
            if commands.len() >= self.last {
                return;
            }
            std::thread::yield_now();
        }
    }

    /// Runs one batch; the sender to answer when it ended with a stop.
    fn batch(&mut self) -> Option<oneshot::Sender<()>> {
        let mut tx = Tx::new(&self.connection);
        let mut jobs: Vec<Box<dyn Work>> = Vec::with_capacity(self.waiting.len());
        let mut stop = None;
        self.taken.clear();
        while let Some(command) = self.waiting.pop_front() {
            let mut job = match command {
                Command::Stop(done) => {
                    stop = Some(done);
                    break;
                }
                Command::Work(job) => job,
            };
            let subject = job.subject();
            let alone = subject == Subject::All;
            let taken = match subject {
                Subject::None => false,
                Subject::Member(..) => !self.taken.insert(subject),
                Subject::All => !jobs.is_empty(),
            };
            if taken {
                self.waiting.push_front(Command::Work(job));
                break;
            }
            if job.run(&mut tx) {
                jobs.push(job);
            }
            if alone || tx.is_lost() {
                break;
            }
        }
        self.last = jobs.len();
        tx.finish(jobs, self.runtime.as_ref(), &self.mark, &self.counters, &self.tops);
        self.wal.committed(&self.connection);
        stop
    }
}

/// A place in a user's stream that a batch has claimed.
#[derive(Clone, Copy, Debug)]
pub(super) struct UserPlace {
    pub(super) key: i64,
    pub(super) sequence: Sequence,
}

/// A batch's transaction. It begins with the first change.
pub(super) struct Tx<'a> {
    connection: &'a Connection,
    begun: Cell<bool>,
    /// Groups of which jobs of this batch hold claims.
    cells: Vec<Arc<GroupCell>>,
    /// Ends of users' streams that moved in this batch.
    pub(super) user_places: HashMap<(i64, UserId), UserPlace>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection, begun: Cell::new(false), cells: Vec::new(), user_places: HashMap::new() }
    }

    /// A statement that changes something.
    pub(super) fn change(&self, sql: &str) -> StoreResult<CachedStatement<'a>> {
        if !self.begun.get() {
            self.connection
                .prepare_cached("BEGIN IMMEDIATE")
                .and_then(|mut s| s.execute([]))
                .map_err(fault)?;
            self.begun.set(true);
        }
        self.connection.prepare_cached(sql).map_err(fault)
    }

    /// Executes a statement that changes something; how many rows it changed.
    pub(super) fn execute(&self, sql: &str, values: impl Params) -> StoreResult<usize> {
        self.change(sql)?.execute(values).map_err(fault)
    }

    /// The connection, to read what is there, uncommitted changes of this batch included.
    pub(super) fn read(&self) -> &'a Connection {
        self.connection
    }

    /// Runs several changes so that they are made all or not at all.
    pub(super) fn atomically<T>(
        &mut self,
        steps: impl FnOnce(&mut Self) -> StoreResult<T>,
    ) -> StoreResult<T> {
        self.execute("SAVEPOINT job", [])?;
        let result = steps(self);
        if result.is_err() && !self.is_lost() {
            self.execute("ROLLBACK TO job", [])?;
        }
        if !self.is_lost() {
            self.execute("RELEASE job", [])?;
        }
        result
    }

    /// The key of the row inserted last.
    pub(super) fn last_key(&self) -> i64 {
        self.connection.last_insert_rowid()
    }

    /// Notes that a job of this batch holds claims in `cell`. Its figures are written before the commit, and its
    /// claims end with the batch.
    pub(super) fn involve(&mut self, cell: &Arc<GroupCell>) {
        if cell.involve() {
            self.cells.push(Arc::clone(cell));
        }
    }

    /// Whether SQLite gave the transaction up by itself, as it does when the disk is full.
    fn is_lost(&self) -> bool {
        self.begun.get() && self.connection.is_autocommit()
    }

    /// Commits, settles the jobs and answers them; or refuses them all.
    fn finish(
        self,
        jobs: Vec<Box<dyn Work>>,
        runtime: Option<&Handle>,
        mark: &CommitMark,
        counters: &Counters,
        tops: &UserTops,
    ) {
        match self.commit() {
            Ok(commits) => {
                if let Some(commits) = commits {
                    mark.committed(commits);
                }
                for cell in &self.cells {
                    cell.commit();
                }
                tops.moved(&self.user_places);
                if self.begun.get() {
                    counters.commit(jobs.len());
                }
                tell(runtime, jobs.into_iter().filter_map(Work::settle).collect());
            }
            Err(error) => {
                tracing::error!(%error, jobs = jobs.len(), "a batch was not stored");
                if !self.connection.is_autocommit()
                    && let Err(error) = self.connection.execute_batch("ROLLBACK")
                {
                    tracing::error!(%error, "a failed batch could not be rolled back");
                }
                for cell in &self.cells {
                    cell.abort();
                }
                for job in jobs {
                    job.refuse(&error);
                }
            }
        }
        for cell in &self.cells {
            cell.release();
        }
    }

    /// Writes what jobs claimed, and commits; which commit of the database that is, if anything was changed. After an
    /// error the transaction is still to be rolled back.
    pub(super) fn commit(&self) -> StoreResult<Option<u64>> {
        if self.is_lost() {
            return Err(StoreError::Unavailable(
                "the disk is full or failing: the changes were undone".into(),
            ));
        }
        for cell in &self.cells {
            cell.write_claims(self)?;
        }
        for ((space, user), place) in &self.user_places {
            self.execute(
                "UPDATE user_stream SET sequence = ?1 WHERE space_key = ?2 AND user_id = ?3",
                rusqlite::params![place.sequence, space, user.as_str()],
            )?;
        }
        if !self.begun.get() {
            return Ok(None);
        }
        let commits = self.change(COUNT_ONE)?.query_row([], |row| row.get(0)).map_err(fault)?;
        self.execute("COMMIT", [])?;
        Ok(Some(commits))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use muster_core::{store::Store as _, testing::Seeded};

    use super::{
        super::{SqliteOptions, SqliteStore},
        *,
    };

    #[tokio::test]
    async fn a_write_beyond_those_that_may_wait_is_refused_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let random = Arc::new(Seeded::new(1));
        let store = SqliteStore::open(directory.path(), &SqliteOptions::default(), random).unwrap();
        let (go, gate) = std::sync::mpsc::channel::<()>();
        let (began, begun) = std::sync::mpsc::channel();
        let busy = move |_: &mut Tx<'_>| {
            began.send(()).unwrap();
            gate.recv().unwrap();
            Ok(())
        };
        let mut first = std::pin::pin!(store.writer.run(Subject::All, busy, |()| ()));
        assert!(first.as_mut().now_or_never().is_none());
        begun.recv().unwrap();
        let refused = loop {
            if let Some(answer) = store.writer.run(Subject::None, |_| Ok(()), |()| ()).now_or_never() {
                break answer.unwrap_err();
            }
        };
        assert!(matches!(&refused, StoreError::Unavailable(why) if why.contains("too many writes")));
        go.send(()).unwrap();
        first.await.unwrap();
        store.close().await.unwrap();
    }
}
