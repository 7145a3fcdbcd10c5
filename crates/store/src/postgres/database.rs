//! Connections to the server, and whether it is there.
//!
//! Readers and writers have a pool each, so that a burst of one does not starve the other. When a connection cannot be
//! made, the server counts as away: calls fail at once, and one task asks every [`PROBE_INTERVAL`] whether it is back.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime, Timeouts};
use muster_core::vital::Vital;
use tokio::time::timeout;
use tokio_postgres::{Error, error::SqlState};
use tokio_postgres_rustls::MakeRustlsConnect;

pub(super) use super::connection::{Connection, Tx};
use super::{
    fault::{Fault, describe, stopped, unreachable, wanted_still},
    options::PostgresOptions,
    url::Address,
};

/// How long a call waits for a connection that others use.
const WAIT: Duration = Duration::from_secs(1);
/// How long a connection may take beyond what the hosts may take to accept it: for the handshake.
const HANDSHAKE: Duration = Duration::from_secs(1);
/// What is told when no host has made a connection in time.
const TOO_LATE: &str = "no host has made a connection in time";
/// How often an absent server is asked whether it is back.
const PROBE_INTERVAL: Duration = Duration::from_millis(250);

/// The server, as this process sees it.
pub(super) struct Database {
    readers: Pool,
    writers: Pool,
    address: Address,
    pub(super) tls: MakeRustlsConnect,
    /// Whether statements are prepared.
    pub(super) prepared: bool,
    /// How long the server may work on a statement, and wait for the next of a transaction.
    pub(super) statement: Duration,
    /// Calls that may wait for a connection of either pool.
    waiting_calls: usize,
    health: Mutex<Health>,
    /// Transactions that were committed.
    pub(super) commits: AtomicU64,
    closed: AtomicBool,
}

#[derive(Default)]
struct Health {
    /// Why the server cannot be reached, while it cannot.
    down: Option<String>,
    /// Whether a task is asking.
    probing: bool,
}

impl Health {
    /// Notes that the server cannot be reached; it is logged when that is news.
    fn note_down(&mut self, place: &str, why: String) {
        if self.down.is_none() {
            tracing::warn!(place, why, "PostgreSQL cannot be reached");
        }
        self.down = Some(why);
    }
}

/// How long a new connection may take. The hosts are tried one after the other, so that each needs its time.
fn patience(address: &Address) -> Duration {
    let each = address.config.get_connect_timeout().copied().unwrap_or(HANDSHAKE);
    let hosts = u32::try_from(address.config.get_hosts().len()).unwrap_or(u32::MAX);
    each.saturating_mul(hosts).saturating_add(HANDSHAKE)
}

fn pool(address: &Address, tls: &MakeRustlsConnect, size: usize) -> Result<Pool, String> {
    let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(address.config.clone(), tls.clone(), config);
    let timeouts = Timeouts { wait: Some(WAIT), create: Some(patience(address)), recycle: None };
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
            statement: Duration::from_secs(options.statement_seconds),
            waiting_calls: options.waiting_calls.max(1),
            health: Mutex::default(),
            commits: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        }))
    }

    /// Hosts, ports and database.
    pub(super) fn place(&self) -> &str {
        &self.address.place
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
    /// Not begun for a caller who waits no longer.
    pub(super) async fn begin(self: &Arc<Self>) -> Result<Tx, Fault> {
        wanted_still()?;
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
        if pool.status().waiting >= self.waiting_calls {
            let (name, bound) = ("postgres.waiting_calls", self.waiting_calls);
            let why = format!("more than {bound} calls wait for a connection to PostgreSQL (`{name}`)");
            return Err(Fault::Unavailable(why));
        }
        match pool.get().await {
            Ok(client) => Ok(Connection::new(client, Arc::clone(self))),
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
                PoolError::Timeout(_) => TOO_LATE.to_owned(),
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
        health.note_down(&self.address.place, why);
        self.probe(&mut health);
        told
    }

    /// Has the server asked whether it is there, because something suggests that it is not. Idle connections go: they
    /// lead to the same server.
    pub(super) fn suspect(self: &Arc<Self>) {
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
    let _vital = Vital::new("asks whether PostgreSQL is reached");
    loop {
        {
            let Some(database) = database.upgrade().filter(|database| database.open_still().is_ok()) else {
                return;
            };
            let attempt = match timeout(patience(&database.address), database.connect()).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(describe(&error)),
                Err(_) => Err(TOO_LATE.to_owned()),
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
                Err(why) => health.note_down(&database.address.place, why),
            }
        }
        tokio::time::sleep(PROBE_INTERVAL).await;
    }
}
