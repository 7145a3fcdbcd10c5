//! What several nodes over one PostgreSQL admit: nonces, and calls of an allowance.

use std::{collections::BTreeMap, sync::Arc};

use muster_core::{
    store::{Admissions as _, StoreError},
    time::Millis,
};
use tokio::time::Instant;

use crate::{
    place::Postgres,
    several_nodes::{three, until},
};

/// The database's time.
async fn now(place: &Postgres) -> Millis {
    let (client, connection) = tokio_postgres::connect(&place.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    Millis(client.query_one(sql, &[]).await.unwrap().get(0))
}

const QUARTER: i64 = 15 * 60 * 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nonce_is_admitted_by_one_node_once() {
    let place = Postgres::new();
    let nodes = three(&place).await;
    let stamped = now(&place).await;
    let mut tasks = Vec::new();
    for (n, node) in (0..300).zip(nodes.iter().cycle()) {
        let store = Arc::clone(&node.store);
        // Each mark comes six times, from all nodes.
        let (mark, at) = (n / 6, stamped + (n / 6 % 3 - 1) * QUARTER);
        tasks.push(tokio::spawn(async move {
            (mark, store.admit_nonce(u128::try_from(mark).unwrap(), at).await.unwrap())
        }));
    }
    let mut admitted = BTreeMap::<_, u64>::new();
    for task in tasks {
        let (mark, new) = task.await.unwrap();
        *admitted.entry(mark).or_default() += u64::from(new);
    }
    assert_eq!(admitted, (0..50).map(|mark| (mark, 1)).collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nonce_of_a_forgotten_time_is_refused() {
    let place = Postgres::new();
    let [a, b, _] = three(&place).await;
    let stamped = now(&place).await;
    let earlier = stamped - 4 * QUARTER;
    assert!(a.store.admit_nonce(1, earlier).await.unwrap());
    assert!(a.store.admit_nonce(2, earlier + QUARTER).await.unwrap());
    assert!(b.store.admit_nonce(3, stamped).await.unwrap());
    for mark in [1, 4] {
        // Its slot holds another quarter: only a node whose clock is wrong takes it for current.
        let error = a.store.admit_nonce(mark, earlier).await.unwrap_err();
        assert!(matches!(&error, StoreError::Unavailable(why) if why.contains("clock")), "{error}");
    }
    assert!(!b.store.admit_nonce(2, earlier + QUARTER).await.unwrap(), "its slot holds it still");
    // A node whose clock is hours ahead must not empty what others need.
    let error = a.store.admit_nonce(5, stamped + 8 * QUARTER).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(why) if why.contains("clock")), "{error}");
    assert!(!b.store.admit_nonce(3, stamped).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_clock_was_set_back_shuts_nobody_out() {
    let place = Postgres::new();
    let [a, b, _] = three(&place).await;
    let stamped = now(&place).await;
    assert!(a.store.admit_nonce(1, stamped).await.unwrap());
    // The slots hold quarters of a time to come, as they do when the clock goes back by hours.
    let (client, connection) = tokio_postgres::connect(&place.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.execute("UPDATE nonce_slot SET quarter = quarter + 40", &[]).await.unwrap();
    for (mark, at) in [(2, stamped), (3, stamped - QUARTER), (4, stamped + QUARTER)] {
        assert!(b.store.admit_nonce(mark, at).await.unwrap(), "{mark}");
        assert!(!a.store.admit_nonce(mark, at).await.unwrap(), "{mark}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn draws_of_all_nodes_hold_to_the_allowance() {
    const PER_SECOND: u32 = 40;
    let place = Postgres::new();
    let nodes = three(&place).await;
    let start = Instant::now();
    let mut tasks = Vec::new();
    for (_, node) in (0..90).zip(nodes.iter().cycle()) {
        let store = Arc::clone(&node.store);
        tasks.push(tokio::spawn(async move { store.draw("key", PER_SECOND, 3).await.unwrap() }));
    }
    let mut granted = 0.0;
    for task in tasks {
        let drawn = task.await.unwrap();
        assert!(drawn.granted <= 3 && (drawn.granted == 0) == (drawn.wait_millis > 0), "{drawn:?}");
        granted += f64::from(drawn.granted);
    }
    let earned = f64::from(PER_SECOND) * (1.0 + start.elapsed().as_secs_f64());
    assert!(granted >= f64::from(PER_SECOND) && granted <= earned, "{granted} of {earned}");
    // Another allowance is untouched, and one is earned again.
    assert_eq!(nodes[0].store.draw("other", 5, 9).await.unwrap().granted, 5);
    until("a call is earned", async || nodes[1].store.draw("key", PER_SECOND, 1).await.unwrap().granted == 1)
        .await;
}
