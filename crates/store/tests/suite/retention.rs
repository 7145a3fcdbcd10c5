//! What is removed when, by clocks that jump: at a start and live.

use muster_core::{
    group::Deletion,
    id::GroupRef,
    message::StreamRef,
    service::Sweeper,
    store::Store,
    testing::ManualClock,
    time::{Clock as _, Millis},
};

use crate::{
    make::{alone, draft, end_of, one_group, with_group},
    place::{LastingPlace, Place},
};

over_every_store!(
    nothing_is_removed_by_a_clock_that_jumps_live,
    what_has_outlived_its_keeping_goes_as_time_passes,
    a_store_of_before_is_not_purged_by_the_clock_of_its_first_start;
    lasting:
    nothing_is_removed_by_a_clock_that_is_wrong_at_a_start,
    what_was_owed_before_a_downtime_goes_after_it,
);

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// Later than any store.
const START: i64 = 20_000 * DAY;

/// Lets a sweeper look every ten minutes for so many hours.
async fn run(sweeper: &mut Sweeper, store: &dyn Store, clock: &ManualClock, hours: i64) {
    for _ in 0..hours * 6 {
        clock.advance(HOUR / 6);
        while sweeper.sweep(store, clock).await.unwrap() > 0 {}
    }
}

/// A group with a message of now, and one that is deleted now.
async fn furnished(store: &dyn Store, clock: &ManualClock) -> (GroupRef, GroupRef) {
    let kept = one_group(store).await;
    let deleted = with_group(store, "a", "deleted").await;
    store.post(&kept, draft(1, "x", clock.now().0), alone()).await.unwrap();
    store
        .delete_group(&deleted, Deletion { at: clock.now(), by: None }, end_of(&deleted, clock.now()))
        .await
        .unwrap();
    (kept, deleted)
}

async fn is_there(store: &dyn Store, (kept, deleted): &(GroupRef, GroupRef)) -> (bool, bool) {
    let entries = store.entries(&StreamRef::Group(kept.clone()), 0, 9).await.unwrap();
    (!entries.is_empty(), store.group(deleted).await.unwrap().is_some())
}

async fn nothing_is_removed_by_a_clock_that_jumps_live(place: &impl Place) {
    let store = place.open();
    let clock = ManualClock::new(Millis(START));
    let mut sweeper = Sweeper::default();
    assert_eq!(sweeper.sweep(&*store, &clock).await.unwrap(), 0);
    let there = furnished(&*store, &clock).await;
    for jump in [-HOUR, DAY, 100 * DAY, 40_000 * DAY] {
        clock.jump(jump);
        run(&mut sweeper, &*store, &clock, 12).await;
        assert_eq!(is_there(&*store, &there).await, (true, true), "{jump}");
        clock.jump(-jump);
        run(&mut sweeper, &*store, &clock, 12).await;
        assert_eq!(is_there(&*store, &there).await, (true, true), "{jump} and back");
    }
}

async fn nothing_is_removed_by_a_clock_that_is_wrong_at_a_start(place: &impl LastingPlace) {
    let store = place.open();
    let clock = ManualClock::new(Millis(START));
    assert_eq!(Sweeper::default().sweep(&*store, &clock).await.unwrap(), 0);
    let there = furnished(&*store, &clock).await;
    store.close().await.unwrap();
    drop(store);
    for jump in [-HOUR, DAY, 100 * DAY, 40_000 * DAY] {
        for by in [jump, -jump] {
            clock.jump(by);
            let store = place.open();
            let mut sweeper = Sweeper::default();
            assert_eq!(sweeper.sweep(&*store, &clock).await.unwrap(), 0, "a start removes nothing");
            run(&mut sweeper, &*store, &clock, 12).await;
            assert_eq!(is_there(&*store, &there).await, (true, true), "{by}");
            store.close().await.unwrap();
        }
    }
}

async fn what_has_outlived_its_keeping_goes_as_time_passes(place: &impl Place) {
    let store = place.open();
    let clock = ManualClock::new(Millis(START));
    let mut sweeper = Sweeper::default();
    sweeper.sweep(&*store, &clock).await.unwrap();
    let there = furnished(&*store, &clock).await;
    for _ in 0..30 {
        clock.advance(DAY - HOUR);
        run(&mut sweeper, &*store, &clock, 1).await;
        assert_eq!(is_there(&*store, &there).await, (true, clock.now().0 < START + 30 * DAY));
    }
    run(&mut sweeper, &*store, &clock, 1).await;
    assert_eq!(is_there(&*store, &there).await, (false, false));
}

async fn what_was_owed_before_a_downtime_goes_after_it(place: &impl LastingPlace) {
    let store = place.open();
    let clock = ManualClock::new(Millis(START));
    Sweeper::default().sweep(&*store, &clock).await.unwrap();
    let there = furnished(&*store, &clock).await;
    store.close().await.unwrap();
    drop(store);
    clock.jump(28 * DAY);
    let store = place.open();
    let mut sweeper = Sweeper::default();
    sweeper.sweep(&*store, &clock).await.unwrap();
    // Three days run twice as fast as long as they are behind: 6 of the 31.
    run(&mut sweeper, &*store, &clock, 3 * 24).await;
    assert_eq!(is_there(&*store, &there).await, (true, true));
    for _ in 0..25 {
        clock.advance(DAY);
        sweeper.sweep(&*store, &clock).await.unwrap();
    }
    run(&mut sweeper, &*store, &clock, 1).await;
    assert_eq!(is_there(&*store, &there).await, (false, false));
}

async fn a_store_of_before_is_not_purged_by_the_clock_of_its_first_start(place: &impl Place) {
    let store = place.open();
    let clock = ManualClock::new(Millis(START));
    let there = furnished(&*store, &clock).await;
    clock.jump(100 * DAY);
    let mut sweeper = Sweeper::default();
    sweeper.sweep(&*store, &clock).await.unwrap();
    run(&mut sweeper, &*store, &clock, 24).await;
    assert_eq!(is_there(&*store, &there).await, (true, true));
    assert_eq!(store.purge_time(clock.now()).await.unwrap(), Millis(START + 2 * DAY));
}
