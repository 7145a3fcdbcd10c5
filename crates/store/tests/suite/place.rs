//! Where a store lives.

use std::{
    path::Path,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use muster_core::{
    event::{Event, form},
    id::{GroupRef, NodeId},
    message::ExitReason,
    store::Store,
    testing::Seeded,
    transfer::Portable,
};
use muster_store::{
    memory::MemoryStore,
    postgres::{PostgresOptions, PostgresStore},
    sqlite::{DATABASE_FILE, MARK_FILE, SqliteOptions, SqliteStore},
};
use tempfile::TempDir;

use crate::{
    make::alone,
    server::{binary, execute, server, wait},
};

/// A place where a store is opened.
pub(crate) trait Place: Send + Sync {
    /// Opens the store. One at a time.
    fn open(&self) -> Arc<dyn Store>;
    /// The store as a test finds it later: closed and opened again where what is written lasts, else the same.
    fn again(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        wait(async { store.close().await.unwrap() });
        drop(store);
        self.open()
    }
    /// An event that is no message and belongs to a group.
    fn exit(&self, at: &GroupRef) -> Event {
        Event::Exit { group: at.group.clone(), reason: ExitReason::Removed }
    }
}

/// A place that keeps what a store wrote, so that the store can be opened there again.
pub(crate) trait LastingPlace: Place {
    /// Opens the store for carrying its content, when no other is open.
    fn open_portable(&self) -> Arc<dyn Portable>;
    /// What would be found here had the machine stopped now.
    fn after_a_crash(&self) -> Box<dyn Place>;
    /// Runs statements beside the store: those of its database, each in a transaction of its own for PostgreSQL.
    fn tamper(&self, sqlite: &str, postgres: &str);
    /// Asks beside the store: the texts that a statement of its database gives.
    fn select(&self, sqlite: &str, postgres: &str) -> Vec<String>;
    /// Holds a lock beside the store that keeps it from writing to the streams, until what this answers is dropped.
    fn lock(&self) -> Box<dyn Send>;
    /// Waits until a change that was asked for is held up by the lock. A store that begins a change behind the lock holds
    /// up nothing that it has begun.
    fn held_up(&self) {}
}

/// Memory: every store that is opened is a new one.
pub(crate) struct Memory;

impl Place for Memory {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(MemoryStore::open(Arc::new(Seeded::new(1))).unwrap())
    }

    fn again(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        store
    }
}

/// SQLite in a directory of its own.
pub(crate) struct Sqlite {
    pub(crate) directory: TempDir,
    pub(crate) options: SqliteOptions,
}

impl Sqlite {
    pub(crate) fn new() -> Self {
        // Caches so small that they overflow in the tests.
        let options = SqliteOptions {
            readers: 2,
            roster_cache_bytes: 64 << 10,
            cached_groups: 64,
            ..SqliteOptions::default()
        };
        Self { directory: TempDir::new().unwrap(), options }
    }

    fn connection(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.directory.path().join(DATABASE_FILE)).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        connection
    }

    pub(crate) fn store(&self) -> SqliteStore {
        SqliteStore::open(self.directory.path(), &self.options, Arc::new(Seeded::new(1))).unwrap()
    }
}

impl Place for Sqlite {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.store())
    }
}

impl LastingPlace for Sqlite {
    fn open_portable(&self) -> Arc<dyn Portable> {
        Arc::new(self.store())
    }

    fn tamper(&self, sqlite: &str, _: &str) {
        self.connection().execute_batch(sqlite).unwrap();
    }

    fn select(&self, sqlite: &str, _: &str) -> Vec<String> {
        let connection = self.connection();
        let mut query = connection.prepare(sqlite).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn lock(&self) -> Box<dyn Send> {
        let connection = self.connection();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Box::new(connection)
    }

    fn after_a_crash(&self) -> Box<dyn Place> {
        let copy = TempDir::new().unwrap();
        copy_files(self.directory.path(), copy.path());
        Box::new(Self { directory: copy, options: self.options.clone() })
    }
}

/// Copies the database and its log as a stopped machine would leave them. A reader that stands on the log keeps it
/// from being begun anew meanwhile, so whatever the copy of the database lacks is in the copy of the log.
fn copy_files(from: &Path, to: &Path) {
    let reader = rusqlite::Connection::open(from.join(DATABASE_FILE)).unwrap();
    reader.pragma_update(None, "wal_autocheckpoint", 0).ok();
    reader.execute_batch("BEGIN").unwrap();
    let _: i64 = reader.query_row("SELECT count(*) FROM migration", [], |row| row.get(0)).unwrap();
    loop {
        // The mark first: it must not tell of more than the copies hold.
        let mark = std::fs::read(from.join(MARK_FILE)).unwrap();
        for suffix in ["", "-wal"] {
            let name = format!("{DATABASE_FILE}{suffix}");
            if from.join(&name).exists() {
                std::fs::copy(from.join(&name), to.join(&name)).unwrap();
            }
        }
        std::fs::write(to.join(MARK_FILE), &mark).unwrap();
        if moves(&mark) == moves(&std::fs::read(from.join(MARK_FILE)).unwrap()) {
            return;
        }
        // The log was moved meanwhile, so the copies are not of one moment.
    }
}

/// What a mark tells of moves of the log.
fn moves(mark: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(mark).unwrap();
    Some(text.split_once(" moved ")?.1.split_once(" sum ")?.0.to_owned())
}

/// The node whose sessions the tests use.
const NODE: &str = "n";
/// A lease that no test outlives.
const LEASE: Duration = Duration::from_secs(3_600);
/// Memberships that are ended at once.
const REAPED: usize = 1_000;

/// A database on the tests' server, as long as somebody needs it.
struct Database(String);

impl Drop for Database {
    fn drop(&mut self) {
        server().drop_database(&self.0);
    }
}

/// A database of its own on the tests' server.
///
/// A process that ends takes no memory of PostgreSQL's with it. So opening again stands for another process under the
/// same node's name, after the lease of the one before ran out and what it held was ended.
pub(crate) struct Postgres {
    pub(crate) options: PostgresOptions,
    database: Arc<Database>,
    /// Copies that stores may still be open on.
    copies: Mutex<Vec<Arc<Database>>>,
    used: AtomicBool,
}

impl Postgres {
    pub(crate) fn new() -> Self {
        Self {
            options: PostgresOptions {
                readers: 2,
                writers: 2,
                // A busy machine is no fault of the store.
                statement_seconds: 120,
                ..PostgresOptions::default()
            },
            database: Arc::new(Database(server().create_database())),
            copies: Mutex::default(),
            used: AtomicBool::new(false),
        }
    }

    /// One whose stores do not prepare statements, as behind a pooler.
    pub(crate) fn unprepared() -> Self {
        let mut place = Self::new();
        place.options.prepared = false;
        place
    }

    pub(crate) fn url(&self) -> String {
        server().url(&self.database.0)
    }

    pub(crate) async fn store(&self) -> PostgresStore {
        PostgresStore::open(&self.url(), &self.options, Arc::new(Seeded::new(1))).await.unwrap()
    }
}

/// Ends what hangs on the sessions of the process before, and begins a lease for this one.
async fn begin(store: &dyn Store, url: &str, again: bool) {
    if again {
        end_sessions(store, url).await;
    }
    assert!(store.beat(&NodeId::new(NODE).unwrap(), LEASE).await.unwrap());
}

/// Lets the lease of the process before be over, and ends what it held.
async fn end_sessions(store: &dyn Store, url: &str) {
    store.beat(&NodeId::new(NODE).unwrap(), Duration::ZERO).await.unwrap();
    while store.reap(REAPED, alone()).await.unwrap().more {}
    // The tests' sessions keep the node's name, which a node that was reaped may not.
    execute(url, &format!("DELETE FROM node WHERE node = '{NODE}'"));
}

impl Place for Postgres {
    fn open(&self) -> Arc<dyn Store> {
        wait(async {
            let store = self.store().await;
            begin(&store, &self.url(), self.used.swap(true, Ordering::Relaxed)).await;
            Arc::new(store)
        })
    }
}

impl LastingPlace for Postgres {
    fn open_portable(&self) -> Arc<dyn Portable> {
        wait(async {
            let store = self.store().await;
            end_sessions(&store, &self.url()).await;
            Arc::new(store)
        })
    }

    fn tamper(&self, _: &str, postgres: &str) {
        execute(&self.url(), postgres);
    }

    fn select(&self, _: &str, postgres: &str) -> Vec<String> {
        wait(async {
            let (client, connection) =
                tokio_postgres::connect(&self.url(), tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client.query(postgres, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
        })
    }

    fn lock(&self) -> Box<dyn Send> {
        wait(async {
            let (client, connection) =
                tokio_postgres::connect(&self.url(), tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute("BEGIN; LOCK TABLE stream IN ACCESS EXCLUSIVE MODE").await.unwrap();
            Box::new(client)
        })
    }

    fn held_up(&self) {
        wait(async {
            let (client, connection) =
                tokio_postgres::connect(&self.url(), tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            let sql = "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                       WHERE d.datname = current_database() AND NOT l.granted";
            while client.query(sql, &[]).await.unwrap().is_empty() {}
        });
    }

    /// A copy of what is committed at one moment. What a crash of the server leaves is PostgreSQL's own affair.
    fn after_a_crash(&self) -> Box<dyn Place> {
        let mut copy = Self::new();
        copy.options.clone_from(&self.options);
        copy.used = AtomicBool::new(true);
        tokio::task::block_in_place(|| copy_database(&self.url(), &copy.url()));
        self.copies.lock().unwrap().push(Arc::clone(&copy.database));
        Box::new(copy)
    }
}

/// Copies a database as it is at one moment.
fn copy_database(from: &str, to: &str) {
    let dump = std::process::Command::new(binary("pg_dump")).arg(from).stdout(Stdio::piped()).spawn();
    let mut dump = dump.unwrap();
    let restored = std::process::Command::new(binary("psql"))
        .args(["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", to])
        .stdin(dump.stdout.take().unwrap())
        .stdout(Stdio::null())
        .status();
    assert!(restored.unwrap().success() && dump.wait().unwrap().success());
}

/// A place whose store is that of a version which lacks the event of [`Place::exit`]: others write it, and this one
/// reads, pages and carries it without knowing what it is.
pub(crate) struct Earlier<P>(pub(crate) P);

impl<P: Place> Place for Earlier<P> {
    fn open(&self) -> Arc<dyn Store> {
        self.0.open()
    }

    /// A name of which this version knows nothing, with what no number of this version holds, and a blank too many.
    fn exit(&self, at: &GroupRef) -> Event {
        let json =
            format!(r#"{{"Parted":{{"group":"{}", "until":18446744073709551616,"rate":1.50}}}}"#, at.group);
        let event = form::read(&json).unwrap();
        assert!(matches!(&event, Event::Unknown(unknown) if unknown.json() == json));
        event
    }
}

impl<P: LastingPlace> LastingPlace for Earlier<P> {
    fn open_portable(&self) -> Arc<dyn Portable> {
        self.0.open_portable()
    }

    fn after_a_crash(&self) -> Box<dyn Place> {
        self.0.after_a_crash()
    }

    fn tamper(&self, sqlite: &str, postgres: &str) {
        self.0.tamper(sqlite, postgres);
    }

    fn select(&self, sqlite: &str, postgres: &str) -> Vec<String> {
        self.0.select(sqlite, postgres)
    }

    fn lock(&self) -> Box<dyn Send> {
        self.0.lock()
    }
}
