//! What outlasts the process, and what a stopped machine leaves.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use muster_core::{
    group::{Deletion, GroupFilter, Order, Window},
    id::GroupRef,
    message::{Posted, StreamRef},
    roster::{Admission, Leave, Member},
    store::{GroupCreated, Store, StoreError},
    time::Millis,
};

use crate::{
    make::{
        admitted, alone, app_id, at, connected, counted, done, draft, durable, end_of, group, likes,
        one_group, roster, user, with_app, with_group,
    },
    place::{LastingPlace, Place},
};

over_every_store!(
    a_closed_store_refuses;
    lasting:
    what_is_durable_is_the_same_after_reopening,
    closing_loses_nothing_that_was_only_in_memory,
    likes_that_were_answered_outlive_a_crash,
    a_crash_keeps_every_acknowledged_write_and_halves_of_none,
    a_store_dropped_without_closing_opens_again,
);

async fn everything(store: &dyn Store, groups: &[GroupRef]) -> Vec<String> {
    let mut facts = Vec::new();
    for at in groups {
        facts.push(format!("{:?}", store.group(at).await.unwrap()));
        facts.push(format!("{:?}", store.tally(at).await.unwrap()));
        facts.push(format!("{:?}", roster(store, at).await));
        let stream = StreamRef::Group(at.clone());
        facts.push(format!("{:?}", store.top(&stream).await.unwrap()));
        facts.push(format!("{:?}", store.entries(&stream, 0, 1_000).await.unwrap()));
    }
    let window = Window { skip: 0, limit: 100 };
    facts.push(format!(
        "{:?}",
        store.groups(&app_id("a"), GroupFilter::All, Order::Ascending, window).await.unwrap()
    ));
    facts.push(format!(
        "{:?}",
        store.groups_of(&app_id("a"), &user("u1"), Order::Ascending, window).await.unwrap()
    ));
    facts
}

pub(crate) async fn what_is_durable_is_the_same_after_reopening(place: &impl LastingPlace) {
    let store = place.open();
    with_app(&*store, "a").await;
    let mut groups = Vec::new();
    for n in 0..5 {
        let g = with_group(&*store, "a", &format!("g{n}")).await;
        for m in 0..90 {
            admitted(&*store, &g, durable(&format!("u{m}"))).await;
            if m % 7 == n {
                store.leave(&g, &user(&format!("u{m}")), Leave::Any, alone()).await.unwrap();
            }
            store.post(&g, draft(m % 3, &format!("{m}"), m), alone()).await.unwrap();
        }
        groups.push(g);
    }
    store
        .delete_group(&groups[2], Deletion { at: Millis(9), by: None }, end_of(&groups[2], Millis(9)))
        .await
        .unwrap();
    let before = everything(&*store, &groups).await;
    let crashed = place.after_a_crash();
    store.close().await.unwrap();
    drop(store);
    assert_eq!(everything(&*place.open(), &groups).await, before);
    assert_eq!(everything(&*crashed.open(), &groups).await, before);
}

async fn a_closed_store_refuses(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    admitted(&*store, &g, connected("c")).await;
    store.ready().await.unwrap();
    store.close().await.unwrap();
    let refused = |error| assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    refused(store.ready().await.unwrap_err());
    refused(store.close().await.unwrap_err());
    refused(store.join(&g, durable("d"), alone()).await.unwrap_err());
    refused(store.join(&g, connected("d"), alone()).await.unwrap_err());
    refused(store.group(&g).await.unwrap_err());
    refused(store.tally(&g).await.unwrap_err());
    refused(store.post(&g, draft(1, "x", 1), alone()).await.unwrap_err());
    refused(store.records().directory().await.unwrap_err());
}

async fn closing_loses_nothing_that_was_only_in_memory(place: &impl LastingPlace) {
    let store = place.open();
    with_app(&*store, "a").await;
    let mut groups = Vec::new();
    for n in 0..100 {
        let g = with_group(&*store, "a", &format!("g{n}")).await;
        admitted(&*store, &g, connected("c")).await;
        store.count_only(&g, draft(5, "like", 1)).await.unwrap();
        groups.push(g);
    }
    store.close().await.unwrap();
    drop(store);
    let store = place.open();
    for g in &groups {
        let tally = store.tally(g).await.unwrap();
        assert_eq!((tally.online, tally.views, tally.messages), (0, 1, [(5, 1)].into()));
    }
}

async fn likes_that_were_answered_outlive_a_crash(place: &impl LastingPlace) {
    let store = place.open();
    with_app(&*store, "a").await;
    let g = with_group(&*store, "a", "g").await;
    for total in [7, 14] {
        assert_eq!(store.count_only(&g, likes(7)).await.unwrap(), done(None, counted(total)));
        let crashed = place.after_a_crash().open();
        assert_eq!(crashed.tally(&g).await.unwrap().likes, total);
        assert_eq!(crashed.count_only(&g, likes(1)).await.unwrap(), done(None, counted(total + 1)));
        crashed.close().await.unwrap();
    }
    store.close().await.unwrap();
}

/// What writers were told.
#[derive(Clone, Default)]
struct Told {
    /// Those who joined and stay.
    members: BTreeMap<String, Member>,
    /// Those who joined and left.
    left: BTreeSet<String>,
    groups: BTreeSet<GroupRef>,
    messages: BTreeMap<u64, String>,
}

async fn write_on(store: Arc<dyn Store>, worker: usize, told: Arc<Mutex<Told>>) {
    let shared = at("a", "g");
    for round in 0..60 {
        let name = format!("u{worker}-{round}");
        let Ok(Admission::Admitted { member, .. }) = store.join(&shared, durable(&name), alone()).await
        else {
            return;
        };
        if round % 4 == 0 {
            let Ok(left) = store.leave(&shared, &member.user, Leave::Any, alone()).await else { return };
            assert!(left.is_some());
            told.lock().unwrap().left.insert(name.clone());
        } else {
            told.lock().unwrap().members.insert(name.clone(), member);
        }
        let own = at("a", &format!("g{worker}-{round}"));
        let Ok(GroupCreated::Created(made, _)) =
            store.create_group(group("a", own.group.as_str()), None, alone()).await
        else {
            return;
        };
        told.lock().unwrap().groups.insert(made.at);
        let Ok(Posted::Done { sequence: Some(sequence), .. }) =
            store.post(&shared, draft(1, &name, 1), alone()).await
        else {
            return;
        };
        told.lock().unwrap().messages.insert(sequence, name);
    }
}

async fn check_told(store: &dyn Store, told: &Told) {
    let shared = at("a", "g");
    let members = roster(store, &shared).await;
    let by_name: BTreeMap<_, _> = members.iter().map(|member| (member.user.to_string(), member)).collect();
    assert_eq!(by_name.len(), members.len());
    for (name, member) in &told.members {
        assert_eq!(by_name.get(name), Some(&member), "an acknowledged join is lost");
    }
    for name in &told.left {
        assert!(!by_name.contains_key(name), "an acknowledged leave is undone");
    }
    let state = store.roster_state(&shared).await.unwrap();
    assert_eq!(state.count, members.len() as u64);
    assert!(state.views >= (told.members.len() + told.left.len()) as u64);
    // Each member is found by name as it is by number: both b-trees tell the same.
    let users: Vec<_> = members.iter().map(|member| member.user.clone()).collect();
    let found = store.find_members(&shared, &users).await.unwrap();
    assert!(found.iter().zip(&members).all(|(found, member)| found.as_ref() == Some(member)));
    for at in &told.groups {
        assert!(store.group(at).await.unwrap().is_some(), "an acknowledged group is lost");
    }
    let window = Window { skip: 0, limit: 10_000 };
    let list = store.groups(&app_id("a"), GroupFilter::Existing, Order::Ascending, window).await.unwrap();
    assert_eq!(list.entries.len() as u64, list.total);
    let stream = StreamRef::Group(shared.clone());
    let entries = store.entries(&stream, 0, 100_000).await.unwrap();
    assert!(entries.iter().zip(1..).all(|(entry, sequence)| entry.sequence == sequence), "a hole");
    assert_eq!(store.top(&stream).await.unwrap().unwrap().sequence, entries.len() as u64);
    assert_eq!(store.tally(&shared).await.unwrap().messages.values().sum::<u64>(), entries.len() as u64);
    for (sequence, body) in &told.messages {
        let at = usize::try_from(*sequence).unwrap() - 1;
        assert!(format!("{:?}", entries[at].event).contains(body), "an acknowledged message is lost");
    }
}

pub(crate) async fn a_crash_keeps_every_acknowledged_write_and_halves_of_none(place: &impl LastingPlace) {
    let store = place.open();
    one_group(&*store).await;
    let told = Arc::new(Mutex::new(Told::default()));
    let writers: Vec<_> =
        (0..16).map(|worker| tokio::spawn(write_on(store.clone(), worker, told.clone()))).collect();
    // At least one crash, then as many as fit while the writers write.
    loop {
        let writing = writers.iter().any(|writer| !writer.is_finished());
        let sure = told.lock().unwrap().clone();
        let copy = place.after_a_crash();
        let crashed = copy.open();
        check_told(&*crashed, &sure).await;
        crashed.close().await.unwrap();
        if !writing {
            break;
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let told = told.lock().unwrap().clone();
    check_told(&*store, &told).await;
}

async fn a_store_dropped_without_closing_opens_again(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    admitted(&*store, &g, durable("d")).await;
    admitted(&*store, &g, connected("c")).await;
    drop(store);
    let store = place.open();
    assert_eq!(crate::make::names(&*store, &g).await, ["d"]);
}
