//! Backups of the embedded store, and what comes of them.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use muster_core::{
    store::{Store as _, StoreError},
    testing::Seeded,
    transfer::{Kind, TransferError},
};
use muster_store::sqlite::{DATABASE_FILE, Loss, OpenError, RestoreError, SqliteOptions, SqliteStore};
use tempfile::TempDir;

use crate::{
    make::{admitted, at, durable, names, one_group},
    place::Sqlite,
};

fn open(directory: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(directory, &SqliteOptions::default(), Arc::new(Seeded::new(1)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_store_in_use_is_restored_as_it_was_at_one_moment() {
    let place = Sqlite::new();
    let store = Arc::new(place.store());
    let g = one_group(&*store).await;
    let writer = {
        let (store, g) = (Arc::clone(&store), g.clone());
        tokio::spawn(async move {
            for n in 0..300 {
                admitted(&*store, &g, durable(&n.to_string())).await;
            }
        })
    };
    let files = TempDir::new().unwrap();
    let mut before = 0;
    for n in 0..5 {
        let file = files.path().join(format!("{n}.backup"));
        let counts = store.backup(&file).await.unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let target = files.path().join(format!("restored-{n}"));
        let restored = SqliteStore::restore(&file, &target).unwrap();
        assert_eq!((restored.counts, restored.master_check), (counts.clone(), None));
        let copy = open(&target).unwrap();
        let members = names(&copy, &g).await;
        assert_eq!(members.len() as u64, counts.of(Kind::Member));
        assert!(
            members.len() >= before && members.iter().enumerate().all(|(n, name)| *name == n.to_string())
        );
        before = members.len();
        copy.close().await.unwrap();
    }
    writer.await.unwrap();
    // Nothing is left beside the backups.
    assert_eq!(fs::read_dir(files.path()).unwrap().count(), 10);
}

#[tokio::test]
async fn a_restored_store_is_another_than_the_one_it_was_copied_from() {
    let place = Sqlite::new();
    let store = place.store();
    let file = place.directory.path().join("backup");
    store.backup(&file).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let target = TempDir::new().unwrap();
    SqliteStore::restore(&file, target.path()).unwrap();
    fs::copy(target.path().join(DATABASE_FILE), place.directory.path().join(DATABASE_FILE)).unwrap();
    assert!(matches!(open(place.directory.path()), Err(OpenError::Loss(Loss::Other(_)))));
}

#[tokio::test]
async fn nothing_is_restored_over_a_store_or_out_of_something_else() {
    let place = Sqlite::new();
    let store = place.store();
    one_group(&store).await;
    let files = TempDir::new().unwrap();
    let file = files.path().join("backup");
    store.backup(&file).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let over = SqliteStore::restore(&file, place.directory.path()).unwrap_err();
    assert!(matches!(over, RestoreError::NotEmpty(_)), "{over}");
    let target = files.path().join("target");
    let refused = |from: &Path| {
        let refused = SqliteStore::restore(from, &target).unwrap_err();
        let left: Vec<_> = fs::read_dir(&target).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["muster.lock"]);
        refused.to_string()
    };
    let database = place.directory.path().join(DATABASE_FILE);
    assert!(refused(&database).contains("is not a backup"), "{}", refused(&database));
    assert!(refused(&files.path().join("nowhere")).contains("nowhere"));
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    refused(&file);
    fs::write(&file, whole).unwrap();
    // One record less than the backup tells of.
    let changed = rusqlite::Connection::open(&file).unwrap();
    changed.execute_batch("DELETE FROM figures; DELETE FROM \"group\"").unwrap();
    drop(changed);
    assert!(refused(&file).contains("groups: the file tells of 1"), "{}", refused(&file));
}

#[tokio::test]
async fn a_backup_that_cannot_be_written_leaves_nothing_and_the_store_as_it_was() {
    let place = Sqlite::new();
    let store = place.store();
    let g = one_group(&store).await;
    let nowhere = place.directory.path().join("missing").join("backup");
    assert!(matches!(store.backup(&nowhere).await, Err(TransferError::Other(_))));
    admitted(&store, &g, durable("u")).await;
    assert_eq!(names(&store, &at("a", "g")).await, ["u"]);
    store.close().await.unwrap();
    let closed = store.backup(&place.directory.path().join("late")).await;
    assert!(matches!(closed, Err(TransferError::Store(StoreError::Unavailable(_)))));
}
