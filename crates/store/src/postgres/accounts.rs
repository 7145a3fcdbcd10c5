//! Who may act. Small and rarely changed: changes take their turns under one lock, and every call goes to the database.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use muster_core::{
    account::{AccessKey, Account, Changed, Directory, DirectoryChange, KeyOwner, RamUser, StoredPolicy},
    id::{AccessKeyId, AccountId},
    seal::Sealed,
    store::{Accounts, StoreResult},
};
use tokio_postgres::Row;

use super::{
    PostgresStore,
    database::Tx,
    fault::{Fault, retry},
    records::{all, id, millis},
    values::{Values, values},
};

/// Whether a key is the only active root key of its account.
const LAST_ROOT_KEY: &str = "SELECT 1 FROM access_key k WHERE id = $1 AND user_name IS NULL AND active
    AND NOT EXISTS (SELECT 1 FROM access_key o
        WHERE o.account = k.account AND o.id <> k.id AND o.user_name IS NULL AND o.active)";

fn account(row: &Row) -> Result<Account, Fault> {
    Ok(Account { id: id(row, "id", AccountId::new)?, created_at: millis(row, "created_at")? })
}

fn ram_user(row: &Row) -> Result<RamUser, Fault> {
    Ok(RamUser {
        account: id(row, "account", AccountId::new)?,
        name: row.try_get("name")?,
        id: row.try_get("id")?,
        created_at: millis(row, "created_at")?,
    })
}

fn access_key(row: &Row) -> Result<AccessKey, Fault> {
    let owner = row.try_get::<_, Option<String>>("user_name")?.map_or(KeyOwner::Root, KeyOwner::User);
    Ok(AccessKey {
        id: id(row, "id", AccessKeyId::new)?,
        secret: Sealed(row.try_get("secret")?),
        account: id(row, "account", AccountId::new)?,
        owner,
        active: row.try_get("active")?,
        created_at: millis(row, "created_at")?,
    })
}

fn policy(row: &Row) -> Result<StoredPolicy, Fault> {
    Ok(StoredPolicy {
        account: id(row, "account", AccountId::new)?,
        name: row.try_get("name")?,
        document: row.try_get("document")?,
        modified_at: millis(row, "modified_at")?,
    })
}

async fn exists(tx: &Tx, sql: &str, values: Values<'_>) -> Result<bool, Fault> {
    Ok(tx.query_opt(sql, values).await?.is_some())
}

async fn has_account(tx: &Tx, account: &AccountId) -> Result<bool, Fault> {
    exists(tx, "SELECT 1 FROM account WHERE id = $1", values![account.as_str()]).await
}

async fn has_user(tx: &Tx, account: &AccountId, name: &str) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM ram_user WHERE account = $1 AND name = $2";
    exists(tx, sql, values![account.as_str(), name]).await
}

async fn has_policy(tx: &Tx, account: &AccountId, name: &str) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM policy WHERE account = $1 AND name = $2";
    exists(tx, sql, values![account.as_str(), name]).await
}

async fn has_key(tx: &Tx, key: &AccessKeyId) -> Result<bool, Fault> {
    exists(tx, "SELECT 1 FROM access_key WHERE id = $1", values![key.as_str()]).await
}

fn missing_unless(rows: u64) -> Changed {
    if rows > 0 { Changed::Done } else { Changed::Missing }
}

async fn add_key(tx: &Tx, key: &AccessKey, most: usize) -> Result<Changed, Fault> {
    let user = match &key.owner {
        KeyOwner::Root => None,
        KeyOwner::User(name) => Some(name.as_str()),
    };
    let owned = match user {
        None => has_account(tx, &key.account).await?,
        Some(name) => has_user(tx, &key.account, name).await?,
    };
    if !owned {
        return Ok(Changed::Missing);
    }
    if has_key(tx, &key.id).await? {
        return Ok(Changed::Exists);
    }
    let sql = "SELECT 1 FROM access_key WHERE account = $1 AND user_name IS NOT DISTINCT FROM $2";
    if tx.query(sql, values![key.account.as_str(), user]).await?.len() >= most {
        return Ok(Changed::Full);
    }
    tx.execute(
        "INSERT INTO access_key (id, account, user_name, secret, active, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        values![key.id.as_str(), key.account.as_str(), user, key.secret.0, key.active, key.created_at.0],
    )
    .await?;
    Ok(Changed::Done)
}

async fn add_account(tx: &Tx, account: &Account, key: &AccessKey) -> Result<Changed, Fault> {
    if has_account(tx, &account.id).await? || has_key(tx, &key.id).await? {
        return Ok(Changed::Exists);
    }
    insert_account(tx, account).await?;
    add_key(tx, key, 1).await
}

/// Adds an account without a key.
pub(super) async fn insert_account(tx: &Tx, account: &Account) -> Result<(), Fault> {
    let sql = "INSERT INTO account (id, created_at) VALUES ($1, $2)";
    tx.execute(sql, values![account.id.as_str(), account.created_at.0]).await.map(|_| ())
}

async fn add_user(tx: &Tx, user: &RamUser) -> Result<Changed, Fault> {
    if !has_account(tx, &user.account).await? {
        return Ok(Changed::Missing);
    }
    if has_user(tx, &user.account, &user.name).await? {
        return Ok(Changed::Exists);
    }
    let sql = "INSERT INTO ram_user (account, name, id, created_at) VALUES ($1, $2, $3, $4)";
    tx.execute(sql, values![user.account.as_str(), user.name, user.id, user.created_at.0]).await?;
    Ok(Changed::Done)
}

async fn remove_user(tx: &Tx, account: &AccountId, name: &str) -> Result<Changed, Fault> {
    for sql in [
        "DELETE FROM attachment WHERE account = $1 AND user_name = $2",
        "DELETE FROM access_key WHERE account = $1 AND user_name = $2",
    ] {
        tx.execute(sql, values![account.as_str(), name]).await?;
    }
    let sql = "DELETE FROM ram_user WHERE account = $1 AND name = $2";
    tx.execute(sql, values![account.as_str(), name]).await.map(missing_unless)
}

async fn put_policy(tx: &Tx, policy: &StoredPolicy) -> Result<Changed, Fault> {
    if !has_account(tx, &policy.account).await? {
        return Ok(Changed::Missing);
    }
    tx.execute(
        "INSERT INTO policy (account, name, document, modified_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (account, name)
         DO UPDATE SET document = excluded.document, modified_at = excluded.modified_at",
        values![policy.account.as_str(), policy.name, policy.document, policy.modified_at.0],
    )
    .await?;
    Ok(Changed::Done)
}

async fn remove_policy(tx: &Tx, account: &AccountId, name: &str) -> Result<Changed, Fault> {
    let sql = "DELETE FROM attachment WHERE account = $1 AND policy = $2";
    tx.execute(sql, values![account.as_str(), name]).await?;
    let sql = "DELETE FROM policy WHERE account = $1 AND name = $2";
    tx.execute(sql, values![account.as_str(), name]).await.map(missing_unless)
}

async fn add_first_account(tx: &Tx, account: &Account, key: &AccessKey) -> Result<Changed, Fault> {
    if exists(tx, "SELECT 1 FROM account LIMIT 1", &[]).await? {
        return Ok(Changed::Exists);
    }
    add_account(tx, account, key).await
}

async fn attach(tx: &Tx, account: &AccountId, policy: &str, user: &str) -> Result<Changed, Fault> {
    if !has_policy(tx, account, policy).await? || !has_user(tx, account, user).await? {
        return Ok(Changed::Missing);
    }
    let sql =
        "INSERT INTO attachment (account, user_name, policy) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let rows = tx.execute(sql, values![account.as_str(), user, policy]).await?;
    Ok(if rows > 0 { Changed::Done } else { Changed::Exists })
}

pub(super) async fn change(tx: &Tx, change: &DirectoryChange) -> Result<Changed, Fault> {
    match change {
        DirectoryChange::AddAccount(account, key) => add_account(tx, account, key).await,
        DirectoryChange::AddFirstAccount(account, key) => add_first_account(tx, account, key).await,
        DirectoryChange::AddUser(user) => add_user(tx, user).await,
        DirectoryChange::RemoveUser(account, name) => remove_user(tx, account, name).await,
        DirectoryChange::AddKey(key, most) => add_key(tx, key, *most).await,
        DirectoryChange::SetKeyActive(key, false) | DirectoryChange::RemoveKey(key)
            if exists(tx, LAST_ROOT_KEY, values![key.as_str()]).await? =>
        {
            Ok(Changed::LastRootKey)
        }
        DirectoryChange::Reseal(key, secret) => {
            let sql = "UPDATE access_key SET secret = $2 WHERE id = $1";
            tx.execute(sql, values![key.as_str(), secret.0.as_slice()]).await.map(missing_unless)
        }
        DirectoryChange::SetKeyActive(key, active) => {
            let sql = "UPDATE access_key SET active = $2 WHERE id = $1";
            tx.execute(sql, values![key.as_str(), active]).await.map(missing_unless)
        }
        DirectoryChange::RemoveKey(key) => {
            let sql = "DELETE FROM access_key WHERE id = $1";
            tx.execute(sql, values![key.as_str()]).await.map(missing_unless)
        }
        DirectoryChange::PutPolicy(policy) => put_policy(tx, policy).await,
        DirectoryChange::RemovePolicy(account, name) => remove_policy(tx, account, name).await,
        DirectoryChange::Attach(account, policy, user) => attach(tx, account, policy, user).await,
        DirectoryChange::Detach(account, policy, user) => {
            let sql = "DELETE FROM attachment WHERE account = $1 AND user_name = $2 AND policy = $3";
            tx.execute(sql, values![account.as_str(), user, policy]).await.map(missing_unless)
        }
    }
}

/// Everything about who may act.
pub(super) async fn directory(tx: &Tx) -> Result<Directory, Fault> {
    let rows = tx.query("SELECT id, created_at FROM account ORDER BY created_at, id", &[]).await?;
    let accounts = all(&rows, account)?;
    let sql = "SELECT account, name, id, created_at FROM ram_user ORDER BY account, name";
    let users = all(&tx.query(sql, &[]).await?, ram_user)?;
    let sql =
        "SELECT id, account, user_name, secret, active, created_at FROM access_key ORDER BY created_at, id";
    let keys = all(&tx.query(sql, &[]).await?, access_key)?;
    let sql = "SELECT account, name, document, modified_at FROM policy ORDER BY account, name";
    let policies = all(&tx.query(sql, &[]).await?, policy)?;
    let mut attachments = BTreeMap::<_, BTreeSet<String>>::new();
    for row in tx.query("SELECT account, user_name, policy FROM attachment", &[]).await? {
        let of = (id(&row, "account", AccountId::new)?, row.try_get::<_, String>("user_name")?);
        attachments.entry(of).or_default().insert(row.try_get("policy")?);
    }
    Ok(Directory { accounts, users, keys, policies, attachments })
}

impl PostgresStore {
    async fn read_directory(&self) -> Result<Directory, Fault> {
        let tx = self.database.snapshot().await?;
        let directory = directory(&tx).await?;
        tx.rollback().await?;
        Ok(directory)
    }

    async fn try_change(&self, wanted: &DirectoryChange) -> Result<Changed, Fault> {
        let tx = self.database.begin().await?;
        tx.query("SELECT 1 FROM setting WHERE name = 'directory' FOR UPDATE", &[]).await?;
        let changed = change(&tx, wanted).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

#[async_trait]
impl Accounts for PostgresStore {
    async fn directory(&self) -> StoreResult<Directory> {
        Ok(self.read_directory().await?)
    }

    async fn change_directory(&self, wanted: DirectoryChange) -> StoreResult<Changed> {
        retry(|| self.try_change(&wanted)).await
    }
}
