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
    /// The names of the policies attached to each (account, user).
    pub attachments: BTreeMap<(AccountId, String), BTreeSet<String>>,
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
    /// A policy is attached to a user: account, policy, user.
    Attach(AccountId, String, String),
    /// A policy is detached from a user: account, policy, user.
    Detach(AccountId, String, String),
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
