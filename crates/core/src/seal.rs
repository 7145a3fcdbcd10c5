//! Secrets at rest: access key secrets and application keys are stored sealed under the master key.
//!
//! AES-256-GCM with a random 96-bit nonce for each secret; the purpose is bound in as associated data, so that a
//! sealed secret moved to another place in the store does not open.

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};

use crate::{hex::hex, random::Random};

/// Bytes of a master key.
pub const MASTER_KEY_BYTES: usize = 32;

/// A sealed secret: nonce, ciphertext and tag. Without the master key it says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

/// The key under which the others are sealed.
pub struct MasterKey {
    aead: LessSafeKey,
    mac: hmac::Key,
}

/// Bytes of a check value that a key's id shows.
const ID_BYTES: usize = 4;

/// The id of the master key with this check value: 8 hexadecimal digits, for people to tell keys apart.
#[must_use]
pub fn key_id(check_value: &[u8]) -> String {
    hex(&check_value[..check_value.len().min(ID_BYTES)])
}

/// An authentication code under way.
#[derive(Clone)]
pub struct Signer(hmac::Context);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(…)")
    }
}

impl Signer {
    /// Takes the next part.
    pub fn update(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    /// The code of all parts.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0.sign().as_ref().to_vec()
    }
}

/// A sealed secret did not open: another master key, or changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored secret does not open under this master key")]
pub struct Unsealable;

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl MasterKey {
    /// Takes 32 random bytes as the master key.
    #[must_use]
    pub fn new(bytes: &[u8; MASTER_KEY_BYTES]) -> Self {
        let mac = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        // One secret, two uses: the cipher's key is derived, so that neither use weakens the other.
        let derived = hmac::sign(&mac, b"muster sealing key");
        let unbound = UnboundKey::new(&AES_256_GCM, derived.as_ref());
        #[expect(clippy::expect_used, reason = "SHA-256 gives the 32 bytes that AES-256 takes")]
        let aead = LessSafeKey::new(unbound.expect("32 bytes"));
        Self { aead, mac }
    }

    /// A key for one purpose, which tells nothing of this one or of those for other purposes.
    #[must_use]
    pub fn derived(&self, purpose: &str) -> Self {
        let code = hmac::sign(&self.mac, format!("muster derived key {purpose}").as_bytes());
        let mut bytes = [0; MASTER_KEY_BYTES];
        bytes.copy_from_slice(code.as_ref());
        Self::new(&bytes)
    }

    /// Seals `secret` for one purpose, such as `app:<id>`.
    #[must_use]
    pub fn seal(&self, purpose: &str, secret: &[u8], random: &dyn Random) -> Sealed {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        let mut sealed = nonce.to_vec();
        let mut text = secret.to_vec();
        #[expect(clippy::expect_used, reason = "AES-GCM fails only beyond 64 GiB")]
        self.aead
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose), &mut text)
            .expect("a short secret");
        sealed.append(&mut text);
        Sealed(sealed)
    }

    /// Opens what [`seal`](Self::seal) made for the same purpose.
    ///
    /// # Errors
    /// [`Unsealable`] under another master key or purpose, or when a byte was changed.
    pub fn open(&self, purpose: &str, sealed: &Sealed) -> Result<String, Unsealable> {
        let (nonce, text) = sealed.0.split_at_checked(NONCE_LEN).ok_or(Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        let mut text = text.to_vec();
        let open = self.aead.open_in_place(nonce, Aad::from(purpose), &mut text).map_err(|_| Unsealable)?;
        String::from_utf8(open.to_vec()).map_err(|_| Unsealable)
    }

    /// A value that tells whether two nodes hold the same master key, without telling the key.
    #[must_use]
    pub fn check_value(&self) -> Vec<u8> {
        hmac::sign(&self.mac, b"muster check value").as_ref().to_vec()
    }

    /// The key's id, which tells nothing of the key: see [`key_id`].
    #[must_use]
    pub fn id(&self) -> String {
        key_id(&self.check_value())
    }

    /// The authentication code of `text` for one purpose: what the server signs for itself, such as tokens.
    #[must_use]
    pub fn sign(&self, purpose: &str, text: &[u8]) -> Vec<u8> {
        hmac::sign(&self.purpose_key(purpose), text).as_ref().to_vec()
    }

    /// Whether `code` is what [`sign`](Self::sign) gave. Takes the same time whatever differs.
    #[must_use]
    pub fn verify(&self, purpose: &str, text: &[u8], code: &[u8]) -> bool {
        hmac::verify(&self.purpose_key(purpose), text, code).is_ok()
    }

    /// Whether two secrets are the same, in a time that does not tell where they differ: both are put through a keyed
    /// hash, and the codes are compared.
    #[must_use]
    pub fn same(&self, purpose: &str, expected: &str, given: &str) -> bool {
        let code = self.sign(purpose, expected.as_bytes());
        self.verify(purpose, given.as_bytes(), &code)
    }

    /// Begins the authentication code of a text that comes in parts: what [`sign`](Self::sign) gives for all of it.
    #[must_use]
    pub fn signer(&self, purpose: &str) -> Signer {
        Signer(hmac::Context::with_key(&self.purpose_key(purpose)))
    }

    fn purpose_key(&self, purpose: &str) -> hmac::Key {
        let derived = hmac::sign(&self.mac, format!("muster signing key {purpose}").as_bytes());
        hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Seeded;

    #[test]
    fn a_secret_opens_only_under_its_key_and_purpose_and_unchanged() {
        let key = MasterKey::new(&[1; 32]);
        let sealed = key.seal("app:a", b"s3cret", &Seeded::new(1));
        assert_eq!(key.open("app:a", &sealed).unwrap(), "s3cret");
        assert_eq!(key.open("app:b", &sealed), Err(Unsealable));
        assert_eq!(MasterKey::new(&[2; 32]).open("app:a", &sealed), Err(Unsealable));
        for at in 0..sealed.0.len() {
            let mut changed = sealed.clone();
            changed.0[at] ^= 1;
            assert_eq!(key.open("app:a", &changed), Err(Unsealable));
        }
        assert_eq!(key.open("app:a", &Sealed(vec![1, 2])), Err(Unsealable));
    }

    #[test]
    fn keys_are_told_apart_by_an_id_that_shows_no_byte_of_them() {
        let (one, other) = (MasterKey::new(&[1; 32]), MasterKey::new(&[2; 32]));
        assert_eq!(one.id().len(), 8);
        assert_ne!(one.id(), other.id());
        assert_eq!(one.id(), key_id(&MasterKey::new(&[1; 32]).check_value()));
    }

    #[test]
    fn a_signature_holds_for_its_purpose_alone() {
        let key = MasterKey::new(&[1; 32]);
        let code = key.sign("token", b"text");
        assert!(key.verify("token", b"text", &code));
        assert!(!key.verify("other", b"text", &code));
        assert!(!key.verify("token", b"texT", &code));
        let mut signer = key.signer("token");
        signer.update(b"te");
        signer.update(b"xt");
        assert_eq!(signer.finish(), code);
    }
}
