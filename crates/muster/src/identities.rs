//! Who may call: the directory of the store as the gateway wants it, kept in memory and read again when it changes.

use std::{
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use muster_core::{
    account::{Directory, Holder, KeyOwner},
    bus::{Listener, Notice},
    complaint::Complaint,
    id::AccountId,
    service::Muster,
};
use muster_gateway::{
    AccessKey, Answer, CredentialFault, FoundKey, Identities, Principal, PrincipalKind, policy::Policy,
};
use tokio::sync::{Mutex, Notify};

/// How often the directory is read anew while changes cannot be heard of, or a reading has failed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A snapshot of every access key.
#[derive(Default)]
pub(crate) struct KeyRing {
    keys: ArcSwap<HashMap<String, Arc<AccessKey>>>,
    /// Whether the directory may hold something else.
    stale: AtomicBool,
    changed: Notify,
    /// Held while the directory is read.
    reading: Mutex<()>,
}

impl Identities for KeyRing {
    fn find<'a>(&'a self, id: &'a str, _: Option<&'a str>) -> Answer<'a, FoundKey> {
        Answer::Now(self.keys.load().get(id).cloned().ok_or(CredentialFault::NotFound))
    }
}

impl Listener for KeyRing {
    fn notice(&self, notice: &Notice) {
        if matches!(notice, Notice::DirectoryChanged) {
            self.resumed();
        }
    }

    fn resumed(&self) {
        self.stale.store(true, Ordering::SeqCst);
        self.changed.notify_one();
    }
}

impl KeyRing {
    /// Reads the directory.
    pub(crate) async fn read(&self, muster: &Muster) -> anyhow::Result<()> {
        let directory = muster.accounts().directory().await?;
        let mut keys = HashMap::with_capacity(directory.keys.len());
        let mut principals = HashMap::new();
        for key in &directory.keys {
            let principal = principals
                .entry((key.account.clone(), owner_name(&key.owner)))
                .or_insert_with(|| Arc::new(principal(&directory, &key.account, &key.owner)));
            let id = key.id.as_str();
            // The store belongs to this master key, so this one secret is damaged: its key alone is refused.
            let Ok(secret) = muster.accounts().secret(key) else {
                let master = muster.master().id();
                tracing::error!(
                    access_key = id,
                    master,
                    "the secret of an access key does not open under the master key: remove the key, or restore it"
                );
                continue;
            };
            keys.insert(
                id.to_owned(),
                Arc::new(AccessKey::new(id, &secret, key.active, Arc::clone(principal))),
            );
        }
        self.keys.store(Arc::new(keys));
        Ok(())
    }

    /// Reads the directory again if it has changed; whoever waits for this has the change in effect on this node.
    pub(crate) async fn refresh(&self, muster: &Muster) -> anyhow::Result<()> {
        let _reading = self.reading.lock().await;
        if !self.stale.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let read = self.read(muster).await;
        if read.is_err() {
            self.stale.store(true, Ordering::SeqCst);
        }
        read
    }

    /// Reads the directory again after each change, until the server goes; while changes on other nodes cannot be heard
    /// of, every second: a key that was switched off must not stay good because the bus is down.
    pub(crate) async fn follow(self: Arc<Self>, muster: Weak<Muster>) {
        let complaint = Complaint::about("reading the changed access keys");
        loop {
            // Told or not: what failed before is tried again.
            let _ = tokio::time::timeout(LOOK_EVERY, self.changed.notified()).await;
            let Some(muster) = muster.upgrade() else { return };
            if muster.bus_fault().is_some() {
                self.stale.store(true, Ordering::SeqCst);
            }
            complaint.note(self.refresh(&muster).await.map_err(|error| format!("{error:#}")));
        }
    }
}

fn owner_name(owner: &KeyOwner) -> Option<String> {
    match owner {
        KeyOwner::Root => None,
        KeyOwner::User(name) => Some(name.clone()),
    }
}

fn principal(directory: &Directory, account: &AccountId, owner: &KeyOwner) -> Principal {
    let KeyOwner::User(name) = owner else { return Principal::root(account.as_str()) };
    let id = directory.users.iter().find(|user| user.account == *account && user.name == *name);
    let id = id.map(|user| user.id.as_str()).unwrap_or_default();
    let attached = directory.attachments.get(&(account.clone(), Holder::User(name.clone())));
    let policies =
        attached.into_iter().flatten().map(|policy| Arc::new(attached_policy(directory, account, policy)));
    Principal {
        account: account.as_str().into(),
        kind: PrincipalKind::User { id: id.into(), name: name.as_str().into() },
        policies: policies.collect(),
    }
}

/// A policy that is attached to a user. One that cannot be read, or is not there, may be what denies something: whoever
/// has it is denied everything.
fn attached_policy(directory: &Directory, account: &AccountId, name: &str) -> Policy {
    let stored = directory.policies.iter().find(|policy| policy.account == *account && policy.name == name);
    let read = match stored {
        Some(policy) => Policy::parse(name, &policy.document).map_err(|error| error.to_string()),
        None => Err("it is not in the store".to_owned()),
    };
    read.unwrap_or_else(|error| {
        tracing::error!(policy = name, error, "a policy cannot be read: its users are denied everything");
        Policy::unreadable(name)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use muster_core::{account::StoredPolicy, time::Millis};
    use muster_gateway::policy::{Context, Decision, decide};

    use super::*;

    const ALLOW: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

    /// What a user with these policies may do; a policy without a document is not in the store.
    fn decided(policies: &[(&str, Option<&str>)]) -> Decision {
        let account = AccountId::new("1234567890123456").unwrap();
        let mut directory = Directory::default();
        for (name, document) in policies {
            directory.policies.extend(document.map(|document| StoredPolicy {
                account: account.clone(),
                name: (*name).to_owned(),
                document: document.to_owned(),
                modified_at: Millis(0),
            }));
        }
        let names: BTreeSet<String> = policies.iter().map(|(name, _)| (*name).to_owned()).collect();
        directory.attachments.insert((account.clone(), Holder::User("ada".to_owned())), names);
        let principal = principal(&directory, &account, &KeyOwner::User("ada".to_owned()));
        let context = Context {
            now: 0,
            secure: false,
            source_ip: std::net::IpAddr::from([127, 0, 0, 1]),
            principal_arn: "acs:ram::1234567890123456:user/ada",
        };
        let policies = principal.policies.iter().map(|policy| &**policy);
        decide(policies, "live:ListMessageApp", &["acs:live:*:1234567890123456:*".to_owned()], &context)
    }

    #[test]
    fn whoever_has_a_policy_that_cannot_be_read_is_denied_everything() {
        assert_eq!(decided(&[("all", Some(ALLOW))]), Decision::Allowed);
        let later = ALLOW.replace("\"Version\":\"1\"", "\"Version\":\"2\"");
        for unreadable in [Some(later.as_str()), Some("{"), None] {
            assert_eq!(decided(&[("all", Some(ALLOW)), ("deny", unreadable)]), Decision::ExplicitDeny);
        }
    }
}
