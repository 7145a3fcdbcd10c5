//! TLS to PostgreSQL, as strict as the URL says.

use std::sync::Arc;

use muster_core::{store::Store as _, testing::Seeded};
use muster_store::postgres::{OpenError, PostgresOptions, PostgresStore};

use crate::server::Server;

async fn open(url: &str) -> Result<PostgresStore, OpenError> {
    PostgresStore::open(url, &PostgresOptions::default(), Arc::new(Seeded::new(1))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_believed_as_far_as_the_url_says() {
    let server = Server::start();
    // The certificate is for `localhost`, and the server takes no connection without TLS.
    let root = server.require_tls();
    let port = server.port;
    let url = |host: &str, rest: &str| format!("postgres://muster@{host}:{port}/postgres?{rest}");
    let rooted = |mode: &str| format!("sslmode={mode}&sslrootcert={}", root.display());
    for good in [
        url("localhost", &rooted("verify-full")),
        url("127.0.0.1", &rooted("verify-ca")),
        url("127.0.0.1", "sslmode=require"),
        url("127.0.0.1", ""),
    ] {
        open(&good).await.unwrap().ready().await.unwrap();
    }
    let untrusted = url("localhost", "sslmode=verify-full");
    let other_name = url("127.0.0.1", &rooted("verify-full"));
    for bad in [untrusted, other_name] {
        let error = open(&bad).await.err().unwrap();
        assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
        assert!(error.to_string().contains("certificate"), "{error}");
    }
    let error = open(&url("127.0.0.1", "sslmode=disable")).await.err().unwrap();
    assert!(matches!(error, OpenError::Refused { .. }), "{error}");
    let error = open(&url("localhost", "sslmode=verify-full&sslrootcert=/nowhere.pem")).await.err().unwrap();
    assert!(matches!(error, OpenError::Tls(_)) && error.to_string().contains("/nowhere.pem"), "{error}");
}
