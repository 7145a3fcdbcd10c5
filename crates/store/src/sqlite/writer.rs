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
//! [`Tx::atomically`]. When a batch cannot be written or committed for a fault of its content, each half is done anew
//! by itself, and so on until the job that spoils it is alone; so a first half may run several times, and changes
//! nothing but the transaction and claims, which end with it. A transaction begins with the first change, so a batch
//! that changes nothing costs no commit.
//!
//! A job whose caller was answered otherwise meanwhile is not begun ([`Caller`]). While another process locks the
//! database, whoever waits is refused together: jobs do not wait for one lock one after another.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    thread::JoinHandle,
};

use muster_core::{
    caller::Caller,
    store::{StoreError, StoreResult},
    vital::Vital,
};
use rusqlite::Connection;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use super::{
    checkpoint::WalKeeper,
    fault::{again, is_of_one_job, locked, lost, stopped, unwanted},
    mark::CommitMark,
    messages::UserTops,
    stats::Counters,
    tx::Tx,
};

/// Jobs in a transaction, at most.
const BATCH: usize = 1_000;
/// Times that the writer lets other threads go first before it begins a batch smaller than the last.
const GATHER: usize = 8;
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
type Completion = Box<dyn FnOnce() + Send>;

/// Tells a batch's callers. Each would be woken from outside of the runtime, which costs a system call each time; so one
/// task is, and wakes the others from inside.
fn tell(runtime: Option<&Handle>, answers: Vec<Completion>) {
    let tell = move || answers.into_iter().for_each(|answer| answer());
    match runtime {
        Some(runtime) => drop(runtime.spawn(async move { tell() })),
        None => tell(),
    }
}

/// A job as the writer sees it.
trait Work: Send {
    fn subject(&self) -> Subject;
    /// Whether somebody waits for the outcome; from then on, nobody is told that it did not happen before it is known.
    fn begin(&self) -> bool;
    /// The first half; `false` when it failed and was answered. It may come again after its transaction was undone.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// The second half; what tells the caller.
    fn settle(self: Box<Self>) -> Option<Completion>;
    fn refuse(self: Box<Self>, error: &StoreError);
}

/// A job made of two closures.
struct Job<R, S, P, T> {
    subject: Subject,
    caller: Caller,
    run: R,
    settle: S,
    plan: Option<P>,
    answer: Option<oneshot::Sender<StoreResult<T>>>,
    /// Whether the caller blocks its thread: perhaps the runtime's only one, which then could tell nobody.
    blocking: bool,
}

impl<R, S, P, T> Work for Job<R, S, P, T>
where
    R: FnMut(&mut Tx<'_>) -> StoreResult<P> + Send,
    S: FnOnce(P) -> T + Send,
    P: Send,
    T: Send + 'static,
{
    fn subject(&self) -> Subject {
        self.subject
    }

    fn begin(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| !answer.is_closed()) && self.caller.begin()
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        match (self.run)(tx) {
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

    fn settle(self: Box<Self>) -> Option<Completion> {
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
    /// Starts the thread, for which `waiting` jobs may wait.
    pub(super) fn start(
        waiting: usize,
        connection: Connection,
        wal: WalKeeper,
        mark: Arc<CommitMark>,
        counters: Arc<Counters>,
        tops: Arc<UserTops>,
    ) -> std::io::Result<(Self, WriterThread)> {
        let (queue, commands) = mpsc::channel(waiting);
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
        let serve = move || {
            let _vital = Vital::new("writes to the embedded store");
            desk.work(commands);
        };
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(serve)?;
        Ok((Self { queue }, WriterThread(Some(thread))))
    }

    /// Runs a job and answers when it is durable. Jobs are done in the order in which this was first polled.
    pub(super) async fn run<R, S, P, T>(&self, subject: Subject, run: R, settle: S) -> StoreResult<T>
    where
        R: FnMut(&mut Tx<'_>) -> StoreResult<P> + Send + 'static,
        S: FnOnce(P) -> T + Send + 'static,
        P: Send + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let caller = Caller::current();
        let told = caller.clone();
        let job = Job { subject, caller, run, settle, plan: None, answer: Some(answer), blocking: false };
        self.queue.try_send(Command::Work(Box::new(job))).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                StoreError::Unavailable("too many writes wait for the disk (`sqlite.waiting_writes`)".into())
            }
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })?;
        told.place();
        answered.await.map_err(|_| stopped())?
    }

    /// [`run`](Self::run) for a thread that may block: never inside a runtime.
    pub(super) fn run_blocking<R, T>(&self, run: R) -> StoreResult<T>
    where
        R: FnMut(&mut Tx<'_>) -> StoreResult<T> + Send + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let settle = |done: T| done;
        let job = Job {
            subject: Subject::All,
            caller: Caller::default(),
            run,
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
            if self.batch() == Locked::Yes {
                self.refuse_waiting(&mut commands);
            }
            if matches!(self.waiting.front(), Some(Command::Stop(_)))
                && let Some(Command::Stop(done)) = self.waiting.pop_front()
            {
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

    /// Takes the jobs of one batch out of those that wait.
    fn choose(&mut self) -> Vec<Box<dyn Work>> {
        let mut jobs: Vec<Box<dyn Work>> = Vec::with_capacity(self.waiting.len());
        self.taken.clear();
        while let Some(command) = self.waiting.pop_front() {
            let job = match command {
                Command::Work(job) => job,
                stop @ Command::Stop(_) => {
                    self.waiting.push_front(stop);
                    break;
                }
            };
            let subject = job.subject();
            let taken = match subject {
                Subject::None => false,
                Subject::Member(..) => !self.taken.insert(subject),
                Subject::All => !jobs.is_empty(),
            };
            if taken {
                self.waiting.push_front(Command::Work(job));
                break;
            }
            jobs.push(job);
            if subject == Subject::All {
                break;
            }
        }
        jobs
    }

    /// Does one batch, in parts when something of it spoils it.
    fn batch(&mut self) -> Locked {
        let jobs = self.choose();
        self.last = jobs.len();
        let mut parts = vec![jobs];
        while let Some(part) = parts.pop() {
            let mut tx = Tx::new(&self.connection, &self.tops);
            match tx.run(part) {
                Ran::All(done) => {
                    if let Some(spoilt) = self.finish(tx, done) {
                        parts.extend(halves(spoilt));
                    }
                }
                // Its culprit is gone; less of it may fit.
                Ran::Lost(undone) => {
                    tx.abandon();
                    parts.extend(halves(undone));
                }
                Ran::Locked(undone) => {
                    tx.abandon();
                    for job in undone.into_iter().chain(parts.into_iter().rev().flatten()) {
                        job.refuse(&locked());
                    }
                    return Locked::Yes;
                }
            }
            self.wal.committed(&self.connection);
        }
        Locked::No
    }

    /// Commits a part; what of it is to be done anew.
    fn finish(&self, tx: Tx<'_>, done: Vec<Box<dyn Work>>) -> Option<Vec<Box<dyn Work>>> {
        tx.finish(done, self.runtime.as_ref(), &self.mark, &self.counters)
    }

    /// Refuses whoever waits, because the database was locked for as long as a caller can wait.
    fn refuse_waiting(&mut self, commands: &mut mpsc::Receiver<Command>) {
        while let Ok(command) = commands.try_recv() {
            self.waiting.push_back(command);
        }
        for command in std::mem::take(&mut self.waiting) {
            match command {
                Command::Work(job) => job.refuse(&locked()),
                stop @ Command::Stop(_) => self.waiting.push_back(stop),
            }
        }
    }
}

/// Whether another process held the database for longer than a caller can wait.
#[derive(PartialEq, Eq)]
enum Locked {
    Yes,
    No,
}

/// A part of a batch in two, the one to be done first at the end.
fn halves(mut part: Vec<Box<dyn Work>>) -> impl Iterator<Item = Vec<Box<dyn Work>>> {
    let later = part.split_off(part.len() / 2);
    [later, part].into_iter().filter(|part| !part.is_empty())
}

/// What came of the first halves of some jobs.
enum Ran {
    /// These are to be committed; the others were answered.
    All(Vec<Box<dyn Work>>),
    /// SQLite gave the transaction up with a job that was answered. These are to be done anew.
    Lost(Vec<Box<dyn Work>>),
    /// The database is locked. Nothing of these is done.
    Locked(Vec<Box<dyn Work>>),
}

/// What the writer does with a transaction: it runs jobs in it and answers them.
impl Tx<'_> {
    /// Runs the first halves of jobs whose callers still wait.
    fn run(&mut self, jobs: Vec<Box<dyn Work>>) -> Ran {
        let mut done = Vec::with_capacity(jobs.len());
        let mut jobs = jobs.into_iter();
        while let Some(mut job) = jobs.next() {
            // Nobody is told about the others, so nobody may be told that they happened.
            if !job.begin() {
                job.refuse(&unwanted());
                continue;
            }
            let ran = job.run(self);
            if self.is_lost() {
                job.refuse(&lost());
                done.extend(jobs);
                return Ran::Lost(done);
            }
            if ran {
                done.push(job);
            }
            if self.is_locked() {
                done.extend(jobs);
                return Ran::Locked(done);
            }
        }
        Ran::All(done)
    }

    /// Commits, settles the jobs and answers them. When that fails, it refuses them all, or gives them back to be done
    /// in parts when one of them may be the cause.
    fn finish(
        self,
        jobs: Vec<Box<dyn Work>>,
        runtime: Option<&Handle>,
        mark: &CommitMark,
        counters: &Counters,
    ) -> Option<Vec<Box<dyn Work>>> {
        match self.commit() {
            Ok(commits) => {
                if let Some(commits) = commits {
                    mark.committed(commits);
                }
                self.settle_claims();
                if self.has_begun() {
                    counters.commit(jobs.len());
                    counters.writing.passed();
                }
                tell(runtime, jobs.into_iter().filter_map(Work::settle).collect());
                self.release();
                None
            }
            Err(error) => {
                self.abandon();
                if jobs.len() > 1 && is_of_one_job(&error) {
                    tracing::debug!(%error, jobs = jobs.len(), "a batch is done in parts");
                    return Some(jobs);
                }
                counters.writing.failed(&error, jobs.len() as u64);
                for job in jobs {
                    job.refuse(&error);
                }
                None
            }
        }
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
        let options = SqliteOptions { waiting_writes: 9, ..SqliteOptions::default() };
        let store = SqliteStore::open(directory.path(), &options, random).unwrap();
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
