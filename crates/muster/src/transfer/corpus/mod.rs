//! Files of versions before, as operators have them: every later version opens, reads and writes them. They never change; a
//! version that changes the form of files adds a directory of its own.
//!
//! `0.1.0` is of the version before the table `commits`: an account with a root key, a user with a key and a policy, an
//! application of each generation, 20 durable members, 5 messages, a deleted group and a customer group.

use std::{fs, io::Read as _, os::unix::fs::PermissionsExt as _};

use flate2::read::GzDecoder;
use muster_core::{account::KeyOwner, transfer::Kind};
use tempfile::TempDir;

use super::*;
use crate::foundation::Foundation;

const CLOSED: &[u8] = include_bytes!("0.1.0/closed.db.gz");
const KILLED: &[u8] = include_bytes!("0.1.0/killed.db.gz");
const KILLED_LOG: &[u8] = include_bytes!("0.1.0/killed.db-wal.gz");
const EXPORT: &[u8] = include_bytes!("0.1.0/export.jsonl.gz");
const MASTER_KEY: &[u8] = include_bytes!("0.1.0/master.key");
/// How many records there are of each kind.
const COUNTS: &str = r#"{"account":1,"user":1,"key":2,"policy":1,"attachment":1,"app":2,"channel":1,"business_number":1,
    "last_group_number":1,"group":4,"message_count":1,"chat_group":1,"member":20,"entry":6}"#;
/// The secret of its root key.
const SECRET: &str = "corpus-secret";

fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    bytes
}

/// A data directory with the master key and some files.
fn directory(files: &[(&str, Vec<u8>)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in files.iter().chain([&("master.key", MASTER_KEY.to_vec())]) {
        let path = directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    directory
}

fn configured(directory: &TempDir) -> Configuration {
    Configuration { data: directory.path().to_owned(), ..Configuration::default() }
}

async fn counts(directory: &TempDir) -> Counts {
    let (store, _) = open(&configured(directory), Fresh::Refuse).await.unwrap();
    let counts = store.census().await.unwrap();
    store.close().await.unwrap();
    counts
}

/// Reads what is there, writes something, and carries all of it on. `visitors` are those whom this version makes of members.
fn is_whole_and_goes_on(directory: &TempDir, visitors: u64) {
    let mut expected: Counts = serde_json::from_str(COUNTS).unwrap();
    expected.add(Kind::Visitor, visitors);
    runtime().unwrap().block_on(async {
        assert_eq!(counts(directory).await, expected);
        let foundation = Foundation::open(&configured(directory), directory.path()).await.unwrap();
        let accounts = foundation.muster.accounts();
        let found = accounts.directory().await.unwrap();
        for key in &found.keys {
            let secret = accounts.secret(key).unwrap();
            assert!(key.owner != KeyOwner::Root || secret == SECRET);
        }
        assert_eq!(accounts.bind_secrets().await.unwrap(), 2);
        assert_eq!(accounts.bind_secrets().await.unwrap(), 0);
        // A key that is given to another owner opens no more.
        let mut stolen = accounts.directory().await.unwrap().keys;
        stolen.iter_mut().for_each(|key| {
            assert!(accounts.secret(key).is_ok());
            key.owner =
                if key.owner == KeyOwner::Root { KeyOwner::User("ops".into()) } else { KeyOwner::Root };
            assert!(accounts.secret(key).is_err());
        });
        accounts.add_user(&found.accounts[0].id, "later").await.unwrap();
        foundation.close().await.unwrap();
    });
    let (file, copy) = (directory.path().join("again.jsonl"), self::directory(&[]));
    export(&configured(directory), &file, true).unwrap();
    import(&configured(&copy), &file, false, true).unwrap();
    runtime().unwrap().block_on(async {
        expected.add(Kind::User, 1);
        assert_eq!(counts(directory).await, expected);
        assert_eq!(counts(&copy).await, expected);
    });
}

#[test]
fn the_database_of_a_closed_server_of_a_version_before_goes_on() {
    is_whole_and_goes_on(&directory(&[("muster.db", unpacked(CLOSED))]), 20);
}

#[test]
fn the_files_of_a_killed_server_of_a_version_before_go_on() {
    let files = [("muster.db", unpacked(KILLED)), ("muster.db-wal", unpacked(KILLED_LOG))];
    is_whole_and_goes_on(&directory(&files), 20);
}

#[test]
fn an_export_of_a_version_before_is_read_when_it_is_trusted() {
    let directory = directory(&[("export.jsonl.gz", EXPORT.to_vec())]);
    let file = directory.path().join("export.jsonl.gz");
    let refused = format!("{:#}", import(&configured(&directory), &file, false, true).unwrap_err());
    assert!(refused.contains("--trust"), "{refused}");
    import(&configured(&directory), &file, true, true).unwrap();
    is_whole_and_goes_on(&directory, 0);
}
