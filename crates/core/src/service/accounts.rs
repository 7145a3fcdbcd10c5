//! Accounts, users, keys and policies: what an operator manages. Roles have a file of their own, [`super::roles`].

use super::{
    Muster,
    change::{Done, Hands},
};
use crate::{
    account::{
        AccessKey, Account, Changed, Directory, DirectoryChange, Holder, KeyOwner, RamUser, StoredPolicy,
    },
    bus::Notice,
    error::{Error, Result},
    id::{ACCOUNT_ID_DIGITS, AccessKeyId, AccountId},
    seal::{MasterKey, Unsealable},
    service::roles::ROLES,
};

/// Digits of a user's and of a role's number.
pub(super) const USER_ID_DIGITS: usize = 18;
/// Access keys that a user may have (documented: 2).
const KEYS_PER_USER: usize = 2;
/// Root access keys that an account may have: one in use, one to replace it by, and some more.
const ROOT_KEYS: usize = 5;
/// Characters of a user's or policy's name (documented: 128 for policies).
const NAME_CHARACTERS: usize = 128;

/// An access key that was just made: the only moment at which its secret is told.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The public half.
    pub id: AccessKeyId,
    /// The secret half.
    pub secret: String,
}

/// An account that was just made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The account.
    pub account: Account,
    /// Its root key.
    pub key: NewKey,
}

/// The rules of accounts.
#[derive(Clone, Copy)]
pub struct AccountRules<'a>(pub(super) &'a Muster);

/// Makes a change and tells that it was made.
async fn change_directory(hands: Hands, change: DirectoryChange) -> Result<Done<Changed>> {
    let changed = hands.store.records().change_directory(change).await?;
    Ok(Done::told(changed, (changed == Changed::Done).then_some(Notice::DirectoryChanged)))
}

impl AccountRules<'_> {
    /// Everything about who may act.
    ///
    /// # Errors
    /// The store's.
    pub async fn directory(&self) -> Result<Directory> {
        Ok(self.0.store.records().directory().await?)
    }

    /// The only account of a server that has one.
    ///
    /// # Errors
    /// [`Error::Missing`] before the first start, or the store's.
    pub async fn sole(&self) -> Result<AccountId> {
        let directory = self.directory().await?;
        let account = directory.accounts.into_iter().next();
        account.map(|account| account.id).ok_or_else(|| Error::Missing("an account".to_owned()))
    }

    /// Makes the account of a server that has none, with a root key; `None` when it has one, also when another node
    /// makes it at this moment. What is given is taken, what is not is drawn.
    ///
    /// # Errors
    /// The store's.
    pub async fn create_first(
        &self,
        id: Option<AccountId>,
        key: Option<(AccessKeyId, String)>,
    ) -> Result<Option<NewAccount>> {
        let (made, stored) = self.draft(id, key)?;
        let change = DirectoryChange::AddFirstAccount(made.account.clone(), stored);
        Ok(match self.0.change(|hands| change_directory(hands, change)).await? {
            Changed::Exists => None,
            Changed::Done | Changed::Missing | Changed::Full | Changed::LastRootKey => Some(made),
        })
    }

    /// Makes an account with a root key. What is given is taken, what is not is drawn.
    ///
    /// # Errors
    /// [`Error::Exists`], or the store's.
    pub async fn create(
        &self,
        id: Option<AccountId>,
        key: Option<(AccessKeyId, String)>,
    ) -> Result<NewAccount> {
        let (made, stored) = self.draft(id, key)?;
        let change = DirectoryChange::AddAccount(made.account.clone(), stored);
        self.change(change, &format!("the account {}", made.account.id)).await?;
        Ok(made)
    }

    fn draft(
        &self,
        id: Option<AccountId>,
        key: Option<(AccessKeyId, String)>,
    ) -> Result<(NewAccount, AccessKey)> {
        let muster = self.0;
        let id = match id {
            Some(id) => id,
            None => parsed(&muster.random.digits(ACCOUNT_ID_DIGITS))?,
        };
        let account = Account { id: id.clone(), created_at: muster.now() };
        let key = match key {
            Some((id, secret)) => NewKey { id, secret },
            None => self.drawn_key()?,
        };
        let stored = self.sealed(&key, &id, KeyOwner::Root);
        Ok((NewAccount { account, key }, stored))
    }

    /// Makes a user.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Invalid`] for the name, or the store's.
    pub async fn add_user(&self, account: &AccountId, name: &str) -> Result<RamUser> {
        check_name(name)?;
        let user = RamUser {
            account: account.clone(),
            name: name.to_owned(),
            id: self.0.random.digits(USER_ID_DIGITS),
            created_at: self.0.now(),
        };
        self.change(DirectoryChange::AddUser(user.clone()), &format!("the user {name}")).await?;
        Ok(user)
    }

    /// Deletes a user with its keys.
    ///
    /// # Errors
    /// [`Error::Missing`], or the store's.
    pub async fn remove_user(&self, account: &AccountId, name: &str) -> Result<()> {
        let change = DirectoryChange::RemoveUser(account.clone(), name.to_owned());
        self.change(change, &format!("the user {name}")).await
    }

    /// Makes an access key for a user.
    ///
    /// # Errors
    /// [`Error::Missing`] without such a user, [`Error::Invalid`] for a third key, or the store's.
    pub async fn add_key(&self, account: &AccountId, user: &str) -> Result<NewKey> {
        let key = self.drawn_key()?;
        let stored = self.sealed(&key, account, KeyOwner::User(user.to_owned()));
        self.change(DirectoryChange::AddKey(stored, KEYS_PER_USER), &format!("the user {user}")).await?;
        Ok(key)
    }

    /// Makes a root key, which may do everything: for an account whose others are lost or are to be replaced.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the account has as many as it may have, or the store's.
    pub async fn add_root_key(&self, account: &AccountId) -> Result<NewKey> {
        let key = self.drawn_key()?;
        let stored = self.sealed(&key, account, KeyOwner::Root);
        self.change(DirectoryChange::AddKey(stored, ROOT_KEYS), &format!("the account {account}")).await?;
        Ok(key)
    }

    /// Switches a key on or off.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Invalid`] for the last active root key, or the store's.
    pub async fn set_key_active(&self, id: &AccessKeyId, active: bool) -> Result<()> {
        self.change(DirectoryChange::SetKeyActive(id.clone(), active), &format!("the key {id}")).await
    }

    /// Deletes a key.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Invalid`] for the last active root key, or the store's.
    pub async fn remove_key(&self, id: &AccessKeyId) -> Result<()> {
        self.change(DirectoryChange::RemoveKey(id.clone()), &format!("the key {id}")).await
    }

    /// Puts a policy; its text has been checked by whoever knows the language.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the name, or the store's.
    pub async fn put_policy(&self, account: &AccountId, name: &str, document: &str) -> Result<()> {
        check_name(name)?;
        let policy = StoredPolicy {
            account: account.clone(),
            name: name.to_owned(),
            document: document.to_owned(),
            modified_at: self.0.now(),
        };
        self.change(DirectoryChange::PutPolicy(policy), &format!("the policy {name}")).await
    }

    /// Deletes a policy.
    ///
    /// # Errors
    /// [`Error::Missing`], or the store's.
    pub async fn remove_policy(&self, account: &AccountId, name: &str) -> Result<()> {
        let change = DirectoryChange::RemovePolicy(account.clone(), name.to_owned());
        self.change(change, &format!("the policy {name}")).await
    }

    /// Attaches a policy to a user or a role.
    ///
    /// # Errors
    /// [`Error::Missing`] without such a policy or holder, or the store's.
    pub async fn attach(&self, account: &AccountId, policy: &str, to: &Holder) -> Result<()> {
        let change = DirectoryChange::Attach(account.clone(), policy.to_owned(), to.clone());
        self.change(change, &format!("the policy {policy} or {to}")).await
    }

    /// Detaches a policy from a user or a role.
    ///
    /// # Errors
    /// [`Error::Missing`] when it is not attached, or the store's.
    pub async fn detach(&self, account: &AccountId, policy: &str, from: &Holder) -> Result<()> {
        let change = DirectoryChange::Detach(account.clone(), policy.to_owned(), from.clone());
        self.change(change, &format!("the attachment of {policy} to {from}")).await
    }

    /// The secret half of a key.
    ///
    /// # Errors
    /// [`Error::Sealed`] when it was sealed under another master key.
    pub fn secret(&self, key: &AccessKey) -> Result<String> {
        Ok(open_secret(&self.0.master, key)?)
    }

    /// Seals the secrets anew that a version before sealed without their owners; how many there were.
    ///
    /// # Errors
    /// The store's. What does not open stays as it is.
    pub async fn bind_secrets(&self) -> Result<usize> {
        let mut bound = 0;
        for key in self.directory().await?.keys {
            let Ok(secret) = self.0.master.open(&unbound_purpose(&key.id), &key.secret) else { continue };
            let purpose = key_purpose(&key.id, &key.account, &key.owner);
            let sealed = self.0.master.seal(&purpose, secret.as_bytes(), &*self.0.random);
            self.change(DirectoryChange::Reseal(key.id.clone(), sealed), &format!("the key {}", key.id))
                .await?;
            bound += 1;
        }
        Ok(bound)
    }

    pub(super) async fn change(&self, change: DirectoryChange, what: &str) -> Result<()> {
        let role = matches!(change, DirectoryChange::AddRole(..));
        match self.0.change(|hands| change_directory(hands, change)).await? {
            Changed::Done => Ok(()),
            Changed::Exists => Err(Error::Exists(what.to_owned())),
            Changed::Missing => Err(Error::Missing(what.to_owned())),
            Changed::Full if role => {
                Err(Error::Invalid(format!("an account has at most {ROLES} roles: delete one first")))
            }
            Changed::Full => Err(Error::Invalid(format!(
                "{what} has as many access keys as it may have (at most {KEYS_PER_USER} for a user, {ROOT_KEYS} for the \
                 root): remove one first"
            ))),
            Changed::LastRootKey => Err(Error::Invalid(format!(
                "{what} is the last active root key, and without one nobody may do everything: make another first \
                 (`muster key add --root`)"
            ))),
        }
    }

    /// A key in the cloud's shape: `LTAI5t` and 18 letters and digits, with a secret of 30.
    fn drawn_key(&self) -> Result<NewKey> {
        let id = parsed(&format!("LTAI5t{}", self.0.random.alphanumeric(18)))?;
        Ok(NewKey { id, secret: self.0.random.alphanumeric(30) })
    }

    fn sealed(&self, key: &NewKey, account: &AccountId, owner: KeyOwner) -> AccessKey {
        AccessKey {
            id: key.id.clone(),
            secret: self.0.master.seal(
                &key_purpose(&key.id, account, &owner),
                key.secret.as_bytes(),
                &*self.0.random,
            ),
            account: account.clone(),
            owner,
            active: true,
            created_at: self.0.now(),
        }
    }
}

/// What the secret of an access key is sealed for: the key of this owner, so that it does not open as another's. No part
/// can hold the character that parts them.
#[must_use]
pub fn key_purpose(id: &AccessKeyId, account: &AccountId, owner: &KeyOwner) -> String {
    match owner {
        KeyOwner::Root => format!("key:{id}:{account}:root"),
        KeyOwner::User(name) => format!("key:{id}:{account}:user:{name}"),
    }
}

/// What versions before sealed the secret of an access key for.
fn unbound_purpose(id: &AccessKeyId) -> String {
    format!("key:{id}")
}

/// The secret of an access key, also when a version before sealed it.
///
/// # Errors
/// [`Unsealable`] when it was sealed under another master key, or for another owner.
pub fn open_secret(master: &MasterKey, key: &AccessKey) -> std::result::Result<String, Unsealable> {
    let bound = master.open(&key_purpose(&key.id, &key.account, &key.owner), &key.secret);
    bound.or_else(|_| master.open(&unbound_purpose(&key.id), &key.secret))
}

/// Names of users, policies and roles.
pub(super) fn check_name(name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    if (1..=NAME_CHARACTERS).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    let rule = format!("a name has 1 to {NAME_CHARACTERS} of the characters A-Z a-z 0-9 . _ - @");
    Err(Error::Invalid(rule))
}

fn parsed<T: std::str::FromStr<Err = crate::id::InvalidId>>(text: &str) -> Result<T> {
    text.parse().map_err(|error: crate::id::InvalidId| Error::Invalid(error.to_string()))
}
