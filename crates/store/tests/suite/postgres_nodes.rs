//! What is true of several nodes over one PostgreSQL database.

use std::sync::Arc;

use muster_core::{store::Store as _, testing::Seeded};
use muster_store::postgres::{OpenError, PostgresStore};

use crate::{
    lasting::{
        a_crash_keeps_every_acknowledged_write_and_halves_of_none,
        what_is_durable_is_the_same_after_reopening,
    },
    place::Postgres,
    server::execute,
};

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
    assert!(first.claim_master(b"one").await.unwrap());
    assert!(second.claim_master(b"one").await.unwrap());
    assert!(!second.claim_master(b"other").await.unwrap());
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
