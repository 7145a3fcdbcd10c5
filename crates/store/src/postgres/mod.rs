//! The store for several nodes: PostgreSQL, or what speaks its protocol.
//!
//! Any number of processes share one database; nothing here assumes to be the only one. Whatever orders callers is a
//! row lock: of the application for groups (`space`), of a stream for entries and counts (`stream`). Writes of many
//! callers are gathered into transactions (`gather`), which take their locks in the order of the keys. All state of a
//! session is set for one transaction only, so that a pooler may stand in between.

mod admissions;
mod clock;
mod connection;
mod database;
mod entries;
mod fault;
mod gather;
mod groups;
mod messages;
mod migrate;
mod nodes;
mod options;
mod purge;
mod records;
mod rosters;
mod sessions;
mod spaces;
mod tables;
mod tls;
mod transfer;
mod url;
mod values;
mod writes;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use muster_core::{
    figure::Figure,
    group::Group,
    id::GroupRef,
    random::Random,
    store::{Records, Store, StoreError, StoreResult},
    time::Millis,
};
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};

pub(crate) use self::fault::Fault;
use self::{
    admissions::{Draws, Nonces},
    clock::DatabaseClock,
    database::Database,
    fault::{describe, retry, stopped},
    gather::{Gatherer, Lanes},
    rosters::RosterWriter,
    sessions::Logins,
    url::Address,
    writes::Writes,
};
pub use self::{fault::OpenError, options::PostgresOptions};
use crate::{cache::Cache, inspection::Inspection, settings::MASTER_KEY_CHECK, tables::Tables};

/// How long opening waits for a connection, all hosts together.
const OPENING: Duration = Duration::from_secs(10);
/// Lanes for nonces, and for draws. Their transactions do not wait for the disk, so one is busy at any time.
const ADMISSION_LANES: usize = 1;

/// What becomes of a database without tables.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fresh {
    Make,
    Refuse,
}

/// A store on a PostgreSQL server that other processes may use at the same time.
///
/// Its tasks run on the runtime in which it was opened. Dropping it without [`close`](Store::close) loses nothing that
/// was acknowledged.
pub struct PostgresStore {
    database: Arc<Database>,
    clock: DatabaseClock,
    roster_writer: Arc<RosterWriter>,
    tables: Tables<Arc<Database>>,
    writes: Gatherer<Writes>,
    logins: Gatherer<Logins>,
    nonces: Gatherer<Nonces>,
    draws: Gatherer<Draws>,
    groups: Cache<GroupRef, Group>,
}

impl PostgresStore {
    /// Connects to the server at a URL, and brings its tables to this version; on a fresh database it makes them.
    ///
    /// # Errors
    /// [`OpenError`] when the URL cannot be used, when no server lets us in, or when the database is not one that this
    /// version knows.
    pub async fn open(
        url: &str,
        options: &PostgresOptions,
        random: Arc<dyn Random>,
    ) -> Result<Self, OpenError> {
        Self::connect(url, options, random, Fresh::Make).await
    }

    /// The same, of a database that holds a store already.
    ///
    /// # Errors
    /// [`OpenError::NoStore`] when it holds none; and those of [`open`](Self::open).
    pub async fn open_existing(
        url: &str,
        options: &PostgresOptions,
        random: Arc<dyn Random>,
    ) -> Result<Self, OpenError> {
        Self::connect(url, options, random, Fresh::Refuse).await
    }

    async fn connect(
        url: &str,
        options: &PostgresOptions,
        random: Arc<dyn Random>,
        fresh: Fresh,
    ) -> Result<Self, OpenError> {
        let (database, client) = Self::reach(url, options).await?;
        if fresh == Fresh::Refuse && migrate::is_fresh(&client).await? {
            return Err(OpenError::NoStore { place: database.place().to_owned() });
        }
        migrate::migrate(&client).await?;
        let lanes = Lanes { number: options.writers, waiting: options.waiting_writes };
        let admissions = Lanes { number: ADMISSION_LANES, ..lanes };
        Ok(Self {
            writes: Gatherer::start(&database, Writes, lanes),
            logins: Gatherer::start(&database, Logins, lanes),
            roster_writer: RosterWriter::start(&database, lanes),
            nonces: Gatherer::start(&database, Nonces, admissions),
            draws: Gatherer::start(&database, Draws::default(), admissions),
            clock: DatabaseClock::default(),
            groups: Cache::new(),
            tables: Tables::new(Arc::clone(&database), random),
            database,
        })
    }

    /// Looks into the database at a URL, and leaves it as it is.
    ///
    /// # Errors
    /// Those of [`open_existing`](Self::open_existing).
    pub async fn inspect(url: &str, options: &PostgresOptions) -> Result<Inspection, OpenError> {
        let (database, client) = Self::reach(url, options).await?;
        if migrate::is_fresh(&client).await? {
            return Err(OpenError::NoStore { place: database.place().to_owned() });
        }
        let unreadable = |error: tokio_postgres::Error| OpenError::Migration(describe(&error));
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
            (SELECT value FROM setting WHERE name = $1), (SELECT value FROM setting WHERE name = $2)";
        // Through a pooler nothing can be prepared on a connection that is not ours for longer.
        let settings: [(&(dyn ToSql + Sync), Type); 2] =
            [(&MASTER_KEY_CHECK, Type::TEXT), (&purge::PURGE_TIME, Type::TEXT)];
        let rows = client.query_typed(sql, &settings).await.map_err(unreadable)?;
        let Some(row) = rows.first() else { return Ok(Inspection::default()) };
        let time = |bytes: Vec<u8>| Millis(<[u8; 8]>::try_from(bytes).map_or(0, i64::from_be_bytes));
        Ok(Inspection {
            master_check: row.try_get(1).map_err(unreadable)?,
            purge_time: row.try_get::<_, Option<Vec<u8>>>(2).map_err(unreadable)?.map(time),
            database_time: Some(Millis(row.try_get(0).map_err(unreadable)?)),
        })
    }

    /// The database at a URL, and a connection to it.
    async fn reach(
        url: &str,
        options: &PostgresOptions,
    ) -> Result<(Arc<Database>, tokio_postgres::Client), OpenError> {
        let address = Address::parse(url)?;
        let tls = tls::connector(&address)?;
        let place = address.place.clone();
        let unreachable = |why| OpenError::Unreachable { place: place.clone(), why };
        let database = Database::new(address, tls, options).map_err(unreachable)?;
        match timeout(OPENING, database.connect()).await {
            Ok(Ok(client)) => Ok((database, client)),
            Ok(Err(error)) if is_refusal(&error) => Err(OpenError::Refused { place, why: describe(&error) }),
            Ok(Err(error)) => Err(unreachable(describe(&error))),
            Err(_) => Err(unreachable("no connection within 10 seconds".into())),
        }
    }

    /// Writes, and takes it back in the same transaction: a full disk still reads.
    async fn probe(&self) -> Result<(), Fault> {
        let tx = self.database.begin().await?;
        tx.execute("INSERT INTO setting (name, value) VALUES ('probe', '')", &[]).await?;
        tx.execute("DELETE FROM setting WHERE name = 'probe'", &[]).await?;
        tx.commit().await
    }
}

/// Whether a server answered and does not want us: user, password, or database.
fn is_refusal(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| code.code().starts_with("28") || code.code().starts_with("3D"))
}

#[async_trait]
impl Store for PostgresStore {
    fn records(&self) -> &dyn Records {
        &self.tables
    }

    fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::gauge("store_connections", "Connections to PostgreSQL now", self.database.connections()),
            Figure::counter("store_commits", "Transactions of the store", self.database.commits()),
            Figure::counter(
                "store_writes",
                "Writes gathered into them",
                self.writes.jobs() + self.logins.jobs() + self.roster_writer.jobs(),
            ),
        ]
    }

    async fn ready(&self) -> StoreResult<()> {
        let connection = self.database.reader().await?;
        let row = connection.query_opt("SELECT current_setting('transaction_read_only')", &[]).await?;
        if row.is_some_and(|row| row.get::<_, &str>(0) == "on") {
            return Err(StoreError::Unavailable(
                "PostgreSQL is a standby, which nothing can be written to".into(),
            ));
        }
        drop(connection);
        retry(|| self.probe()).await
    }

    async fn close(&self) -> StoreResult<()> {
        self.database.open_still()?;
        self.roster_writer.flush().await;
        if self.database.close() { Ok(()) } else { Err(stopped()) }
    }
}
