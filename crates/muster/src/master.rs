//! Which master key a store's secrets are sealed under.
//!
//! A store belongs to one master key, whose check value is in it. A key is drawn for an empty store alone: beside any
//! other a missing key is a lost or mistyped one, and a new one would open nothing and seal what nobody else can open.

use std::path::Path;

use anyhow::Context as _;
use muster_core::{
    account::Directory,
    random::Random,
    seal::{MasterKey, key_id},
    service::open_secret,
    store::Store,
};

use crate::data::{existing_master_key, master_key_or_new};

/// What the bytes of a new key are drawn from; `None` where no key may be made.
pub(crate) type Draw<'a> = Option<&'a dyn Random>;

/// The master key in `file`, made sure to be the one that the store belongs to. For an empty store it is drawn if it is
/// not there, and if `draw` says that it may be.
///
/// Nodes may do this at the same moment. Those that share the file have the same key: whoever claims the store has
/// put the key in its place before. Of those that do not share it, one claims the store, and the others are refused.
pub(crate) async fn master_key(file: &Path, store: &dyn Store, draw: Draw<'_>) -> anyhow::Result<MasterKey> {
    let (key, made) = match existing_master_key(file)? {
        Some(key) => (key, false),
        None => missing_key(file, store, draw).await?,
    };
    let claimed = match unclaimed_secrets(store).await? {
        // A store of a version that did not claim: it belongs to the key that opens what is in it.
        Some(directory) if !opens(&key, &directory) => {
            anyhow::bail!(foreign_key(file, &key, None));
        }
        _ => store.records().claim_master(&key.check_value()).await?,
    };
    if claimed {
        return Ok(key);
    }
    let owner = store.records().master_check().await?;
    if made {
        // Another node has claimed the store at this moment; a key that belongs to nothing must not stay behind.
        std::fs::remove_file(file)
            .with_context(|| format!("{} cannot be removed, and must be", file.display()))?;
        anyhow::bail!(no_key(file, owner.as_deref()));
    }
    anyhow::bail!(foreign_key(file, &key, owner.as_deref()))
}

/// The key of a store, when there was none in its file a moment ago; whether it was made here.
async fn missing_key(file: &Path, store: &dyn Store, draw: Draw<'_>) -> anyhow::Result<(MasterKey, bool)> {
    if let Some(owner) = store.records().master_check().await? {
        // The node that has claimed the store meanwhile may have put its key here.
        let key = existing_master_key(file)?.with_context(|| no_key(file, Some(&owner)))?;
        return Ok((key, false));
    }
    let empty = store.records().directory().await?.accounts.is_empty();
    match draw {
        Some(random) if empty => master_key_or_new(file, random),
        _ => anyhow::bail!(no_key(file, None)),
    }
}

/// Who may act in a store that holds secrets and that no key has claimed.
async fn unclaimed_secrets(store: &dyn Store) -> anyhow::Result<Option<Directory>> {
    if store.records().master_check().await?.is_some() {
        return Ok(None);
    }
    let directory = store.records().directory().await?;
    Ok((!directory.keys.is_empty()).then_some(directory))
}

/// Whether the oldest access key, which was sealed before anything could go wrong, opens.
fn opens(key: &MasterKey, directory: &Directory) -> bool {
    let oldest = directory.keys.iter().min_by_key(|access| access.created_at.0);
    oldest.is_none_or(|access| open_secret(key, access).is_ok())
}

/// What is said when there is no key where the store's should be.
fn no_key(file: &Path, owner: Option<&[u8]>) -> String {
    let which = owner.map(|check| format!(" {}", key_id(check))).unwrap_or_default();
    format!(
        "there is no master key at {}, and the secrets in the store are sealed under the master key{which}: put the \
         file `master.key` that belongs to the store there, from a backup or from a node that runs on it (mode 0600), \
         or name it with `--master-key`",
        file.display()
    )
}

/// What is said of a key that the store does not belong to.
fn foreign_key(file: &Path, key: &MasterKey, owner: Option<&[u8]>) -> String {
    let which = owner.map(|check| format!(", which is {}", key_id(check))).unwrap_or_default();
    format!(
        "the master key {} is {}, not the one that the store belongs to{which}: put the file `master.key` that belongs \
         to the store there, from a backup or from a node that runs on it, or name it with `--master-key`",
        file.display(),
        key.id()
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use muster_core::{
        account::{AccessKey, Account, DirectoryChange, KeyOwner},
        id::{AccessKeyId, AccountId},
        service::key_purpose,
        testing::Seeded,
        time::Millis,
    };
    use muster_store::sqlite::{SqliteOptions, SqliteStore};
    use tempfile::TempDir;

    use super::*;

    fn place() -> (TempDir, SqliteStore) {
        let directory = tempfile::tempdir().unwrap();
        let random = Arc::new(Seeded::new(1));
        let store = SqliteStore::open(directory.path(), &SqliteOptions::default(), random).unwrap();
        (directory, store)
    }

    fn refusal(outcome: anyhow::Result<MasterKey>) -> String {
        format!("{:#}", outcome.unwrap_err())
    }

    async fn add_account(store: &SqliteStore, master: &MasterKey) {
        let account = AccountId::new("1234567890123456").unwrap();
        let id = AccessKeyId::new("LTAI").unwrap();
        let key = AccessKey {
            secret: master.seal(&key_purpose(&id, &account, &KeyOwner::Root), b"secret", &Seeded::new(2)),
            id,
            account: account.clone(),
            owner: KeyOwner::Root,
            active: true,
            created_at: Millis(1),
        };
        let account = Account { id: account, created_at: Millis(1) };
        store.records().change_directory(DirectoryChange::AddFirstAccount(account, key)).await.unwrap();
    }

    #[tokio::test]
    async fn a_key_is_drawn_for_an_empty_store_alone() {
        let (directory, store) = place();
        let file = directory.path().join("master.key");
        let random = Seeded::new(3);
        let key = master_key(&file, &store, Some(&random)).await.unwrap();
        let mistyped = directory.path().join("mater.key");
        let refused = refusal(master_key(&mistyped, &store, Some(&random)).await);
        for part in ["mater.key", key.id().as_str(), "--master-key"] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
        assert!(!mistyped.exists(), "nothing is drawn at a mistyped path");
        assert_eq!(master_key(&file, &store, None).await.unwrap().id(), key.id());
    }

    #[tokio::test]
    async fn who_may_make_nothing_draws_no_key() {
        let (directory, store) = place();
        let file = directory.path().join("master.key");
        assert!(refusal(master_key(&file, &store, None).await).contains("there is no master key"));
        assert!(!file.exists() && store.records().master_check().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn another_key_is_refused_and_both_are_named() {
        let (directory, store) = place();
        let random = Seeded::new(3);
        let (ours, theirs) = (directory.path().join("ours.key"), directory.path().join("theirs.key"));
        let key = master_key(&ours, &store, Some(&random)).await.unwrap();
        let (other, _) = master_key_or_new(&theirs, &random).unwrap();
        let refused = refusal(master_key(&theirs, &store, Some(&random)).await);
        for part in ["theirs.key", key.id().as_str(), other.id().as_str()] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
        assert!(theirs.exists(), "a key that was there before is not ours to remove");
    }

    #[tokio::test]
    async fn a_store_that_no_key_has_claimed_belongs_to_the_one_that_opens_it() {
        let (directory, store) = place();
        let random = Seeded::new(3);
        let (ours, theirs) = (directory.path().join("ours.key"), directory.path().join("theirs.key"));
        let (key, _) = master_key_or_new(&ours, &random).unwrap();
        add_account(&store, &key).await;
        let absent = directory.path().join("absent.key");
        assert!(refusal(master_key(&absent, &store, Some(&random)).await).contains("absent.key"));
        assert!(!absent.exists());
        master_key_or_new(&theirs, &random).unwrap();
        assert!(refusal(master_key(&theirs, &store, Some(&random)).await).contains("theirs.key"));
        master_key(&ours, &store, Some(&random)).await.unwrap();
        assert_eq!(store.records().master_check().await.unwrap(), Some(key.check_value()));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn of_nodes_that_start_at_once_those_that_share_the_file_have_one_key() {
        for round in 0..20 {
            let (directory, store) = place();
            let store = Arc::new(store);
            let nodes = (0..4).map(|node| {
                let (store, file) = (Arc::clone(&store), directory.path().join("shared.key"));
                tokio::spawn(async move {
                    let random = Seeded::new(round * 10 + node);
                    master_key(&file, &*store, Some(&random)).await.unwrap().id()
                })
            });
            let mut ids = Vec::new();
            for node in nodes.collect::<Vec<_>>() {
                ids.push(node.await.unwrap());
            }
            assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        }
    }
}
