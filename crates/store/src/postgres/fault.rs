//! What can go wrong, in words that help an operator. No text here holds a part of the URL's password.

use std::{error::Error as _, fmt::Write as _};

use muster_core::{
    caller::Caller,
    store::{StoreError, StoreResult},
};
use tokio_postgres::{Error, error::SqlState};

pub(super) use crate::codes::Unreadable;

/// A PostgreSQL store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is not one of PostgreSQL's. The text does not repeat it: it may hold a password.
    #[error("the store's URL cannot be used: {0}")]
    Url(String),
    /// Certificates for TLS could not be read.
    #[error("TLS to PostgreSQL cannot be set up: {0}")]
    Tls(String),
    /// No server answered.
    #[error(
        "PostgreSQL at {place} cannot be reached: {why}. Check that it runs there and that nothing is in between"
    )]
    Unreachable {
        /// Hosts, ports and database.
        place: String,
        /// What the attempt met.
        why: String,
    },
    /// A server answered, and did not let us in.
    #[error(
        "PostgreSQL at {place} refuses the connection: {why}. Check user, password and database in the URL"
    )]
    Refused {
        /// Hosts, ports and database.
        place: String,
        /// The server's words.
        why: String,
    },
    /// The database has no tables of ours.
    #[error("there is no store in the database at {place}: start the server on it first, or name another")]
    NoStore {
        /// Hosts, ports and database.
        place: String,
    },
    /// The database was migrated by a newer version.
    #[error(
        "the database has schema version {found}, this muster knows up to {known}: run the newer version, or restore \
         a backup from before the upgrade"
    )]
    Newer {
        /// Its schema version.
        found: i64,
        /// The last one known here.
        known: i64,
    },
    /// A migration that was applied is not the one known here.
    #[error(
        "migration {name} was applied with another text: the database belongs to another build of muster; run that \
         one, or name another database"
    )]
    Changed {
        /// The migration.
        name: String,
    },
    /// A migration could not be applied.
    #[error("the tables cannot be brought to this version: {0}. The user needs the right to create tables")]
    Migration(String),
}

/// Why a piece of work on the database did not come to its end.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The server's or the driver's error.
    Database(Error),
    /// For now, in words for whoever called.
    Unavailable(String),
    /// A change was perhaps made, in words for whoever called.
    Unknown(String),
    /// Anything else that the caller is told as it is.
    Store(StoreError),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Unreadable> for Fault {
    fn from(unreadable: Unreadable) -> Self {
        Self::Store(StoreError::Failed(Box::new(unreadable)))
    }
}

impl Fault {
    /// Whether the same transaction may succeed when it is begun anew, and has certainly not been applied.
    pub(super) fn is_conflict(&self) -> bool {
        matches!(self, Self::Database(error) if error.code().is_some_and(|code| {
            *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
        }))
    }

    /// Whether the fault lies in what was written, so that others of the same transaction may succeed without it.
    pub(super) fn is_of_one_job(&self) -> bool {
        match self {
            Self::Database(error) => !is_lost(error) && !is_exhausted(error) && error.as_db_error().is_some(),
            Self::Unavailable(_) | Self::Unknown(_) => false,
            Self::Store(_) => true,
        }
    }

    /// The same fault for another caller.
    pub(super) fn again(&self) -> StoreError {
        match self {
            Self::Unavailable(why) => StoreError::Unavailable(why.clone()),
            Self::Unknown(why) | Self::Store(StoreError::Unknown(why)) => StoreError::Unknown(why.clone()),
            Self::Store(StoreError::Unavailable(why)) => StoreError::Unavailable(why.clone()),
            Self::Store(StoreError::Failed(source)) => StoreError::Failed(source.to_string().into()),
            Self::Database(error) => told(error),
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => error,
            other => other.again(),
        }
    }
}

/// Whether the connection is of no use any more: gone, about to go, or to a server that has become a standby.
pub(super) fn is_lost(error: &Error) -> bool {
    let Some(code) = error.code() else {
        // Without a code, the fault is the driver's own; a value it cannot encode leaves the connection as it was.
        return error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>());
    };
    code.code().starts_with("08")
        || [
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ]
        .contains(code)
}

/// Whether the server lacks something: disk, memory, connections, or time.
fn is_exhausted(error: &Error) -> bool {
    error.code().is_some_and(|code| {
        code.code().starts_with("53")
            || *code == SqlState::QUERY_CANCELED
            || *code == SqlState::LOCK_NOT_AVAILABLE
    })
}

/// What a caller is told.
fn told(error: &Error) -> StoreError {
    if is_lost(error) {
        return StoreError::Unavailable(unreachable(&describe(error)));
    }
    let unprepared = [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT];
    if error.code().is_some_and(|code| unprepared.contains(code)) {
        let why = describe(error);
        let advice =
            "behind a pooler, say prepared=false in the URL or let the pooler track prepared statements";
        return StoreError::Failed(format!("{why}: {advice}").into());
    }
    let conflict = error.code().is_some_and(|code| code.code().starts_with("40"));
    if conflict || is_exhausted(error) {
        return StoreError::Unavailable(format!("PostgreSQL could not do it now: {}", describe(error)));
    }
    StoreError::Failed(describe(error).into())
}

/// What calls are told while the server is away.
pub(super) fn unreachable(why: &str) -> String {
    format!("PostgreSQL cannot be reached: {why}")
}

/// An error in the server's words, or the driver's with its causes. Neither knows the password.
pub(super) fn describe(error: &Error) -> String {
    if let Some(theirs) = error.as_db_error() {
        return format!("{} ({})", theirs.message(), theirs.code().code());
    }
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let why = cause.to_string();
        if !text.contains(&why) {
            let _ = write!(text, ": {why}");
        }
        source = cause.source();
    }
    text
}

/// What calls get after [`close`](muster_core::store::Store::close).
pub(super) fn stopped() -> StoreError {
    StoreError::Unavailable("the store has stopped".into())
}

/// Fails when whoever asked for a change waits no longer: it is not made.
pub(super) fn wanted_still() -> Result<(), Fault> {
    if Caller::current().begin() {
        Ok(())
    } else {
        Err(Fault::Unavailable("nobody waits for this change any more".into()))
    }
}

/// A rule of the store that the caller broke: no variant of the answer tells it.
pub(super) fn misuse<T>(what: String) -> Result<T, Fault> {
    Err(Fault::Store(StoreError::Failed(what.into())))
}

/// How often a transaction that met another one is begun anew. Locks are taken in one order, so that even a second
/// meeting is rare.
const ATTEMPTS: usize = 5;

/// Runs a transaction, and runs it again when it met another one and was rolled back.
pub(super) async fn settled<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(fault) if fault.is_conflict() => {}
            done => return done,
        }
    }
    attempt().await
}

/// The same for one caller, who is told what the store's callers are.
pub(super) async fn retry<T, F>(attempt: impl FnMut() -> F) -> StoreResult<T>
where
    F: Future<Output = Result<T, Fault>>,
{
    Ok(settled(attempt).await?)
}
