//! Roles and the policies attached to them. Changes are steps of [`super::accounts`].

use muster_core::{
    account::{Changed, Role, RoleChange},
    id::AccountId,
    time::Millis,
    transfer::{Kind, RoleAttachment},
};

use super::{
    Carried, Reading, Row, Transaction, Tried, Value,
    accounts::{ACCOUNT, POLICY, add, has_account, has_policy, missing_unless},
    table::{Parent, Stored, Table, exists, find, record_of, total},
    value::values,
};
use crate::codes::Unreadable;

pub(super) const ROLES: Carried = Carried::of::<Role>();
pub(super) const ROLE_ATTACHMENTS: Carried = Carried::of::<RoleAttachment>();

const ROLE: Parent =
    Parent { table: "role", what: "role of the", columns: &[("account", "account"), ("name", "role")] };

impl Stored for Role {
    const TABLE: Table = Table {
        name: "role",
        what: "role",
        columns: &["account", "name", "id", "trust", "max_session_seconds", "created_at", "modified_at"],
        order: &["account", "name"],
        parents: &[ACCOUNT],
        group: None,
        kind: Kind::Role,
    };

    fn values(&self) -> Vec<Value> {
        values![
            self.account.as_str(),
            &self.name,
            &self.id,
            &self.trust,
            i64::from(self.max_session_seconds),
            self.created_at,
            self.modified_at
        ]
        .to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            account: row.id("account", AccountId::new)?,
            name: row.text("name")?.to_owned(),
            id: row.text("id")?.to_owned(),
            trust: row.text("trust")?.to_owned(),
            max_session_seconds: row.small("max_session_seconds")?,
            created_at: row.millis("created_at")?,
            modified_at: row.millis("modified_at")?,
        })
    }

    record_of!(Role);

    fn name(&self) -> String {
        self.name.clone()
    }
}

impl Stored for RoleAttachment {
    const TABLE: Table = Table {
        name: "role_attachment",
        what: "policy of a role",
        columns: &["account", "role", "policy"],
        order: &["account", "role", "policy"],
        parents: &[ROLE, POLICY],
        group: None,
        kind: Kind::RoleAttachment,
    };

    fn values(&self) -> Vec<Value> {
        values![self.account.as_str(), &self.role, &self.policy].to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            account: row.id("account", AccountId::new)?,
            role: row.text("role")?.to_owned(),
            policy: row.text("policy")?.to_owned(),
        })
    }

    record_of!(RoleAttachment);

    fn name(&self) -> String {
        format!("{} of {}", self.policy, self.role)
    }
}

pub(super) fn role(reading: &mut dyn Reading, account: &AccountId, name: &str) -> Tried<Option<Role>> {
    find(reading, "WHERE account = $1 AND name = $2", values![account.as_str(), name])
}

pub(super) fn add_role(tx: &mut dyn Transaction, role: &Role, most: usize) -> Tried<Changed> {
    let of = values![role.account.as_str(), &role.name];
    if exists(tx, "role WHERE account = $1 AND name = $2", of)? {
        return Ok(Changed::Exists);
    }
    let sql = "SELECT count(*) AS total FROM role WHERE account = $1";
    if total(tx, sql, values![role.account.as_str()])? >= most as u64 {
        return Ok(Changed::Full);
    }
    let owned = has_account(tx, &role.account)?;
    add(tx, role, owned)
}

pub(super) fn change_role(
    tx: &mut dyn Transaction,
    account: &AccountId,
    name: &str,
    change: &RoleChange,
    at: Millis,
) -> Tried<Changed> {
    let sql = "UPDATE role SET trust = coalesce($3, trust),
            max_session_seconds = coalesce($4, max_session_seconds), modified_at = $5
        WHERE account = $1 AND name = $2";
    let seconds = change.max_session_seconds.map(i64::from);
    let values = values![account.as_str(), name, change.trust.as_deref(), seconds, at];
    tx.execute(sql, values).map(missing_unless)
}

pub(super) fn remove_role(tx: &mut dyn Transaction, account: &AccountId, name: &str) -> Tried<Changed> {
    let of = values![account.as_str(), name];
    tx.execute("DELETE FROM role_attachment WHERE account = $1 AND role = $2", of)?;
    tx.execute("DELETE FROM role WHERE account = $1 AND name = $2", of).map(missing_unless)
}

pub(super) fn attach(
    tx: &mut dyn Transaction,
    account: &AccountId,
    policy: &str,
    role: &str,
) -> Tried<Changed> {
    let of_role = "role WHERE account = $1 AND name = $2";
    let named = has_policy(tx, account, policy)? && exists(tx, of_role, values![account.as_str(), role])?;
    let attachment =
        RoleAttachment { account: account.clone(), role: role.to_owned(), policy: policy.to_owned() };
    add(tx, &attachment, named)
}

pub(super) fn detach(
    tx: &mut dyn Transaction,
    account: &AccountId,
    policy: &str,
    role: &str,
) -> Tried<Changed> {
    let sql = "DELETE FROM role_attachment WHERE account = $1 AND role = $2 AND policy = $3";
    tx.execute(sql, values![account.as_str(), role, policy]).map(missing_unless)
}
