//! One write that fails, at whatever step, spoils none of those that share its transaction.

use std::sync::Arc;

use muster_core::{
    id::GroupRef,
    message::{Posted, StreamRef},
    store::Store,
};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

use crate::{
    make::{alone, draft, one_group, with_group},
    place::LastingPlace,
};

over_every_lasting_store!(any_write_of_a_batch_may_fail_at_any_step_and_all_others_are_stored);

/// Batches that are tried.
const ROUNDS: usize = 16;

/// Where a write meets its end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Stored,
    /// The statement that adds its row fails.
    AtItsRow,
    /// The statement that writes what it claimed of the counts fails, after all rows are there.
    AtTheCounts,
    /// The commit fails.
    AtTheCommit,
}

impl Fate {
    fn body(self) -> &'static str {
        match self {
            Self::AtItsRow => "row",
            Self::AtTheCommit => "commit",
            Self::Stored | Self::AtTheCounts => "fine",
        }
    }

    fn kind(self, of: i64) -> i64 {
        if self == Self::AtTheCounts { 666 } else { of }
    }
}

const SQLITE: &str = "
    CREATE TRIGGER at_row BEFORE INSERT ON entry WHEN NEW.body = 'row'
    BEGIN SELECT RAISE(ABORT, 'poisoned'); END;
    CREATE TRIGGER at_counts BEFORE INSERT ON message_count WHEN NEW.kind = 666
    BEGIN SELECT RAISE(ABORT, 'poisoned'); END;
    CREATE TABLE good (id INTEGER PRIMARY KEY);
    CREATE TABLE bad (id INTEGER REFERENCES good (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER at_commit AFTER INSERT ON entry WHEN NEW.body = 'commit'
    BEGIN INSERT INTO bad VALUES (1); END";

const POSTGRES: &str = r"
    CREATE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF to_jsonb(NEW) ->> TG_ARGV[0] = TG_ARGV[1] THEN RAISE EXCEPTION 'poisoned'; END IF;
        RETURN NEW;
    END $$;;
    CREATE TRIGGER at_row BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION poisoned('body', '\x726f77');;
    CREATE TRIGGER at_counts BEFORE INSERT ON message_count
        FOR EACH ROW EXECUTE FUNCTION poisoned('kind', '666');;
    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION poisoned('body', '\x636f6d6d6974')";

fn batches() -> impl Strategy<Value = Vec<(usize, i64, Fate)>> {
    let fate = prop_oneof![
        6 => Just(Fate::Stored),
        1 => Just(Fate::AtItsRow),
        1 => Just(Fate::AtTheCounts),
        1 => Just(Fate::AtTheCommit),
    ];
    prop::collection::vec((0..3_usize, 0..3_i64, fate), 1..40)
}

async fn any_write_of_a_batch_may_fail_at_any_step_and_all_others_are_stored(place: &impl LastingPlace) {
    let store = place.open();
    let groups =
        [one_group(&*store).await, with_group(&*store, "a", "h").await, with_group(&*store, "a", "i").await];
    place.tamper(SQLITE, POSTGRES);
    let mut stored = [0_u64; 3];
    let mut runner = TestRunner::deterministic();
    for _ in 0..ROUNDS {
        let batch = batches().new_tree(&mut runner).unwrap().current();
        let posts: Vec<_> = batch.iter().map(|write| post(&store, &groups, *write)).collect();
        for (post, (group, _, fate)) in posts.into_iter().zip(&batch) {
            match (post.await.unwrap(), fate) {
                (Ok(Posted::Done { .. }), Fate::Stored) => stored[*group] += 1,
                (Err(_), Fate::AtItsRow | Fate::AtTheCounts | Fate::AtTheCommit) => {}
                (came_of_it, fate) => panic!("{came_of_it:?} of {fate:?} in {batch:?}"),
            }
        }
        for (at, stored) in groups.iter().zip(stored) {
            is_whole(&*store, at, stored).await;
        }
    }
    store.close().await.unwrap();
    drop(store);
    let store = place.open();
    for (at, stored) in groups.iter().zip(stored) {
        is_whole(&*store, at, stored).await;
    }
}

fn post(
    store: &Arc<dyn Store>,
    groups: &[GroupRef],
    (group, kind, fate): (usize, i64, Fate),
) -> tokio::task::JoinHandle<muster_core::store::StoreResult<Posted>> {
    let (store, at) = (Arc::clone(store), groups[group].clone());
    tokio::spawn(async move { store.post(&at, draft(fate.kind(kind), fate.body(), 1), alone()).await })
}

/// That so many messages are stored, without a hole, and as many counted.
async fn is_whole(store: &dyn Store, at: &GroupRef, stored: u64) {
    let entries = store.entries(&StreamRef::Group(at.clone()), 0, 10_000).await.unwrap();
    let places: Vec<_> = entries.iter().map(|entry| entry.sequence).collect();
    assert_eq!(places, (1..=stored).collect::<Vec<_>>());
    let tally = store.tally(at).await.unwrap();
    assert_eq!(tally.messages.values().sum::<u64>(), stored);
    assert!(!tally.messages.contains_key(&666));
}
