//! Streams and messages.

use std::{collections::BTreeSet, sync::Arc};

use muster_core::{
    group::Order,
    id::{MessageId, UserId},
    message::{
        Draft, Entry, Event, HistoryQuery, Level, Message, Posted, Recall, Sequence, StreamRef, Top, Weight,
    },
    number::TypeCount,
    store::Store,
    time::Millis,
};

use crate::{
    make::{
        alone, app_id, at, counted, done, draft, event_of, likes, message, one_group, times, user, with_group,
    },
    place::{LastingPlace, Place},
};

over_every_store!(
    a_message_is_stored_as_it_was_posted_with_its_count,
    a_counted_message_takes_no_place,
    a_group_sees_no_more_types_than_it_may,
    sixty_four_posters_leave_no_hole,
    a_users_stream_begins_with_its_first_event,
    entries_are_read_in_both_directions,
    history_is_filtered_by_type_and_time_and_walked_in_both_directions,
    history_holds_messages_alone,
    streams_of_what_does_not_exist_are_none,
    a_message_under_a_chosen_id_is_stored_once_in_its_group,
    a_message_to_a_user_under_a_chosen_id_is_stored_once_in_its_stream,
    a_message_is_taken_back_once_however_many_ask;
    lasting:
    a_message_that_is_taken_back_leaves_a_tombstone_at_its_place,
    a_stream_has_every_place_whatever_stands_there,
    counts_and_places_outlast_the_process,
    an_event_of_a_later_version_keeps_its_place_and_its_words,
);

over_every_store_of_an_earlier_version!(
    a_users_stream_begins_with_its_first_event,
    history_holds_messages_alone,
    streams_of_what_does_not_exist_are_none,
    a_stream_has_every_place_whatever_stands_there,
);

fn bodies(entries: &[Entry]) -> Vec<&str> {
    let body = |entry| match entry {
        &Entry { event: Event::Message(ref message), .. } => &*message.body,
        other => panic!("no message: {other:?}"),
    };
    entries.iter().map(body).collect()
}

async fn a_message_is_stored_as_it_was_posted_with_its_count(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let first = Draft { increment: times(5), ..draft(7, "one \u{1F600} \"x\"", 10) };
    let posted = store.post(&g, first, alone()).await.unwrap();
    assert_eq!(posted, done(Some(1), counted(5)));
    let posted = store.post(&g, draft(7, "two", 11), alone()).await.unwrap();
    assert_eq!(posted, done(Some(2), counted(6)));
    let other = Message {
        cached: false,
        level: Level(1),
        weight: Weight(-3),
        repeat: times(4),
        ..message(8, "", 12)
    };
    let posted = store
        .post(&g, Draft { message: other.clone(), increment: times(1), max_types: 30, once: false }, alone())
        .await
        .unwrap();
    assert_eq!(posted, done(Some(3), counted(1)));
    let entries = store.entries(&StreamRef::Group(g.clone()), 0, 10).await.unwrap();
    let expected = [
        Message { total: counted(5), ..message(7, "one \u{1F600} \"x\"", 10) },
        Message { total: counted(6), ..message(7, "two", 11) },
        Message { total: counted(1), ..other },
    ];
    let expected = expected.into_iter().zip(1..).map(|(message, sequence)| Entry {
        sequence,
        at: message.at,
        event: Event::Message(message),
    });
    assert_eq!(entries, expected.collect::<Vec<_>>());
}

async fn a_counted_message_takes_no_place(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    for total in 1..=3 {
        let counting = store.count_only(&g, draft(9, "like", 10)).await.unwrap();
        assert_eq!(counting, done(None, counted(total)));
    }
    let posted = store.post(&g, draft(9, "stored", 10), alone()).await.unwrap();
    assert_eq!(posted, done(Some(1), counted(4)));
    assert_eq!(store.entries(&StreamRef::Group(g), 0, 10).await.unwrap().len(), 1);
}

async fn a_group_sees_no_more_types_than_it_may(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let few = |kind| Draft { max_types: 2, ..draft(kind, "x", 1) };
    let liked = |total| done(None, counted(total));
    assert_eq!(store.count_only(&g, likes(3)).await.unwrap(), liked(3));
    store.post(&g, few(1), alone()).await.unwrap();
    store.count_only(&g, few(2)).await.unwrap();
    assert_eq!(store.post(&g, few(3), alone()).await.unwrap(), Posted::TooManyTypes);
    assert_eq!(store.count_only(&g, few(3)).await.unwrap(), Posted::TooManyTypes);
    assert_eq!(store.post(&g, few(2), alone()).await.unwrap(), done(Some(2), counted(2)));
    assert_eq!(store.count_only(&g, likes(4)).await.unwrap(), liked(7), "likes are none of the types");
    let tally = store.tally(&g).await.unwrap();
    assert_eq!((tally.messages, tally.likes), ([(1, 1), (2, 2)].into(), 7));
}

async fn sixty_four_posters_leave_no_hole(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let h = with_group(&*store, "a", "h").await;
    let posters: Vec<_> = (0..64)
        .map(|poster| {
            let (store, g, h) = (store.clone(), g.clone(), h.clone());
            tokio::spawn(async move {
                let mut own = Vec::new();
                for round in 0..8 {
                    let at = if round % 2 == 0 { &g } else { &h };
                    let body = format!("{poster}-{round}");
                    match store.post(at, draft(poster % 3, &body, 1), alone()).await.unwrap() {
                        Posted::Done { sequence: Some(sequence), .. } if round % 2 == 0 => own.push(sequence),
                        Posted::Done { .. } => {}
                        other => panic!("{other:?}"),
                    }
                    store.count_only(at, draft(poster % 3, "", 1)).await.unwrap();
                }
                assert!(own.is_sorted());
                own
            })
        })
        .collect();
    let mut taken = Vec::new();
    for poster in posters {
        taken.extend(poster.await.unwrap());
    }
    taken.sort_unstable();
    assert_eq!(taken, (1..=256).collect::<Vec<_>>());
    for at in [&g, &h] {
        let stream = StreamRef::Group(at.clone());
        let entries = store.entries(&stream, 0, 1_000).await.unwrap();
        assert!(entries.iter().zip(1..).all(|(entry, sequence)| entry.sequence == sequence));
        assert_eq!(bodies(&entries).into_iter().collect::<BTreeSet<_>>().len(), 256);
        let top = Top { epoch: format!("epoch-{}", at.group), sequence: 256 };
        assert_eq!(store.top(&stream).await.unwrap(), Some(top));
        assert_eq!(store.tally(at).await.unwrap().messages.values().sum::<u64>(), 512);
    }
}

async fn a_users_stream_begins_with_its_first_event(place: &impl Place) {
    let store = place.open();
    one_group(&*store).await;
    let stream = |name| StreamRef::User(app_id("a"), user(name));
    let empty = store.top(&stream("u")).await.unwrap().unwrap();
    assert_eq!(empty.sequence, 0);
    assert!(!empty.epoch.is_empty());
    assert!(store.entries(&stream("u"), 0, 10).await.unwrap().is_empty());
    assert_eq!(
        store.append(event_of(&stream("u"), place.exit(&at("a", "g")), Millis(5))).await.unwrap(),
        Some(vec![1])
    );
    let told = Event::Message(message(1, "psst", 6));
    assert_eq!(store.append(event_of(&stream("u"), told.clone(), Millis(7))).await.unwrap(), Some(vec![2]));
    assert_eq!(
        store.append(event_of(&stream("v"), place.exit(&at("a", "g")), Millis(8))).await.unwrap(),
        Some(vec![1])
    );
    let check = async |store: &dyn Store| {
        let top = store.top(&stream("u")).await.unwrap().unwrap();
        assert_eq!(top, Top { epoch: empty.epoch.clone(), sequence: 2 });
        let entries = store.entries(&stream("u"), 0, 10).await.unwrap();
        let expected = [
            Entry { sequence: 1, at: Millis(5), event: place.exit(&at("a", "g")) },
            Entry { sequence: 2, at: Millis(7), event: told.clone() },
        ];
        assert_eq!(entries, expected);
    };
    check(&*store).await;
    let store = place.again(store);
    check(&*store).await;
    assert_eq!(
        store.append(event_of(&stream("u"), place.exit(&at("a", "g")), Millis(9))).await.unwrap(),
        Some(vec![3])
    );
}

async fn entries_are_read_in_both_directions(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    for n in 1..=10 {
        store.post(&g, draft(1, &n.to_string(), n), alone()).await.unwrap();
    }
    let stream = StreamRef::Group(g);
    let after = async |after, limit| {
        let entries = store.entries(&stream, after, limit).await.unwrap();
        bodies(&entries).join(" ")
    };
    assert_eq!(after(0, 3).await, "1 2 3");
    assert_eq!(after(8, 5).await, "9 10");
    assert_eq!(after(10, 5).await, "");
    assert_eq!(after(u64::MAX, 5).await, "");
    assert_eq!(after(3, 0).await, "");
    let before = async |before, limit| {
        let entries = store.entries_before(&stream, before, limit).await.unwrap();
        bodies(&entries).join(" ")
    };
    assert_eq!(before(None, 3).await, "10 9 8");
    assert_eq!(before(Some(3), 5).await, "2 1");
    assert_eq!(before(Some(1), 5).await, "");
    assert_eq!(before(Some(0), 5).await, "");
    assert_eq!(before(Some(u64::MAX), 1).await, "10");
}

async fn history_is_filtered_by_type_and_time_and_walked_in_both_directions(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    // Times fall back once: the order is that of places, the bounds are those of times.
    for (n, time) in [(1, 10), (2, 20), (3, 30), (4, 25), (5, 40), (6, 50), (7, 60), (8, 70), (9, 80)] {
        store.post(&g, draft(n % 3, &n.to_string(), time), alone()).await.unwrap();
    }
    let all = HistoryQuery {
        order: Order::Ascending,
        after: None,
        skip: 0,
        kind: None,
        from: None,
        until: None,
        limit: 100,
    };
    let ask = async |query| {
        let part = store.history(&g, query).await.unwrap();
        (bodies(&part.entries).join(" "), part.more)
    };
    let down = HistoryQuery { order: Order::Descending, ..all };
    assert_eq!(ask(all).await, ("1 2 3 4 5 6 7 8 9".into(), false));
    assert_eq!(ask(HistoryQuery { limit: 9, ..all }).await, ("1 2 3 4 5 6 7 8 9".into(), false));
    assert_eq!(ask(HistoryQuery { limit: 8, ..all }).await, ("1 2 3 4 5 6 7 8".into(), true));
    assert_eq!(ask(HistoryQuery { limit: 0, ..all }).await, (String::new(), true));
    assert_eq!(ask(HistoryQuery { after: Some(7), ..all }).await, ("8 9".into(), false));
    assert_eq!(ask(HistoryQuery { after: Some(3), ..down }).await, ("2 1".into(), false));
    assert_eq!(ask(HistoryQuery { limit: 2, ..down }).await, ("9 8".into(), true));
    assert_eq!(ask(HistoryQuery { kind: Some(1), ..all }).await, ("1 4 7".into(), false));
    assert_eq!(
        ask(HistoryQuery { kind: Some(2), after: Some(8), limit: 1, ..down }).await,
        ("5".into(), true)
    );
    let between = HistoryQuery { from: Some(Millis(25)), until: Some(Millis(50)), ..all };
    assert_eq!(ask(between).await, ("3 4 5 6".into(), false));
    assert_eq!(ask(HistoryQuery { kind: Some(0), ..between }).await, ("3 6".into(), false));
    assert_eq!(ask(HistoryQuery { limit: 3, ..between }).await, ("3 4 5".into(), true));
    assert_eq!(ask(HistoryQuery { kind: Some(77), ..all }).await, (String::new(), false));
    assert_eq!(ask(HistoryQuery { skip: 3, limit: 4, ..down }).await, ("6 5 4 3".into(), true));
    assert_eq!(ask(HistoryQuery { skip: 2, kind: Some(1), ..all }).await, ("7".into(), false));
    assert_eq!(ask(HistoryQuery { skip: u64::MAX, ..all }).await, (String::new(), false));
}

async fn history_holds_messages_alone(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let stream = StreamRef::Group(g.clone());
    store.post(&g, draft(1, "a", 1), alone()).await.unwrap();
    store.append(event_of(&stream, place.exit(&at("a", "g")), Millis(2))).await.unwrap();
    store.post(&g, draft(1, "b", 3), alone()).await.unwrap();
    let query = HistoryQuery {
        order: Order::Ascending,
        after: None,
        skip: 0,
        kind: None,
        from: None,
        until: None,
        limit: 2,
    };
    let part = store.history(&g, query).await.unwrap();
    assert_eq!((bodies(&part.entries), part.more), (vec!["a", "b"], false));
    assert_eq!(store.entries(&stream, 0, 9).await.unwrap().len(), 3);
}

async fn streams_of_what_does_not_exist_are_none(place: &impl Place) {
    let store = place.open();
    one_group(&*store).await;
    let nowhere = [
        StreamRef::Group(at("a", "none")),
        StreamRef::Group(at("none", "g")),
        StreamRef::User(app_id("none"), user("u")),
    ];
    for stream in nowhere {
        assert_eq!(store.top(&stream).await.unwrap(), None);
        assert_eq!(
            store.append(event_of(&stream, place.exit(&at("a", "g")), Millis(1))).await.unwrap(),
            None
        );
        assert!(store.entries(&stream, 0, 5).await.unwrap().is_empty());
        assert!(store.entries_before(&stream, None, 5).await.unwrap().is_empty());
    }
    assert_eq!(store.post(&at("a", "none"), draft(1, "x", 1), alone()).await.unwrap(), Posted::NoGroup);
    assert_eq!(store.count_only(&at("a", "none"), draft(1, "x", 1)).await.unwrap(), Posted::NoGroup);
}

async fn counts_and_places_outlast_the_process(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    store.post(&g, draft(1, "a", 1), alone()).await.unwrap();
    store.count_only(&g, draft(2, "b", 1)).await.unwrap();
    let store = place.again(store);
    assert_eq!(store.post(&g, draft(1, "c", 1), alone()).await.unwrap(), done(Some(2), counted(2)));
    assert_eq!(store.post(&g, draft(2, "d", 1), alone()).await.unwrap(), done(Some(3), counted(2)));
}

/// A message whose sender chose its id.
fn chosen(id: &str, body: &str) -> Draft {
    let message = Message { id: MessageId::new(id).unwrap(), ..message(7, body, 10) };
    Draft { message, once: true, ..draft(7, body, 10) }
}

async fn a_message_under_a_chosen_id_is_stored_once_in_its_group(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let h = with_group(&*store, "a", "h").await;
    store.post(&g, draft(7, "drawn", 10), alone()).await.unwrap();
    let posts = (0..8).map(|n| {
        let (store, g) = (Arc::clone(&store), g.clone());
        tokio::spawn(
            async move { store.post(&g, chosen("c-1", &format!("try {n}")), alone()).await.unwrap() },
        )
    });
    let mut answers = Vec::new();
    for post in posts.collect::<Vec<_>>() {
        answers.push(post.await.unwrap());
    }
    let first = done(Some(2), counted(2));
    assert_eq!(answers.iter().filter(|posted| **posted == first).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|posted| **posted == Posted::Repeated(2)).count(), 7, "{answers:?}");
    // Another group, another id, and ids that nobody chose are other messages.
    assert_eq!(store.post(&h, chosen("c-1", "x"), alone()).await.unwrap(), done(Some(1), counted(1)));
    for (draft, place) in [(chosen("c-2", "x"), 3), (draft(7, "x", 10), 4), (draft(7, "x", 10), 5)] {
        let posted = store.post(&g, draft, alone()).await.unwrap();
        assert_eq!(posted, done(Some(place), counted(place)));
    }
    let store = place.again(store);
    assert_eq!(store.post(&g, chosen("c-1", "later"), alone()).await.unwrap(), Posted::Repeated(2));
    assert_eq!(store.tally(&g).await.unwrap().messages[&7], 5, "a repeated message is counted once");
}

async fn a_message_to_a_user_under_a_chosen_id_is_stored_once_in_its_stream(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let (a, u, v) = (app_id("a"), user("u"), user("v"));
    let word = |id: &str, body: &str| Message { id: MessageId::new(id).unwrap(), ..message(7, body, 10) };
    let told = |sequence| done(Some(sequence), TypeCount::default());
    let post =
        async |to: &UserId, word, once| store.post_to_user((&a, to), word, once, alone()).await.unwrap();
    // What came before, under the same id that nobody chose, is another message.
    assert_eq!(post(&u, word("c-1", "drawn"), false).await, told(1));
    let posts = (0..8).map(|n| {
        let (store, a, u, word) =
            (Arc::clone(&store), a.clone(), u.clone(), word("c-1", &format!("try {n}")));
        tokio::spawn(async move { store.post_to_user((&a, &u), word, true, alone()).await.unwrap() })
    });
    let mut answers = Vec::new();
    for post in posts.collect::<Vec<_>>() {
        answers.push(post.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|posted| **posted == told(2)).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|posted| **posted == Posted::Repeated(2)).count(), 7, "{answers:?}");
    // Another user, another id, and the group's stream are other places.
    assert_eq!(post(&v, word("c-1", "x"), true).await, told(1));
    assert_eq!(post(&u, word("c-2", "x"), true).await, told(3));
    assert_eq!(store.post(&g, chosen("c-1", "x"), alone()).await.unwrap(), done(Some(1), counted(1)));
    // What follows is stored with the first alone, and what cannot be stored leaves no place behind.
    let stream = StreamRef::User(a.clone(), u.clone());
    let follows = || event_of(&stream, place.exit(&g), Millis(11));
    let first = Posted::Done { sequence: Some(4), total: TypeCount::default(), positions: vec![5] };
    for posted in [first, Posted::Repeated(4)] {
        let answer = store.post_to_user((&a, &u), word("c-3", "x"), true, follows()).await.unwrap();
        assert_eq!(answer, posted);
    }
    let nowhere = event_of(&StreamRef::Group(at("a", "none")), place.exit(&g), Millis(11));
    store.post_to_user((&a, &u), word("c-4", "x"), true, nowhere).await.unwrap_err();
    assert_eq!(post(&u, word("c-4", "x"), true).await, told(6));
    let none = store.post_to_user((&app_id("none"), &u), word("c-1", "x"), true, alone()).await.unwrap();
    assert_eq!(none, Posted::NoGroup);
    let store = place.again(store);
    let again = store.post_to_user((&a, &u), word("c-1", "later"), true, alone()).await.unwrap();
    assert_eq!(again, Posted::Repeated(2));
    let entries = store.entries(&stream, 0, 10).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
}

async fn an_event_of_a_later_version_keeps_its_place_and_its_words(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    let stream = StreamRef::Group(g.clone());
    store.post(&g, draft(7, "before", 10), alone()).await.unwrap();
    store.append(event_of(&stream, place.exit(&at("a", "g")), Millis(11))).await.unwrap();
    store.post(&g, draft(7, "after", 12), alone()).await.unwrap();
    // What a node of a later version would have stored in between.
    let tomorrow = r#"{"Muted":{"user":"u"}}"#;
    let sql = format!("UPDATE entry SET event = '{tomorrow}' WHERE event IS NOT NULL");
    place.tamper(&sql, &sql);
    let entries = store.entries(&stream, 0, 9).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(matches!(&entries[1].event, Event::Unknown(unknown) if unknown.json() == tomorrow));
    let query = HistoryQuery {
        order: Order::Ascending,
        after: None,
        skip: 0,
        kind: None,
        from: None,
        until: None,
        limit: 9,
    };
    assert_eq!(bodies(&store.history(&g, query).await.unwrap().entries), ["before", "after"]);
    // It is carried on as it came.
    let user = StreamRef::User(app_id("a"), user("u"));
    store.append(event_of(&user, entries[1].event.clone(), Millis(13))).await.unwrap();
    assert_eq!(store.entries(&user, 0, 9).await.unwrap()[0].event, entries[1].event);
}

/// Messages at odd places, and at even ones what is none: paged and looked back at, before and after the process ends.
async fn a_stream_has_every_place_whatever_stands_there(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    let stream = StreamRef::Group(g.clone());
    let mut expected = Vec::new();
    for sequence in 1..=20_u64 {
        let time = i64::try_from(sequence).unwrap();
        let event = if sequence % 2 == 1 {
            let draft = draft(7, &sequence.to_string(), time);
            let total = counted(sequence.div_ceil(2));
            assert_eq!(store.post(&g, draft.clone(), alone()).await.unwrap(), done(Some(sequence), total));
            Event::Message(Message { total, ..draft.message })
        } else {
            let event = place.exit(&g);
            assert_eq!(
                store.append(event_of(&stream, event.clone(), Millis(time))).await.unwrap(),
                Some(vec![sequence])
            );
            event
        };
        expected.push(Entry { sequence, at: Millis(time), event });
    }
    let check = async |store: &dyn Store| {
        assert_eq!(store.top(&stream).await.unwrap().unwrap().sequence, 20);
        for after in 0..20_u64 {
            let start = usize::try_from(after).unwrap();
            let page = store.entries(&stream, after, 3).await.unwrap();
            assert_eq!(page, expected[start..(start + 3).min(20)]);
            let mut page = store.entries_before(&stream, Some(after + 1), 3).await.unwrap();
            page.reverse();
            assert_eq!(page, expected[start.saturating_sub(3)..start]);
        }
        for (order, bodies_of_page, after) in [
            (Order::Ascending, ["9", "11", "13"], 8),
            (Order::Ascending, ["9", "11", "13"], 7),
            (Order::Descending, ["7", "5", "3"], 8),
        ] {
            let query = HistoryQuery {
                order,
                after: Some(after),
                skip: 0,
                kind: None,
                from: None,
                until: None,
                limit: 3,
            };
            let part = store.history(&g, query).await.unwrap();
            assert_eq!((bodies(&part.entries), part.more), (bodies_of_page.to_vec(), true));
        }
    };
    check(&*store).await;
    check(&*place.after_a_crash().open()).await;
    let store = place.again(store);
    check(&*store).await;
    assert_eq!(store.append(event_of(&stream, place.exit(&g), Millis(21))).await.unwrap(), Some(vec![21]));
}

fn tombstone(id: &MessageId, place: Sequence) -> Event {
    Event::Recalled(Recall { message: id.clone(), place: Some(place), by: None })
}

async fn a_message_that_is_taken_back_leaves_a_tombstone_at_its_place(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    let own = StreamRef::User(app_id("a"), user("u"));
    let stream = StreamRef::Group(g.clone());
    for (id, body) in [("m-1", "kept"), ("m-2", "said too much"), ("m-3", "kept too")] {
        store.post(&g, chosen(id, body), alone()).await.unwrap();
    }
    let told = Message { id: MessageId::new("m-2").unwrap(), ..message(7, "psst", 10) };
    store.append(event_of(&own, Event::Message(told), Millis(12))).await.unwrap();
    let id = MessageId::new("m-2").unwrap();
    for (stream, at, next) in [(&stream, 2, 4), (&own, 1, 2)] {
        assert_eq!(store.find_message(stream, &id).await.unwrap().unwrap().sequence, at);
        let also = event_of(stream, tombstone(&id, at), Millis(20));
        let buried = store.recall(stream, at, tombstone(&id, at), also.clone()).await.unwrap();
        assert_eq!(buried, Some(vec![next]));
        // Once: what is gone cannot go again, and what is none cannot go.
        assert_eq!(store.recall(stream, at, tombstone(&id, at), also.clone()).await.unwrap(), None);
        assert_eq!(store.recall(stream, 99, tombstone(&id, 99), also).await.unwrap(), None);
    }
    let check = async |store: &dyn Store| {
        let entries = store.entries(&stream, 0, 9).await.unwrap();
        let buried = |sequence, at| Entry { sequence, at: Millis(at), event: tombstone(&id, 2) };
        assert_eq!((&entries[1], &entries[3]), (&buried(2, 10), &buried(4, 20)));
        assert_eq!(entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(store.entries(&own, 0, 9).await.unwrap()[0].event, tombstone(&id, 1));
        for stream in [&stream, &own] {
            assert_eq!(store.find_message(stream, &id).await.unwrap(), None);
        }
        for kind in [None, Some(7)] {
            let query = HistoryQuery {
                order: Order::Ascending,
                after: None,
                skip: 0,
                kind,
                from: None,
                until: None,
                limit: 9,
            };
            assert_eq!(bodies(&store.history(&g, query).await.unwrap().entries), ["kept", "kept too"]);
        }
    };
    check(&*store).await;
    check(&*place.after_a_crash().open()).await;
    let store = place.again(store);
    check(&*store).await;
    assert_eq!(store.post(&g, chosen("m-2", "again"), alone()).await.unwrap(), Posted::Repeated(2));
}

async fn a_message_is_taken_back_once_however_many_ask(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let stream = StreamRef::Group(g.clone());
    store.post(&g, chosen("m-1", "x"), alone()).await.unwrap();
    let id = MessageId::new("m-1").unwrap();
    let recalls = (0..8).map(|_| {
        let (store, stream, id) = (Arc::clone(&store), stream.clone(), id.clone());
        tokio::spawn(async move {
            let also = event_of(&stream, tombstone(&id, 1), Millis(20));
            store.recall(&stream, 1, tombstone(&id, 1), also).await.unwrap()
        })
    });
    let mut positions = Vec::new();
    for recall in recalls.collect::<Vec<_>>() {
        positions.extend(recall.await.unwrap());
    }
    assert_eq!(positions, [vec![2]]);
    assert_eq!(store.top(&stream).await.unwrap().unwrap().sequence, 2);
}
