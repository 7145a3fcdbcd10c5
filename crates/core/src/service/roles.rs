//! Roles: what callers become for a time. Who may is said by a role's trust policy, and what it may by the policies that
//! are attached to it; what their texts mean is the gateway's business.

use super::accounts::{AccountRules, USER_ID_DIGITS, check_name};
use crate::{
    account::{DirectoryChange, Role, RoleChange},
    error::{Error, Result},
    id::AccountId,
    role_session::{RoleSession, TemporaryKey},
    time::Millis,
};

/// Roles that an account may have (documented: 1,000).
pub(super) const ROLES: usize = 1000;
/// Characters of a role's name (documented: 64).
const NAME_CHARACTERS: usize = 64;
/// Seconds that a role's sessions last at most when nothing is said (documented: an hour).
pub const DEFAULT_SESSION_SECONDS: u32 = 3600;
/// The most that a role's longest session may be, in seconds (documented: 12 hours).
pub const MAX_SESSION_SECONDS: u32 = 43_200;

impl AccountRules<'_> {
    /// Makes a role that trusts whom the policy `trust` names; its text has been checked by whoever knows the language.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Invalid`] for the name or the time, or for a role too many; or the store's.
    pub async fn add_role(
        &self,
        account: &AccountId,
        name: &str,
        trust: &str,
        max_session_seconds: u32,
    ) -> Result<Role> {
        check_name(name)?;
        if name.len() > NAME_CHARACTERS {
            return Err(Error::Invalid(format!("a role's name has at most {NAME_CHARACTERS} characters")));
        }
        check_session(max_session_seconds)?;
        let now = self.0.now();
        let role = Role {
            account: account.clone(),
            name: name.to_owned(),
            id: self.0.random.digits(USER_ID_DIGITS),
            trust: trust.to_owned(),
            max_session_seconds,
            created_at: now,
            modified_at: now,
        };
        self.change(DirectoryChange::AddRole(role.clone(), ROLES), &format!("the role {name}")).await?;
        Ok(role)
    }

    /// The role of a name, if there is one.
    ///
    /// # Errors
    /// The store's.
    pub async fn role(&self, account: &AccountId, name: &str) -> Result<Option<Role>> {
        Ok(self.0.store.records().role(account, name).await?)
    }

    /// Changes whom a role trusts, or how long its sessions may last. Sessions that are under way go on.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Invalid`] for the time, or the store's.
    pub async fn change_role(&self, account: &AccountId, name: &str, change: RoleChange) -> Result<()> {
        change.max_session_seconds.map_or(Ok(()), check_session)?;
        let change = DirectoryChange::ChangeRole(account.clone(), name.to_owned(), change, self.0.now());
        self.change(change, &format!("the role {name}")).await
    }

    /// Begins a session of a role that ends at a time, within a further policy if there is one. Whether the caller may
    /// become the role, and for so long, has been decided.
    #[must_use]
    pub fn begin_session(
        &self,
        role: &Role,
        name: &str,
        ends_at: Millis,
        policy: Option<String>,
    ) -> TemporaryKey {
        let muster = self.0;
        let session = RoleSession::new(role, name, ends_at, policy, &*muster.random);
        session.key(&muster.master, &*muster.random)
    }

    /// Deletes a role. Its sessions end with it.
    ///
    /// # Errors
    /// [`Error::Missing`], or the store's.
    pub async fn remove_role(&self, account: &AccountId, name: &str) -> Result<()> {
        let change = DirectoryChange::RemoveRole(account.clone(), name.to_owned());
        self.change(change, &format!("the role {name}")).await
    }
}

fn check_session(seconds: u32) -> Result<()> {
    if (DEFAULT_SESSION_SECONDS..=MAX_SESSION_SECONDS).contains(&seconds) {
        return Ok(());
    }
    let rule = format!(
        "a role's longest session must be {DEFAULT_SESSION_SECONDS} to {MAX_SESSION_SECONDS} seconds, and is {seconds}"
    );
    Err(Error::Invalid(rule))
}
