//! What a failing database does to those who write: the fault is told to whoever it concerns, and what is in memory
//! is what is in the database.
//!
//! The faults are triggers that another connection puts into the database.

use std::sync::Arc;

use muster_core::{
    group::{Deletion, Order, Window},
    id::GroupRef,
    message::{Draft, Posted, StreamRef},
    roster::{Admission, Leave},
    store::{GroupDeleted, Groups, Messages, Rosters, Store, StoreResult},
    time::Millis,
};
use muster_store::sqlite::DATABASE_FILE;

use crate::{
    make::{
        admitted, alone, app_id, at, counted, done, draft, durable, end_of, group, names, one_group, user,
    },
    place::{Place, Sqlite},
};

/// A member or message of this name fails.
const POISON: &str = "poison";

/// The statement that meets it fails alone.
const STATEMENT_FAILS: &str = "
    CREATE TRIGGER poisoned_member BEFORE INSERT ON member WHEN NEW.user_id = 'poison'
    BEGIN SELECT RAISE(ABORT, 'poisoned'); END;
    CREATE TRIGGER poisoned_entry BEFORE INSERT ON entry WHEN NEW.body = 'poison'
    BEGIN SELECT RAISE(ABORT, 'poisoned'); END";

/// The whole transaction is given up at once, as when the disk is full.
const TRANSACTION_IS_LOST: &str = "
    CREATE TRIGGER poisoned_member BEFORE INSERT ON member WHEN NEW.user_id = 'poison'
    BEGIN SELECT RAISE(ROLLBACK, 'poisoned'); END;
    CREATE TRIGGER poisoned_entry BEFORE INSERT ON entry WHEN NEW.body = 'poison'
    BEGIN SELECT RAISE(ROLLBACK, 'poisoned'); END";

/// Every statement succeeds, and the commit fails.
const COMMIT_FAILS: &str = "
    CREATE TABLE good (id INTEGER PRIMARY KEY);
    CREATE TABLE bad (id INTEGER REFERENCES good (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER poisoned_member AFTER INSERT ON member WHEN NEW.user_id = 'poison'
    BEGIN INSERT INTO bad VALUES (1); END;
    CREATE TRIGGER poisoned_entry AFTER INSERT ON entry WHEN NEW.body = 'poison'
    BEGIN INSERT INTO bad VALUES (1); END";

fn tamper(place: &Sqlite, sql: &str) {
    let database = rusqlite::Connection::open(place.directory.path().join(DATABASE_FILE)).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    database.execute_batch(sql).unwrap();
}

/// Joins, posts and leaves at once, with poison among them; the names of those who were admitted.
pub(crate) async fn write_at_once(store: &Arc<dyn Store>, g: &GroupRef) -> Vec<String> {
    let mut writers = Vec::new();
    for n in 0..60 {
        let (store, g) = (Arc::clone(store), g.clone());
        let name = if n % 20 == 7 { POISON.to_owned() } else { format!("u{n}") };
        writers.push(tokio::spawn(async move {
            let joined = store.join(&g, durable(&name), alone()).await;
            let posted = store.post(&g, draft(n % 4, &name, 1), alone()).await;
            if name == POISON {
                joined.as_ref().unwrap_err();
                posted.unwrap_err();
            }
            matches!(joined, Ok(Admission::Admitted { .. })).then_some(name)
        }));
    }
    let mut admitted = Vec::new();
    for writer in writers {
        admitted.extend(writer.await.unwrap());
    }
    admitted.sort();
    admitted
}

/// That memory tells what the database does, and that places have no holes.
pub(crate) async fn is_consistent(store: &dyn Store, g: &GroupRef, admitted: &[String]) {
    let mut present = names(store, g).await;
    present.sort();
    assert_eq!(present, admitted);
    let stream = StreamRef::Group(g.clone());
    let entries = store.entries(&stream, 0, 1_000).await.unwrap();
    assert!(entries.iter().zip(1..).all(|(entry, sequence)| entry.sequence == sequence));
    assert_eq!(store.top(&stream).await.unwrap().unwrap().sequence, entries.len() as u64);
    let tally = store.tally(g).await.unwrap();
    assert_eq!((tally.online, tally.views), (admitted.len() as u64, admitted.len() as u64));
    assert_eq!(tally.messages.values().sum::<u64>(), entries.len() as u64);
}

async fn survives(fault: &str) {
    let place = Sqlite::new();
    let store = place.open();
    let g = one_group(&*store).await;
    tamper(&place, fault);
    let mut admitted = write_at_once(&store, &g).await;
    is_consistent(&*store, &g, &admitted).await;
    // Nothing of the failures is left: the next writes succeed, under the next places.
    crate::make::admitted(&*store, &g, durable("zz-later")).await;
    admitted.push("zz-later".to_owned());
    let top = store.top(&StreamRef::Group(g.clone())).await.unwrap().unwrap().sequence;
    let posted = store.post(&g, draft(0, "later", 1), alone()).await.unwrap();
    assert!(matches!(posted, Posted::Done { sequence: Some(sequence), .. } if sequence == top + 1));
    is_consistent(&*store, &g, &admitted).await;
    store.close().await.unwrap();
    drop(store);
    is_consistent(&*place.open(), &g, &admitted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_fails_is_told_to_its_caller_alone() {
    survives(STATEMENT_FAILS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_given_up_by_the_database_leaves_memory_as_it_was() {
    survives(TRANSACTION_IS_LOST).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_fails_leaves_memory_as_it_was() {
    survives(COMMIT_FAILS).await;
}

#[tokio::test]
async fn others_of_a_batch_are_stored_when_one_statement_fails() {
    let place = Sqlite::new();
    let store = place.open();
    let g = one_group(&*store).await;
    tamper(&place, STATEMENT_FAILS);
    assert_eq!(write_at_once(&store, &g).await.len(), 57);
}

#[tokio::test]
async fn a_failed_message_does_not_use_up_a_type() {
    let place = Sqlite::new();
    let store = place.store();
    let g = one_group(&store).await;
    tamper(&place, COMMIT_FAILS);
    let one = |kind, body| Draft { max_types: 1, ..draft(kind, body, 1) };
    store.post(&g, one(5, POISON), alone()).await.unwrap_err();
    let posted: StoreResult<_> = store.post(&g, one(6, "fine"), alone()).await;
    assert_eq!(posted.unwrap(), done(Some(1), counted(1)));
}

#[tokio::test]
async fn a_change_of_several_steps_is_undone_whole() {
    let place = Sqlite::new();
    let store = place.store();
    let g = one_group(&store).await;
    admitted(&store, &g, durable("d")).await;
    tamper(
        &place,
        "CREATE TRIGGER no_end BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'poisoned'); END;
         CREATE TRIGGER no_figures BEFORE INSERT ON figures BEGIN SELECT RAISE(ABORT, 'poisoned'); END",
    );
    let deletion = Deletion { at: Millis(9), by: None };
    store.delete_group(&g, deletion.clone(), end_of(&g, deletion.at)).await.unwrap_err();
    store.create_group(group("a", "h"), None, alone()).await.unwrap_err();
    assert_eq!(store.group(&g).await.unwrap().unwrap().deletion, None);
    assert_eq!(store.group(&at("a", "h")).await.unwrap(), None);
    let window = Window { skip: 0, limit: 9 };
    let existing = muster_core::group::GroupFilter::Existing;
    let list = store.groups(&app_id("a"), existing, Order::Ascending, window).await.unwrap();
    assert_eq!((list.entries.len(), list.total), (1, 1));
    assert_eq!(names(&store, &g).await, ["d"]);
    tamper(&place, "DROP TRIGGER no_end");
    assert_eq!(
        store.delete_group(&g, deletion, end_of(&g, Millis(9))).await.unwrap(),
        GroupDeleted::Deleted(vec![1])
    );
    assert_eq!(store.leave(&g, &user("d"), Leave::Any, alone()).await.unwrap(), None);
}
