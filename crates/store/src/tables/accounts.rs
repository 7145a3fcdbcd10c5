//! Who may act. Small and rarely changed: changes take their turns, and every call goes to the database.

use async_trait::async_trait;
use muster_core::{
    account::{
        AccessKey, Account, Changed, Directory, DirectoryChange, Holder, KeyOwner, RamUser, Role,
        StoredPolicy,
    },
    id::{AccessKeyId, AccountId},
    seal::Sealed,
    store::{Accounts, StoreResult},
    transfer::{Attachment, Kind, RoleAttachment},
};

use super::{
    Carried, Database, Reading, Row, Tables, Transaction, Tried, Turn, Value, roles,
    table::{Parent, Stored, Table, exists, insert, record_of, select, total},
    value::values,
};
use crate::codes::Unreadable;

pub(super) const ACCOUNTS: Carried = Carried::of::<Account>();
pub(super) const USERS: Carried = Carried::of::<RamUser>();
pub(super) const KEYS: Carried = Carried::of::<AccessKey>();
pub(super) const POLICIES: Carried = Carried::of::<StoredPolicy>();
pub(super) const ATTACHMENTS: Carried = Carried::of::<Attachment>();

pub(super) const ACCOUNT: Parent =
    Parent { table: "account", what: "account of the", columns: &[("id", "account")] };
const USER: Parent = Parent {
    table: "ram_user",
    what: "user of the",
    columns: &[("account", "account"), ("name", "user_name")],
};
pub(super) const POLICY: Parent =
    Parent { table: "policy", what: "policy of the", columns: &[("account", "account"), ("name", "policy")] };

impl Stored for Account {
    const TABLE: Table = Table {
        name: "account",
        what: "account",
        columns: &["id", "created_at"],
        order: &["created_at", "id"],
        parents: &[],
        group: None,
        kind: Kind::Account,
    };

    fn values(&self) -> Vec<Value> {
        values![self.id.as_str(), self.created_at].to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self { id: row.id("id", AccountId::new)?, created_at: row.millis("created_at")? })
    }

    record_of!(Account);

    fn name(&self) -> String {
        self.id.to_string()
    }
}

impl Stored for RamUser {
    const TABLE: Table = Table {
        name: "ram_user",
        what: "user",
        columns: &["account", "name", "id", "created_at"],
        order: &["account", "name"],
        parents: &[ACCOUNT],
        group: None,
        kind: Kind::User,
    };

    fn values(&self) -> Vec<Value> {
        values![self.account.as_str(), &self.name, &self.id, self.created_at].to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            account: row.id("account", AccountId::new)?,
            name: row.text("name")?.to_owned(),
            id: row.text("id")?.to_owned(),
            created_at: row.millis("created_at")?,
        })
    }

    record_of!(User);

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// The user whose key a key is; none of the account's own.
fn user_of(key: &AccessKey) -> Option<&str> {
    match &key.owner {
        KeyOwner::Root => None,
        KeyOwner::User(name) => Some(name),
    }
}

impl Stored for AccessKey {
    const TABLE: Table = Table {
        name: "access_key",
        what: "access key",
        columns: &["id", "account", "user_name", "secret", "active", "created_at"],
        order: &["created_at", "id"],
        parents: &[ACCOUNT, USER],
        group: None,
        kind: Kind::Key,
    };

    fn values(&self) -> Vec<Value> {
        let user = user_of(self);
        values![self.id.as_str(), self.account.as_str(), user, &*self.secret.0, self.active, self.created_at]
            .to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        let user = row.optional_text("user_name")?;
        Ok(Self {
            id: row.id("id", AccessKeyId::new)?,
            secret: Sealed(row.bytes("secret")?.to_vec()),
            account: row.id("account", AccountId::new)?,
            owner: user.map_or(KeyOwner::Root, |name| KeyOwner::User(name.to_owned())),
            active: row.flag("active")?,
            created_at: row.millis("created_at")?,
        })
    }

    record_of!(Key);

    fn name(&self) -> String {
        self.id.to_string()
    }
}

impl Stored for StoredPolicy {
    const TABLE: Table = Table {
        name: "policy",
        what: "policy",
        columns: &["account", "name", "document", "modified_at"],
        order: &["account", "name"],
        parents: &[ACCOUNT],
        group: None,
        kind: Kind::Policy,
    };

    fn values(&self) -> Vec<Value> {
        values![self.account.as_str(), &self.name, &self.document, self.modified_at].to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            account: row.id("account", AccountId::new)?,
            name: row.text("name")?.to_owned(),
            document: row.text("document")?.to_owned(),
            modified_at: row.millis("modified_at")?,
        })
    }

    record_of!(Policy);

    fn name(&self) -> String {
        self.name.clone()
    }
}

impl Stored for Attachment {
    const TABLE: Table = Table {
        name: "attachment",
        what: "attached policy",
        columns: &["account", "user_name", "policy"],
        order: &["account", "user_name", "policy"],
        parents: &[USER, POLICY],
        group: None,
        kind: Kind::Attachment,
    };

    fn values(&self) -> Vec<Value> {
        values![self.account.as_str(), &self.user, &self.policy].to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            account: row.id("account", AccountId::new)?,
            user: row.text("user_name")?.to_owned(),
            policy: row.text("policy")?.to_owned(),
        })
    }

    record_of!(Attachment);

    fn name(&self) -> String {
        format!("{} of {}", self.policy, self.user)
    }
}

/// Whether a key is the only active root key of its account.
const LAST_ROOT_KEY: &str = "access_key k WHERE id = $1 AND user_name IS NULL AND active
    AND NOT EXISTS (SELECT 1 FROM access_key o
        WHERE o.account = k.account AND o.id <> k.id AND o.user_name IS NULL AND o.active)";

pub(super) fn has_account(tx: &mut dyn Transaction, account: &AccountId) -> Tried<bool> {
    exists(tx, "account WHERE id = $1", values![account.as_str()])
}

fn has_user(tx: &mut dyn Transaction, account: &AccountId, name: &str) -> Tried<bool> {
    exists(tx, "ram_user WHERE account = $1 AND name = $2", values![account.as_str(), name])
}

pub(super) fn has_policy(tx: &mut dyn Transaction, account: &AccountId, name: &str) -> Tried<bool> {
    exists(tx, "policy WHERE account = $1 AND name = $2", values![account.as_str(), name])
}

/// Adds what hangs on something.
pub(super) fn add<T: Stored>(tx: &mut dyn Transaction, row: &T, has_parent: bool) -> Tried<Changed> {
    if !has_parent {
        return Ok(Changed::Missing);
    }
    Ok(if insert(tx, row)? { Changed::Done } else { Changed::Exists })
}

pub(super) fn missing_unless(rows: u64) -> Changed {
    if rows > 0 { Changed::Done } else { Changed::Missing }
}

fn add_key(tx: &mut dyn Transaction, key: &AccessKey, most: usize) -> Tried<Changed> {
    let user = user_of(key);
    let owned = match user {
        None => has_account(tx, &key.account)?,
        Some(name) => has_user(tx, &key.account, name)?,
    };
    if owned && exists(tx, "access_key WHERE id = $1", values![key.id.as_str()])? {
        return Ok(Changed::Exists);
    }
    let sql =
        "SELECT count(*) AS total FROM access_key WHERE account = $1 AND user_name IS NOT DISTINCT FROM $2";
    if owned && total(tx, sql, values![key.account.as_str(), user])? >= most as u64 {
        return Ok(Changed::Full);
    }
    add(tx, key, owned)
}

fn add_account(tx: &mut dyn Transaction, account: &Account, key: &AccessKey) -> Tried<Changed> {
    if exists(tx, "access_key WHERE id = $1", values![key.id.as_str()])? || !insert(tx, account)? {
        return Ok(Changed::Exists);
    }
    add_key(tx, key, 1)
}

fn remove_user(tx: &mut dyn Transaction, account: &AccountId, name: &str) -> Tried<Changed> {
    let of = values![account.as_str(), name];
    tx.execute("DELETE FROM attachment WHERE account = $1 AND user_name = $2", of)?;
    tx.execute("DELETE FROM access_key WHERE account = $1 AND user_name = $2", of)?;
    tx.execute("DELETE FROM ram_user WHERE account = $1 AND name = $2", of).map(missing_unless)
}

fn put_policy(tx: &mut dyn Transaction, policy: &StoredPolicy) -> Tried<Changed> {
    let sql = "UPDATE policy SET document = $3, modified_at = $4 WHERE account = $1 AND name = $2";
    let of = values![policy.account.as_str(), &policy.name, &policy.document, policy.modified_at];
    if tx.execute(sql, of)? > 0 {
        return Ok(Changed::Done);
    }
    let owned = has_account(tx, &policy.account)?;
    add(tx, policy, owned)
}

fn remove_policy(tx: &mut dyn Transaction, account: &AccountId, name: &str) -> Tried<Changed> {
    let of = values![account.as_str(), name];
    tx.execute("DELETE FROM attachment WHERE account = $1 AND policy = $2", of)?;
    tx.execute("DELETE FROM role_attachment WHERE account = $1 AND policy = $2", of)?;
    tx.execute("DELETE FROM policy WHERE account = $1 AND name = $2", of).map(missing_unless)
}

fn attach(tx: &mut dyn Transaction, account: &AccountId, policy: &str, user: &str) -> Tried<Changed> {
    let named = has_policy(tx, account, policy)? && has_user(tx, account, user)?;
    let attachment =
        Attachment { account: account.clone(), user: user.to_owned(), policy: policy.to_owned() };
    add(tx, &attachment, named)
}

fn change(tx: &mut dyn Transaction, change: &DirectoryChange) -> Tried<Changed> {
    match change {
        DirectoryChange::AddAccount(account, key) => add_account(tx, account, key),
        DirectoryChange::AddFirstAccount(..) if exists(tx, "account", &[])? => Ok(Changed::Exists),
        DirectoryChange::AddFirstAccount(account, key) => add_account(tx, account, key),
        DirectoryChange::AddUser(user) => {
            let owned = has_account(tx, &user.account)?;
            add(tx, user, owned)
        }
        DirectoryChange::RemoveUser(account, name) => remove_user(tx, account, name),
        DirectoryChange::AddKey(key, most) => add_key(tx, key, *most),
        DirectoryChange::SetKeyActive(key, false) | DirectoryChange::RemoveKey(key)
            if exists(tx, LAST_ROOT_KEY, values![key.as_str()])? =>
        {
            Ok(Changed::LastRootKey)
        }
        DirectoryChange::Reseal(key, secret) => {
            let sql = "UPDATE access_key SET secret = $2 WHERE id = $1";
            tx.execute(sql, values![key.as_str(), &*secret.0]).map(missing_unless)
        }
        DirectoryChange::SetKeyActive(key, active) => {
            let sql = "UPDATE access_key SET active = $2 WHERE id = $1";
            tx.execute(sql, values![key.as_str(), *active]).map(missing_unless)
        }
        DirectoryChange::RemoveKey(key) => {
            tx.execute("DELETE FROM access_key WHERE id = $1", values![key.as_str()]).map(missing_unless)
        }
        DirectoryChange::PutPolicy(policy) => put_policy(tx, policy),
        DirectoryChange::RemovePolicy(account, name) => remove_policy(tx, account, name),
        DirectoryChange::Attach(account, policy, Holder::User(user)) => attach(tx, account, policy, user),
        DirectoryChange::Attach(account, policy, Holder::Role(role)) => {
            roles::attach(tx, account, policy, role)
        }
        DirectoryChange::Detach(account, policy, Holder::User(user)) => {
            let sql = "DELETE FROM attachment WHERE account = $1 AND user_name = $2 AND policy = $3";
            tx.execute(sql, values![account.as_str(), user, policy]).map(missing_unless)
        }
        DirectoryChange::Detach(account, policy, Holder::Role(role)) => {
            roles::detach(tx, account, policy, role)
        }
        DirectoryChange::AddRole(role, most) => roles::add_role(tx, role, *most),
        DirectoryChange::ChangeRole(account, name, change, at) => {
            roles::change_role(tx, account, name, change, *at)
        }
        DirectoryChange::RemoveRole(account, name) => roles::remove_role(tx, account, name),
    }
}

fn all<T: Stored>(reading: &mut dyn Reading) -> Tried<Vec<T>> {
    select(reading, &format!("ORDER BY {}", T::TABLE.order.join(", ")), &[])
}

fn directory(reading: &mut dyn Reading) -> Tried<Directory> {
    let mut directory = Directory {
        accounts: all(reading)?,
        users: all(reading)?,
        keys: all(reading)?,
        policies: all(reading)?,
        roles: all(reading)?,
        ..Directory::default()
    };
    for Attachment { account, user, policy } in all(reading)? {
        directory.attachments.entry((account, Holder::User(user))).or_default().insert(policy);
    }
    for RoleAttachment { account, role, policy } in all(reading)? {
        directory.attachments.entry((account, Holder::Role(role))).or_default().insert(policy);
    }
    Ok(directory)
}

#[async_trait]
impl<D: Database> Accounts for Tables<D> {
    async fn directory(&self) -> StoreResult<Directory> {
        self.database.snapshot(directory).await
    }

    async fn role(&self, account: &AccountId, name: &str) -> StoreResult<Option<Role>> {
        let (account, name) = (account.clone(), name.to_owned());
        self.database.read(move |reading| roles::role(reading, &account, &name)).await
    }

    async fn change_directory(&self, wanted: DirectoryChange) -> StoreResult<Changed> {
        let step = move |tx: &mut dyn Transaction| {
            tx.take_turn(Turn::Directory)?;
            change(tx, &wanted)
        };
        self.database.write(step).await
    }
}
