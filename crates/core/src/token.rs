//! Tokens that the server gives out and keeps nowhere: what it says to itself, sealed under a key of that token alone, which
//! follows from the master key. Every node that holds the master key reads them, and nothing has to be swept.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    hex::hex,
    random::Random,
    seal::{MasterKey, Sealed, Unsealable},
};

/// The longest token that is looked at, in characters. The longest that is given out, with a session policy of 2,048 bytes
/// of which each is escaped, is shorter.
pub(crate) const MAX_TOKEN: usize = 8192;
/// The version of a token's form, its first byte.
const VERSION: u8 = 1;
/// Random bytes that a token's key is derived with.
const SALT_BYTES: usize = 16;

/// What a token is good for. A token of one purpose is none of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Purpose(pub(crate) &'static str);

impl Purpose {
    /// Writes a token.
    pub(crate) fn seal(self, master: &MasterKey, said: &impl Serialize, random: &dyn Random) -> String {
        #[expect(clippy::expect_used, reason = "texts and numbers are always JSON")]
        let text = serde_json::to_vec(said).expect("JSON");
        let mut salt = [0; SALT_BYTES];
        random.fill(&mut salt);
        let sealed = self.key(master, &salt).seal(self.0, &text, random);
        let mut token = vec![VERSION];
        token.extend_from_slice(&salt);
        token.extend_from_slice(&sealed.0);
        STANDARD.encode(token)
    }

    /// Reads a token.
    ///
    /// # Errors
    /// [`Unsealable`] when no server of this master key gave it out, or a character was changed.
    pub(crate) fn open<T: DeserializeOwned>(self, master: &MasterKey, token: &str) -> Result<T, Unsealable> {
        if token.len() > MAX_TOKEN {
            return Err(Unsealable);
        }
        let bytes = STANDARD.decode(token).map_err(|_| Unsealable)?;
        let (&VERSION, rest) = bytes.split_first().ok_or(Unsealable)? else { return Err(Unsealable) };
        let (salt, sealed) = rest.split_at_checked(SALT_BYTES).ok_or(Unsealable)?;
        let text = self.key(master, salt).open(self.0, &Sealed(sealed.to_vec()))?;
        serde_json::from_str(&text).map_err(|_| Unsealable)
    }

    /// The key of one token: tokens are many, and nonces drawn at random are good for so many under one key.
    fn key(self, master: &MasterKey, salt: &[u8]) -> MasterKey {
        master.derived(&format!("{} {}", self.0, hex(salt)))
    }
}
