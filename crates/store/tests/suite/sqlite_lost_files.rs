//! Files of the embedded store that are removed, cut, flipped or exchanged while it is closed: noticed at the next
//! opening, and nothing healthy is refused.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use muster_core::{
    id::GroupRef,
    store::{Store as _, StoreError},
    testing::Seeded,
};
use muster_store::sqlite::{DATABASE_FILE, Loss, MARK_FILE, OpenError, SqliteStore};
use tempfile::TempDir;

use crate::{
    make::{admitted, at, durable, names, one_group},
    place::{LastingPlace as _, Sqlite},
};

/// A data directory as a killed server leaves it.
struct Killed(Sqlite);

impl Killed {
    /// Runs a store on a place, has it do something, and kills it.
    async fn after(place: &Sqlite, work: impl AsyncFnOnce(&SqliteStore)) -> Self {
        let store = place.store();
        work(&store).await;
        let directory = copied(place.directory.path());
        store.close().await.unwrap();
        Self(Sqlite { directory, options: place.options.clone() })
    }

    /// One whose store has stored members named `0` to `9`.
    async fn with_members() -> Self {
        Self::after(&Sqlite::new(), async |store| members(store, &one_group(store).await, 0..10).await).await
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.directory.path().join(name)
    }

    fn log(&self) -> PathBuf {
        self.file(&format!("{DATABASE_FILE}-wal"))
    }

    fn loss(&self) -> Loss {
        match open(self.0.directory.path()) {
            Err(OpenError::Loss(loss)) => loss,
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("it opened"),
        }
    }

    async fn names(&self) -> Vec<String> {
        let store = self.0.store();
        let names = names(&store, &at("a", "g")).await;
        store.close().await.unwrap();
        names
    }
}

/// Copies every file of a directory, as they are now.
fn copied(from: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    // The mark may not be ahead of the rest.
    for name in [MARK_FILE, DATABASE_FILE, "muster.db-wal"] {
        if from.join(name).exists() {
            fs::copy(from.join(name), copy.path().join(name)).unwrap();
        }
    }
    copy
}

fn open(directory: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(directory, &Sqlite::new().options, Arc::new(Seeded::new(1)))
}

async fn members(store: &SqliteStore, g: &GroupRef, numbers: std::ops::Range<u32>) {
    for n in numbers {
        admitted(store, g, durable(&n.to_string())).await;
    }
}

fn first(count: usize) -> Vec<String> {
    (0..count).map(|n| n.to_string()).collect()
}

#[tokio::test]
async fn what_a_killed_server_leaves_opens_with_everything() {
    assert_eq!(Killed::with_members().await.names().await, first(10));
}

#[tokio::test]
async fn a_log_that_is_removed_is_noticed() {
    let killed = Killed::with_members().await;
    fs::remove_file(killed.log()).unwrap();
    assert!(matches!(killed.loss(), Loss::Missing { commits: 12.., .. }), "{:?}", killed.loss());
    let said = open(killed.0.directory.path()).err().unwrap().to_string();
    assert!(said.contains("muster restore") && said.contains("--accept-loss"), "{said}");
}

#[tokio::test]
async fn a_log_that_is_cut_anywhere_is_noticed_and_left_as_it_is() {
    let killed = Killed::with_members().await;
    let whole = fs::read(killed.log()).unwrap();
    for length in [0, 20, 32, 33, 4_152, whole.len() / 2, whole.len() - 4_120, whole.len() - 1] {
        fs::write(killed.log(), &whole[..length]).unwrap();
        assert!(matches!(killed.loss(), Loss::Missing { .. }), "{length}: {:?}", killed.loss());
        assert_eq!(fs::read(killed.log()).unwrap(), &whole[..length]);
    }
    fs::write(killed.log(), whole).unwrap();
    assert_eq!(killed.names().await, first(10));
}

#[tokio::test]
async fn a_bit_that_flips_anywhere_in_a_log_is_noticed() {
    let killed = Killed::with_members().await;
    let whole = fs::read(killed.log()).unwrap();
    for place in [0, 17, 30, 32, 40, 60, 2_000, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[place] ^= 4;
        fs::write(killed.log(), flipped).unwrap();
        assert!(matches!(killed.loss(), Loss::Missing { .. }), "{place}: {:?}", killed.loss());
    }
    fs::write(killed.log(), whole).unwrap();
    assert_eq!(killed.names().await, first(10));
}

#[tokio::test]
async fn a_database_that_is_removed_or_emptied_is_noticed_and_none_is_made() {
    let killed = Killed::with_members().await;
    fs::write(killed.file(DATABASE_FILE), "").unwrap();
    assert!(matches!(killed.loss(), Loss::NoDatabase(_)));
    for name in [DATABASE_FILE, "muster.db-wal"] {
        fs::remove_file(killed.file(name)).unwrap();
    }
    assert!(matches!(killed.loss(), Loss::NoDatabase(_)));
    assert!(!killed.file(DATABASE_FILE).exists());
}

/// A backup over a killed server's database, taken when `stopped`, or of a running server that rests.
async fn backup_over_a_killed_server(running: bool) {
    let place = Sqlite::new();
    let store = place.store();
    let g = one_group(&store).await;
    members(&store, &g, 0..3).await;
    store.close().await.unwrap();
    drop(store);
    let backup = TempDir::new().unwrap();
    let file = backup.path().join("backup.db");
    fs::copy(place.directory.path().join(DATABASE_FILE), &file).unwrap();
    let killed = Killed::after(&place, async |store| {
        if running {
            let database = rusqlite::Connection::open(place.directory.path().join(DATABASE_FILE)).unwrap();
            fs::remove_file(&file).unwrap();
            database.execute("VACUUM INTO ?1", [file.to_str().unwrap()]).unwrap();
        }
        members(store, &g, 3..10).await;
    })
    .await;
    fs::copy(&file, killed.file(DATABASE_FILE)).unwrap();
    assert!(matches!(killed.loss(), Loss::ForeignLog(_)), "{:?}", killed.loss());
    // To be accepted: then what came later does not reappear.
    let accepted = SqliteStore::accept_loss(killed.0.directory.path()).unwrap();
    assert!(matches!(accepted, Some(Loss::ForeignLog(_))));
    assert!(killed.file("muster.db-wal.rejected").exists());
    assert_eq!(killed.names().await, first(3));
    assert_eq!(killed.names().await, first(3));
}

#[tokio::test]
async fn a_backup_of_a_stopped_store_over_a_killed_server_s_is_not_given_the_later_log() {
    backup_over_a_killed_server(false).await;
}

#[tokio::test]
async fn a_backup_of_a_store_at_rest_over_a_killed_server_s_is_not_given_the_later_log() {
    backup_over_a_killed_server(true).await;
}

#[tokio::test]
async fn an_older_database_in_the_place_of_a_closed_one_is_noticed_and_can_be_accepted() {
    let place = Sqlite::new();
    let store = place.store();
    let g = one_group(&store).await;
    store.close().await.unwrap();
    drop(store);
    let older = copied(place.directory.path());
    let store = place.store();
    members(&store, &g, 0..3).await;
    store.close().await.unwrap();
    drop(store);
    fs::copy(older.path().join(DATABASE_FILE), place.directory.path().join(DATABASE_FILE)).unwrap();
    let closed = Killed(place);
    assert!(matches!(closed.loss(), Loss::Missing { .. }));
    SqliteStore::accept_loss(closed.0.directory.path()).unwrap().unwrap();
    assert_eq!(closed.names().await, first(0));
    assert_eq!(SqliteStore::accept_loss(closed.0.directory.path()).unwrap(), None);
    assert_eq!(SqliteStore::faults(closed.0.directory.path()).unwrap(), [""; 0]);
}

#[tokio::test]
async fn another_database_in_the_place_of_a_closed_one_is_noticed() {
    let (place, other) = (Sqlite::new(), Sqlite::new());
    for place in [&place, &other] {
        place.store().close().await.unwrap();
    }
    fs::copy(other.directory.path().join(DATABASE_FILE), place.directory.path().join(DATABASE_FILE)).unwrap();
    assert!(matches!(Killed(place).loss(), Loss::Other(_)));
}

#[tokio::test]
async fn a_database_that_was_copied_alone_opens() {
    let place = Sqlite::new();
    let store = place.store();
    let g = one_group(&store).await;
    members(&store, &g, 0..3).await;
    store.close().await.unwrap();
    drop(store);
    fs::remove_file(place.directory.path().join(MARK_FILE)).unwrap();
    assert_eq!(Killed(place).names().await, first(3));
}

#[tokio::test]
async fn a_mark_that_is_older_than_the_database_or_cannot_be_read_refuses_nothing() {
    let place = Sqlite::new();
    let store = place.store();
    let g = one_group(&store).await;
    // What the disk may still have after a power failure.
    let older = fs::read(place.directory.path().join(MARK_FILE)).unwrap();
    members(&store, &g, 0..3).await;
    let crashed =
        Killed(Sqlite { directory: copied(place.directory.path()), options: place.options.clone() });
    store.close().await.unwrap();
    fs::write(crashed.file(MARK_FILE), older).unwrap();
    assert_eq!(crashed.names().await, first(3));
    File::options().write(true).open(crashed.file(MARK_FILE)).unwrap().write_all_at(b"x", 40).unwrap();
    assert_eq!(crashed.names().await, first(3));
}

#[tokio::test]
async fn a_foreign_program_that_moves_the_log_of_a_killed_server_does_no_harm() {
    let killed = Killed::with_members().await;
    let database = rusqlite::Connection::open(killed.file(DATABASE_FILE)).unwrap();
    let _: i64 = database.query_row("SELECT count(*) FROM member", [], |row| row.get(0)).unwrap();
    drop(database);
    assert!(!killed.log().exists());
    assert_eq!(killed.names().await, first(10));
}

#[tokio::test]
async fn a_crash_at_any_point_of_many_moves_of_the_log_loses_and_refuses_nothing() {
    let options = muster_store::sqlite::SqliteOptions { wal_limit_bytes: 256 << 10, ..Sqlite::new().options };
    let place = Sqlite { options, ..Sqlite::new() };
    let store = place.store();
    let g = one_group(&store).await;
    for n in 0..200 {
        admitted(&store, &g, durable(&n.to_string())).await;
        if n % 8 == 0 {
            let crashed = place.after_a_crash();
            let again = crashed.open();
            assert_eq!(names(&*again, &g).await, first(n + 1));
            again.close().await.unwrap();
        }
    }
    store.close().await.unwrap();
    assert!(matches!(store.ready().await, Err(StoreError::Unavailable(_))));
}
