//! Numbers at their extremes: every store holds them, sums stop at their bound, and others notice nothing.

use muster_core::{
    id::GroupRef,
    message::{Draft, Event, Level, Message, Posted, StreamRef, Weight},
    number::{MAX_NUMBER, RepeatCount, TypeCount},
    store::Store,
};

use crate::{
    make::{alone, counted, done, draft, message, one_group, times, with_app, with_group},
    place::{LastingPlace, Place},
};

over_every_store!(
    every_number_that_exists_is_stored_as_it_is;
    lasting:
    a_count_stops_at_its_bound_and_hurts_nobody,
    a_count_beyond_its_bound_of_an_earlier_version_heals,
);

async fn every_number_that_exists_is_stored_as_it_is(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let extremes = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
    for (number, at) in extremes.into_iter().zip(1..) {
        let repeat = if number > 0 { RepeatCount::MAX } else { times(0) };
        let message =
            Message { weight: Weight(number), level: Level(number), repeat, ..message(number, "x", 1) };
        let draft = Draft { message: message.clone(), increment: repeat, max_types: 30, once: false };
        let total = counted(repeat.get());
        assert_eq!(store.post(&g, draft, alone()).await.unwrap(), done(Some(at), total));
        let read = store.entries(&StreamRef::Group(g.clone()), at - 1, 1).await.unwrap();
        assert_eq!(read[0].event, Event::Message(Message { total, ..message }));
    }
}

/// Counts messages of a type that are not stored.
async fn count(store: &dyn Store, g: &GroupRef, increment: RepeatCount) -> TypeCount {
    match store.count_only(g, Draft { increment, ..draft(5, "like", 1) }).await.unwrap() {
        Posted::Done { sequence: None, total, .. } => total,
        other => panic!("{other:?}"),
    }
}

/// Puts the count of type 5 where it would be after years.
fn set_count(place: &impl LastingPlace, total: i64) {
    let sql = format!("UPDATE message_count SET total = {total} WHERE kind = 5");
    place.tamper(&sql, &sql);
}

async fn a_count_stops_at_its_bound_and_hurts_nobody(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    store.post(&g, draft(5, "x", 1), alone()).await.unwrap();
    store.close().await.unwrap();
    set_count(place, i64::try_from(MAX_NUMBER).unwrap() - 1);
    let store = place.open();
    with_app(&*store, "b").await;
    let bystander = with_group(&*store, "b", "g").await;
    for _ in 0..3 {
        assert_eq!(count(&*store, &g, RepeatCount::MAX).await, TypeCount::MAX);
        let (posted, beside) = tokio::join!(
            store.post(&g, draft(5, "x", 1), alone()),
            store.post(&bystander, draft(5, "x", 1), alone())
        );
        assert!(matches!(posted.unwrap(), Posted::Done { total: TypeCount::MAX, .. }));
        assert!(matches!(beside.unwrap(), Posted::Done { .. }));
    }
    assert_eq!(store.tally(&g).await.unwrap().messages[&5], MAX_NUMBER);
    store.close().await.unwrap();
    drop(store);
    assert_eq!(place.open().tally(&g).await.unwrap().messages[&5], MAX_NUMBER);
}

async fn a_count_beyond_its_bound_of_an_earlier_version_heals(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    store.post(&g, draft(5, "x", 1), alone()).await.unwrap();
    store.close().await.unwrap();
    set_count(place, i64::MAX);
    let sql = format!("UPDATE entry SET total = {0}, repeat = {0}", i64::MAX);
    place.tamper(&sql, &sql);
    let store = place.open();
    let stream = StreamRef::Group(g.clone());
    let read = store.entries(&stream, 0, 9).await.unwrap();
    let healed = Message { total: TypeCount::MAX, repeat: RepeatCount::MAX, ..message(5, "x", 1) };
    assert_eq!(read[0].event, Event::Message(healed));
    assert_eq!(count(&*store, &g, times(1)).await, TypeCount::MAX);
    let posted = store.post(&g, draft(5, "y", 1), alone()).await.unwrap();
    assert_eq!(posted, done(Some(2), TypeCount::MAX));
    store.close().await.unwrap();
}
