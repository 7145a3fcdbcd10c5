//! Who calls: access keys, and the principals they stand for.
//!
//! The gateway asks [`Identities`] once per request. The answer comes from memory: a lookup that
//! waits would add its wait to every request.

use std::fmt;
use std::sync::Arc;

use crate::policy::Policy;
use crate::signature::{v1, v3};

/// Finds access keys.
pub trait Identities: Send + Sync + 'static {
    /// The access key of that id, disabled ones included.
    fn access_key(&self, id: &str) -> Option<Arc<AccessKey>>;
}

impl<T: Identities> Identities for Arc<T> {
    fn access_key(&self, id: &str) -> Option<Arc<AccessKey>> {
        T::access_key(self, id)
    }
}

/// An access key, with the two HMAC keys derived from its secret. The secret itself is not kept.
pub struct AccessKey {
    id: Arc<str>,
    active: bool,
    principal: Arc<Principal>,
    v1: v1::Key,
    v3: v3::Key,
}

impl AccessKey {
    /// Derives the keys of both signature versions: V1 signs with the secret and an ampersand, V3
    /// with the secret alone.
    pub fn new(id: impl Into<Arc<str>>, secret: &str, active: bool, principal: Arc<Principal>) -> Self {
        let v1 = v1::key(secret);
        let v3 = v3::key(secret);
        Self { id: id.into(), active, principal, v1, v3 }
    }

    /// The public id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it may be used.
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Whom it stands for.
    pub fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }

    pub(crate) fn v1(&self) -> &v1::Key {
        &self.v1
    }

    pub(crate) fn v3(&self) -> &v3::Key {
        &self.v3
    }
}

impl fmt::Debug for AccessKey {
    /// Tells the id and who owns it; never anything derived from the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .field("active", &self.active)
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}

/// Who calls.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The account, a number of 16 digits.
    pub account: Arc<str>,
    /// Root, or one of the account's users.
    pub kind: PrincipalKind,
    /// What a user may do; of no meaning to root.
    pub policies: Arc<[Arc<Policy>]>,
}

/// The kinds of [`Principal`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalKind {
    /// The account itself: it may do everything.
    Root,
    /// A RAM user: it may do what its policies allow.
    User {
        /// Its id, a number of 18 digits.
        id: Arc<str>,
        /// Its name.
        name: Arc<str>,
    },
}

impl Principal {
    /// The account itself.
    pub fn root(account: impl Into<Arc<str>>) -> Self {
        Self { account: account.into(), kind: PrincipalKind::Root, policies: Arc::from([]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown_when_its_key_is() {
        let key = AccessKey::new("id", "very-secret", true, Arc::new(Principal::root("1")));
        let shown = format!("{key:?}");
        assert!(shown.contains("id") && !shown.contains("secret"), "{shown}");
    }
}
