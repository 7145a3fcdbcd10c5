//! Who may act. Small and rarely changed: every call goes to the database.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use muster_core::{
    account::{AccessKey, Account, Changed, Directory, DirectoryChange, KeyOwner, RamUser, StoredPolicy},
    id::{AccessKeyId, AccountId},
    seal::Sealed,
    store::{Accounts, StoreResult},
};
use rusqlite::{Connection, Params, Row, params};

use super::{
    SqliteStore,
    fault::fault,
    records::{id, millis},
    writer::{Subject, Tx},
};

/// Whether a key is the only active root key of its account.
const LAST_ROOT_KEY: &str = "SELECT 1 FROM access_key k WHERE id = ?1 AND user_name IS NULL AND active
    AND NOT EXISTS (SELECT 1 FROM access_key o
        WHERE o.account = k.account AND o.id <> k.id AND o.user_name IS NULL AND o.active)";

fn all<T>(
    connection: &Connection,
    sql: &str,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map([], |row| read(row))?.collect()
}

fn access_key(row: &Row<'_>) -> rusqlite::Result<AccessKey> {
    let owner = row.get::<_, Option<String>>("user_name")?.map_or(KeyOwner::Root, KeyOwner::User);
    Ok(AccessKey {
        id: id(row, "id", AccessKeyId::new)?,
        secret: Sealed(row.get("secret")?),
        account: id(row, "account", AccountId::new)?,
        owner,
        active: row.get("active")?,
        created_at: millis(row, "created_at")?,
    })
}

pub(super) fn directory(connection: &Connection) -> rusqlite::Result<Directory> {
    let accounts = all(connection, "SELECT id, created_at FROM account ORDER BY created_at, id", |row| {
        Ok(Account { id: id(row, "id", AccountId::new)?, created_at: millis(row, "created_at")? })
    })?;
    let users = all(
        connection,
        "SELECT account, name, id, created_at FROM ram_user ORDER BY account, name",
        |row| {
            Ok(RamUser {
                account: id(row, "account", AccountId::new)?,
                name: row.get("name")?,
                id: row.get("id")?,
                created_at: millis(row, "created_at")?,
            })
        },
    )?;
    let sql =
        "SELECT id, account, user_name, secret, active, created_at FROM access_key ORDER BY created_at, id";
    let keys = all(connection, sql, access_key)?;
    let sql = "SELECT account, name, document, modified_at FROM policy ORDER BY account, name";
    let policies = all(connection, sql, |row| {
        Ok(StoredPolicy {
            account: id(row, "account", AccountId::new)?,
            name: row.get("name")?,
            document: row.get("document")?,
            modified_at: millis(row, "modified_at")?,
        })
    })?;
    let mut attachments = BTreeMap::<_, BTreeSet<String>>::new();
    for (of, policy) in all(connection, "SELECT account, user_name, policy FROM attachment", |row| {
        let of = (id(row, "account", AccountId::new)?, row.get::<_, String>("user_name")?);
        Ok((of, row.get("policy")?))
    })? {
        attachments.entry(of).or_default().insert(policy);
    }
    Ok(Directory { accounts, users, keys, policies, attachments })
}

fn exists(tx: &Tx<'_>, sql: &str, values: impl Params) -> StoreResult<bool> {
    tx.read().prepare_cached(sql).and_then(|mut query| query.exists(values)).map_err(fault)
}

fn has_account(tx: &Tx<'_>, account: &AccountId) -> StoreResult<bool> {
    exists(tx, "SELECT 1 FROM account WHERE id = ?1", [account.as_str()])
}

fn has_user(tx: &Tx<'_>, account: &AccountId, name: &str) -> StoreResult<bool> {
    exists(tx, "SELECT 1 FROM ram_user WHERE account = ?1 AND name = ?2", [account.as_str(), name])
}

fn has_policy(tx: &Tx<'_>, account: &AccountId, name: &str) -> StoreResult<bool> {
    exists(tx, "SELECT 1 FROM policy WHERE account = ?1 AND name = ?2", [account.as_str(), name])
}

fn missing_unless(rows: usize) -> Changed {
    if rows > 0 { Changed::Done } else { Changed::Missing }
}

fn add_key(tx: &Tx<'_>, key: &AccessKey, most: usize) -> StoreResult<Changed> {
    let user = match &key.owner {
        KeyOwner::Root => None,
        KeyOwner::User(name) => Some(name),
    };
    let owned = match user {
        None => has_account(tx, &key.account)?,
        Some(name) => has_user(tx, &key.account, name)?,
    };
    if !owned {
        return Ok(Changed::Missing);
    }
    if exists(tx, "SELECT 1 FROM access_key WHERE id = ?1", [key.id.as_str()])? {
        return Ok(Changed::Exists);
    }
    let sql = "SELECT count(*) FROM access_key WHERE account = ?1 AND user_name IS ?2";
    let held: usize = tx
        .read()
        .prepare_cached(sql)
        .and_then(|mut query| query.query_row(params![key.account.as_str(), user], |row| row.get(0)))
        .map_err(fault)?;
    if held >= most {
        return Ok(Changed::Full);
    }
    tx.execute(
        "INSERT INTO access_key (id, account, user_name, secret, active, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![key.id.as_str(), key.account.as_str(), user, key.secret.0, key.active, key.created_at.0],
    )?;
    Ok(Changed::Done)
}

fn add_account(tx: &Tx<'_>, account: &Account, key: &AccessKey) -> StoreResult<Changed> {
    if has_account(tx, &account.id)?
        || exists(tx, "SELECT 1 FROM access_key WHERE id = ?1", [key.id.as_str()])?
    {
        return Ok(Changed::Exists);
    }
    insert_account(tx, account)?;
    add_key(tx, key, 1)
}

/// Adds an account without a key.
pub(super) fn insert_account(tx: &Tx<'_>, account: &Account) -> StoreResult<()> {
    let sql = "INSERT INTO account (id, created_at) VALUES (?1, ?2)";
    tx.execute(sql, params![account.id.as_str(), account.created_at.0]).map(|_| ())
}

fn add_user(tx: &Tx<'_>, user: &RamUser) -> StoreResult<Changed> {
    if !has_account(tx, &user.account)? {
        return Ok(Changed::Missing);
    }
    if has_user(tx, &user.account, &user.name)? {
        return Ok(Changed::Exists);
    }
    tx.execute(
        "INSERT INTO ram_user (account, name, id, created_at) VALUES (?1, ?2, ?3, ?4)",
        params![user.account.as_str(), user.name, user.id, user.created_at.0],
    )?;
    Ok(Changed::Done)
}

fn remove_user(tx: &Tx<'_>, account: &AccountId, name: &str) -> StoreResult<Changed> {
    let values = [account.as_str(), name];
    tx.execute("DELETE FROM attachment WHERE account = ?1 AND user_name = ?2", values)?;
    tx.execute("DELETE FROM access_key WHERE account = ?1 AND user_name = ?2", values)?;
    tx.execute("DELETE FROM ram_user WHERE account = ?1 AND name = ?2", values).map(missing_unless)
}

fn put_policy(tx: &Tx<'_>, policy: &StoredPolicy) -> StoreResult<Changed> {
    if !has_account(tx, &policy.account)? {
        return Ok(Changed::Missing);
    }
    tx.execute(
        "INSERT INTO policy (account, name, document, modified_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account, name)
         DO UPDATE SET document = excluded.document, modified_at = excluded.modified_at",
        params![policy.account.as_str(), policy.name, policy.document, policy.modified_at.0],
    )?;
    Ok(Changed::Done)
}

fn remove_policy(tx: &Tx<'_>, account: &AccountId, name: &str) -> StoreResult<Changed> {
    let values = [account.as_str(), name];
    tx.execute("DELETE FROM attachment WHERE account = ?1 AND policy = ?2", values)?;
    tx.execute("DELETE FROM policy WHERE account = ?1 AND name = ?2", values).map(missing_unless)
}

fn add_first_account(tx: &Tx<'_>, account: &Account, key: &AccessKey) -> StoreResult<Changed> {
    if exists(tx, "SELECT 1 FROM account", [])? { Ok(Changed::Exists) } else { add_account(tx, account, key) }
}

fn attach(tx: &Tx<'_>, account: &AccountId, policy: &str, user: &str) -> StoreResult<Changed> {
    if !has_policy(tx, account, policy)? || !has_user(tx, account, user)? {
        return Ok(Changed::Missing);
    }
    let rows = tx.execute(
        "INSERT INTO attachment (account, user_name, policy) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        [account.as_str(), user, policy],
    )?;
    Ok(if rows > 0 { Changed::Done } else { Changed::Exists })
}

pub(super) fn change(tx: &Tx<'_>, change: &DirectoryChange) -> StoreResult<Changed> {
    match change {
        DirectoryChange::AddAccount(account, key) => add_account(tx, account, key),
        DirectoryChange::AddFirstAccount(account, key) => add_first_account(tx, account, key),
        DirectoryChange::AddUser(user) => add_user(tx, user),
        DirectoryChange::RemoveUser(account, name) => remove_user(tx, account, name),
        DirectoryChange::AddKey(key, most) => add_key(tx, key, *most),
        DirectoryChange::SetKeyActive(key, false) | DirectoryChange::RemoveKey(key)
            if exists(tx, LAST_ROOT_KEY, [key.as_str()])? =>
        {
            Ok(Changed::LastRootKey)
        }
        DirectoryChange::Reseal(key, secret) => tx
            .execute("UPDATE access_key SET secret = ?2 WHERE id = ?1", params![key.as_str(), secret.0])
            .map(missing_unless),
        DirectoryChange::SetKeyActive(key, active) => tx
            .execute("UPDATE access_key SET active = ?2 WHERE id = ?1", params![key.as_str(), active])
            .map(missing_unless),
        DirectoryChange::RemoveKey(key) => {
            tx.execute("DELETE FROM access_key WHERE id = ?1", [key.as_str()]).map(missing_unless)
        }
        DirectoryChange::PutPolicy(policy) => put_policy(tx, policy),
        DirectoryChange::RemovePolicy(account, name) => remove_policy(tx, account, name),
        DirectoryChange::Attach(account, policy, user) => attach(tx, account, policy, user),
        DirectoryChange::Detach(account, policy, user) => tx
            .execute(
                "DELETE FROM attachment WHERE account = ?1 AND user_name = ?2 AND policy = ?3",
                [account.as_str(), user, policy],
            )
            .map(missing_unless),
    }
}

#[async_trait]
impl Accounts for SqliteStore {
    async fn directory(&self) -> StoreResult<Directory> {
        self.open_still()?;
        self.readers.snapshot(directory).await
    }

    async fn change_directory(&self, wanted: DirectoryChange) -> StoreResult<Changed> {
        self.open_still()?;
        let run = move |tx: &mut Tx<'_>| tx.atomically(|tx| change(tx, &wanted));
        self.writer.run(Subject::None, run, |changed| changed).await
    }
}
