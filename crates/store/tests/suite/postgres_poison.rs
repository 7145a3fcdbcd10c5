//! What a write that the database refuses does to the others of its transaction.

use muster_core::{
    group::{Deletion, GroupFilter, Order, Window},
    message::{Draft, Posted, StreamRef},
    store::GroupDeleted,
    time::Millis,
};

use crate::{
    make::{admitted, alone, app_id, at, counted, done, draft, durable, end_of, group, names, one_group},
    place::{Place as _, Postgres},
    server::execute,
    sqlite_faults::{is_consistent, write_at_once},
};

/// Fails when a column holds a certain text.
const POISONED: &str = "
    CREATE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF to_jsonb(NEW) ->> TG_ARGV[0] = TG_ARGV[1] THEN RAISE EXCEPTION 'poisoned'; END IF;
        RETURN NEW;
    END $$;;";

/// The statement that meets a member or a message named `poison` fails.
const STATEMENT_FAILS: &str = r"
    CREATE TRIGGER poisoned BEFORE INSERT ON member
        FOR EACH ROW EXECUTE FUNCTION poisoned('user_id', 'poison');;
    CREATE TRIGGER poisoned BEFORE INSERT ON entry
        FOR EACH ROW EXECUTE FUNCTION poisoned('body', '\x706f69736f6e')";

/// Every statement succeeds, and the commit fails.
const COMMIT_FAILS: &str = r"
    CREATE CONSTRAINT TRIGGER poisoned AFTER INSERT ON member DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION poisoned('user_id', 'poison');;
    CREATE CONSTRAINT TRIGGER poisoned AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION poisoned('body', '\x706f69736f6e')";

fn tamper(place: &Postgres, sql: &str) {
    execute(&place.url(), &format!("{POISONED}{sql}"));
}

async fn survives(fault: &str) {
    let place = Postgres::new();
    let store = place.open();
    let g = one_group(&*store).await;
    tamper(&place, fault);
    let mut writers = write_at_once(&store, &g).await;
    assert_eq!(writers.len(), 57, "whoever is not poisoned is stored");
    is_consistent(&*store, &g, &writers).await;
    // Nothing of the failures is left: the next writes succeed, under the next places.
    admitted(&*store, &g, durable("zz-later")).await;
    writers.push("zz-later".to_owned());
    let top = store.top(&StreamRef::Group(g.clone())).await.unwrap().unwrap().sequence;
    let posted = store.post(&g, draft(0, "later", 1), alone()).await.unwrap();
    assert!(matches!(posted, Posted::Done { sequence: Some(sequence), .. } if sequence == top + 1));
    is_consistent(&*store, &g, &writers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_fails_is_told_to_its_caller_alone() {
    survives(STATEMENT_FAILS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_fails_is_told_to_whom_it_is_owed_alone() {
    survives(COMMIT_FAILS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_message_does_not_use_up_a_type() {
    let place = Postgres::new();
    let store = place.open();
    let g = one_group(&*store).await;
    tamper(&place, COMMIT_FAILS);
    let one = |kind, body| Draft { max_types: 1, ..draft(kind, body, 1) };
    store.post(&g, one(5, "poison"), alone()).await.unwrap_err();
    let posted = store.post(&g, one(6, "fine"), alone()).await.unwrap();
    assert_eq!(posted, done(Some(1), counted(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_several_steps_is_undone_whole() {
    let place = Postgres::new();
    let store = place.open();
    let g = one_group(&*store).await;
    admitted(&*store, &g, durable("d")).await;
    tamper(
        &place,
        "CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never'; END $$;;
         CREATE TRIGGER no_end BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION never();;
         CREATE TRIGGER no_stream BEFORE INSERT ON stream FOR EACH ROW EXECUTE FUNCTION never()",
    );
    let deletion = Deletion { at: Millis(9), by: None };
    store.delete_group(&g, deletion.clone(), end_of(&g, deletion.at)).await.unwrap_err();
    store.create_group(group("a", "h"), None, alone()).await.unwrap_err();
    assert_eq!(store.group(&g).await.unwrap().unwrap().deletion, None);
    assert_eq!(store.group(&at("a", "h")).await.unwrap(), None);
    let window = Window { skip: 0, limit: 9 };
    let list = store.groups(&app_id("a"), GroupFilter::Existing, Order::Ascending, window).await.unwrap();
    assert_eq!((list.entries.len(), list.total), (1, 1));
    assert_eq!(names(&*store, &g).await, ["d"]);
    execute(&place.url(), "DROP TRIGGER no_end ON entry");
    assert_eq!(
        store.delete_group(&g, deletion, end_of(&g, Millis(9))).await.unwrap(),
        GroupDeleted::Deleted(vec![1])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_may_hold_every_character() {
    let place = Postgres::new();
    let store = place.open();
    let g = one_group(&*store).await;
    store.post(&g, draft(1, "\u{0}\u{FFFF}\u{10FFFF}'\\", 1), alone()).await.unwrap();
    let entries = store.entries(&StreamRef::Group(g), 0, 9).await.unwrap();
    assert!(format!("{:?}", entries[0].event).contains(&format!("{:?}", "\u{0}\u{FFFF}\u{10FFFF}'\\")));
}
