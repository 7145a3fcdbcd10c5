//! Brings a database to the form that this version knows.
//!
//! Migrations are numbered files, applied in order, each in a transaction of its own together with the note that it was
//! applied. Nodes of the version before may go on meanwhile, so a migration adds and does not take away; what nobody
//! needs any more goes a version later. A lock of the database lets one node at a time do it.

use tokio_postgres::{Client, Error};

use super::fault::{OpenError, describe};
use crate::migrations::{Migration, Mismatch, missing, number};

/// The lock's number: `MSTR` in ASCII. Any would do that no other program on the database takes.
const LOCK: i64 = 0x4D53_5452;

/// The files of `migrations/postgres`, in the order of their numbers.
const MIGRATIONS: &[Migration] = include!(concat!(env!("OUT_DIR"), "/postgres.rs"));

/// What became of a step.
enum Step {
    /// One migration was applied.
    Applied,
    /// None was missing.
    Done,
}

/// Applies what is missing.
///
/// # Errors
/// [`OpenError`] when the database is of a newer version or of another build, or when the server refuses.
pub(super) async fn migrate(client: &Client) -> Result<(), OpenError> {
    apply(client, MIGRATIONS).await
}

/// Whether nothing was ever applied.
///
/// # Errors
/// [`OpenError`] when the server refuses.
pub(super) async fn is_fresh(client: &Client) -> Result<bool, OpenError> {
    let applied = applied(client).await.map_err(|error| OpenError::Migration(describe(&error)))?;
    Ok(applied.is_empty())
}

async fn apply(client: &Client, migrations: &[Migration]) -> Result<(), OpenError> {
    let failed = |error: Error| OpenError::Migration(describe(&error));
    loop {
        client.batch_execute("BEGIN").await.map_err(failed)?;
        let step = step(client, migrations).await;
        let end = if matches!(step, Ok(Step::Applied)) { "COMMIT" } else { "ROLLBACK" };
        let ended = client.batch_execute(end).await.map_err(failed);
        match step? {
            Step::Applied => ended?,
            Step::Done => return ended,
        }
    }
}

/// Applies the first migration that is missing, in the transaction that is open.
async fn step(client: &Client, migrations: &[Migration]) -> Result<Step, OpenError> {
    let failed = |error: Error| OpenError::Migration(describe(&error));
    // The lock is held to the end of the transaction, also through a pooler.
    let lock = format!("SELECT pg_advisory_xact_lock({LOCK})");
    client.batch_execute(&lock).await.map_err(failed)?;
    let applied = applied(client).await.map_err(failed)?;
    let Some(migration) = missing(migrations, &applied)?.first() else { return Ok(Step::Done) };
    let note = format!(
        "CREATE TABLE IF NOT EXISTS migration (version bigint PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
           applied_at timestamptz NOT NULL DEFAULT now());
         INSERT INTO migration (version, name, checksum) VALUES ({}, '{}', '{}')",
        number(applied.len() + 1),
        migration.name,
        migration.checksum()
    );
    client.batch_execute(migration.sql).await.map_err(failed)?;
    client.batch_execute(&note).await.map_err(failed)?;
    Ok(Step::Applied)
}

/// Names and checksums of what was applied.
async fn applied(client: &Client) -> Result<Vec<(String, String)>, Error> {
    let found = client.query_typed("SELECT to_regclass('migration') IS NOT NULL", &[]).await?;
    if !found.first().is_some_and(|row| row.get(0)) {
        return Ok(Vec::new());
    }
    let rows = client.query_typed("SELECT name, checksum FROM migration ORDER BY version", &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

impl From<Mismatch> for OpenError {
    fn from(mismatch: Mismatch) -> Self {
        match mismatch {
            Mismatch::Newer { found, known } => Self::Newer { found, known },
            Mismatch::Changed { name } => Self::Changed { name },
        }
    }
}
