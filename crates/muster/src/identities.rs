//! Who may call: the directory of the store as the gateway wants it, kept in memory and read again when it changes.
//!
//! Lasting keys are found by their ids. A temporary key stands nowhere: its token says which role it is a session of, and
//! what that may do is looked up in the snapshot at each call. So a policy that is detached from a role, and a role that is
//! deleted, count for its sessions at once.

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
    role_session::{RoleSession, TEMPORARY_KEY_PREFIX},
    seal::MasterKey,
    service::Muster,
};
use muster_gateway::{
    AccessKey, Answer, CredentialFault, FoundKey, Identities, Principal, PrincipalKind, Temporary,
    policy::Policy,
};
use tokio::sync::{Mutex, Notify};

/// How often the directory is read anew while changes cannot be heard of, or a reading has failed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A snapshot of every access key and role.
pub(crate) struct KeyRing {
    master: Arc<MasterKey>,
    known: ArcSwap<Known>,
    /// Whether the directory may hold something else.
    stale: AtomicBool,
    changed: Notify,
    /// Held while the directory is read.
    reading: Mutex<()>,
}

/// What a snapshot holds.
#[derive(Default)]
struct Known {
    keys: HashMap<String, Arc<AccessKey>>,
    /// By account and name.
    roles: HashMap<(AccountId, String), KnownRole>,
}

/// A role as its sessions need it.
struct KnownRole {
    id: String,
    policies: Arc<[Arc<Policy>]>,
}

impl Identities for KeyRing {
    fn find<'a>(&'a self, id: &'a str, token: Option<&'a str>) -> Answer<'a, FoundKey> {
        let known = self.known.load();
        Answer::Now(match (known.keys.get(id), token) {
            (Some(key), _) => Ok(Arc::clone(key)),
            (None, Some(token)) if id.starts_with(TEMPORARY_KEY_PREFIX) => {
                known.temporary(&self.master, id, token)
            }
            (None, _) => Err(CredentialFault::NotFound),
        })
    }
}

impl Known {
    /// The key of a role's session, as its token tells.
    fn temporary(&self, master: &MasterKey, id: &str, token: &str) -> FoundKey {
        let session = RoleSession::of_token(master, token).map_err(|_| CredentialFault::TokenMalformed)?;
        if session.key.as_str() != id {
            return Err(CredentialFault::TokenMismatch);
        }
        let secret = session.secret(master);
        let RoleSession { account, role, role_id, name, expires_at, policy, .. } = session;
        let principal = Principal {
            account: account.as_str().into(),
            kind: PrincipalKind::RoleSession {
                role_id: role_id.as_str().into(),
                role: role.as_str().into(),
                session: name.into(),
            },
            policies: self.policies_of(account, role, &role_id).ok_or(CredentialFault::Gone)?,
        };
        // It was read before it was sealed. Should this version no longer read it, it denies everything.
        let read = |policy: String| {
            let read = Policy::parse("session", &policy).unwrap_or_else(|_| Policy::unreadable("session"));
            Arc::new(read)
        };
        let temporary = Temporary { expires_at: expires_at.0, session_policy: policy.map(read) };
        Ok(Arc::new(AccessKey::temporary(id, &secret, Arc::new(principal), temporary)))
    }

    /// What the role of this number may; `None` when it was deleted, also if another has its name now.
    fn policies_of(&self, account: AccountId, name: String, id: &str) -> Option<Arc<[Arc<Policy>]>> {
        let role = self.roles.get(&(account, name)).filter(|role| role.id == id)?;
        Some(Arc::clone(&role.policies))
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
    /// A ring that knows no key yet.
    pub(crate) fn new(muster: &Muster) -> Self {
        Self {
            master: Arc::clone(muster.master()),
            known: ArcSwap::default(),
            stale: AtomicBool::default(),
            changed: Notify::new(),
            reading: Mutex::default(),
        }
    }

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
        let roles = directory.roles.iter().map(|role| {
            let holder = Holder::Role(role.name.clone());
            let known = KnownRole {
                id: role.id.clone(),
                policies: attached_policies(&directory, &role.account, holder),
            };
            ((role.account.clone(), role.name.clone()), known)
        });
        let roles = roles.collect();
        self.known.store(Arc::new(Known { keys, roles }));
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

/// Whom a key of an owner stands for, with the policies that are attached to it now.
pub(crate) fn principal(directory: &Directory, account: &AccountId, owner: &KeyOwner) -> Principal {
    let KeyOwner::User(name) = owner else { return Principal::root(account.as_str()) };
    let id = directory.users.iter().find(|user| user.account == *account && user.name == *name);
    let id = id.map(|user| user.id.as_str()).unwrap_or_default();
    Principal {
        account: account.as_str().into(),
        kind: PrincipalKind::User { id: id.into(), name: name.as_str().into() },
        policies: attached_policies(directory, account, Holder::User(name.clone())),
    }
}

/// The policies that are attached to a holder.
fn attached_policies(directory: &Directory, account: &AccountId, holder: Holder) -> Arc<[Arc<Policy>]> {
    let attached = directory.attachments.get(&(account.clone(), holder));
    let policies = attached.into_iter().flatten();
    policies.map(|policy| Arc::new(attached_policy(directory, account, policy))).collect()
}

/// A policy that is attached to a user or a role. One that cannot be read, or is not there, may be what denies something: whoever
/// has it is denied everything.
fn attached_policy(directory: &Directory, account: &AccountId, name: &str) -> Policy {
    let stored = directory.policies.iter().find(|policy| policy.account == *account && policy.name == name);
    let read = match stored {
        Some(policy) => Policy::parse(name, &policy.document).map_err(|error| error.to_string()),
        None => Err("it is not in the store".to_owned()),
    };
    read.unwrap_or_else(|error| {
        tracing::error!(policy = name, error, "a policy cannot be read: whoever has it is denied everything");
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
            external_id: None,
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
