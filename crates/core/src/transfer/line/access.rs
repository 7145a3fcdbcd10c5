//! Who may act, as lines.

use serde::{Deserialize, Serialize};

use crate::{
    account::{AccessKey, Account, KeyOwner, RamUser, Role, StoredPolicy},
    id::{AccessKeyId, AccountId},
    seal::Sealed,
    time::Millis,
    transfer::{Attachment, RoleAttachment},
};

#[derive(Serialize, Deserialize)]
pub(super) struct AccountForm {
    id: AccountId,
    created_at: i64,
}

impl From<Account> for AccountForm {
    fn from(account: Account) -> Self {
        let Account { id, created_at } = account;
        Self { id, created_at: created_at.0 }
    }
}

impl From<AccountForm> for Account {
    fn from(form: AccountForm) -> Self {
        let AccountForm { id, created_at } = form;
        Self { id, created_at: Millis(created_at) }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct UserForm {
    account: AccountId,
    name: String,
    id: String,
    created_at: i64,
}

impl From<RamUser> for UserForm {
    fn from(user: RamUser) -> Self {
        let RamUser { account, name, id, created_at } = user;
        Self { account, name, id, created_at: created_at.0 }
    }
}

impl From<UserForm> for RamUser {
    fn from(form: UserForm) -> Self {
        let UserForm { account, name, id, created_at } = form;
        Self { account, name, id, created_at: Millis(created_at) }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct KeyForm {
    id: AccessKeyId,
    /// Sealed.
    secret: Vec<u8>,
    account: AccountId,
    owner: OwnerForm,
    active: bool,
    created_at: i64,
}

#[derive(Serialize, Deserialize)]
enum OwnerForm {
    Root,
    User(String),
}

impl From<AccessKey> for KeyForm {
    fn from(key: AccessKey) -> Self {
        let AccessKey { id, secret, account, owner, active, created_at } = key;
        let owner = match owner {
            KeyOwner::Root => OwnerForm::Root,
            KeyOwner::User(name) => OwnerForm::User(name),
        };
        Self { id, secret: secret.0, account, owner, active, created_at: created_at.0 }
    }
}

impl From<KeyForm> for AccessKey {
    fn from(form: KeyForm) -> Self {
        let KeyForm { id, secret, account, owner, active, created_at } = form;
        let owner = match owner {
            OwnerForm::Root => KeyOwner::Root,
            OwnerForm::User(name) => KeyOwner::User(name),
        };
        Self { id, secret: Sealed(secret), account, owner, active, created_at: Millis(created_at) }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct PolicyForm {
    account: AccountId,
    name: String,
    document: String,
    modified_at: i64,
}

impl From<StoredPolicy> for PolicyForm {
    fn from(policy: StoredPolicy) -> Self {
        let StoredPolicy { account, name, document, modified_at } = policy;
        Self { account, name, document, modified_at: modified_at.0 }
    }
}

impl From<PolicyForm> for StoredPolicy {
    fn from(form: PolicyForm) -> Self {
        let PolicyForm { account, name, document, modified_at } = form;
        Self { account, name, document, modified_at: Millis(modified_at) }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct AttachmentForm {
    account: AccountId,
    user: String,
    policy: String,
}

impl From<Attachment> for AttachmentForm {
    fn from(attachment: Attachment) -> Self {
        let Attachment { account, user, policy } = attachment;
        Self { account, user, policy }
    }
}

impl From<AttachmentForm> for Attachment {
    fn from(form: AttachmentForm) -> Self {
        let AttachmentForm { account, user, policy } = form;
        Self { account, user, policy }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct RoleForm {
    account: AccountId,
    name: String,
    id: String,
    trust: String,
    max_session_seconds: u32,
    created_at: i64,
    modified_at: i64,
}

impl From<Role> for RoleForm {
    fn from(role: Role) -> Self {
        let Role { account, name, id, trust, max_session_seconds, created_at, modified_at } = role;
        let (created_at, modified_at) = (created_at.0, modified_at.0);
        Self { account, name, id, trust, max_session_seconds, created_at, modified_at }
    }
}

impl From<RoleForm> for Role {
    fn from(form: RoleForm) -> Self {
        let RoleForm { account, name, id, trust, max_session_seconds, created_at, modified_at } = form;
        let (created_at, modified_at) = (Millis(created_at), Millis(modified_at));
        Self { account, name, id, trust, max_session_seconds, created_at, modified_at }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct RoleAttachmentForm {
    account: AccountId,
    role: String,
    policy: String,
}

impl From<RoleAttachment> for RoleAttachmentForm {
    fn from(attachment: RoleAttachment) -> Self {
        let RoleAttachment { account, role, policy } = attachment;
        Self { account, role, policy }
    }
}

impl From<RoleAttachmentForm> for RoleAttachment {
    fn from(form: RoleAttachmentForm) -> Self {
        let RoleAttachmentForm { account, role, policy } = form;
        Self { account, role, policy }
    }
}
