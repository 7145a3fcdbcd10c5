//! What is removed, and what stays.

use muster_core::{
    app::{App, Retention},
    group::{Deletion, GroupFilter, GroupTally, Order, Window},
    message::StreamRef,
    roster::Join,
    store::{GroupDeleted, Store},
    time::Millis,
};

use crate::{
    chats::{chat, furnished},
    make::{
        admitted, alone, app, app_id, at, connected, counted, done, draft, durable, end_of, event_of, names,
        one_group, user, with_app, with_group,
    },
    place::Place,
};

over_every_store!(
    a_deleted_group_goes_with_all_that_belongs_to_it,
    messages_go_when_their_application_keeps_them_no_longer,
    what_was_said_in_a_channel_goes_after_thirty_days,
    a_purge_goes_in_steps_until_nothing_is_left,
    the_id_of_a_purged_group_is_free,
    the_groups_of_a_deleted_application_go_with_the_purge,
);

over_every_store_of_an_earlier_version!(
    messages_go_when_their_application_keeps_them_no_longer,
    what_was_said_in_a_channel_goes_after_thirty_days,
);

const DAY: i64 = 86_400_000;

async fn purge_all(store: &dyn Store, now: i64, deleted: i64) -> u64 {
    let mut rows = 0;
    loop {
        match store.purge(Millis(now), Millis(deleted)).await.unwrap() {
            0 => return rows,
            some => rows += some,
        }
    }
}

async fn delete(store: &dyn Store, id: &str, at_time: i64) {
    let deleted = store
        .delete_group(
            &at("a", id),
            Deletion { at: Millis(at_time), by: None },
            end_of(&at("a", id), Millis(at_time)),
        )
        .await
        .unwrap();
    assert!(matches!(deleted, GroupDeleted::Deleted(_)));
}

async fn a_deleted_group_goes_with_all_that_belongs_to_it(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let h = with_group(&*store, "a", "h").await;
    for at in [&g, &h] {
        admitted(&*store, at, durable("d")).await;
        store.post(at, draft(1, "x", 10), alone()).await.unwrap();
    }
    delete(&*store, "g", 1_000).await;
    delete(&*store, "h", 2_000).await;
    assert_eq!(purge_all(&*store, 2_000, 999).await, 0);
    assert!(purge_all(&*store, 2_000, 1_000).await > 0);
    let check = async |store: &dyn Store| {
        assert_eq!(store.group(&g).await.unwrap(), None);
        assert_eq!(store.top(&StreamRef::Group(g.clone())).await.unwrap(), None);
        assert!(store.entries(&StreamRef::Group(g.clone()), 0, 9).await.unwrap().is_empty());
        assert!(store.group(&h).await.unwrap().is_some());
        assert_eq!(store.entries(&StreamRef::Group(h.clone()), 0, 9).await.unwrap().len(), 2);
        let window = Window { skip: 0, limit: 9 };
        let list = store.groups(&app_id("a"), GroupFilter::All, Order::Ascending, window).await.unwrap();
        assert_eq!((list.entries.len(), list.total), (1, 1));
    };
    check(&*store).await;
    check(&*place.again(store)).await;
}

async fn messages_go_when_their_application_keeps_them_no_longer(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    store
        .records()
        .create_app(App { retention: Retention::Days180, ..app("long") }, None, alone())
        .await
        .unwrap();
    let long = with_group(&*store, "long", "g").await;
    for at in [&g, &long] {
        for time in [0, DAY, 2 * DAY] {
            store.post(at, draft(1, "x", time), alone()).await.unwrap();
        }
    }
    let told = StreamRef::User(app_id("a"), user("u"));
    store.append(event_of(&told, place.exit(&g), Millis(0))).await.unwrap();
    assert_eq!(purge_all(&*store, 30 * DAY, 0).await, 0);
    // A message that is as old as it may be stays.
    assert_eq!(purge_all(&*store, 31 * DAY, 0).await, 2);
    let sequences = async |stream: StreamRef| {
        let entries = store.entries(&stream, 0, 9).await.unwrap();
        entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>()
    };
    assert_eq!(sequences(StreamRef::Group(g.clone())).await, [2, 3]);
    assert_eq!(sequences(StreamRef::Group(long.clone())).await, [1, 2, 3]);
    assert!(sequences(told.clone()).await.is_empty());
    assert_eq!(store.top(&told).await.unwrap().unwrap().sequence, 1);
    assert!(purge_all(&*store, 300 * DAY, 0).await == 5);
    // Places go on where they were.
    let posted = store.post(&g, draft(1, "x", 300 * DAY), alone()).await.unwrap();
    assert_eq!(posted, done(Some(4), counted(4)));
}

async fn what_was_said_in_a_channel_goes_after_thirty_days(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    store.records().create_chat_group(chat("g"), alone()).await.unwrap();
    let group = at("c", "g");
    let told = StreamRef::User(app_id("c"), user("8613900139000"));
    let said = StreamRef::Group(group.clone());
    for time in [0, DAY] {
        store.append(event_of(&told, place.exit(&group), Millis(time))).await.unwrap();
        store.post(&group, draft(1, "x", time), alone()).await.unwrap();
    }
    assert_eq!(purge_all(&*store, 30 * DAY, 0).await, 0);
    assert_eq!(purge_all(&*store, 30 * DAY + 1, 0).await, 2);
    for stream in [&said, &told] {
        let entries = store.entries(stream, 0, 9).await.unwrap();
        assert_eq!(entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [2]);
    }
}

async fn a_purge_goes_in_steps_until_nothing_is_left(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    for n in 0..1_500 {
        store.count_only(&g, draft(1, "x", 0)).await.unwrap();
        if n % 5 == 0 {
            admitted(&*store, &g, Join { visitor: true, ..durable(&format!("u{n}")) }).await;
        }
    }
    let posts: Vec<_> = (0..2_500)
        .map(|_| {
            let (store, g) = (store.clone(), g.clone());
            tokio::spawn(async move { store.post(&g, draft(1, "x", 0), alone()).await.unwrap() })
        })
        .collect();
    for post in posts {
        post.await.unwrap();
    }
    delete(&*store, "g", 0).await;
    let first = store.purge(Millis(0), Millis(0)).await.unwrap();
    assert!(first > 0 && first < 2_500, "{first}");
    assert!(purge_all(&*store, 0, 0).await + first >= 2_500);
    assert_eq!(store.group(&g).await.unwrap(), None);
    // Nobody of them has been in a later group of the same id.
    with_group(&*store, "a", "g").await;
    admitted(&*store, &g, Join { visitor: true, ..durable("u0") }).await;
    assert_eq!(store.visitors(&g).await.unwrap(), 1);
}

async fn the_id_of_a_purged_group_is_free(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let earlier = store.group(&g).await.unwrap().unwrap().number;
    admitted(&*store, &g, durable("d")).await;
    admitted(&*store, &g, connected("c")).await;
    store.post(&g, draft(1, "x", 0), alone()).await.unwrap();
    delete(&*store, "g", 0).await;
    purge_all(&*store, 0, 0).await;
    with_group(&*store, "a", "g").await;
    assert!(store.group(&g).await.unwrap().unwrap().number > earlier);
    assert_eq!(store.tally(&g).await.unwrap(), GroupTally::default());
    assert_eq!(store.post(&g, draft(1, "x", 0), alone()).await.unwrap(), done(Some(1), counted(1)));
    assert!(admitted(&*store, &g, durable("d")).await.1);
    assert_eq!(names(&*store, &g).await, ["d"]);
}

async fn the_groups_of_a_deleted_application_go_with_the_purge(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let h = with_group(&*store, "a", "h").await;
    with_app(&*store, "b").await;
    let other = with_group(&*store, "b", "g").await;
    for at in [&g, &h, &other] {
        admitted(&*store, at, Join { visitor: true, ..durable("d") }).await;
        store.post(at, draft(1, "x", 10), alone()).await.unwrap();
    }
    let told = ["a", "b"].map(|app| StreamRef::User(app_id(app), user("u")));
    for stream in &told {
        for _ in 0..3 {
            store.append(event_of(stream, place.exit(&g), Millis(10))).await.unwrap().unwrap();
        }
    }
    delete(&*store, "h", 4_000).await;
    store.records().delete_app(&app_id("a"), Millis(5_000), alone()).await.unwrap().unwrap();
    assert!(purge_all(&*store, 5_000, 4_000).await > 0, "h was deleted by itself");
    assert!(store.group(&g).await.unwrap().is_some());
    assert!(purge_all(&*store, 5_000, 5_000).await > 0);
    for at in [&g, &h] {
        assert_eq!(store.group(at).await.unwrap(), None);
        assert_eq!(store.top(&StreamRef::Group(at.clone())).await.unwrap(), None);
    }
    let ends = async |store: &dyn Store| {
        let mut ends = Vec::new();
        for stream in &told {
            let entries = store.entries(stream, 0, 9).await.unwrap();
            ends.push((store.top(stream).await.unwrap().unwrap().sequence, entries.len()));
        }
        ends
    };
    assert_eq!(ends(&*store).await, [(0, 0), (3, 3)]);
    let store = place.again(store);
    assert_eq!(ends(&*store).await, [(0, 0), (3, 3)]);
    let window = Window { skip: 0, limit: 9 };
    let left = store.groups(&app_id("a"), GroupFilter::All, Order::Ascending, window).await.unwrap();
    assert_eq!(left.total, 0);
    let tally = store.tally(&other).await.unwrap();
    assert_eq!(
        (tally.online, tally.messages, store.visitors(&other).await.unwrap()),
        (1, [(1, 1)].into(), 1)
    );
}
