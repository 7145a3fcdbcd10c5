//! A membership that is ended together with what its user learns of it.

use muster_core::{
    id::GroupRef,
    message::{Event, ExitReason, StreamRef},
    roster::{Departure, Join, Leave},
    store::{Also, Store},
    time::Millis,
};

use crate::{
    make::{admitted, alone, connected, durable, event_of, names, one_group, user},
    place::{LastingPlace, Place},
};

over_every_store!(
    a_removal_ends_the_membership_and_stores_what_follows,
    a_removal_of_nobody_stores_nothing;
    lasting:
    a_removal_whose_consequence_cannot_be_stored_is_not_made,
);

fn exit(g: &GroupRef) -> Event {
    Event::Exit { group: g.group.clone(), reason: ExitReason::Removed }
}

fn of(name: &str) -> StreamRef {
    StreamRef::User(crate::make::app_id("a"), user(name))
}

fn also(g: &GroupRef, name: &str) -> Also {
    event_of(&of(name), exit(g), Millis(7))
}

async fn stored(store: &dyn Store, name: &str) -> Vec<Event> {
    let entries = store.entries(&of(name), 0, 9).await.unwrap();
    entries.into_iter().map(|entry| entry.event).collect()
}

async fn a_removal_ends_the_membership_and_stores_what_follows(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let tied = Join { tie: connected("both").tie, ..durable("both") };
    for join in [durable("lasting"), connected("passing"), durable("both"), tied, durable("other")] {
        admitted(&*store, &g, join).await;
    }
    for (name, left) in [("lasting", 3), ("passing", 2), ("both", 1)] {
        let removed = store.leave(&g, &user(name), Leave::Any, also(&g, name)).await.unwrap();
        assert_eq!(removed.unwrap(), Departure { count: left, positions: vec![1] }, "{name}");
        assert_eq!(stored(&*store, name).await, [exit(&g)]);
        assert_eq!(store.roster_state(&g).await.unwrap().count, left);
    }
    assert_eq!(names(&*store, &g).await, ["other"]);
    // Whoever was removed may come again, and be removed again.
    admitted(&*store, &g, durable("lasting")).await;
    let again = store.leave(&g, &user("lasting"), Leave::Any, also(&g, "lasting")).await.unwrap();
    assert_eq!(again.unwrap().positions, [2]);
}

async fn a_removal_of_nobody_stores_nothing(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    admitted(&*store, &g, durable("u")).await;
    store.leave(&g, &user("u"), Leave::Any, alone()).await.unwrap();
    for name in ["u", "never"] {
        assert_eq!(store.leave(&g, &user(name), Leave::Any, also(&g, name)).await.unwrap(), None);
        assert_eq!(stored(&*store, name).await, []);
    }
}

async fn a_removal_whose_consequence_cannot_be_stored_is_not_made(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    for join in [durable("lasting"), connected("passing")] {
        admitted(&*store, &g, join).await;
    }
    place.tamper(
        "CREATE TRIGGER no_event BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'poisoned'); END",
        "CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never'; END $$;;
         CREATE TRIGGER no_event BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION never()",
    );
    for name in ["lasting", "passing"] {
        store.leave(&g, &user(name), Leave::Any, also(&g, name)).await.unwrap_err();
    }
    assert_eq!(names(&*store, &g).await, ["lasting", "passing"]);
    assert_eq!(store.roster_state(&g).await.unwrap().count, 2);
    place.tamper("DROP TRIGGER no_event", "DROP TRIGGER no_event ON entry");
    for name in ["lasting", "passing"] {
        assert!(store.leave(&g, &user(name), Leave::Any, also(&g, name)).await.unwrap().is_some());
    }
    assert_eq!(names(&*store, &g).await, Vec::<String>::new());
}
