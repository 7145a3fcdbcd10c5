//! Connections to the server, and whether it is there.
//!
//! Readers and writers have a pool each, so that a burst of one does not starve the other. When a connection cannot be
//! made, the server counts as away: calls fail at once, and one task asks every [`PROBE_INTERVAL`] whether it is back.

use std::{
    ops::Deref,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use tokio::{runtime::Handle, time::timeout};
use tokio_postgres::{
    Error, Row,
    error::SqlState,
    types::{ToSql, Type},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    fault::{Fault, describe, is_lost, stopped, unreachable},
    options::PostgresOptions,
    url::Address,
    values::Values,
};

/// How long a call waits for a connection that others use.
const WAIT: Duration = Duration::from_secs(1);
/// How long a new connection may take, all hosts and the handshake together.
const CONNECT: Duration = Duration::from_secs(2);
/// How long the server may work on a statement of a transaction, in its own words.
const STATEMENT_TIMEOUT: &str = "3s";
/// How long a transaction may stand idle: a process that is stopped in the middle of one must not keep its locks.
const IDLE_TIMEOUT: &str = "2s";
/// How long a call waits for the answer to a statement: a little more, so that the server can say it itself.
const ANSWER: Duration = Duration::from_millis(3_500);
/// How long the carrying of a whole store waits for the answer to a statement: sorting or counting everything takes
/// minutes where there is very much.
const LONG_ANSWER: Duration = Duration::from_secs(24 * 3_600);
/// How often an absent server is asked whether it is back.
const PROBE_INTERVAL: Duration = Duration::from_millis(250);

/// The server, as this process sees it.
pub(super) struct Database {
    readers: Pool,
    writers: Pool,
    address: Address,
    tls: MakeRustlsConnect,
    prepared: bool,
    health: Mutex<Health>,
    /// Transactions that were committed.
    commits: AtomicU64,
    closed: AtomicBool,
}

#[derive(Default)]
struct Health {
    /// Why the server cannot be reached, while it cannot.
    down: Option<String>,
    /// Whether a task is asking.
    probing: bool,
}

fn pool(address: &Address, tls: &MakeRustlsConnect, size: usize) -> Result<Pool, String> {
    let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(address.config.clone(), tls.clone(), config);
    let timeouts = Timeouts { wait: Some(WAIT), create: Some(CONNECT), recycle: None };
    Pool::builder(manager)
        .max_size(size.max(1))
        .timeouts(timeouts)
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| error.to_string())
}

impl Database {
    /// The server at an address. Nothing is connected yet.
    ///
    /// # Errors
    /// A sentence, when the pools cannot be made.
    pub(super) fn new(
        address: Address,
        tls: MakeRustlsConnect,
        options: &PostgresOptions,
    ) -> Result<Arc<Self>, String> {
        Ok(Arc::new(Self {
            readers: pool(&address, &tls, options.readers)?,
            writers: pool(&address, &tls, options.writers)?,
            prepared: address.prepared.unwrap_or(options.prepared),
            address,
            tls,
            health: Mutex::default(),
            commits: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        }))
    }

    /// Transactions committed since the start.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Connections that are open now.
    pub(super) fn connections(&self) -> u64 {
        (self.readers.status().size + self.writers.status().size) as u64
    }

    /// Fails once the store is closed.
    pub(super) fn open_still(&self) -> Result<(), Fault> {
        if self.closed.load(Ordering::Acquire) { Err(stopped().into()) } else { Ok(()) }
    }

    /// Closes all connections; `false` when they were closed before.
    pub(super) fn close(&self) -> bool {
        let first = !self.closed.swap(true, Ordering::AcqRel);
        self.readers.close();
        self.writers.close();
        first
    }

    /// A connection for statements that only read.
    pub(super) async fn reader(self: &Arc<Self>) -> Result<Connection, Fault> {
        self.take(&self.readers).await
    }

    /// A transaction whose statements all see the same state, and that changes nothing.
    pub(super) async fn snapshot(self: &Arc<Self>) -> Result<Tx, Fault> {
        self.reader().await?.begin("ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// A transaction that writes: each statement sees what was committed before it.
    pub(super) async fn begin(self: &Arc<Self>) -> Result<Tx, Fault> {
        self.take(&self.writers).await?.begin("ISOLATION LEVEL READ COMMITTED").await
    }

    /// A [`snapshot`](Self::snapshot) whose statements may take as long as they need.
    pub(super) async fn long_snapshot(self: &Arc<Self>) -> Result<Tx, Fault> {
        self.reader().await?.patient().begin("ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// A transaction that writes, and whose statements may take as long as they need.
    pub(super) async fn begin_long(self: &Arc<Self>) -> Result<Tx, Fault> {
        self.take(&self.writers).await?.patient().begin("ISOLATION LEVEL READ COMMITTED").await
    }

    async fn take(self: &Arc<Self>, pool: &Pool) -> Result<Connection, Fault> {
        self.open_still()?;
        if let Some(why) = &self.health().down {
            return Err(Fault::Unavailable(unreachable(why)));
        }
        match pool.get().await {
            Ok(client) => {
                let database = Arc::clone(self);
                Ok(Connection::new(client, database))
            }
            Err(PoolError::Closed) => Err(stopped().into()),
            Err(PoolError::Timeout(deadpool_postgres::TimeoutType::Wait)) => {
                Err(Fault::Unavailable(format!(
                    "all {} connections to PostgreSQL are busy; more of them can be configured",
                    pool.status().max_size
                )))
            }
            Err(PoolError::Backend(error))
                if error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS) && pool.status().size > 0 =>
            {
                Err(Fault::Unavailable(format!(
                    "PostgreSQL accepts no more connections: {}",
                    describe(&error)
                )))
            }
            Err(PoolError::Backend(error)) => Err(self.lose(describe(&error))),
            Err(error) => Err(self.lose(match error {
                PoolError::Timeout(_) => "no connection within 2 seconds".to_owned(),
                other => other.to_string(),
            })),
        }
    }

    fn health(&self) -> std::sync::MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the server cannot be reached, and has it asked until it can.
    fn lose(self: &Arc<Self>, why: String) -> Fault {
        let told = Fault::Unavailable(unreachable(&why));
        let mut health = self.health();
        if health.down.is_none() {
            tracing::warn!(place = self.address.place, why, "PostgreSQL cannot be reached");
        }
        health.down = Some(why);
        self.probe(&mut health);
        told
    }

    /// Has the server asked whether it is there, because something suggests that it is not. Idle connections go: they
    /// lead to the same server.
    fn suspect(self: &Arc<Self>) {
        self.readers.retain(|_, _| false);
        self.writers.retain(|_, _| false);
        self.probe(&mut self.health());
    }

    fn probe(self: &Arc<Self>, health: &mut Health) {
        if !std::mem::replace(&mut health.probing, true) {
            tokio::spawn(probe(Arc::downgrade(self)));
        }
    }

    /// Connects outside the pools.
    pub(super) async fn connect(&self) -> Result<tokio_postgres::Client, Error> {
        let (client, connection) = self.address.config.connect(self.tls.clone()).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// Asks until the server is there.
async fn probe(database: Weak<Database>) {
    loop {
        {
            let Some(database) = database.upgrade().filter(|database| database.open_still().is_ok()) else {
                return;
            };
            let attempt = match timeout(CONNECT, database.connect()).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(describe(&error)),
                Err(_) => Err("no connection within 2 seconds".to_owned()),
            };
            let mut health = database.health();
            match attempt {
                Ok(()) => {
                    if health.down.take().is_some() {
                        tracing::info!(place = database.address.place, "PostgreSQL is reached again");
                    }
                    health.probing = false;
                    return;
                }
                Err(why) => {
                    if health.down.is_none() {
                        tracing::warn!(place = database.address.place, why, "PostgreSQL cannot be reached");
                    }
                    health.down = Some(why);
                }
            }
        }
        tokio::time::sleep(PROBE_INTERVAL).await;
    }
}

/// A connection of a pool, which it goes back to when it is dropped.
pub(super) struct Connection {
    /// There until the end.
    client: Option<Object>,
    database: Arc<Database>,
    broken: AtomicBool,
    /// How long an answer may take.
    patience: Duration,
}

impl Connection {
    fn new(client: Object, database: Arc<Database>) -> Self {
        Self { client: Some(client), database, broken: AtomicBool::new(false), patience: ANSWER }
    }

    /// The connection, for statements that may take as long as they need.
    fn patient(mut self) -> Self {
        self.patience = LONG_ANSWER;
        self
    }

    fn client(&self) -> Result<&Object, Fault> {
        self.client.as_ref().ok_or_else(|| stopped().into())
    }

    /// Waits for an answer, and notes when none will come.
    async fn answer<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Fault> {
        self.answer_or_cancel(answer, true).await
    }

    /// Waits for an answer. When none comes in time, the connection is given up, and the server told so if `cancels`.
    async fn answer_or_cancel<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
        cancels: bool,
    ) -> Result<T, Fault> {
        match timeout(self.patience, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                if is_lost(&error) {
                    self.broken.store(true, Ordering::Relaxed);
                    self.database.suspect();
                }
                Err(Fault::Database(error))
            }
            Err(_) => {
                self.broken.store(true, Ordering::Relaxed);
                if let Some(client) = self.client.as_ref().filter(|_| cancels) {
                    let (cancel, tls) = (client.cancel_token(), self.database.tls.clone());
                    tokio::spawn(async move { timeout(CONNECT, cancel.cancel_query(tls)).await });
                }
                self.database.suspect();
                Err(Fault::Unavailable(unreachable("no answer within 3.5 seconds")))
            }
        }
    }

    /// All rows of a statement's answer.
    pub(super) async fn query(&self, sql: &str, values: Values<'_>) -> Result<Vec<Row>, Fault> {
        let client = self.client()?;
        if !self.database.prepared {
            return self.answer(client.query_typed(sql, values)).await;
        }
        let (given, types) = split(values);
        self.answer(async {
            let statement = client.prepare_typed_cached(sql, &types).await?;
            client.query(&statement, &given).await
        })
        .await
    }

    /// All rows of the answer to a statement that is not prepared: for those that would be another one the next time.
    pub(super) async fn query_once(&self, sql: &str) -> Result<Vec<Row>, Fault> {
        self.answer(self.client()?.query_typed(sql, &[])).await
    }

    /// The first row of a statement's answer.
    pub(super) async fn query_opt(&self, sql: &str, values: Values<'_>) -> Result<Option<Row>, Fault> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    /// Begins a transaction of this mode. The server's own limit on statements holds in it.
    async fn begin(self, mode: &str) -> Result<Tx, Fault> {
        // One round trip, and nothing of it outlasts the transaction: a pooler may give the next one another session.
        let patient = self.patience != ANSWER;
        let (statement, idle) = if patient { ("0", "0") } else { (STATEMENT_TIMEOUT, IDLE_TIMEOUT) };
        let sql = format!(
            "BEGIN {mode}; SET LOCAL statement_timeout = '{statement}';
             SET LOCAL idle_in_transaction_session_timeout = '{idle}'"
        );
        // Made first: whoever stops waiting for the answer leaves a transaction that must be ended.
        let tx = Tx { connection: self, over: false };
        tx.answer(tx.client()?.batch_execute(&sql)).await?;
        Ok(tx)
    }
}

/// Values and their types, as prepared statements take them.
fn split<'a>(values: Values<'a>) -> (Vec<&'a (dyn ToSql + Sync)>, Vec<Type>) {
    values.iter().cloned().unzip()
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.broken.load(Ordering::Relaxed)
            && let Some(client) = self.client.take()
        {
            drop(Object::take(client));
        }
    }
}

/// A transaction. Dropped without [`commit`](Self::commit), it is rolled back.
pub(super) struct Tx {
    connection: Connection,
    over: bool,
}

impl Deref for Tx {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Tx {
    /// Runs a statement; how many rows it changed.
    pub(super) async fn execute(&self, sql: &str, values: Values<'_>) -> Result<u64, Fault> {
        let client = self.client()?;
        if !self.database.prepared {
            return self.answer(client.execute_typed(sql, values)).await;
        }
        let (given, types) = split(values);
        self.answer(async {
            let statement = client.prepare_typed_cached(sql, &types).await?;
            client.execute(&statement, &given).await
        })
        .await
    }

    /// Lets the commit be answered before it is on the disk: for what may be lost with the server.
    pub(super) async fn commit_lazily(&self) -> Result<(), Fault> {
        self.answer(self.client()?.batch_execute("SET LOCAL synchronous_commit = off")).await
    }

    /// Makes it last.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] when the answer was lost: whether the transaction has happened is then unknown, and it
    /// must not be tried again.
    pub(super) async fn commit(mut self) -> Result<(), Fault> {
        // A commit may wait for the synchronous standby. To cancel it would end the wait and not the commit: others would
        // see what the standby does not have.
        let answer = self.answer_or_cancel(self.client()?.batch_execute("COMMIT"), false).await;
        self.over = true;
        match answer {
            Ok(()) => {
                self.database.commits.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(Fault::Database(error)) if is_lost(&error) => Err(Fault::Unavailable(unreachable(&format!(
                "the connection was lost while a change was being committed: {}",
                describe(&error)
            )))),
            Err(fault) => Err(fault),
        }
    }

    /// Undoes it, and waits until that is done.
    pub(super) async fn rollback(mut self) -> Result<(), Fault> {
        let answer = self.answer(self.client()?.batch_execute("ROLLBACK")).await;
        self.over = true;
        answer
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if self.over || self.connection.broken.load(Ordering::Relaxed) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            self.connection.broken.store(true, Ordering::Relaxed);
            return;
        };
        let Some(client) = self.connection.client.take() else { return };
        let connection = Connection::new(client, Arc::clone(&self.connection.database));
        runtime.spawn(async move {
            if let Ok(client) = connection.client()
                && connection.answer(client.batch_execute("ROLLBACK")).await.is_err()
            {
                connection.broken.store(true, Ordering::Relaxed);
            }
        });
    }
}
