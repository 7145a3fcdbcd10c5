//! Sessions of roles: temporary keys that are kept nowhere.
//!
//! A temporary key is an id, a secret and a security token. The secret follows from the id and the master key. The token
//! is what the server itself says of the session (whose key it is, which role, until when, within which policy), sealed
//! under a key that is derived from the master key for this token alone. So nothing is stored and nothing has to be swept;
//! every node that holds the master key knows every session; and what a session may do is what its role may at the moment
//! of each call. A token names its role by number: one that is made anew under the name of a role that went revives no
//! session.
//!
//! Whether a session has ended is told by the clock. A clock that is set back makes tokens good again that had ended
//! between; a role that is deleted ends its sessions whatever the clock says.

use serde::{Deserialize, Serialize};

use crate::{
    account::Role,
    hex::hex,
    id::{AccessKeyId, AccountId},
    random::Random,
    seal::{MasterKey, Unsealable},
    time::Millis,
    token::Purpose,
};

/// What the id of every temporary key begins with, as in the cloud.
pub const TEMPORARY_KEY_PREFIX: &str = "STS.";
/// Letters and digits behind that: more than anybody guesses.
const KEY_CHARACTERS: usize = 25;
/// What a token is sealed for.
const SESSION: Purpose = Purpose("role session");

/// A session of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSession {
    /// The id of its key.
    pub key: AccessKeyId,
    /// The role's account.
    pub account: AccountId,
    /// The role's name.
    pub role: String,
    /// The role's number.
    pub role_id: String,
    /// The session's name, chosen by who assumed the role.
    pub name: String,
    /// When it ends.
    pub expires_at: Millis,
    /// What it may do at most, of what the role may; a policy document.
    pub policy: Option<String>,
}

/// What whoever assumed a role is given.
#[derive(Clone)]
pub struct TemporaryKey {
    /// The public half.
    pub id: AccessKeyId,
    /// The secret half.
    pub secret: String,
    /// The security token, without which the key is good for nothing.
    pub token: String,
}

impl std::fmt::Debug for TemporaryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TemporaryKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a token holds. Tokens last for hours at most; a later version reads those of the one before.
#[derive(Serialize, Deserialize)]
struct TokenForm {
    key: AccessKeyId,
    account: AccountId,
    role: String,
    role_id: String,
    name: String,
    expires_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
}

impl RoleSession {
    /// A session of `role` from now on.
    #[must_use]
    pub fn new(
        role: &Role,
        name: &str,
        expires_at: Millis,
        policy: Option<String>,
        random: &dyn Random,
    ) -> Self {
        let id = format!("{TEMPORARY_KEY_PREFIX}{}", random.alphanumeric(KEY_CHARACTERS));
        #[expect(clippy::expect_used, reason = "letters, digits and a dot, fewer than an id may have")]
        let key = AccessKeyId::new(&id).expect("an id");
        Self {
            key,
            account: role.account.clone(),
            role: role.name.clone(),
            role_id: role.id.clone(),
            name: name.to_owned(),
            expires_at,
            policy,
        }
    }

    /// The key of the session: its secret, and its token.
    #[must_use]
    pub fn key(&self, master: &MasterKey, random: &dyn Random) -> TemporaryKey {
        TemporaryKey { id: self.key.clone(), secret: self.secret(master), token: self.token(master, random) }
    }

    /// The secret of the session's key.
    #[must_use]
    pub fn secret(&self, master: &MasterKey) -> String {
        hex(&master.sign("temporary key", self.key.as_str().as_bytes()))
    }

    fn token(&self, master: &MasterKey, random: &dyn Random) -> String {
        let Self { key, account, role, role_id, name, expires_at, policy } = self.clone();
        let form = TokenForm { key, account, role, role_id, name, expires_at: expires_at.0, policy };
        SESSION.seal(master, &form, random)
    }

    /// The session that a token tells of, whether it has ended or not.
    ///
    /// # Errors
    /// [`Unsealable`] when no server of this master key gave it out, or a character was changed.
    pub fn of_token(master: &MasterKey, token: &str) -> Result<Self, Unsealable> {
        let form: TokenForm = SESSION.open(master, token)?;
        let TokenForm { key, account, role, role_id, name, expires_at, policy } = form;
        Ok(Self { key, account, role, role_id, name, expires_at: Millis(expires_at), policy })
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;
    use crate::{testing::Seeded, token::MAX_TOKEN};

    fn role() -> Role {
        Role {
            account: AccountId::new("1234567890123456").unwrap(),
            name: "reader".to_owned(),
            id: "300000000000000001".to_owned(),
            trust: "{}".to_owned(),
            max_session_seconds: 3600,
            created_at: Millis(1),
            modified_at: Millis(1),
        }
    }

    fn session(policy: Option<String>) -> RoleSession {
        RoleSession::new(&role(), "ann", Millis(5_000), policy, &Seeded::new(3))
    }

    #[test]
    fn a_token_tells_of_its_session_under_its_master_key_alone_and_unchanged() {
        let (master, other) = (MasterKey::new(&[1; 32]), MasterKey::new(&[2; 32]));
        let session = session(Some("{}".to_owned()));
        let key = session.key(&master, &Seeded::new(4));
        assert_eq!(RoleSession::of_token(&master, &key.token), Ok(session.clone()));
        assert_eq!(RoleSession::of_token(&other, &key.token), Err(Unsealable));
        assert_ne!(session.secret(&other), key.secret);
        let bytes = STANDARD.decode(&key.token).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(RoleSession::of_token(&master, &STANDARD.encode(changed)), Err(Unsealable), "{at}");
        }
        for none in ["", "AQ==", "token", &"A".repeat(MAX_TOKEN + 4)] {
            assert_eq!(RoleSession::of_token(&master, none), Err(Unsealable));
        }
    }

    #[test]
    fn the_longest_token_is_one_that_is_looked_at() {
        let master = MasterKey::new(&[1; 32]);
        let longest =
            RoleSession { role: "r".repeat(64), name: "n".repeat(64), ..session(Some("\"".repeat(2048))) };
        let token = longest.key(&master, &Seeded::new(4)).token;
        assert!(token.len() <= MAX_TOKEN, "{}", token.len());
        assert_eq!(RoleSession::of_token(&master, &token), Ok(longest));
    }

    #[test]
    fn a_key_shows_neither_its_secret_nor_its_token() {
        let key = session(None).key(&MasterKey::new(&[1; 32]), &Seeded::new(4));
        let shown = format!("{key:?}");
        assert!(!shown.contains(&key.secret) && !shown.contains(&key.token), "{shown}");
    }
}
