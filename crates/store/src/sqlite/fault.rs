//! What can go wrong, in words that help an operator.

use std::{io, path::PathBuf, sync::Arc};

use muster_core::{
    caller::Caller,
    store::{StoreError, StoreResult},
};
use rusqlite::ErrorCode;

use super::mark::Loss;
use crate::codes::Unreadable;

/// A data directory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory or a file in it.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process has it.
    #[error("the data directory {path} is in use by {holder}")]
    Held {
        /// The directory.
        path: PathBuf,
        /// `process <id>`, as far as it is known.
        holder: String,
    },
    /// The file is a database of something else.
    #[error("{0} is not a Muster database")]
    Foreign(PathBuf),
    /// The database was last opened by a newer version.
    #[error("the database is of a newer version: it has migration {found}, this version knows {known}")]
    Newer {
        /// Its last migration.
        found: i64,
        /// The last one known here.
        known: i64,
    },
    /// A migration that was applied is not the one known here.
    #[error("migration {name} was applied with another text: its checksum differs")]
    Changed {
        /// The migration.
        name: String,
    },
    /// The files do not belong together.
    #[error(
        "{0}. Put the files back as they were; or restore a backup into an empty directory (`muster restore`); or go on \
         with what is there by `muster doctor --accept-loss`"
    )]
    Loss(Loss),
    /// SQLite.
    #[error("the database cannot be opened: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl From<Loss> for OpenError {
    fn from(loss: Loss) -> Self {
        Self::Loss(loss)
    }
}

impl From<Unreadable> for rusqlite::Error {
    fn from(unreadable: Unreadable) -> Self {
        Self::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(unreadable))
    }
}

/// A fault that several callers are told of.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
struct Shared(Arc<rusqlite::Error>);

/// What a caller is told of a fault of SQLite.
pub(crate) fn fault(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Unavailable("the disk is full".into()),
        // What a failing device does, and what the system does after it: a disk that it has made read-only.
        Some(ErrorCode::SystemIoFailure | ErrorCode::ReadOnly) => {
            StoreError::Unavailable(format!("the disk fails, or is read-only: {error}"))
        }
        Some(ErrorCode::OutOfMemory) => StoreError::Unavailable("the memory is used up".into()),
        Some(_) if is_locked(&error) => locked(),
        Some(ErrorCode::CannotOpen) => {
            StoreError::Unavailable(format!("the database file cannot be opened: {error}"))
        }
        _ => StoreError::Failed(Box::new(Shared(Arc::new(error)))),
    }
}

/// Whether another process holds the database.
pub(super) fn is_locked(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// What a caller is told while another process holds the database.
pub(super) fn locked() -> StoreError {
    StoreError::Unavailable("the database is locked by another process".into())
}

/// Fails when whoever asked for a change that needs no writer waits no longer: it is not made.
pub(crate) fn wanted_still() -> StoreResult<()> {
    if Caller::current().begin() { Ok(()) } else { Err(unwanted()) }
}

/// What is told, to nobody in particular, of a change for which nobody waits any more.
pub(super) fn unwanted() -> StoreError {
    StoreError::Unavailable("nobody waits for this change any more".into())
}

/// What a caller is told whose transaction SQLite gave up.
pub(super) fn lost() -> StoreError {
    StoreError::Unavailable("the disk is full or failing: the changes were undone".into())
}

/// Whether a failed batch may be the fault of one of its jobs: the others are then tried without it. What the machine
/// lacks (`Unavailable`), and a file that is no database any more, every part of the batch would meet.
pub(super) fn is_of_one_job(error: &StoreError) -> bool {
    let StoreError::Failed(source) = error else { return false };
    let code = source.downcast_ref::<Shared>().and_then(|shared| shared.0.sqlite_error_code());
    !matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// The same error for another caller.
pub(super) fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(why) => StoreError::Unavailable(why.clone()),
        StoreError::Unknown(why) => StoreError::Unknown(why.clone()),
        StoreError::Failed(source) => match source.downcast_ref::<Shared>() {
            Some(shared) => StoreError::Failed(Box::new(shared.clone())),
            None => StoreError::Failed(source.to_string().into()),
        },
    }
}

/// What calls get after [`close`](muster_core::store::Store::close).
pub(crate) fn stopped() -> StoreError {
    StoreError::Unavailable("the store has stopped".into())
}

/// A rule of the store that the caller broke: no variant of the answer tells it.
pub(crate) fn misuse<T>(what: String) -> StoreResult<T> {
    Err(StoreError::Failed(what.into()))
}
