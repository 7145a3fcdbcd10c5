//! What is true of several nodes over one PostgreSQL database.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use muster_core::{
    group::{Deletion, GroupFilter, Order},
    id::{GroupRef, NodeId},
    message::{Event, ExitReason, Posted, StreamRef},
    store::{
        GroupCreated, GroupDeleted, Groups as _, Messages as _, Nodes as _, Reaped, Sessions as _, Store as _,
    },
    testing::Seeded,
    time::Millis,
    transfer::{Portable as _, TransferError},
};
use muster_store::postgres::{OpenError, PostgresStore};
use tokio::task::JoinSet;

use crate::{
    lasting::{
        a_crash_keeps_every_acknowledged_write_and_halves_of_none,
        what_is_durable_is_the_same_after_reopening,
    },
    make::{
        alone, app_id, at, counted, draft, end_of, event_of, group, likes, one_group, session, user,
        with_app, with_group,
    },
    place::Postgres,
    server::execute,
};

/// Three nodes over one database.
async fn nodes(place: &Postgres) -> [Arc<PostgresStore>; 3] {
    [place.store().await, place.store().await, place.store().await].map(Arc::new)
}

async fn refusal(place: &Postgres) -> OpenError {
    let opened = PostgresStore::open(&place.url(), &place.options, Arc::new(Seeded::new(1))).await;
    opened.err().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_at_once_make_the_tables_once() {
    let place = Postgres::new();
    let (first, second) = tokio::join!(place.store(), place.store());
    first.ready().await.unwrap();
    second.ready().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_another_master_key_is_told() {
    let place = Postgres::new();
    let (first, second) = tokio::join!(place.store(), place.store());
    let (one, other) =
        tokio::join!(first.records().claim_master(b"one"), second.records().claim_master(b"other"));
    assert_ne!(one.unwrap(), other.unwrap(), "of two claims at once one stays");
    assert_eq!(first.records().master_check().await.unwrap(), second.records().master_check().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_tables_is_no_store_and_stays_as_it_is() {
    let place = Postgres::new();
    for _ in 0..2 {
        let opened =
            PostgresStore::open_existing(&place.url(), &place.options, Arc::new(Seeded::new(1))).await;
        assert!(matches!(opened.err().unwrap(), OpenError::NoStore { .. }));
    }
    place.store().await;
    PostgresStore::open_existing(&place.url(), &place.options, Arc::new(Seeded::new(1))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_refused_with_both_numbers() {
    let place = Postgres::new();
    place.store().await;
    execute(&place.url(), "INSERT INTO migration (version, name, checksum) VALUES (99, '0099_later', 'x')");
    let error = refusal(&place).await;
    assert!(matches!(error, OpenError::Newer { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_whose_migration_was_changed_is_refused_by_name() {
    let place = Postgres::new();
    place.store().await;
    execute(&place.url(), "UPDATE migration SET checksum = 'x' WHERE version = 1");
    let error = refusal(&place).await;
    assert!(error.to_string().contains("0001_base"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_without_prepared_statements() {
    what_is_durable_is_the_same_after_reopening(&Postgres::unprepared()).await;
    a_crash_keeps_every_acknowledged_write_and_halves_of_none(&Postgres::unprepared()).await;
}

fn exit(at: &GroupRef) -> Event {
    Event::Exit { group: at.group.clone(), reason: ExitReason::Removed }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_write_to_the_same_streams_leave_no_hole_and_count_exactly() {
    let place = Postgres::new();
    let nodes = nodes(&place).await;
    let g = one_group(&*nodes[0]).await;
    let h = with_group(&*nodes[0], "a", "h").await;
    let told = StreamRef::User(app_id("a"), user("u"));
    let mut writers = JoinSet::new();
    for n in 0..48 {
        let (node, g, h, told) = (Arc::clone(&nodes[n % 3]), g.clone(), h.clone(), told.clone());
        writers.spawn(async move {
            let mut totals = Vec::new();
            for _ in 0..10 {
                for at in [&g, &h] {
                    match node.post(at, draft(1, "x", 1), alone()).await.unwrap() {
                        Posted::Done { total, .. } if at == &g => totals.push(total),
                        Posted::Done { .. } => {}
                        other => panic!("{other:?}"),
                    }
                    node.count_only(at, draft(2, "x", 1)).await.unwrap();
                    node.count_only(at, likes(2)).await.unwrap();
                }
                node.append(event_of(&told, exit(&g), Millis(1))).await.unwrap().unwrap();
            }
            totals
        });
    }
    let mut totals: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    totals.sort_unstable();
    assert_eq!(totals, (1..=480).map(counted).collect::<Vec<_>>());
    for node in &nodes {
        for stream in [StreamRef::Group(g.clone()), StreamRef::Group(h.clone()), told.clone()] {
            let entries = node.entries(&stream, 0, 1_000).await.unwrap();
            assert!(entries.iter().zip(1..).all(|(entry, sequence)| entry.sequence == sequence));
            assert_eq!(entries.len(), 480);
            assert_eq!(node.top(&stream).await.unwrap().unwrap().sequence, 480);
        }
        let tally = node.tally(&g).await.unwrap();
        assert_eq!((tally.messages, tally.likes), ([(1, 480), (2, 480)].into(), 960));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_walk_passes_over_no_group_that_another_node_makes() {
    let place = Postgres::new();
    let nodes = nodes(&place).await;
    with_app(&*nodes[0], "a").await;
    let mut makers = JoinSet::new();
    for n in 0..60 {
        let node = Arc::clone(&nodes[n % 2]);
        makers.spawn(async move {
            let created = node.create_group(group("a", &format!("g{n}")), Some(50), alone()).await.unwrap();
            usize::from(matches!(created, GroupCreated::Created(..)))
        });
    }
    let (mut after, mut seen) = (None, 0);
    loop {
        let made = makers.is_empty();
        let app = app_id("a");
        let part = nodes[2].walk_groups(&app, GroupFilter::All, Order::Ascending, after, 7).await.unwrap();
        after = part.entries.last().map(|group| group.number).or(after);
        seen += part.entries.len();
        while makers.try_join_next().is_some() {}
        if made && !part.more {
            break;
        }
    }
    assert_eq!(seen, 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins_on_several_nodes_replace_each_other_one_by_one() {
    let place = Postgres::new();
    let nodes = nodes(&place).await;
    let node = NodeId::new("n").unwrap();
    assert!(nodes[0].beat(&node, Duration::from_secs(3_600)).await.unwrap());
    let mut logins = JoinSet::new();
    for n in 0..60 {
        let store = Arc::clone(&nodes[n % 3]);
        logins.spawn(async move {
            store.sign_in(&app_id("a"), &user("u"), session(&n.to_string()), alone()).await.unwrap().replaced
        });
    }
    let replaced = logins.join_all().await;
    // Each but the last was replaced by exactly one.
    let names: BTreeSet<_> = replaced.iter().flatten().map(|login| login.session.to_string()).collect();
    assert_eq!((replaced.iter().flatten().count(), names.len()), (59, 59));
    let last = (0..60).find(|n| !names.contains(&n.to_string())).unwrap();
    nodes[1].sign_out(&app_id("a"), &user("u"), &session(&last.to_string()), alone()).await.unwrap();
    assert_eq!(nodes[2].sessions(&app_id("a"), &[user("u")]).await.unwrap(), [None]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_deleted_by_one_node_and_closed_on_all() {
    let place = Postgres::new();
    let nodes = nodes(&place).await;
    let g = one_group(&*nodes[0]).await;
    // So that it is in the memory of the second, which believes it for a moment.
    assert!(nodes[1].group(&g).await.unwrap().unwrap().deletion.is_none());
    let deletion = Deletion { at: Millis(5), by: None };
    let deleted = tokio::join!(
        nodes[0].delete_group(&g, deletion.clone(), end_of(&g, deletion.at)),
        nodes[2].delete_group(&g, deletion.clone(), end_of(&g, deletion.at)),
    );
    let deleted = [deleted.0.unwrap(), deleted.1.unwrap()];
    assert!(deleted.contains(&GroupDeleted::Deleted(vec![1])) && deleted.contains(&GroupDeleted::Missing));
    assert_eq!(nodes[1].post(&g, draft(1, "x", 1), alone()).await.unwrap(), Posted::NoGroup);
    let seen = async {
        while nodes[1].group(&g).await.unwrap().unwrap().deletion.is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), seen).await.unwrap();
    assert_eq!(nodes[1].group(&at("a", "none")).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jump_of_the_database_s_clock_ends_nobody() {
    let place = Postgres::new();
    let [first, second, _] = nodes(&place).await;
    let (a, b) = (NodeId::new("a").unwrap(), NodeId::new("b").unwrap());
    let lease = Duration::from_secs(10);
    // What is named without a schema is looked for here first.
    execute(
        &place.url(),
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$;;
         CREATE TABLE public.jump (by interval);;
         CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
           AS 'SELECT pg_catalog.clock_timestamp() + (SELECT coalesce(sum(by), interval ''0'') FROM public.jump)'",
    );
    drop((first, second));
    let [first, second, _] = nodes(&place).await;
    for (store, node) in [(&first, &a), (&second, &b)] {
        assert!(store.beat(node, lease).await.unwrap());
    }
    for jump in ["1 hour", "-1 hour", "1 day", "100 days", "-101 days"] {
        execute(&place.url(), &format!("INSERT INTO public.jump VALUES ('{jump}')"));
        assert_eq!(second.reap(10, alone()).await.unwrap(), Reaped::default(), "{jump}");
        assert!(second.beat(&b, lease).await.unwrap(), "{jump}");
        assert_eq!(second.reap(10, alone()).await.unwrap(), Reaped::default(), "{jump}");
        assert!(first.beat(&a, lease).await.unwrap(), "{jump}");
    }
    // One that really ran out is ended once that can be told again.
    assert!(first.beat(&a, Duration::ZERO).await.unwrap());
    assert!(second.beat(&b, Duration::ZERO).await.unwrap());
    assert!(second.reap(10, alone()).await.unwrap().more);
    assert!(!first.beat(&a, lease).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_was_given_back_keeps_nobody_from_exporting() {
    let place = Postgres::new();
    let [first, second, _] = nodes(&place).await;
    let node = NodeId::new("a").unwrap();
    assert!(first.beat(&node, Duration::from_secs(3_600)).await.unwrap());
    assert!(matches!(second.census().await, Err(TransferError::InUse(_))));
    assert!(first.beat(&node, Duration::ZERO).await.unwrap());
    second.census().await.unwrap();
}
