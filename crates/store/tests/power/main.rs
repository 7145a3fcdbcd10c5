//! What a power failure, a full disk and a broken disk leave of the embedded store: everything that was acknowledged.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use muster_core::{
    app::{App, Audit, DataCenter, Generation, Retention, StringMap},
    caller::CarriedOut,
    group::{Group, Order, Window},
    id::{AccountId, AppId, GroupId, GroupRef, UserId},
    message::{Event, ExitReason, StreamRef},
    roster::{Admission, Join, PageQuery, Tie},
    seal::Sealed,
    store::{Also, Groups as _, Messages as _, Rosters as _, Store as _, StreamEvent},
    testing::Seeded,
    time::Millis,
};
use muster_power::{Disk, Fault, Rest};
use muster_store::sqlite::{MARK_FILE, OpenError, SqliteOptions, SqliteStore};
use tempfile::TempDir;

/// A log so short that it is moved, and begun anew, again and again.
fn options() -> SqliteOptions {
    SqliteOptions { readers: 1, wal_limit_bytes: 96 << 10, ..SqliteOptions::default() }
}

fn open(directory: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(directory, &options(), Arc::new(Seeded::new(1)))
}

fn group() -> GroupRef {
    GroupRef::new(AppId::new("a").unwrap(), GroupId::new("g").unwrap())
}

async fn furnish(store: &SqliteStore) {
    let app = App {
        id: AppId::new("a").unwrap(),
        account: AccountId::new("1000000000000001").unwrap(),
        generation: Generation::Two,
        name: None,
        key: Sealed(vec![1]),
        data_center: DataCenter::Shanghai,
        retention: Retention::Days30,
        audit: Audit::Off,
        callback_url: None,
        disabled: false,
        config: StringMap::new(),
        extension: StringMap::new(),
        created_at: Millis(1),
        modified_at: Millis(1),
        deleted_at: None,
    };
    store.records().create_app(app, None, Also::nothing(CarriedOut::by_itself())).await.unwrap();
    let group = Group {
        at: group(),
        number: 0,
        creator: None,
        admins: Vec::new(),
        name: None,
        info: None,
        extension: StringMap::new(),
        epoch: "e".into(),
        created_at: Millis(2),
        deletion: None,
    };
    store.create_group(group, None, Also::nothing(CarriedOut::by_itself())).await.unwrap();
}

fn own(name: &str) -> StreamRef {
    StreamRef::User(AppId::new("a").unwrap(), UserId::new(name).unwrap())
}

/// What a join is stored with: an event for the member, and one for the group.
fn also(name: &str) -> Also {
    let event = |stream| StreamEvent {
        stream,
        event: Arc::new(Event::Exit { group: group().group, reason: ExitReason::Removed }),
        at: Millis(3),
    };
    Also {
        events: vec![event(own(name)), event(StreamRef::Group(group()))],
        ..Also::nothing(CarriedOut::by_itself())
    }
}

/// Has a member join; whether that was acknowledged.
async fn join(store: &SqliteStore, name: &str) -> bool {
    let join = Join {
        user: UserId::new(name).unwrap(),
        info: None,
        tie: Tie::Durable,
        at: Millis(3),
        capacity: None,
        super_above: None,
        super_listed: true,
        visitor: false,
    };
    matches!(store.join(&group(), join, also(name)).await, Ok(Admission::Admitted { .. }))
}

/// The members; none when there is no group.
async fn members(store: &SqliteStore) -> BTreeSet<String> {
    if store.group(&group()).await.unwrap().is_none() {
        return BTreeSet::new();
    }
    let query = PageQuery { order: Order::Ascending, window: Window { skip: 0, limit: 1_000 } };
    let page = store.roster_page(&group(), query).await.unwrap();
    assert_eq!(page.entries.len() as u64, page.total);
    // Each of them came with what followed, and nobody else's is there.
    for member in &page.entries {
        let top = store.top(&own(member.user.as_str())).await.unwrap().unwrap();
        assert_eq!(top.sequence, 1, "{}", member.user);
    }
    assert_eq!(store.top(&StreamRef::Group(group())).await.unwrap().unwrap().sequence, page.total);
    page.entries.iter().map(|member| member.user.to_string()).collect()
}

/// Puts what a failure left into a directory of its own.
fn laid_out(disk: &Disk, moment: usize, rest: Rest) -> TempDir {
    let directory = TempDir::new().unwrap();
    for (path, bytes) in disk.after(moment, rest) {
        fs::write(directory.path().join(path.file_name().unwrap()), bytes).unwrap();
    }
    directory
}

#[tokio::test]
async fn a_power_failure_whenever_the_disk_is_waited_for_loses_nothing_that_was_acknowledged() {
    let place = TempDir::new().unwrap();
    let disk = Disk::watch(place.path(), &[MARK_FILE]);
    // Who had joined at which moment.
    let mut acknowledged = Vec::new();
    for part in 0..2 {
        let store = open(place.path()).unwrap();
        if part == 0 {
            furnish(&store).await;
        }
        for n in 0..8 {
            let name = format!("{part}-{n}");
            assert!(join(&store, &name).await);
            acknowledged.push((disk.moment(), name));
        }
        store.close().await.unwrap();
    }
    let moments = disk.synchronised();
    assert!(moments.len() > 30, "{}", moments.len());
    for moment in moments {
        let sure =
            acknowledged.iter().filter(|(at, _)| *at <= moment).map(|(_, name)| name.clone()).collect();
        for rest in [Rest::Lost, Rest::Kept, Rest::Torn] {
            let left = laid_out(&disk, moment, rest);
            let store = match open(left.path()) {
                Ok(store) => store,
                Err(error) => panic!("at {moment} with the rest {rest:?}: {error}"),
            };
            let found = members(&store).await;
            assert!(
                found.is_superset(&sure),
                "at {moment} with the rest {rest:?}: {found:?} lack some of {sure:?}"
            );
            store.close().await.unwrap();
            drop(store);
            assert_eq!(
                SqliteStore::faults(left.path()).unwrap(),
                [""; 0],
                "at {moment} with the rest {rest:?}"
            );
        }
    }
}

/// Copies the files of a closed store.
fn copied(from: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    copy
}

async fn writes_fail_from_each_on(fault: Fault) {
    let template = TempDir::new().unwrap();
    let store = open(template.path()).unwrap();
    furnish(&store).await;
    store.close().await.unwrap();
    drop(store);
    for from in 0.. {
        let place = copied(template.path());
        let disk = Disk::watch(place.path(), &[]);
        disk.fail(from, fault);
        let mut acknowledged = BTreeSet::new();
        // A store that cannot be opened has acknowledged nothing.
        if let Ok(store) = open(place.path()) {
            for name in ["u", "v", "w"] {
                if join(&store, name).await {
                    acknowledged.insert(name.to_owned());
                }
            }
            drop(store);
        }
        let met = disk.writes() > from;
        disk.heal();
        let store = open(place.path()).unwrap();
        assert_eq!(members(&store).await, acknowledged, "from write {from} on: {fault:?}");
        assert!(join(&store, "later").await, "from write {from} on: {fault:?}");
        store.close().await.unwrap();
        drop(store);
        assert_eq!(SqliteStore::faults(place.path()).unwrap(), [""; 0], "from write {from} on: {fault:?}");
        if !met {
            assert!(from > 30 && acknowledged.len() == 3, "{from}: {acknowledged:?}");
            return;
        }
    }
}

#[tokio::test]
async fn a_disk_that_fills_up_at_any_write_loses_nothing_that_was_acknowledged() {
    writes_fail_from_each_on(Fault::Full).await;
}

#[tokio::test]
async fn a_disk_that_breaks_at_any_write_loses_nothing_that_was_acknowledged() {
    writes_fail_from_each_on(Fault::Broken).await;
}
