//! Accounts and who may act for them: users, access keys, policies. What a policy's text means is the gateway's
//! business; here it is stored, named and attached.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    id::{AccessKeyId, AccountId},
    seal::Sealed,
    time::Millis,
};

/// An account: it owns applications and channels, and pays the quotas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// When it was made.
    pub created_at: Millis,
}

/// Somebody who acts for an account with only the permissions of the attached policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RamUser {
    /// The account.
    pub account: AccountId,
    /// The name, unique in the account.
    pub name: String,
    /// The user's number, 18 digits, shown in denials.
    pub id: String,
    /// When it was made.
    pub created_at: Millis,
}

/// Whose key an access key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyOwner {
    /// The account itself: everything is allowed.
    Root,
    /// The user of this name.
    User(String),
}

/// An access key as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    /// The public half.
    pub id: AccessKeyId,
    /// The secret half, sealed.
    pub secret: Sealed,
    /// The account.
    pub account: AccountId,
    /// Whose key it is.
    pub owner: KeyOwner,
    /// Whether requests may be signed with it.
    pub active: bool,
    /// When it was made.
    pub created_at: Millis,
}

/// A policy as stored: a name and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPolicy {
    /// The account.
    pub account: AccountId,
    /// The name, unique in the account.
    pub name: String,
    /// The document, JSON.
    pub document: String,
    /// When it was last put.
    pub modified_at: Millis,
}

/// What callers become for a time. A role has no keys of its own: whom it trusts is given temporary ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The account.
    pub account: AccountId,
    /// The name, unique in the account.
    pub name: String,
    /// The role's number, 18 digits. A role that is made anew under the same name has another, so that the sessions of
    /// the one before stay ended.
    pub id: String,
    /// Who may become it: the trust policy, JSON.
    pub trust: String,
    /// The longest that one may be it without asking again, in seconds.
    pub max_session_seconds: u32,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub modified_at: Millis,
}

/// What changes of a role; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleChange {
    /// The trust policy, JSON.
    pub trust: Option<String>,
    /// The longest session, in seconds.
    pub max_session_seconds: Option<u32>,
}

/// Whom a policy is attached to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// The user of this name.
    User(String),
    /// The role of this name.
    Role(String),
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(name) => write!(f, "the user {name}"),
            Self::Role(name) => write!(f, "the role {name}"),
        }
    }
}

/// Everything about who may act: small, read whole, kept in memory by the gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// All accounts.
    pub accounts: Vec<Account>,
    /// All users.
    pub users: Vec<RamUser>,
    /// All access keys.
    pub keys: Vec<AccessKey>,
    /// All policies.
    pub policies: Vec<StoredPolicy>,
    /// All roles.
    pub roles: Vec<Role>,
    /// The names of the policies attached to each holder of an account.
    pub attachments: BTreeMap<(AccountId, Holder), BTreeSet<String>>,
}

/// One change of the directory. Each is applied whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectoryChange {
    /// A new account with its root key.
    AddAccount(Account, AccessKey),
    /// The first account with its root key: exists if there is any account.
    AddFirstAccount(Account, AccessKey),
    /// A new user.
    AddUser(RamUser),
    /// A user leaves, with keys and attachments.
    RemoveUser(AccountId, String),
    /// A new access key, unless its owner has so many already.
    AddKey(AccessKey, usize),
    /// A key is switched on or off; the last active root key stays on.
    SetKeyActive(AccessKeyId, bool),
    /// A key's secret is sealed anew.
    Reseal(AccessKeyId, Sealed),
    /// A key is deleted; the last active root key stays.
    RemoveKey(AccessKeyId),
    /// A policy is made, or its text replaced.
    PutPolicy(StoredPolicy),
    /// A policy is deleted, with its attachments.
    RemovePolicy(AccountId, String),
    /// A policy is attached: account, policy, to whom.
    Attach(AccountId, String, Holder),
    /// A policy is detached: account, policy, from whom.
    Detach(AccountId, String, Holder),
    /// A new role, unless its account has so many already.
    AddRole(Role, usize),
    /// A role changes: account, name, what changes, and when.
    ChangeRole(AccountId, String, RoleChange, Millis),
    /// A role goes, with its attachments; so do its sessions.
    RemoveRole(AccountId, String),
}

/// What became of a [`DirectoryChange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// Applied.
    Done,
    /// Something of that name is there already.
    Exists,
    /// What it names is not there.
    Missing,
    /// It would leave an account without an active root key.
    LastRootKey,
    /// There are as many of its kind as there may be.
    Full,
}
