//! What is true of SQLite's files alone.

use std::{collections::BTreeSet, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use async_trait::async_trait;
use muster_core::{
    store::Store as _,
    testing::Seeded,
    transfer::{Counts, Kind, Part, Portable as _, Record, Source, TransferError},
};
use muster_store::sqlite::{DATABASE_FILE, OpenError, SqliteOptions, SqliteStore};

use crate::{
    make::{admitted, alone, durable, one_group},
    place::Sqlite,
};

fn open(place: &Sqlite) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(place.directory.path(), &place.options, Arc::new(Seeded::new(1)))
}

fn tamper(place: &Sqlite, sql: &str) {
    let database = rusqlite::Connection::open(place.directory.path().join(DATABASE_FILE)).unwrap();
    database.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn a_directory_has_one_store_at_a_time_and_says_which_process_has_it() {
    let place = Sqlite::new();
    let store = place.store();
    let error = open(&place).err().unwrap();
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    store.close().await.unwrap();
    drop(store);
    open(&place).unwrap();
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_with_both_numbers() {
    let place = Sqlite::new();
    place.store().close().await.unwrap();
    tamper(&place, "INSERT INTO migration (number, name, checksum) VALUES (99, '0099_later', 'x')");
    let error = open(&place).err().unwrap();
    assert!(matches!(error, OpenError::Newer { .. }), "{error}");
}

#[tokio::test]
async fn a_database_whose_migration_was_changed_is_refused_by_name() {
    let place = Sqlite::new();
    place.store().close().await.unwrap();
    tamper(&place, "UPDATE migration SET checksum = 'x' WHERE number = 1");
    let error = open(&place).err().unwrap();
    assert!(error.to_string().contains("0001_initial"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let place = Sqlite::new();
    std::fs::write(
        place.directory.path().join(DATABASE_FILE),
        "no database, but long enough to look at".repeat(200),
    )
    .unwrap();
    assert!(matches!(open(&place).err().unwrap(), OpenError::Sqlite(_)));
}

#[tokio::test]
async fn what_is_written_is_counted_and_the_log_is_emptied_at_the_end() {
    let place = Sqlite::new();
    let store = place.store();
    let g = one_group(&store).await;
    admitted(&store, &g, durable("u")).await;
    let stats = store.stats();
    assert!(stats.commits >= 3 && stats.jobs >= 3 && stats.wal_bytes > 0, "{stats:?}");
    assert_eq!(stats.cached_groups, 1);
    store.close().await.unwrap();
    assert_eq!(store.stats().wal_bytes, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_stays_within_its_limit_under_unbroken_writing() {
    let options = SqliteOptions { wal_limit_bytes: 1 << 20, ..Sqlite::new().options };
    let place = Sqlite { options, ..Sqlite::new() };
    let store = place.store();
    let g = one_group(&store).await;
    let log = place.directory.path().join(format!("{DATABASE_FILE}-wal"));
    for n in 0..600 {
        admitted(&store, &g, durable(&format!("{}", n * 7_919 % 600))).await;
        // One batch may pass the limit before it is seen.
        assert!(store.stats().wal_bytes < (1 << 20) + (64 << 10));
        assert!(std::fs::metadata(&log).unwrap().len() < (1 << 20) + (64 << 10));
    }
    store.close().await.unwrap();
    assert_eq!(std::fs::metadata(&log).map_or(0, |file| file.len()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_a_foreign_reader_kept_shrinks_when_the_reader_is_gone() {
    let options = SqliteOptions { wal_limit_bytes: 256 << 10, ..Sqlite::new().options };
    let place = Sqlite { options, ..Sqlite::new() };
    let store = place.store();
    let g = one_group(&store).await;
    let log = place.directory.path().join(format!("{DATABASE_FILE}-wal"));
    let reader = rusqlite::Connection::open(place.directory.path().join(DATABASE_FILE)).unwrap();
    reader.pragma_update(None, "wal_autocheckpoint", 0).ok();
    reader.execute_batch("BEGIN").unwrap();
    let _: i64 = reader.query_row("SELECT count(*) FROM member", [], |row| row.get(0)).unwrap();
    let mut joined = 0;
    while std::fs::metadata(&log).unwrap().len() < 1 << 20 {
        joined += 1;
        admitted(&store, &g, durable(&joined.to_string())).await;
    }
    assert_eq!(store.stats().wal_bytes, std::fs::metadata(&log).unwrap().len());
    drop(reader);
    // Nobody writes any more.
    while store.stats().wal_bytes > 256 << 10 {
        tokio::task::yield_now().await;
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn files_are_for_their_owner_alone_also_those_of_an_earlier_version() {
    let place = Sqlite::new();
    let data = place.directory.path().join("data");
    let modes = || {
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let files = std::fs::read_dir(&data).unwrap().map(|file| mode(&file.unwrap().path()));
        (mode(&data), files.collect::<BTreeSet<_>>())
    };
    let open = || SqliteStore::open(&data, &place.options, Arc::new(Seeded::new(1))).unwrap();
    let store = open();
    one_group(&store).await;
    assert_eq!(modes(), (0o700, [0o600].into()));
    store.close().await.unwrap();
    drop(store);
    let database = data.join(DATABASE_FILE);
    std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o644)).unwrap();
    let store = open();
    assert_eq!(modes(), (0o700, [0o600].into()));
    store.close().await.unwrap();
}

#[tokio::test]
async fn rows_of_a_deleted_group_are_swept() {
    let place = Sqlite::new();
    let store = place.store();
    let g = one_group(&store).await;
    for n in 0..50 {
        admitted(&store, &g, durable(&format!("u{n}"))).await;
    }
    let deletion = muster_core::group::Deletion { at: muster_core::time::Millis(5), by: None };
    muster_core::store::Groups::delete_group(&store, &g, deletion, alone()).await.unwrap();
    // Dropping waits for the housekeeper, who finishes the sweep that the deletion woke.
    drop(store);
    let store = place.store();
    drop(store);
    let database = rusqlite::Connection::open(place.directory.path().join(DATABASE_FILE)).unwrap();
    let rows: i64 = database
        .query_row(
            "SELECT (SELECT count(*) FROM member) + (SELECT count(*) FROM abandoned_roster)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn no_group_is_forgotten_with_something_unwritten() {
    let place = Sqlite::new();
    let store = place.store();
    crate::make::with_app(&store, "a").await;
    let mut groups = Vec::new();
    for n in 0..400 {
        groups.push(crate::make::with_group(&store, "a", &format!("g{n}")).await);
    }
    for round in 1..=3_u64 {
        for g in &groups {
            admitted(&store, g, durable(&format!("u{round}"))).await;
            let like = crate::make::draft(1, "like", 1);
            muster_core::store::Messages::count_only(&store, g, like).await.unwrap();
        }
        for g in &groups {
            let tally = muster_core::store::Groups::tally(&store, g).await.unwrap();
            assert_eq!((tally.online, tally.views, tally.messages), (round, round, [(1, round)].into()));
        }
    }
    store.close().await.unwrap();
}

/// Gives what there is at least to give.
struct Least(Vec<Part>);

#[async_trait]
impl Source for Least {
    async fn next(&mut self) -> Result<Part, TransferError> {
        Ok(self.0.pop().unwrap())
    }
}

fn schema(place: &Sqlite) -> Vec<String> {
    let database = rusqlite::Connection::open(place.directory.path().join(DATABASE_FILE)).unwrap();
    let sql = "SELECT name || coalesce(sql, '') FROM sqlite_schema ORDER BY name";
    let mut query = database.prepare(sql).unwrap();
    query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn an_import_leaves_all_indices_as_they_were_whether_it_succeeds_or_not() {
    let place = Sqlite::new();
    let store = place.store();
    let before = schema(&place);
    let mut counts = Counts::default();
    let refused = store.import(&mut Least(vec![Part::End(counts.clone())])).await.unwrap_err();
    assert!(matches!(refused, TransferError::Differs { .. }), "{refused}");
    assert_eq!(schema(&place), before);
    counts.add(Kind::LastGroupNumber, 1);
    let parts = vec![Part::End(counts), Part::Records(vec![Record::LastGroupNumber(0)])];
    store.import(&mut Least(parts)).await.unwrap();
    assert_eq!(schema(&place), before);
}
