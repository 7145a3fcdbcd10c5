//! Mutes.

use muster_core::{
    group::Deletion,
    id::GroupRef,
    message::{Event, StreamRef},
    mute::{GroupMutes, MuteKind, MuteSteps, UserMute},
    store::{Also, MutesChanged, Store},
    time::Millis,
};

use crate::{
    make::{alone, app, at, end_of, event_of, one_group, user, with_group},
    place::{LastingPlace, Place},
};

over_every_store!(
    a_change_of_mutes_takes_the_place_of_what_held_and_lasts_with_what_is_told_of_it,
    of_two_changes_that_saw_the_same_state_one_is_made,
    a_group_that_is_not_there_or_is_deleted_has_no_mutes_to_change,
    mutes_go_with_their_group;
    lasting:
    mutes_are_there_after_a_restart,
);

fn put(name: &str, kind: MuteKind, until: Option<i64>) -> (muster_core::id::UserId, UserMute) {
    (user(name), UserMute { kind, until: until.map(Millis) })
}

fn steps(everybody: bool, put: &[(&str, MuteKind, Option<i64>)], removed: &[&str]) -> MuteSteps {
    MuteSteps {
        everybody,
        put: put.iter().map(|&(name, kind, until)| self::put(name, kind, until)).collect(),
        removed: removed.iter().map(|name| user(name)).collect(),
    }
}

fn mutes(everybody: bool, users: &[(&str, MuteKind, Option<i64>)]) -> GroupMutes {
    let users = users.iter().map(|&(name, kind, until)| put(name, kind, until)).collect();
    GroupMutes { everybody, users }
}

async fn changed(store: &dyn Store, g: &GroupRef, seen: u64, steps: MuteSteps, also: Also) -> MutesChanged {
    store.records().change_mutes(g, seen, steps, Millis(5), also).await.unwrap()
}

fn told(g: &GroupRef, mutes: GroupMutes) -> Also {
    event_of(&StreamRef::Group(g.clone()), Event::MutesChanged(mutes), Millis(5))
}

async fn a_change_of_mutes_takes_the_place_of_what_held_and_lasts_with_what_is_told_of_it(
    place: &impl Place,
) {
    let store = place.open();
    let g = one_group(&*store).await;
    let of = async |g: &GroupRef| store.records().group_mutes(g).await.unwrap();
    assert_eq!(of(&g).await, (0, GroupMutes::default()));
    let (muted, spared) = (MuteKind::Muted, MuteKind::Spared);
    let first = steps(true, &[("u", spared, None), ("v", muted, None), ("w", muted, Some(9))], &[]);
    let after = mutes(true, &[("u", spared, None), ("v", muted, None), ("w", muted, Some(9))]);
    let done = changed(&*store, &g, 0, first, told(&g, after.clone())).await;
    assert_eq!(done, MutesChanged::Done(vec![1]));
    assert_eq!(of(&g).await, (1, after.clone()));
    let second = steps(false, &[("u", muted, Some(7))], &["v", "nobody"]);
    let later = mutes(false, &[("u", muted, Some(7)), ("w", muted, Some(9))]);
    let done = changed(&*store, &g, 1, second, told(&g, later.clone())).await;
    assert_eq!(done, MutesChanged::Done(vec![2]));
    assert_eq!(of(&g).await, (2, later.clone()));
    let stored: Vec<_> = store.entries(&StreamRef::Group(g.clone()), 0, 9).await.unwrap();
    let stored: Vec<_> = stored.into_iter().map(|entry| entry.event).collect();
    assert_eq!(stored, [Event::MutesChanged(after), Event::MutesChanged(later)]);
    let other = with_group(&*store, "a", "other").await;
    assert_eq!(of(&other).await, (0, GroupMutes::default()), "each group has its own");
}

async fn of_two_changes_that_saw_the_same_state_one_is_made(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    for seen in 0..3 {
        let change = |name: &'static str| {
            let steps = steps(true, &[(name, MuteKind::Muted, None)], &[]);
            let told = told(&g, mutes(true, &[(name, MuteKind::Muted, None)]));
            changed(&*store, &g, seen, steps, told)
        };
        let both = [format!("one{seen}"), format!("two{seen}")].map(|name| &*name.leak());
        let done = futures_util::future::join(change(both[0]), change(both[1])).await;
        let made = [&done.0, &done.1].map(|done| matches!(done, MutesChanged::Done(_)));
        assert!(made[0] != made[1], "{done:?}");
        let overtaken = [&done.0, &done.1].map(|done| *done == MutesChanged::Overtaken);
        assert!(overtaken[0] != overtaken[1], "{done:?}");
        let (revision, held) = store.records().group_mutes(&g).await.unwrap();
        assert_eq!((revision, held.users.len() as u64), (seen + 1, seen + 1));
        let top = store.top(&StreamRef::Group(g.clone())).await.unwrap().unwrap();
        assert_eq!(top.sequence, seen + 1, "nothing is told of what was not made");
    }
    let late = changed(&*store, &g, 1, steps(false, &[], &[]), alone()).await;
    assert_eq!(late, MutesChanged::Overtaken);
}

async fn a_group_that_is_not_there_or_is_deleted_has_no_mutes_to_change(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let none = at("a", "none");
    let change = steps(true, &[], &[]);
    assert_eq!(changed(&*store, &none, 0, change.clone(), alone()).await, MutesChanged::NoGroup);
    store.delete_group(&g, Deletion { at: Millis(5), by: None }, end_of(&g, Millis(5))).await.unwrap();
    let also = told(&g, mutes(true, &[]));
    store.records().change_mutes(&g, 0, change, Millis(6), also).await.unwrap_err();
    assert_eq!(store.records().group_mutes(&g).await.unwrap(), (0, GroupMutes::default()));
}

async fn mutes_go_with_their_group(place: &impl Place) {
    let store = place.open();
    store.records().create_app(app("a"), None, alone()).await.unwrap();
    let (gone, there) = (with_group(&*store, "a", "gone").await, with_group(&*store, "a", "there").await);
    let of = async |g: &GroupRef| store.records().group_mutes(g).await.unwrap();
    let held = (1, mutes(true, &[("u", MuteKind::Spared, None)]));
    for group in [&gone, &there] {
        let change = steps(true, &[("u", MuteKind::Spared, None)], &[]);
        assert!(matches!(changed(&*store, group, 0, change, alone()).await, MutesChanged::Done(_)));
    }
    let deletion = Deletion { at: Millis(10), by: None };
    store.delete_group(&gone, deletion, end_of(&gone, Millis(10))).await.unwrap();
    assert_eq!(of(&gone).await, held, "a deleted group keeps them: it may be recovered");
    while store.purge(Millis(20), Millis(10)).await.unwrap() > 0 {}
    assert_eq!(of(&gone).await, (0, GroupMutes::default()));
    assert_eq!(of(&there).await, held);
}

async fn mutes_are_there_after_a_restart(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    let change = steps(true, &[("u", MuteKind::Muted, Some(9))], &[]);
    assert!(matches!(changed(&*store, &g, 0, change, alone()).await, MutesChanged::Done(_)));
    store.close().await.unwrap();
    let held = mutes(true, &[("u", MuteKind::Muted, Some(9))]);
    assert_eq!(place.open().records().group_mutes(&g).await.unwrap(), (1, held));
}
