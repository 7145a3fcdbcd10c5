//! Callbacks that are owed come with their change, and go out in the order of their lanes, each to one at a time.

use muster_core::{
    callback::{
        CallbackEvent, Found, LogoffReason, Membership, Outcome, OwedCall, StoredCall, UnderWay, UserSession,
    },
    group::{Deletion, Window},
    id::GroupRef,
    roster::{Admission, Leave},
    store::{Also, Store},
    time::Millis,
};

use crate::{
    make::{alone, app_id, at, connected, durable, end_of, session, user, with_app, with_group},
    place::Place,
};

over_every_store!(
    what_is_owed_is_stored_with_its_change_or_not_at_all,
    a_lane_goes_out_in_its_order_one_at_a_time,
    what_was_claimed_is_given_to_others_when_its_time_is_over,
    what_is_under_way_here_is_not_taken_again_when_the_clock_is_set,
    dead_letters_are_listed_revived_and_removed,
    the_oldest_beyond_a_bound_go,
    a_login_owes_by_what_stood_before_it,
    the_end_of_a_group_owes_for_everybody_in_it,
);

/// Enough for every test.
const ROOM: usize = 100;

fn joined(g: &GroupRef, id: &str) -> OwedCall {
    let of = Membership { group: g.group.clone(), user: user("u"), session: None };
    OwedCall { id: id.to_owned(), app: g.app.clone(), event: CallbackEvent::Joined(of), made_at: Millis(10) }
}

fn owing(calls: Vec<OwedCall>) -> Also {
    Also { calls, ..alone() }
}

/// These callbacks of an application.
fn under_way<const N: usize>(app: &str, numbers: [i64; N]) -> UnderWay {
    [(app_id(app), numbers.into())].into()
}

async fn claim(store: &dyn Store, now: i64) -> Vec<StoredCall> {
    let records = store.records();
    records.claim_calls(Millis(now), Millis(now + 100), ROOM, UnderWay::new()).await.unwrap()
}

fn ids(calls: &[StoredCall]) -> Vec<&str> {
    calls.iter().map(|call| call.id.as_str()).collect()
}

async fn settle(store: &dyn Store, call: &StoredCall, outcome: Outcome) -> bool {
    store.records().settle_call(call, outcome).await.unwrap()
}

/// Owes these in the lane of a group of application `a`.
async fn owe(store: &dyn Store, group: &str, calls: &[&str]) {
    let calls = calls.iter().map(|id| joined(&at("a", group), id)).collect();
    store.append(owing(calls)).await.unwrap().unwrap();
}

async fn listed(store: &dyn Store, dead: bool) -> Vec<String> {
    let page = store.records().calls(dead, Window { skip: 0, limit: 100 }).await.unwrap();
    assert_eq!(page.total, page.entries.len() as u64);
    page.entries.into_iter().map(|call| call.id).collect()
}

async fn what_is_owed_is_stored_with_its_change_or_not_at_all(place: &impl Place) {
    let store = place.open();
    with_app(&*store, "a").await;
    with_group(&*store, "a", "g").await;
    let g = at("a", "g");
    assert_eq!(store.records().next_call().await.unwrap(), None);
    for (at, join) in [durable("d"), connected("c")].into_iter().enumerate() {
        let call = || owing(vec![joined(&g, &format!("first {at}"))]);
        let fresh = store.join(&g, join.clone(), call()).await.unwrap();
        assert!(matches!(fresh, Admission::Admitted { fresh: true, .. }), "{fresh:?}");
        // A member that is there joins again: nothing is changed, so nothing is owed.
        store.join(&g, join, owing(vec![joined(&g, "again")])).await.unwrap();
    }
    store.leave(&g, &user("d"), Leave::Any, owing(vec![joined(&g, "left")])).await.unwrap().unwrap();
    let gone = store.leave(&g, &user("d"), Leave::Any, owing(vec![joined(&g, "left again")])).await.unwrap();
    assert_eq!(gone, None);
    assert_eq!(listed(&*store, false).await, ["first 0", "first 1", "left"]);
    assert_eq!(store.records().next_call().await.unwrap(), Some(Millis(10)));
}

async fn a_lane_goes_out_in_its_order_one_at_a_time(place: &impl Place) {
    let store = place.open();
    with_app(&*store, "a").await;
    owe(&*store, "g", &["g1", "g2"]).await;
    owe(&*store, "h", &["h1"]).await;
    assert!(claim(&*store, 9).await.is_empty(), "nothing is due yet");
    let first = claim(&*store, 20).await;
    assert_eq!(ids(&first), ["g1", "h1"]);
    assert_eq!((first[0].attempts, first[0].lane.as_str()), (1, "g:g"));
    assert_eq!(first[0].event, Some(joined(&at("a", "g"), "g1").event));
    assert!(claim(&*store, 20).await.is_empty(), "the next of the lane waits");
    // One that failed holds up its lane, and no other.
    let again = Outcome::Again { at: Millis(50), fault: "away\0".to_owned() };
    assert!(settle(&*store, &first[0], again).await);
    assert!(settle(&*store, &first[1], Outcome::Told).await);
    assert!(claim(&*store, 49).await.is_empty());
    let second = claim(&*store, 50).await;
    assert_eq!((ids(&second), second[0].attempts, second[0].fault.as_str()), (vec!["g1"], 2, "away\0"));
    assert!(settle(&*store, &second[0], Outcome::Told).await);
    let third = claim(&*store, 50).await;
    assert_eq!(ids(&third), ["g2"]);
    let busy = under_way("a", [third[0].number]);
    owe(&*store, "i", &["i1"]).await;
    let records = store.records();
    assert!(records.claim_calls(Millis(50), Millis(90), 1, busy).await.unwrap().is_empty(), "no room");
    assert_eq!(ids(&claim(&*store, 50).await), ["i1"]);
}

async fn what_is_under_way_here_is_not_taken_again_when_the_clock_is_set(place: &impl Place) {
    let store = place.open();
    with_app(&*store, "a").await;
    owe(&*store, "g", &["g1", "g2"]).await;
    owe(&*store, "h", &["h1"]).await;
    let taken = claim(&*store, 20).await;
    assert_eq!(ids(&taken), ["g1", "h1"]);
    assert!(settle(&*store, &taken[1], Outcome::Told).await);
    owe(&*store, "i", &["i1"]).await;
    // An hour later by the clock: the time of g1 is over, and it is on its way.
    let (records, later) = (store.records(), Millis(3_600_000));
    let taken_again =
        records.claim_calls(later, later + 100, 2, under_way("a", [taken[0].number])).await.unwrap();
    assert_eq!(ids(&taken_again), ["i1"], "and it stands in nobody's way");
    assert!(settle(&*store, &taken[0], Outcome::Told).await, "it is still this one's");
    assert_eq!(ids(&claim(&*store, 3_600_001).await), ["g2"]);
}

async fn what_was_claimed_is_given_to_others_when_its_time_is_over(place: &impl Place) {
    let store = place.open();
    with_app(&*store, "a").await;
    owe(&*store, "g", &["g1", "g2"]).await;
    let lost = claim(&*store, 20).await;
    assert!(claim(&*store, 119).await.is_empty());
    let found = claim(&*store, 120).await;
    assert_eq!((ids(&found), found[0].attempts), (vec!["g1"], 2));
    assert!(!settle(&*store, &lost[0], Outcome::Told).await, "it is another's now");
    assert!(settle(&*store, &found[0], Outcome::Told).await);
    assert!(!settle(&*store, &found[0], Outcome::Told).await);
    assert_eq!(ids(&claim(&*store, 120).await), ["g2"]);
}

async fn dead_letters_are_listed_revived_and_removed(place: &impl Place) {
    let store = place.open();
    with_app(&*store, "a").await;
    owe(&*store, "g", &["g1", "g2", "g3"]).await;
    for _ in 0..2 {
        let call = &claim(&*store, 20).await[0];
        assert!(settle(&*store, call, Outcome::Dead { fault: "status 500".to_owned() }).await);
    }
    assert_eq!(listed(&*store, true).await, ["g1", "g2"]);
    assert_eq!(listed(&*store, false).await, ["g3"]);
    let records = store.records();
    let dead = records.calls(true, Window { skip: 0, limit: 1 }).await.unwrap();
    assert_eq!((dead.total, dead.entries[0].dead, dead.entries[0].fault.as_str()), (2, true, "status 500"));
    let (first, second) = (dead.entries[0].number, dead.entries[0].number + 1);
    assert!(records.revive_call(first, Millis(30)).await.unwrap());
    assert!(!records.revive_call(first, Millis(30)).await.unwrap(), "it is none any more");
    assert_eq!(ids(&claim(&*store, 30).await), ["g1"]);
    assert!(records.drop_call(second).await.unwrap());
    assert!(!records.drop_call(second).await.unwrap());
    assert!(listed(&*store, true).await.is_empty());
}

async fn the_oldest_beyond_a_bound_go(place: &impl Place) {
    let store = place.open();
    with_app(&*store, "a").await;
    owe(&*store, "g", &["g1", "g2", "g3", "g4"]).await;
    let records = store.records();
    assert_eq!(records.trim_calls(&app_id("a"), false, 4).await.unwrap(), 0);
    assert_eq!(records.trim_calls(&app_id("b"), false, 0).await.unwrap(), 0);
    assert_eq!(records.trim_calls(&app_id("a"), true, 0).await.unwrap(), 0);
    assert_eq!(records.trim_calls(&app_id("a"), false, 3).await.unwrap(), 1);
    assert_eq!(listed(&*store, false).await, ["g2", "g3", "g4"]);
}

/// What a change owes for what is found.
pub(crate) fn finding() -> Also {
    Also { found: Some(Found::new("0123456789abcdef0123".to_owned(), Millis(10))), ..alone() }
}

/// What is owed, oldest first.
pub(crate) async fn owed_events(store: &dyn Store) -> Vec<CallbackEvent> {
    let page = store.records().calls(false, Window { skip: 0, limit: 100 }).await.unwrap();
    page.entries.into_iter().map(|call| call.event.unwrap()).collect()
}

async fn a_login_owes_by_what_stood_before_it(place: &impl Place) {
    let store = place.open();
    let g = with_app_and_group(&*store).await;
    let sign_in =
        async |name: &str, also: Also| store.sign_in(&g.app, &user("u"), session(name), also).await.unwrap();
    let of = |name: &str| UserSession { user: user("u"), session: session(name).session };
    sign_in("one", finding()).await;
    // The same login noted again is no further one.
    sign_in("one", finding()).await;
    let back = Also { found: finding().found.map(|found| found.of_return(vec![g.group.clone()])), ..alone() };
    sign_in("two", back.clone()).await;
    sign_in("three", finding()).await;
    let logged_off = CallbackEvent::LoggedOff(of("three"), LogoffReason::Closed);
    let end = |event: &CallbackEvent| {
        let call =
            OwedCall { id: "end".to_owned(), app: g.app.clone(), event: event.clone(), made_at: Millis(10) };
        owing(vec![call])
    };
    for (name, ends) in [("one", false), ("three", true), ("three", false)] {
        let ended = store.sign_out(&g.app, &user("u"), &session(name), end(&logged_off)).await.unwrap();
        assert_eq!(ended.is_some(), ends, "{name}");
    }
    // Whoever comes back too late is logged in anew.
    sign_in("four", back).await;
    let expected = [
        CallbackEvent::LoggedOn(of("one")),
        CallbackEvent::Reconnected(of("two"), vec![g.group.clone()]),
        CallbackEvent::LoggedOff(of("two"), LogoffReason::Elsewhere),
        CallbackEvent::LoggedOn(of("three")),
        logged_off,
        CallbackEvent::LoggedOn(of("four")),
    ];
    assert_eq!(owed_events(&*store).await, expected);
    let lanes = store.records().calls(false, Window { skip: 0, limit: 1 }).await.unwrap();
    assert_eq!(lanes.entries[0].lane, "u:u");
}

async fn with_app_and_group(store: &dyn Store) -> GroupRef {
    with_app(store, "a").await;
    with_group(store, "a", "g").await
}

async fn the_end_of_a_group_owes_for_everybody_in_it(place: &impl Place) {
    let store = place.open();
    let g = with_app_and_group(&*store).await;
    for join in [connected("c"), durable("d"), durable("both"), connected("both"), connected("late")] {
        store.join(&g, join, alone()).await.unwrap();
    }
    store.leave(&g, &user("c"), Leave::Any, alone()).await.unwrap().unwrap();
    let deletion = Deletion { at: Millis(10), by: None };
    let also = || Also { found: finding().found, ..end_of(&g, Millis(10)) };
    store.delete_group(&g, deletion.clone(), also()).await.unwrap();
    store.delete_group(&g, deletion, also()).await.unwrap();
    let tie = |name: &str| Some(session(&format!("s-{name}")).session);
    let members = vec![(user("d"), None), (user("both"), tie("both")), (user("late"), tie("late"))];
    assert_eq!(owed_events(&*store).await, [CallbackEvent::AllLeft(g.group.clone(), members)]);
    let empty = with_group(&*store, "a", "empty").await;
    let also = Also { found: finding().found, ..end_of(&empty, Millis(10)) };
    store.delete_group(&empty, Deletion { at: Millis(10), by: None }, also).await.unwrap();
    assert_eq!(owed_events(&*store).await.len(), 1, "nobody was in it");
}
