//! Groups.

use muster_core::{
    group::{Deletion, Group, GroupChange, GroupFilter, GroupTally, Order, Window},
    message::{Event, ExitReason, Posted, StreamRef},
    roster::Admission,
    store::{GroupCreated, GroupDeleted, GroupRecovered, GroupRewritten, Store},
    time::Millis,
};

use crate::{
    make::{
        admitted, alone, app_id, at, connected, counted, done, draft, durable, end_of, event_of, group,
        likes, names, one_group, times, user, with_app, with_group,
    },
    place::{LastingPlace, Place},
};

over_every_store!(
    a_group_is_found_as_it_was_made_with_a_number,
    a_group_of_an_id_that_is_there_is_answered,
    an_application_has_no_more_existing_groups_than_it_may,
    a_deleted_group_keeps_its_id_and_ends_in_its_stream,
    a_deleted_group_admits_nobody_and_nothing,
    a_deleted_group_is_none_of_its_members_groups,
    the_groups_of_a_user_are_those_of_both_ties,
    a_group_is_rewritten_as_long_as_it_is_what_the_caller_takes_it_for,
    of_changes_at_once_none_is_lost,
    a_recovered_group_goes_on_where_it_ended_with_nobody_in_it,
    a_group_is_recovered_within_its_time_and_where_there_is_room,
    a_recovered_group_is_deleted_and_recovered_again,
    a_tally_counts_everything,
    what_does_not_exist_is_empty;
    lasting:
    figures_outlast_the_process_and_sessions_end_with_it,
);

fn deletion(at: i64) -> Deletion {
    Deletion { at: Millis(at), by: Some(user("op")) }
}

async fn groups_of(store: &dyn Store, name: &str, order: Order) -> Vec<String> {
    let window = Window { skip: 0, limit: 100 };
    let page = store.groups_of(&app_id("a"), &user(name), order, window).await.unwrap();
    assert_eq!(page.total, page.entries.len() as u64);
    page.entries.iter().map(|group| group.at.group.to_string()).collect()
}

async fn a_group_is_found_as_it_was_made_with_a_number(place: &impl Place) {
    let store = place.open();
    with_app(&*store, "a").await;
    let rich = Group {
        creator: Some(user("c")),
        admins: vec![user("x"), user("y")],
        name: Some("na\0me".into()),
        info: Some("info 群\0".into()),
        extension: [("k\0".to_owned(), "\0v".to_owned())].into(),
        ..group("a", "g")
    };
    let GroupCreated::Created(made, _) = store.create_group(rich.clone(), None, alone()).await.unwrap()
    else {
        panic!("not created")
    };
    assert_eq!(made, Group { number: made.number, ..rich });
    assert_eq!(store.group(&at("a", "g")).await.unwrap().as_deref(), Some(&made));
    let GroupCreated::Created(later, _) = store.create_group(group("a", "h"), None, alone()).await.unwrap()
    else {
        panic!("not created")
    };
    assert!(later.number > made.number);
    assert_eq!(place.again(store).group(&at("a", "g")).await.unwrap().as_deref(), Some(&made));
}

async fn a_group_of_an_id_that_is_there_is_answered(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let there = store.group(&g).await.unwrap().unwrap();
    let again = Group { name: Some("again".into()), ..group("a", "g") };
    assert_eq!(
        store.create_group(again.clone(), Some(1), alone()).await.unwrap(),
        GroupCreated::Exists((*there).clone())
    );
    store.delete_group(&g, deletion(9), end_of(&g, Millis(9))).await.unwrap();
    let GroupCreated::Exists(deleted) = store.create_group(again, None, alone()).await.unwrap() else {
        panic!("made over a deleted group")
    };
    assert_eq!(deleted.deletion, Some(deletion(9)));
    // The same id in another application is another group.
    with_app(&*store, "b").await;
    with_group(&*store, "b", "g").await;
    // Without its application a group cannot be.
    store.create_group(group("nowhere", "g"), None, alone()).await.unwrap_err();
}

async fn an_application_has_no_more_existing_groups_than_it_may(place: &impl Place) {
    let store = place.open();
    with_app(&*store, "a").await;
    let makers: Vec<_> = (0..40)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let created =
                    store.create_group(group("a", &format!("g{n}")), Some(9), alone()).await.unwrap();
                matches!(created, GroupCreated::Created(..)).then_some(n)
            })
        })
        .collect();
    let mut created = Vec::new();
    for maker in makers {
        created.extend(maker.await.unwrap());
    }
    assert_eq!(created.len(), 9);
    assert_eq!(
        store.create_group(group("a", "more"), Some(9), alone()).await.unwrap(),
        GroupCreated::TooMany
    );
    let one = at("a", &format!("g{}", created[0]));
    store.delete_group(&one, deletion(9), end_of(&one, Millis(9))).await.unwrap();
    let created = store.create_group(group("a", "more"), Some(9), alone()).await.unwrap();
    assert!(matches!(created, GroupCreated::Created(..)));
}

async fn a_deleted_group_keeps_its_id_and_ends_in_its_stream(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    store.post(&g, draft(1, "hello", 10), alone()).await.unwrap();
    assert_eq!(
        store.delete_group(&g, deletion(20), end_of(&g, Millis(20))).await.unwrap(),
        GroupDeleted::Deleted(vec![2])
    );
    assert_eq!(
        store.delete_group(&g, deletion(21), end_of(&g, Millis(21))).await.unwrap(),
        GroupDeleted::Missing
    );
    assert_eq!(
        store
            .delete_group(&at("a", "none"), deletion(21), end_of(&at("a", "none"), Millis(21)))
            .await
            .unwrap(),
        GroupDeleted::Missing
    );
    let check = async |store: &dyn Store| {
        assert_eq!(store.group(&g).await.unwrap().unwrap().deletion, Some(deletion(20)));
        let stream = StreamRef::Group(g.clone());
        let entries = store.entries(&stream, 0, 10).await.unwrap();
        assert_eq!(entries.len(), 2);
        let exit = Event::Exit { group: g.group.clone(), reason: ExitReason::Dissolved };
        assert_eq!((entries[1].sequence, entries[1].at, &entries[1].event), (2, Millis(20), &exit));
        assert_eq!(store.top(&stream).await.unwrap().unwrap().sequence, 2);
    };
    check(&*store).await;
    check(&*place.again(store)).await;
}

async fn a_deleted_group_admits_nobody_and_nothing(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    admitted(&*store, &g, durable("d")).await;
    admitted(&*store, &g, connected("c")).await;
    store.delete_group(&g, deletion(20), end_of(&g, Millis(20))).await.unwrap();
    for join in [durable("d"), durable("e"), connected("c"), connected("f")] {
        assert_eq!(store.join(&g, join, alone()).await.unwrap(), Admission::NoGroup);
    }
    assert_eq!(store.post(&g, draft(1, "x", 30), alone()).await.unwrap(), Posted::NoGroup);
    assert_eq!(store.count_only(&g, draft(1, "x", 30)).await.unwrap(), Posted::NoGroup);
    let exit = Event::Exit { group: g.group.clone(), reason: ExitReason::Dissolved };
    assert_eq!(store.append(event_of(&StreamRef::Group(g.clone()), exit, Millis(30))).await.unwrap(), None);
    let check = async |store: &dyn Store| {
        assert!(names(store, &g).await.is_empty());
        assert_eq!(store.find_members(&g, &[user("d"), user("c")]).await.unwrap(), [None, None]);
        assert_eq!(
            store.leave(&g, &user("d"), muster_core::roster::Leave::Any, alone()).await.unwrap(),
            None
        );
        assert_eq!(store.tally(&g).await.unwrap().online, 0);
    };
    check(&*store).await;
    check(&*place.again(store)).await;
}

async fn a_deleted_group_is_none_of_its_members_groups(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let h = with_group(&*store, "a", "h").await;
    for at in [&g, &h] {
        admitted(&*store, at, durable("d")).await;
        admitted(&*store, at, connected("c")).await;
    }
    store.delete_group(&g, deletion(20), end_of(&g, Millis(20))).await.unwrap();
    assert_eq!(groups_of(&*store, "d", Order::Ascending).await, ["h"]);
    assert_eq!(groups_of(&*store, "c", Order::Ascending).await, ["h"]);
}

async fn the_groups_of_a_user_are_those_of_both_ties(place: &impl Place) {
    let store = place.open();
    with_app(&*store, "a").await;
    with_app(&*store, "b").await;
    for id in ["g1", "g2", "g3", "g4"] {
        with_group(&*store, "a", id).await;
    }
    let elsewhere = with_group(&*store, "b", "g1").await;
    admitted(&*store, &elsewhere, durable("u")).await;
    admitted(&*store, &at("a", "g3"), durable("u")).await;
    admitted(&*store, &at("a", "g1"), connected("u")).await;
    admitted(&*store, &at("a", "g2"), connected("u")).await;
    admitted(&*store, &at("a", "g2"), durable("u")).await;
    assert_eq!(groups_of(&*store, "u", Order::Ascending).await, ["g1", "g2", "g3"]);
    assert_eq!(groups_of(&*store, "u", Order::Descending).await, ["g3", "g2", "g1"]);
    let window = Window { skip: 1, limit: 1 };
    let page = store.groups_of(&app_id("a"), &user("u"), Order::Ascending, window).await.unwrap();
    assert_eq!((page.entries[0].at.clone(), page.entries.len(), page.total), (at("a", "g2"), 1, 3));
    store.leave(&at("a", "g1"), &user("u"), crate::make::disconnect("u"), alone()).await.unwrap();
    store.leave(&at("a", "g3"), &user("u"), muster_core::roster::Leave::Any, alone()).await.unwrap();
    assert_eq!(groups_of(&*store, "u", Order::Ascending).await, ["g2"]);
    assert!(groups_of(&*store, "nobody", Order::Ascending).await.is_empty());
}

async fn a_group_is_rewritten_as_long_as_it_is_what_the_caller_takes_it_for(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let before = Group::clone(&*store.group(&g).await.unwrap().unwrap());
    let change = GroupChange {
        admins: Some(vec![user("x"), user("y")]),
        info: Some("info 群\0".into()),
        extension: Some([("k\0".to_owned(), "\0v".to_owned())].into()),
    };
    let after = change.of(&before);
    let told = || end_of(&g, Millis(5));
    let other = Group { name: Some("not written".into()), ..after.clone() };
    assert_eq!(store.rewrite_group(&before, other, told()).await.unwrap(), GroupRewritten::Done(vec![1]));
    assert_eq!(store.group(&g).await.unwrap().as_deref(), Some(&after));
    assert_eq!(
        store.rewrite_group(&before, before.clone(), told()).await.unwrap(),
        GroupRewritten::Differs(after.clone())
    );
    let store = place.again(store);
    assert_eq!(store.group(&g).await.unwrap().as_deref(), Some(&after));
    let emptied = GroupChange { admins: Some(vec![]), info: Some(String::new()), ..GroupChange::default() };
    let emptied = emptied.of(&after);
    assert_eq!((&emptied.info, &emptied.extension), (&None, &after.extension));
    let done = store.rewrite_group(&after, emptied.clone(), alone()).await.unwrap();
    assert_eq!(done, GroupRewritten::Done(vec![]));
    store.delete_group(&g, deletion(9), end_of(&g, Millis(9))).await.unwrap();
    assert_eq!(store.rewrite_group(&emptied, after.clone(), alone()).await.unwrap(), GroupRewritten::Missing);
    let none = group("a", "none");
    assert_eq!(store.rewrite_group(&none, none.clone(), alone()).await.unwrap(), GroupRewritten::Missing);
    let stream = StreamRef::Group(g.clone());
    assert_eq!(store.top(&stream).await.unwrap().unwrap().sequence, 2, "what was not done is not told");
}

async fn of_changes_at_once_none_is_lost(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let first = store.group(&g).await.unwrap().unwrap();
    let writers: Vec<_> = (0..8)
        .map(|n| {
            let (store, mut there) = (store.clone(), Group::clone(&first));
            tokio::spawn(async move {
                loop {
                    let mut after = there.clone();
                    after.extension.insert(n.to_string(), String::new());
                    match store.rewrite_group(&there, after, alone()).await.unwrap() {
                        GroupRewritten::Done(_) => return,
                        GroupRewritten::Differs(found) => there = found,
                        GroupRewritten::Missing => panic!("missing"),
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let store = place.again(store);
    assert_eq!(store.group(&g).await.unwrap().unwrap().extension.len(), 8);
}

async fn a_recovered_group_goes_on_where_it_ended_with_nobody_in_it(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    admitted(&*store, &g, durable("d")).await;
    let (last, ..) = admitted(&*store, &g, connected("c")).await;
    store.post(&g, draft(7, "x", 1), alone()).await.unwrap();
    store.count_only(&g, draft(9, "x", 1)).await.unwrap();
    let before = Group::clone(&*store.group(&g).await.unwrap().unwrap());
    store.delete_group(&g, deletion(20), end_of(&g, Millis(20))).await.unwrap();
    let store = place.again(store);
    let recovered = store.recover_group(&g, Millis(19), Some(1), alone()).await.unwrap();
    assert_eq!(recovered, GroupRecovered::Recovered(vec![]));
    let check = async |store: &dyn Store| {
        assert_eq!(store.group(&g).await.unwrap().as_deref(), Some(&before));
        assert!(names(store, &g).await.is_empty());
        assert_eq!(store.find_members(&g, &[user("d"), user("c")]).await.unwrap(), [None, None]);
        assert!(groups_of(store, "d", Order::Ascending).await.is_empty());
        let tally = GroupTally {
            online: 0,
            views: 2,
            messages: [(7, 1), (9, 1)].into(),
            likes: 0,
            super_group: false,
        };
        assert_eq!(store.tally(&g).await.unwrap(), tally);
        let top = store.top(&StreamRef::Group(g.clone())).await.unwrap().unwrap();
        assert_eq!((top.epoch, top.sequence), (before.epoch.clone(), 2));
        for (filter, total) in [(GroupFilter::Existing, 1), (GroupFilter::Deleted, 0)] {
            let window = Window { skip: 0, limit: 9 };
            let page = store.groups(&app_id("a"), filter, Order::Ascending, window).await.unwrap();
            assert_eq!((page.entries.len() as u64, page.total), (total, total));
        }
    };
    check(&*store).await;
    let store = place.again(store);
    check(&*store).await;
    let (member, fresh, count) = admitted(&*store, &g, durable("d")).await;
    assert!(fresh && count == 1 && member.number > last.number, "a number was given twice");
    let posted = store.post(&g, draft(7, "y", 30), alone()).await.unwrap();
    assert_eq!(posted, done(Some(3), counted(2)));
    assert_eq!(names(&*place.again(store), &g).await, ["d"]);
}

async fn a_group_is_recovered_within_its_time_and_where_there_is_room(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let recover = async |store: &dyn Store, after, limit| {
        store.recover_group(&g, Millis(after), limit, alone()).await.unwrap()
    };
    assert_eq!(recover(&*store, 0, Some(0)).await, GroupRecovered::Exists);
    store.delete_group(&g, deletion(20), end_of(&g, Millis(20))).await.unwrap();
    let h = with_group(&*store, "a", "h").await;
    assert_eq!(recover(&*store, 20, None).await, GroupRecovered::Missing);
    assert_eq!(recover(&*store, 0, Some(1)).await, GroupRecovered::TooMany);
    assert!(store.group(&g).await.unwrap().unwrap().deletion.is_some());
    assert_eq!(recover(&*store, 0, Some(2)).await, GroupRecovered::Recovered(vec![]));
    assert_eq!(recover(&*store, 0, Some(2)).await, GroupRecovered::Exists);
    for none in [at("a", "none"), at("none", "g")] {
        let recovered = store.recover_group(&none, Millis(0), None, alone()).await.unwrap();
        assert_eq!(recovered, GroupRecovered::Missing);
    }
    let created = store.create_group(group("a", "third"), Some(2), alone()).await.unwrap();
    assert_eq!(created, GroupCreated::TooMany);
    assert!(store.group(&h).await.unwrap().is_some());
}

async fn a_recovered_group_is_deleted_and_recovered_again(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    for round in 1..4 {
        admitted(&*store, &g, durable("d")).await;
        admitted(&*store, &g, connected("c")).await;
        assert_eq!(store.tally(&g).await.unwrap().online, 2);
        let deleted = store.delete_group(&g, deletion(20), end_of(&g, Millis(20))).await.unwrap();
        assert_eq!(deleted, GroupDeleted::Deleted(vec![round]));
        store.recover_group(&g, Millis(0), None, alone()).await.unwrap();
        assert_eq!(store.tally(&g).await.unwrap().views, 2 * round);
    }
}

async fn a_tally_counts_everything(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    admitted(&*store, &g, durable("d")).await;
    admitted(&*store, &g, connected("c")).await;
    store.leave(&g, &user("c"), crate::make::disconnect("c"), alone()).await.unwrap();
    admitted(&*store, &g, connected("c")).await;
    store.post(&g, draft(7, "x", 1), alone()).await.unwrap();
    store.count_only(&g, draft(7, "x", 1)).await.unwrap();
    let like = muster_core::message::Draft { increment: times(20), ..draft(9, "x", 1) };
    store.count_only(&g, like).await.unwrap();
    store.count_only(&g, likes(30)).await.unwrap();
    let tally =
        GroupTally { online: 2, views: 3, messages: [(7, 2), (9, 20)].into(), likes: 30, super_group: false };
    assert_eq!(store.tally(&g).await.unwrap(), tally);
}

async fn figures_outlast_the_process_and_sessions_end_with_it(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    for join in [durable("d"), connected("c")] {
        admitted(&*store, &g, join).await;
    }
    store.post(&g, draft(7, "x", 1), alone()).await.unwrap();
    store.count_only(&g, draft(9, "x", 1)).await.unwrap();
    store.count_only(&g, likes(3)).await.unwrap();
    let tally =
        GroupTally { online: 2, views: 2, messages: [(7, 1), (9, 1)].into(), likes: 3, super_group: false };
    assert_eq!(store.tally(&g).await.unwrap(), tally);
    let store = place.again(store);
    assert_eq!(store.tally(&g).await.unwrap(), GroupTally { online: 1, ..tally });
}

async fn what_does_not_exist_is_empty(place: &impl Place) {
    let store = place.open();
    with_app(&*store, "a").await;
    for g in [at("a", "none"), at("none", "none")] {
        assert_eq!(store.group(&g).await.unwrap(), None);
        assert_eq!(store.tally(&g).await.unwrap(), GroupTally::default());
        assert!(names(&*store, &g).await.is_empty());
        let page = store
            .groups(&g.app, GroupFilter::All, Order::Ascending, Window { skip: 0, limit: 5 })
            .await
            .unwrap();
        assert_eq!((page.entries.len(), page.total), (0, 0));
        let part = store.walk_groups(&g.app, GroupFilter::All, Order::Ascending, None, 5).await.unwrap();
        assert!(part.entries.is_empty() && !part.more);
        let page = store
            .groups_of(&g.app, &user("u"), Order::Ascending, Window { skip: 0, limit: 5 })
            .await
            .unwrap();
        assert_eq!((page.entries.len(), page.total), (0, 0));
    }
}
