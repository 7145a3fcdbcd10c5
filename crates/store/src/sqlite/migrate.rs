//! Brings a database to the form that this version knows.
//!
//! Migrations are numbered files, applied in order, each in a transaction of its own together with the note that it
//! was applied. A file that changed after it was applied, or a database that has more of them than are known here,
//! is refused: what its tables mean is then unknown.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior, params};

use super::fault::OpenError;
use crate::migrations::{Migration, Mismatch, missing, number};

/// `MSTR`: says in the file's header whose database it is.
const APPLICATION_ID: i32 = 0x4D53_5452;

/// The files of `migrations/sqlite`, in the order of their numbers.
const MIGRATIONS: &[Migration] = include!(concat!(env!("OUT_DIR"), "/sqlite.rs"));

/// Applies what is missing.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    apply(connection, path, MIGRATIONS)
}

fn apply(connection: &mut Connection, path: &Path, migrations: &[Migration]) -> Result<(), OpenError> {
    claim(connection, path)?;
    let applied = applied(connection)?;
    for (at, migration) in (applied.len() + 1..).zip(missing(migrations, &applied)?) {
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step.execute_batch(migration.sql)?;
        step.execute(
            "INSERT INTO migration (number, name, checksum) VALUES (?1, ?2, ?3)",
            params![number(at), migration.name, migration.checksum()],
        )?;
        step.pragma_update(None, "user_version", number(at))?;
        step.commit()?;
    }
    Ok(())
}

/// Makes sure that the database is ours: it says so, or is empty and says so from now on.
fn claim(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id == APPLICATION_ID {
        return Ok(());
    }
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if id != 0 || tables != 0 {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    step.pragma_update(None, "application_id", APPLICATION_ID)?;
    step.execute_batch(
        "CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT",
    )?;
    step.commit()?;
    Ok(())
}

fn applied(connection: &Connection) -> Result<Vec<(String, String)>, OpenError> {
    let mut query = connection.prepare("SELECT name, checksum FROM migration ORDER BY number")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl From<Mismatch> for OpenError {
    fn from(mismatch: Mismatch) -> Self {
        match mismatch {
            Mismatch::Newer { found, known } => Self::Newer { found, known },
            Mismatch::Changed { name } => Self::Changed { name },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Migration = Migration { name: "0001_first", sql: "CREATE TABLE a (x INTEGER)" };
    const SECOND: Migration = Migration { name: "0002_second", sql: "CREATE TABLE b (x INTEGER)" };

    fn open(migrations: &[Migration], connection: &mut Connection) -> Result<(), OpenError> {
        apply(connection, Path::new("a.db"), migrations)
    }

    #[test]
    fn missing_migrations_are_applied_once_and_in_order() {
        let mut connection = Connection::open_in_memory().unwrap();
        open(&[FIRST], &mut connection).unwrap();
        open(&[FIRST, SECOND], &mut connection).unwrap();
        open(&[FIRST, SECOND], &mut connection).unwrap();
        connection.execute_batch("INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)").unwrap();
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, 2);
    }

    #[test]
    fn a_migration_that_changed_after_it_was_applied_is_refused_by_name() {
        let mut connection = Connection::open_in_memory().unwrap();
        open(&[FIRST], &mut connection).unwrap();
        let changed = Migration { sql: "CREATE TABLE a (y INTEGER)", ..FIRST };
        let error = open(&[changed], &mut connection).unwrap_err();
        assert!(error.to_string().contains("0001_first"), "{error}");
    }

    #[test]
    fn a_database_of_a_newer_version_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        open(&[FIRST, SECOND], &mut connection).unwrap();
        let error = open(&[FIRST], &mut connection).unwrap_err();
        assert!(matches!(error, OpenError::Newer { found: 2, known: 1 }), "{error}");
    }

    #[test]
    fn a_failing_migration_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        let broken = Migration { name: "0002_second", sql: "CREATE TABLE b (x INTEGER); NONSENSE" };
        assert!(open(&[FIRST, broken], &mut connection).is_err());
        open(&[FIRST, SECOND], &mut connection).unwrap();
    }

    #[test]
    fn the_database_of_another_program_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE theirs (x INTEGER)").unwrap();
        assert!(matches!(open(&[FIRST], &mut connection), Err(OpenError::Foreign(_))));
    }

    #[test]
    fn what_was_pinned_before_is_found_after() {
        let mut connection = Connection::open_in_memory().unwrap();
        let acts = MIGRATIONS.iter().position(|migration| migration.name == "0017_chat_acts").unwrap();
        open(&MIGRATIONS[..acts], &mut connection).unwrap();
        let contents = [
            r#"{"kind":"reaction","message":"m1","sign":"👍"}"#,
            r#"{"kind":"pin","message":"m2","days":7}"#,
            r#"{"kind":"text","text":"{\"kind\":\"pin\",\"message\":\"m3\"}"}"#,
        ];
        for content in contents {
            let add = "INSERT INTO chat_message (app, id, number, direction, content, status, at)
                VALUES ('c', ?1, 'n', 'down', ?1, 's', 1)";
            connection.execute(add, [content]).unwrap();
        }
        open(MIGRATIONS, &mut connection).unwrap();
        let mut about =
            connection.prepare("SELECT reacts_to, pins FROM chat_message ORDER BY place").unwrap();
        let found = about.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let found: Vec<(Option<String>, Option<String>)> = found.map(Result::unwrap).collect();
        assert_eq!(found, [(Some("m1".into()), None), (None, Some("m2".into())), (None, None)]);
    }

    #[test]
    fn the_shipped_migrations_apply_to_an_empty_database() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, Path::new("a.db")).unwrap();
        let healthy: String =
            connection.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
        assert_eq!(healthy, "ok");
    }
}
