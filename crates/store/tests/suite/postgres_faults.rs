//! What the PostgreSQL store does when the server goes, comes back, changes, or refuses.

use std::{sync::Arc, time::Duration};

use muster_core::{
    message::{Posted, StreamRef},
    store::{Messages as _, Store as _, StoreError, StoreResult},
    testing::Seeded,
};
use muster_store::postgres::{OpenError, PostgresOptions, PostgresStore};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    time::timeout,
};

use crate::{
    make::{alone, draft, one_group},
    server::{LOCKED_USER, Server, execute, server},
};

/// Far beyond what any call may take; a call that waits longer waits for ever.
const FOR_EVER: Duration = Duration::from_secs(60);

async fn open(url: &str) -> PostgresStore {
    let options = PostgresOptions { readers: 2, writers: 2, ..PostgresOptions::default() };
    PostgresStore::open(url, &options, Arc::new(Seeded::new(1))).await.unwrap()
}

/// That a call is refused for now, in words that say what is away.
fn refused<T: std::fmt::Debug>(answer: StoreResult<T>) {
    match answer.unwrap_err() {
        StoreError::Unavailable(why) | StoreError::Unknown(why) => {
            assert!(why.contains("PostgreSQL"), "{why}");
        }
        other @ StoreError::Failed(_) => panic!("{other}"),
    }
}

/// Tries until a call succeeds; what it answers.
async fn heals<T, F: Future<Output = StoreResult<T>>>(call: impl Fn() -> F) -> T {
    let tries = async {
        loop {
            match call().await {
                Ok(answer) => return answer,
                Err(StoreError::Unavailable(_) | StoreError::Unknown(_)) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Err(other) => panic!("{other}"),
            }
        }
    };
    timeout(FOR_EVER, tries).await.unwrap()
}

/// That a stream holds what was acknowledged and has no hole.
async fn holds(store: &PostgresStore, stream: &StreamRef, acknowledged: &[u64]) {
    let entries = store.entries(stream, 0, 10_000).await.unwrap();
    assert!(entries.iter().zip(1..).all(|(entry, sequence)| entry.sequence == sequence), "a hole");
    assert!(acknowledged.iter().all(|&sequence| sequence <= entries.len() as u64), "a message is lost");
    assert_eq!(store.top(stream).await.unwrap().unwrap().sequence, entries.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_fail_while_the_server_is_away_and_succeed_when_it_is_back() {
    let server = Server::start();
    let store = open(&server.url("postgres")).await;
    let g = one_group(&store).await;
    for mode in ["fast", "immediate"] {
        let before = store.post(&g, draft(1, "before", 1), alone()).await.unwrap();
        server.stop(mode);
        let calls = async {
            refused(store.post(&g, draft(1, "lost", 1), alone()).await);
            refused(store.records().directory().await);
            refused(store.ready().await);
            refused(store.count_only(&g, draft(1, "lost", 1)).await);
        };
        timeout(FOR_EVER, calls).await.unwrap();
        server.start_again();
        heals(|| store.ready()).await;
        heals(|| store.post(&g, draft(1, "after", 1), alone())).await;
        let Posted::Done { sequence: Some(before), .. } = before else { panic!("{before:?}") };
        holds(&store, &StreamRef::Group(g.clone()), &[before]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_move_to_the_standby_that_is_promoted() {
    let primary = Server::start();
    let standby = primary.standby("second");
    execute(
        &primary.url("postgres"),
        "ALTER SYSTEM SET synchronous_standby_names = 'second';; SELECT pg_reload_conf()",
    );
    let (first, second) = (primary.port, standby.port);
    let url = format!("postgres://muster@127.0.0.1:{first},127.0.0.1:{second}/postgres?sslmode=disable");
    let store = Arc::new(open(&url).await);
    let g = one_group(&*store).await;
    let posters: Vec<_> = (0..8)
        .map(|n| {
            let (store, g) = (Arc::clone(&store), g.clone());
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for round in 0..60 {
                    let post = store.post(&g, draft(1, &format!("{n}-{round}"), 1), alone()).await;
                    if let Ok(Posted::Done { sequence: Some(sequence), .. }) = post {
                        acknowledged.push(sequence);
                    }
                }
                acknowledged
            })
        })
        .collect();
    heals(|| async {
        let top = store.top(&StreamRef::Group(g.clone())).await?;
        if top.is_some_and(|top| top.sequence > 20) {
            Ok(())
        } else {
            Err(StoreError::Unavailable("few".into()))
        }
    })
    .await;
    primary.stop("immediate");
    standby.promote();
    // It would wait for a standby of its own.
    execute(
        &standby.url("postgres"),
        "ALTER SYSTEM SET synchronous_standby_names = '';; SELECT pg_reload_conf()",
    );
    let mut acknowledged = Vec::new();
    for poster in posters {
        acknowledged.extend(timeout(FOR_EVER, poster).await.unwrap().unwrap());
    }
    heals(|| store.ready()).await;
    heals(|| store.post(&g, draft(1, "after", 1), alone())).await;
    assert!(acknowledged.len() > 20);
    holds(&store, &StreamRef::Group(g.clone()), &acknowledged).await;
    let posted = acknowledged.len();
    acknowledged.sort_unstable();
    acknowledged.dedup();
    assert_eq!(acknowledged.len(), posted, "a place was given twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_that_the_synchronous_standby_does_not_have() {
    let primary = Server::start();
    let standby = primary.standby("second");
    let store = open(&primary.url("postgres")).await;
    let g = one_group(&store).await;
    execute(
        &primary.url("postgres"),
        "ALTER SYSTEM SET synchronous_standby_names = 'second';; SELECT pg_reload_conf()",
    );
    heals(|| store.post(&g, draft(1, "on both", 1), alone())).await;
    standby.stop("fast");
    refused(timeout(FOR_EVER, store.post(&g, draft(1, "on one", 1), alone())).await.unwrap());
    standby.start_again();
    heals(|| store.post(&g, draft(1, "on both again", 1), alone())).await;
    holds(&store, &StreamRef::Group(g.clone()), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_became_a_standby_is_not_written_to() {
    let server = Server::start();
    let store = open(&server.url("postgres")).await;
    let g = one_group(&store).await;
    let read_only = |on| {
        execute(
            &server.url("postgres"),
            &format!("ALTER SYSTEM SET default_transaction_read_only = {on};; SELECT pg_reload_conf()"),
        );
    };
    read_only("on");
    let post = || store.post(&g, draft(1, "x", 1), alone());
    // A connection learns of the change a little later than the server.
    let refusal = async {
        loop {
            if let Err(error) = post().await {
                return error;
            }
        }
    };
    refused::<()>(Err(timeout(FOR_EVER, refusal).await.unwrap()));
    refused(store.ready().await);
    read_only("off");
    heals(post).await;
}

async fn refusal(url: &str) -> OpenError {
    let options = PostgresOptions::default();
    let opened = PostgresStore::open(url, &options, Arc::new(Seeded::new(1)));
    timeout(FOR_EVER, opened).await.unwrap().err().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lets_nobody_in_is_told_from_one_that_is_not_there() {
    let port = server().port;
    execute(
        &server().url("postgres"),
        &format!("CREATE ROLE {LOCKED_USER} LOGIN PASSWORD 'right' IN ROLE pg_read_all_data"),
    );
    let url = |password: &str, database: &str| {
        format!("postgres://{LOCKED_USER}:{password}@127.0.0.1:{port}/{database}")
    };
    let error = refusal(&url("wrong-secret", "postgres")).await;
    assert!(matches!(error, OpenError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("password") && !error.to_string().contains("wrong-secret"), "{error}");
    let error = refusal(&url("right", "nowhere")).await;
    assert!(matches!(error, OpenError::Refused { .. }) && error.to_string().contains("nowhere"), "{error}");
    // This one may log in, and may make no tables.
    let error = refusal(&url("right", "postgres")).await;
    assert!(matches!(error, OpenError::Migration(_)), "{error}");
    let error = refusal("postgres://muster:hidden@127.0.0.1:1/postgres").await;
    assert!(
        matches!(error, OpenError::Unreachable { .. }) && !error.to_string().contains("hidden"),
        "{error}"
    );
}

/// Stands between a store and the server, and passes nothing on while it is told to be silent: a network that is cut.
async fn go_between(port: u16, silent: watch::Receiver<bool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
            let (near, far) = (near.into_split(), far.into_split());
            tokio::spawn(pass_on(near.0, far.1, silent.clone()));
            tokio::spawn(pass_on(far.0, near.1, silent.clone()));
        }
    });
    own
}

async fn pass_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut silent: watch::Receiver<bool>) {
    let mut bytes = [0; 4_096];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        if silent.wait_for(|silent| !silent).await.is_err() || to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_falls_silent_is_given_up_and_found_again() {
    let database = server().create_database();
    let (silence, silent) = watch::channel(false);
    let port = go_between(server().port, silent).await;
    let store = open(&format!("postgres://muster@127.0.0.1:{port}/{database}?sslmode=disable")).await;
    let g = one_group(&store).await;
    store.post(&g, draft(1, "before", 1), alone()).await.unwrap();
    silence.send(true).unwrap();
    let calls = async {
        refused(store.post(&g, draft(1, "perhaps", 1), alone()).await);
        refused(store.records().directory().await);
        refused(store.post(&g, draft(1, "perhaps", 1), alone()).await);
    };
    timeout(FOR_EVER, calls).await.unwrap();
    silence.send(false).unwrap();
    heals(|| store.post(&g, draft(1, "after", 1), alone())).await;
    holds(&store, &StreamRef::Group(g), &[1]).await;
    store.close().await.unwrap();
    server().drop_database(&database);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_beyond_those_that_may_wait_for_a_connection_is_refused_at_once() {
    let database = server().create_database();
    let (silence, silent) = watch::channel(false);
    let port = go_between(server().port, silent).await;
    let url = format!("postgres://muster@127.0.0.1:{port}/{database}?sslmode=disable");
    let options = PostgresOptions { readers: 1, waiting_calls: 1, ..PostgresOptions::default() };
    let store = PostgresStore::open(&url, &options, Arc::new(Seeded::new(1))).await.unwrap();
    store.records().directory().await.unwrap();
    silence.send(true).unwrap();
    // The first has the connection, the second waits for it.
    let (first, second, third) = tokio::join!(biased; store.records().directory(), store.records().directory(), store.records().directory());
    refused(first);
    refused(second);
    let why = third.unwrap_err().to_string();
    assert!(why.contains("postgres.waiting_calls"), "{why}");
    silence.send(false).unwrap();
    heals(|| store.records().directory()).await;
    store.close().await.unwrap();
}
