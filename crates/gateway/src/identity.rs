//! Who calls: access keys, the identities they prove, and the principals these stand for.
//!
//! The gateway asks [`Identities`] once per signed request. One in memory answers at once and costs nothing; one that has to
//! look elsewhere answers later, within the time that a request has, and adds that time to every request.

use std::fmt;
use std::sync::Arc;

use ring::hmac;
use thiserror::Error;

use crate::answer::Answer;
use crate::policy::Policy;
use crate::signature::{v1, v3};

/// Finds access keys.
pub trait Identities: Send + Sync + 'static {
    /// The access key of that id, disabled ones included. `token` is the security token that came with it, never empty: it
    /// proves a temporary key, and means nothing to a lasting one, which is found whatever it is. The gateway itself
    /// refuses keys that are disabled, a lasting key that comes with a token, and a temporary one that comes without or
    /// whose time is over.
    fn find<'a>(&'a self, id: &'a str, token: Option<&'a str>) -> Answer<'a, FoundKey>;
}

/// What [`Identities::find`] ends in.
pub type FoundKey = Result<Arc<AccessKey>, CredentialFault>;

/// Why there is no access key for an id and a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CredentialFault {
    /// There is no such key.
    #[error("there is no such access key")]
    NotFound,
    /// What the key stood for is there no more, such as a role that was deleted.
    #[error("what the access key stood for is no more")]
    Gone,
    /// The token is none that was ever given out.
    #[error("the security token is malformed")]
    TokenMalformed,
    /// The token belongs to another key.
    #[error("the security token belongs to another access key")]
    TokenMismatch,
    /// Whoever keeps the keys cannot be asked now.
    #[error("access keys cannot be looked up now")]
    Unavailable,
}

impl<T: Identities> Identities for Arc<T> {
    fn find<'a>(&'a self, id: &'a str, token: Option<&'a str>) -> Answer<'a, FoundKey> {
        T::find(self, id, token)
    }
}

/// What both sides of a comparison of secrets sign.
const PROOF: &[u8] = b"muster proof of a secret";

/// An access key, with the two HMAC keys derived from its secret. The secret itself is not kept.
pub struct AccessKey {
    active: bool,
    identity: Arc<Identity>,
    v1: v1::Key,
    v3: v3::Key,
}

impl AccessKey {
    /// A lasting key. Derives the keys of both signature versions: V1 signs with the secret and an ampersand, V3
    /// with the secret alone.
    pub fn new(id: impl Into<Arc<str>>, secret: &str, active: bool, principal: Arc<Principal>) -> Self {
        Self::of(Identity::lasting(id, principal), secret, active)
    }

    /// A key that is good for a time, and only with its security token. Its id begins with `STS.`.
    pub fn temporary(
        id: impl Into<Arc<str>>,
        secret: &str,
        principal: Arc<Principal>,
        temporary: Temporary,
    ) -> Self {
        Self::of(Identity::lasting(id, principal).limited(temporary), secret, true)
    }

    fn of(identity: Identity, secret: &str, active: bool) -> Self {
        Self { active, identity: Arc::new(identity), v1: v1::key(secret), v3: v3::key(secret) }
    }

    /// The public id.
    pub fn id(&self) -> &str {
        self.identity.credential()
    }

    /// Whether it may be used.
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Who signs with it.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// Whether a secret is this key's, in a time that does not tell where it differs: for pages whose users type it.
    pub fn has_secret(&self, secret: &str) -> bool {
        let code = hmac::sign(&v3::key(secret), PROOF);
        hmac::verify(&self.v3, PROOF, code.as_ref()).is_ok()
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
            .field("active", &self.active)
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// A principal, and by what it is known to be that one.
#[derive(Debug, Clone)]
pub struct Identity {
    credential: Arc<str>,
    principal: Arc<Principal>,
    temporary: Option<Temporary>,
}

/// What limits an identity that is good for a time only.
#[derive(Debug, Clone)]
pub struct Temporary {
    /// When it ends, milliseconds since 1970 UTC: from then on it is refused.
    pub expires_at: i64,
    /// What it may do at most, of what its principal may: both must allow a call.
    pub session_policy: Option<Arc<Policy>>,
}

impl Identity {
    /// One without an end. `credential` is what the log names it by, and what refused calls are counted by: the id of an
    /// access key, or a name for what else proves the principal, such as the session of a page. It is not secret.
    pub fn lasting(credential: impl Into<Arc<str>>, principal: Arc<Principal>) -> Self {
        Self { credential: credential.into(), principal, temporary: None }
    }

    /// The same until a time, and within a further policy.
    #[must_use]
    pub fn limited(self, temporary: Temporary) -> Self {
        Self { temporary: Some(temporary), ..self }
    }

    /// The access key's id, or what else it is known by.
    pub fn credential(&self) -> &str {
        &self.credential
    }

    /// Whom it stands for.
    pub fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }

    /// What the bounds of one key are kept by: the key, and the role of a session, since a role may have sessions without
    /// number.
    pub(crate) fn counted_by(&self) -> &str {
        match &self.principal.kind {
            PrincipalKind::RoleSession { role_id, .. } => role_id,
            PrincipalKind::Root | PrincipalKind::User { .. } => &self.credential,
        }
    }

    /// What limits it, if it is a temporary one.
    pub fn temporary(&self) -> Option<&Temporary> {
        self.temporary.as_ref()
    }
}

/// Who calls.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The account, a number of 16 digits.
    pub account: Arc<str>,
    /// Root, one of the account's users, or a session of one of its roles.
    pub kind: PrincipalKind,
    /// What a user or a role may do; of no meaning to root.
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
    /// A session of a role: it may do what the role's policies allow.
    RoleSession {
        /// The role's id, a number of 18 digits.
        role_id: Arc<str>,
        /// The role's name.
        role: Arc<str>,
        /// The session's name, chosen by who assumed the role.
        session: Arc<str>,
    },
}

impl Principal {
    /// The account itself.
    pub fn root(account: impl Into<Arc<str>>) -> Self {
        Self { account: account.into(), kind: PrincipalKind::Root, policies: Arc::from([]) }
    }

    /// The name that policies know it by: `acs:ram::<account>:user/<name>`, for example.
    pub fn arn(&self) -> String {
        let account = &self.account;
        match &self.kind {
            PrincipalKind::Root => format!("acs:ram::{account}:root"),
            PrincipalKind::User { name, .. } => format!("acs:ram::{account}:user/{name}"),
            PrincipalKind::RoleSession { role, session, .. } => {
                format!("acs:ram::{account}:role/{role}/{session}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_knows_its_secret_and_no_other() {
        let key = AccessKey::new("id", "very-secret", true, Arc::new(Principal::root("1")));
        assert!(key.has_secret("very-secret"));
        for other in ["", "very-secre", "very-secret ", "Very-secret"] {
            assert!(!key.has_secret(other), "{other:?}");
        }
    }

    #[test]
    fn a_secret_is_not_shown_when_its_key_is() {
        let key = AccessKey::new("id", "very-secret", true, Arc::new(Principal::root("1")));
        let shown = format!("{key:?}");
        assert!(shown.contains("id") && !shown.contains("secret"), "{shown}");
    }
}
