//! What follows from a change is stored with it, or neither is.

use std::sync::Arc;

use muster_core::{
    app::DataCenter,
    chat::{ChannelChange, ChatGroup, ChatGroupStatus, Removal},
    group::Deletion,
    id::{AppId, GroupRef},
    message::{Entry, Event, ExitReason, Positions, Posted, StreamRef},
    mute::MuteSteps,
    roster::{Admission, Join, Leave},
    store::{
        Also, AppCreated, ChannelCreated, ChannelDeleted, GroupCreated, GroupDeleted, Messages as _,
        MutesChanged, NumberAdded, Rosters as _, SignedIn, Store, StoreResult, StreamEvent, WordAdded,
    },
    time::Millis,
    word::Word,
};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

use crate::{
    chats::{channel, chat, furnished, number, phone},
    make::{
        admitted, alone, app, app_id, at, connected, disconnect, draft, durable, group, names, one_group,
        session, switched, user, with, with_app, with_group,
    },
    place::{LastingPlace, Place, Postgres},
};

over_every_store!(
    a_change_that_is_not_made_stores_nothing,
    a_change_whose_consequence_has_no_stream_is_not_made,
    customer_groups_and_applications_take_what_follows,
    what_begins_in_an_account_takes_what_follows,
    customer_groups_move_on_with_what_follows,
    mutes_take_what_follows,
    words_take_what_follows,
    logins_take_what_follows;
    lasting:
    every_change_stores_what_follows_and_says_where,
    any_part_may_fail_and_neither_is_made,
);

/// Batches that are tried.
const ROUNDS: usize = 12;

fn exit(of: &str) -> Arc<Event> {
    Arc::new(Event::Exit { group: at("a", of).group, reason: ExitReason::Removed })
}

fn of_user(name: &str) -> StreamRef {
    StreamRef::User(app_id("a"), user(name))
}

fn of_group(g: &GroupRef) -> StreamRef {
    StreamRef::Group(g.clone())
}

/// An event in each of these streams, in this order.
fn events(streams: &[StreamRef]) -> Also {
    let event = |stream: &StreamRef| StreamEvent { stream: stream.clone(), event: exit("x"), at: Millis(7) };
    with(streams.iter().map(event).collect())
}

async fn top(store: &dyn Store, stream: &StreamRef) -> u64 {
    store.top(stream).await.unwrap().unwrap().sequence
}

async fn entries(store: &dyn Store, stream: &StreamRef) -> Vec<Entry> {
    store.entries(stream, 0, 10_000).await.unwrap()
}

/// That a stream has this many entries, without a hole.
async fn has(store: &dyn Store, stream: &StreamRef, count: u64) {
    let places: Vec<_> = entries(store, stream).await.iter().map(|entry| entry.sequence).collect();
    assert_eq!(places, (1..=count).collect::<Vec<_>>(), "{stream:?}");
    assert_eq!(top(store, stream).await, count, "{stream:?}");
}

fn positions_of(admission: Admission) -> Positions {
    let Admission::Admitted { fresh: true, positions, .. } = admission else { panic!("{admission:?}") };
    positions
}

async fn every_change_stores_what_follows_and_says_where(place: &impl LastingPlace) {
    let store = place.open();
    with_app(&*store, "a").await;
    let g = at("a", "g");
    let (own, of_u) = (of_group(&g), of_user("u"));
    // The stream of a group begins with what its making is stored with.
    let made = store.create_group(group("a", "g"), None, events(&[own.clone(), of_u.clone(), own.clone()]));
    let GroupCreated::Created(_, positions) = made.await.unwrap() else { panic!("it is there") };
    assert_eq!(positions, [1, 1, 2]);
    let joins = [(durable("d"), 3), (connected("c"), 4), (connected("t"), 5)];
    for (join, place) in joins {
        let joined = store.join(&g, join, events(&[of_u.clone(), own.clone()])).await.unwrap();
        assert_eq!(positions_of(joined), [place - 1, place]);
    }
    // Its own message comes first.
    let posted = store.post(&g, draft(1, "x", 9), events(&[own.clone(), own.clone(), of_u.clone()]));
    let Posted::Done { sequence, positions, .. } = posted.await.unwrap() else { panic!("not posted") };
    assert_eq!((sequence, positions), (Some(6), vec![7, 8, 5]));
    let leaves = [("d", Leave::Any, 9, 2), ("c", disconnect("c"), 10, 1), ("t", Leave::Any, 11, 0)];
    for (name, leave, place, count) in leaves {
        let left = store.leave(&g, &user(name), leave, events(&[own.clone(), of_u.clone()])).await.unwrap();
        let left = left.unwrap();
        assert_eq!((left.count, left.positions), (count, vec![place, place - 3]), "{name}");
    }
    let appended = store.append(events(&[own.clone(), of_user("v"), own.clone()])).await.unwrap();
    assert_eq!(appended, Some(vec![12, 1, 13]));
    let deletion = Deletion { at: Millis(20), by: None };
    let deleted = store.delete_group(&g, deletion, events(&[of_u.clone(), own.clone()])).await.unwrap();
    assert_eq!(deleted, GroupDeleted::Deleted(vec![9, 14]));
    let crashed = place.after_a_crash();
    for store in [&store, &crashed.open()] {
        has(&**store, &own, 14).await;
        has(&**store, &of_u, 9).await;
        has(&**store, &of_user("v"), 1).await;
    }
}

async fn a_change_that_is_not_made_stores_nothing(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let also = || events(&[of_user("u"), of_group(&g)]);
    admitted(&*store, &g, durable("d")).await;
    let once = || muster_core::message::Draft { once: true, ..draft(1, "x", 1) };
    store.post(&g, once(), alone()).await.unwrap();
    let exists = store.create_group(group("a", "g"), None, also()).await.unwrap();
    assert!(matches!(exists, GroupCreated::Exists(_)));
    let too_many = store.create_group(group("a", "h"), Some(1), also()).await.unwrap();
    assert_eq!(too_many, GroupCreated::TooMany);
    for join in [durable("d"), connected("d"), Join { capacity: Some(1), ..durable("e") }] {
        match store.join(&g, join, also()).await.unwrap() {
            Admission::Full => {}
            Admission::Admitted { fresh, positions, .. } => assert_eq!((fresh, positions), (false, vec![])),
            Admission::NoGroup => panic!("the group is there"),
        }
    }
    for leave in [disconnect("d"), disconnect("other")] {
        assert_eq!(store.leave(&g, &user("d"), leave, also()).await.unwrap(), None);
    }
    assert_eq!(store.leave(&g, &user("nobody"), Leave::Any, also()).await.unwrap(), None);
    assert_eq!(store.post(&g, once(), also()).await.unwrap(), Posted::Repeated(1));
    let second = muster_core::message::Draft { max_types: 1, ..draft(2, "x", 1) };
    assert_eq!(store.post(&g, second, also()).await.unwrap(), Posted::TooManyTypes);
    let deletion = || Deletion { at: Millis(20), by: None };
    let missing = at("a", "none");
    assert_eq!(
        store.delete_group(&missing, deletion(), events(&[of_user("u")])).await.unwrap(),
        GroupDeleted::Missing
    );
    assert_eq!(store.append(events(&[of_user("u"), of_group(&missing)])).await.unwrap(), None);
    assert_eq!(names(&*store, &g).await, ["d"]);
    has(&*store, &of_group(&g), 1).await;
    has(&*store, &of_user("u"), 0).await;
}

async fn a_change_whose_consequence_has_no_stream_is_not_made(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let gone = with_group(&*store, "a", "gone").await;
    store.delete_group(&gone, Deletion { at: Millis(5), by: None }, alone()).await.unwrap();
    admitted(&*store, &g, durable("d")).await;
    let nowhere = [
        of_group(&gone),
        of_group(&at("a", "none")),
        StreamRef::User(AppId::new("none").unwrap(), user("u")),
    ];
    for stream in nowhere {
        let also = || events(&[of_user("u"), of_group(&g), stream.clone()]);
        store.join(&g, durable("e"), also()).await.unwrap_err();
        store.join(&g, connected("e"), also()).await.unwrap_err();
        store.leave(&g, &user("d"), Leave::Any, also()).await.unwrap_err();
        store.post(&g, draft(1, "x", 1), also()).await.unwrap_err();
        store.create_group(group("a", "h"), None, also()).await.unwrap_err();
        store.delete_group(&g, Deletion { at: Millis(9), by: None }, also()).await.unwrap_err();
        assert_eq!(store.append(also()).await.unwrap(), None);
    }
    assert_eq!(names(&*store, &g).await, ["d"]);
    assert_eq!(store.group(&at("a", "h")).await.unwrap(), None);
    let tally = store.tally(&g).await.unwrap();
    assert_eq!((tally.online, tally.views, tally.messages.len()), (1, 1, 0));
    has(&*store, &of_group(&g), 0).await;
    has(&*store, &of_user("u"), 0).await;
    // Nothing of the failures is left: the next change takes the next number and the next places.
    let (member, ..) = admitted(&*store, &g, durable("later")).await;
    assert_eq!(member.number, 2);
}

/// Where a change meets its end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Made,
    /// The statement that stores the second event fails.
    AtTheEvent,
    /// The commit fails, after all statements.
    AtTheCommit,
}

const SQLITE: &str = "
    CREATE TRIGGER at_event BEFORE INSERT ON entry WHEN NEW.event LIKE '%at-the-event%'
    BEGIN SELECT RAISE(ABORT, 'poisoned'); END;
    CREATE TABLE good (id INTEGER PRIMARY KEY);
    CREATE TABLE bad (id INTEGER REFERENCES good (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER at_commit AFTER INSERT ON entry WHEN NEW.event LIKE '%at-the-commit%'
    BEGIN INSERT INTO bad VALUES (1); END";

const POSTGRES: &str = "
    CREATE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.event LIKE TG_ARGV[0] THEN RAISE EXCEPTION 'poisoned'; END IF;
        RETURN NEW;
    END $$;;
    CREATE TRIGGER at_event BEFORE INSERT ON entry
        FOR EACH ROW EXECUTE FUNCTION poisoned('%at-the-event%');;
    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION poisoned('%at-the-commit%')";

fn ending_in(fate: Fate, g: &GroupRef) -> Also {
    let end = exit(match fate {
        Fate::Made => "fine",
        Fate::AtTheEvent => "at-the-event",
        Fate::AtTheCommit => "at-the-commit",
    });
    let event = |stream, event| StreamEvent { stream, event, at: Millis(7) };
    with(vec![event(of_group(g), exit("fine")), event(of_user("u"), end), event(of_group(g), exit("fine"))])
}

/// A change of one user's, or a message: what it is, and who.
type Step = (u8, u8, Fate);

fn batches() -> impl Strategy<Value = Vec<Step>> {
    let fate = prop_oneof![4 => Just(Fate::Made), 1 => Just(Fate::AtTheEvent), 1 => Just(Fate::AtTheCommit)];
    prop::collection::vec((0..4_u8, 0..6_u8, fate), 1..24)
}

/// Makes a change; whether it was made, or nothing was to be changed.
async fn make(store: &dyn Store, g: &GroupRef, (what, who, fate): Step) -> StoreResult<bool> {
    let (also, name) = (ending_in(fate, g), format!("m{who}"));
    let admitted = |admission| matches!(admission, Admission::Admitted { fresh: true, .. });
    Ok(match what {
        0 => admitted(store.join(g, durable(&name), also).await?),
        1 => admitted(store.join(g, connected(&name), also).await?),
        2 => store.leave(g, &user(&name), Leave::Any, also).await?.is_some(),
        _ => matches!(store.post(g, draft(1, "x", 1), also).await?, Posted::Done { .. }),
    })
}

async fn any_part_may_fail_and_neither_is_made(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    place.tamper(SQLITE, POSTGRES);
    let (mut events_of_group, mut events_of_user, mut messages, mut views) = (0, 0, 0, 0);
    let mut runner = TestRunner::deterministic();
    for _ in 0..ROUNDS {
        let batch = batches().new_tree(&mut runner).unwrap().current();
        let tasks: Vec<_> = batch
            .iter()
            .map(|step| {
                let (store, g, step) = (Arc::clone(&store), g.clone(), *step);
                tokio::spawn(async move { make(&*store, &g, step).await })
            })
            .collect();
        for (task, (what, _, fate)) in tasks.into_iter().zip(&batch) {
            match (task.await.unwrap(), fate) {
                (Ok(true), Fate::Made) => {
                    events_of_user += 1;
                    events_of_group += if *what == 3 { 3 } else { 2 };
                    messages += u64::from(*what == 3);
                    views += u64::from(*what < 2);
                }
                // Nothing was changed, so nothing of it met its end.
                (Ok(false), _) | (Err(_), Fate::AtTheEvent | Fate::AtTheCommit) => {}
                (came, fate) => panic!("{came:?} of {fate:?} in {batch:?}"),
            }
        }
        let tally = store.tally(&g).await.unwrap();
        assert_eq!((tally.online, tally.views), (names(&*store, &g).await.len() as u64, views));
        assert_eq!(tally.messages.values().sum::<u64>(), messages);
        has(&*store, &of_group(&g), events_of_group).await;
        has(&*store, &of_user("u"), events_of_user).await;
    }
    let lasting = place.after_a_crash();
    let store = lasting.open();
    has(&*store, &of_group(&g), events_of_group).await;
    has(&*store, &of_user("u"), events_of_user).await;
    assert_eq!(store.tally(&g).await.unwrap().messages.values().sum::<u64>(), messages);
}

async fn customer_groups_and_applications_take_what_follows(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    let g = at("c", "g");
    let participant = StreamRef::User(app_id("c"), user("p"));
    let also = || events(&[of_group(&g), participant.clone()]);
    let made = store.records().create_chat_group(chat("g"), also()).await.unwrap();
    assert_eq!(made, Some(vec![1, 1]));
    store.records().create_chat_group(chat("g"), also()).await.unwrap_err();
    let renewed = store.records().set_invite(&g, Some("code"), Millis(9), also()).await.unwrap();
    assert_eq!(renewed, Some(vec![2, 2]));
    let none = at("c", "none");
    let told = events(std::slice::from_ref(&participant));
    assert_eq!(store.records().set_invite(&none, Some("other"), Millis(9), told).await.unwrap(), None);
    with_app(&*store, "a").await;
    for (disabled, positions) in [(true, vec![1]), (true, vec![]), (false, vec![2])] {
        let told = events(&[of_user("u")]);
        let (app, stored) = store
            .records()
            .change_app(&app_id("a"), switched(disabled), Millis(9), told)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((app.disabled, stored, app.data_center), (disabled, positions, DataCenter::Shanghai));
    }
    has(&*store, &of_group(&g), 2).await;
    has(&*store, &participant, 2).await;
    has(&*store, &of_user("u"), 2).await;
}

async fn what_begins_in_an_account_takes_what_follows(place: &impl Place) {
    let store = place.open();
    with_app(&*store, "a").await;
    let told = || events(&[of_user("u")]);
    let nowhere = || events(&[of_user("u"), of_group(&at("a", "none"))]);
    let records = store.records();
    records.create_app(app("b"), None, nowhere()).await.unwrap_err();
    assert_eq!(records.create_app(app("b"), Some(1), told()).await.unwrap(), AppCreated::TooMany);
    assert_eq!(records.create_app(app("b"), None, told()).await.unwrap(), AppCreated::Created(vec![1]));
    records.create_app(app("b"), None, told()).await.unwrap_err();
    records.create_channel(channel("c"), None, nowhere()).await.unwrap_err();
    assert_eq!(
        records.create_channel(channel("c"), None, told()).await.unwrap(),
        ChannelCreated::Created(vec![2])
    );
    records.create_channel(channel("c"), None, told()).await.unwrap_err();
    let bound = || number("8613800138000", "c");
    records.add_number(bound(), nowhere()).await.unwrap_err();
    for added in [NumberAdded::Bound(vec![3]), NumberAdded::Taken] {
        assert_eq!(records.add_number(bound(), told()).await.unwrap(), added);
    }
    let c = app_id("c");
    let change = || ChannelChange { name: Some("new".into()), ..ChannelChange::default() };
    records.change_channel(&c, change(), nowhere()).await.unwrap_err();
    assert_eq!(records.change_channel(&c, change(), told()).await.unwrap(), Some(vec![4]));
    records.delete_channel(&c, Millis(9), nowhere()).await.unwrap_err();
    let deleted = async || records.delete_channel(&c, Millis(9), told()).await.unwrap();
    assert_eq!(deleted().await, ChannelDeleted::Done(vec![5]));
    assert_eq!(deleted().await, ChannelDeleted::NoChannel);
    assert_eq!(records.change_channel(&c, change(), told()).await.unwrap(), None);
    assert_eq!(records.add_number(bound(), told()).await.unwrap(), NumberAdded::NoChannel);
    assert_eq!(records.create_chat_group(chat("g"), told()).await.unwrap(), None);
    has(&*store, &of_user("u"), 5).await;
}

async fn customer_groups_move_on_with_what_follows(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    let g = at("c", "g");
    store.records().create_chat_group(chat("g"), alone()).await.unwrap();
    let active = ChatGroup { status: ChatGroupStatus::Active, modified_at: Millis(900), ..chat("g") };
    let before = chat("g");
    let change = |also| store.records().change_chat_group(&before, active.clone(), also);
    change(events(&[of_group(&g), of_group(&at("c", "none"))])).await.unwrap_err();
    for positions in [Some(vec![1]), None] {
        assert_eq!(change(events(&[of_group(&g)])).await.unwrap(), positions);
    }
    let removal = Removal { at: g.clone(), number: phone("8613900000001"), removed_at: Millis(901) };
    for positions in [vec![2], vec![]] {
        let put = store.records().put_removal(removal.clone(), events(&[of_group(&g)]));
        assert_eq!(put.await.unwrap(), positions);
    }
    let remove = |also| store.records().remove_chat_group(&g, also);
    for positions in [Some(vec![3]), None] {
        assert_eq!(remove(events(&[of_group(&g)])).await.unwrap(), positions);
    }
    has(&*store, &of_group(&g), 3).await;
}

async fn words_take_what_follows(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let also = || events(&[of_user("u"), of_group(&g)]);
    let nowhere = || events(&[of_user("u"), of_group(&at("a", "none"))]);
    let word = |text: &str| Word { app: app_id("a"), text: text.to_owned(), added_at: Millis(5) };
    let add = |text, also| store.records().add_word(word(text), 1, also);
    add("one", nowhere()).await.unwrap_err();
    assert_eq!(add("one", also()).await.unwrap(), WordAdded::Added(vec![1, 1]));
    assert_eq!(add("two", also()).await.unwrap(), WordAdded::TooMany);
    assert_eq!(store.records().add_word(word("one"), 9, also()).await.unwrap(), WordAdded::Known);
    store.records().remove_word(&app_id("a"), "one", Millis(9), nowhere()).await.unwrap_err();
    for positions in [Some(vec![2, 2]), None] {
        assert_eq!(
            store.records().remove_word(&app_id("a"), "one", Millis(9), also()).await.unwrap(),
            positions
        );
    }
    has(&*store, &of_group(&g), 2).await;
    has(&*store, &of_user("u"), 2).await;
}

async fn logins_take_what_follows(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let (a, u) = (app_id("a"), user("u"));
    let also = || events(&[of_user("u"), of_group(&g)]);
    let nowhere = || events(&[of_user("u"), of_group(&at("a", "none"))]);
    let sign_in = |name, also| store.sign_in(&a, &u, session(name), also);
    sign_in("1", nowhere()).await.unwrap_err();
    for (name, replaced, positions) in
        [("1", None, vec![1, 1]), ("1", None, vec![]), ("2", Some("1"), vec![2, 2])]
    {
        let replaced = replaced.map(session);
        assert_eq!(sign_in(name, also()).await.unwrap(), SignedIn { replaced, positions }, "{name}");
    }
    store.sign_out(&a, &u, &session("2"), nowhere()).await.unwrap_err();
    for (name, positions) in [("1", None), ("2", Some(vec![3, 3])), ("2", None)] {
        assert_eq!(store.sign_out(&a, &u, &session(name), also()).await.unwrap(), positions, "{name}");
    }
    assert_eq!(store.sessions(&a, std::slice::from_ref(&u)).await.unwrap(), [None]);
    has(&*store, &of_group(&g), 3).await;
    has(&*store, &of_user("u"), 3).await;
}

async fn mutes_take_what_follows(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let also = || events(&[of_user("u"), of_group(&g)]);
    let steps = |everybody| MuteSteps { everybody, put: Vec::new(), removed: vec![user("v")] };
    let change =
        |seen, everybody, also| store.records().change_mutes(&g, seen, steps(everybody), Millis(5), also);
    for (seen, place) in [(0, 1), (1, 2)] {
        assert_eq!(change(seen, true, also()).await.unwrap(), MutesChanged::Done(vec![place, place]));
    }
    let nowhere = || events(&[of_user("u"), of_group(&at("a", "none"))]);
    change(2, false, nowhere()).await.unwrap_err();
    assert_eq!(change(0, false, also()).await.unwrap(), MutesChanged::Overtaken);
    let (revision, held) = store.records().group_mutes(&g).await.unwrap();
    assert_eq!((revision, held.everybody), (2, true));
    has(&*store, &of_group(&g), 2).await;
    has(&*store, &of_user("u"), 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_whose_changes_touch_one_anothers_streams_wait_in_no_circle() {
    let place = Postgres::new();
    let nodes = [Arc::new(place.store().await), Arc::new(place.store().await)];
    let g = one_group(&*nodes[0]).await;
    let h = with_group(&*nodes[0], "a", "h").await;
    let mut tasks = Vec::new();
    for n in 0..40 {
        let store = Arc::clone(&nodes[n % 2]);
        let (own, other) = if n % 2 == 0 { (g.clone(), h.clone()) } else { (h.clone(), g.clone()) };
        tasks.push(tokio::spawn(async move {
            let also = || events(&[of_user("u"), of_group(&other), of_user("v"), of_group(&own)]);
            let joined = store.join(&own, durable(&format!("m{n}")), also()).await.unwrap();
            let posted = store.post(&own, draft(1, "x", 1), also()).await.unwrap();
            let Posted::Done { positions, .. } = posted else { panic!("{posted:?}") };
            let earlier = positions_of(joined);
            assert!(earlier.iter().zip(&positions).all(|(before, after)| before < after));
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    for stream in [of_user("u"), of_user("v")] {
        has(&*nodes[0], &stream, 80).await;
    }
    // Of each two events and a message of its own, and of the other's as many events.
    for stream in [of_group(&g), of_group(&h)] {
        has(&*nodes[1], &stream, 20 * 3 + 40).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_only_counted_comes_and_goes_with_what_follows() {
    let place = Postgres::new();
    let store = place.open();
    let g = one_group(&*store).await;
    let guest = |name: &str| Join { super_above: Some(1), super_listed: false, ..connected(name) };
    let also = || events(&[of_user("u"), of_group(&g)]);
    for (name, place) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
        let joined = store.join(&g, guest(name), also()).await.unwrap();
        assert_eq!(positions_of(joined), [place, place], "{name}");
    }
    let state = store.roster_state(&g).await.unwrap();
    assert_eq!((state.count, state.super_group, names(&*store, &g).await.len()), (4, true, 2));
    let again = store.join(&g, guest("d"), also()).await.unwrap();
    assert!(
        matches!(&again, Admission::Admitted { fresh: false, positions, .. } if positions.is_empty()),
        "{again:?}"
    );
    for (name, leave, place) in [("c", disconnect("c"), 5), ("d", Leave::Any, 6)] {
        assert_eq!(store.leave(&g, &user(name), disconnect("other"), also()).await.unwrap(), None);
        let left = store.leave(&g, &user(name), leave, also()).await.unwrap().unwrap();
        assert_eq!(left.positions, [place, place], "{name}");
        assert_eq!(store.leave(&g, &user(name), Leave::Any, also()).await.unwrap(), None);
    }
    assert_eq!(store.roster_state(&g).await.unwrap().count, 2);
    has(&*store, &of_group(&g), 6).await;
    has(&*store, &of_user("u"), 6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_ends_of_a_membership_that_is_only_counted_one_is_stored() {
    let place = Postgres::new();
    let store = place.open();
    let g = one_group(&*store).await;
    for name in ["a", "b", "c"] {
        let guest = Join { super_above: Some(1), super_listed: false, ..connected(name) };
        store.join(&g, guest, alone()).await.unwrap();
    }
    assert_eq!(names(&*store, &g).await, ["a", "b"]);
    let of_c = user("c");
    let ends = (0..8).map(|_| store.leave(&g, &of_c, Leave::Any, events(&[of_user("c")])));
    let ends = futures_util::future::try_join_all(ends).await.unwrap();
    assert_eq!(ends.iter().flatten().count(), 1);
    has(&*store, &of_user("c"), 1).await;
}
