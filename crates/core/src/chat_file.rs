//! Files of a channel: pictures and documents that an account's programs put onto the server, to name them in messages and
//! as pictures of groups.
//!
//! A program asks for an [`UploadGrant`], which is a directory that nobody guesses and a temporary key for it, and puts
//! files there. Whoever knows a file's path may read it, as with the addresses that the cloud signs.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    hex::hex,
    id::{AccountId, AppId},
    random::Random,
    role_session::TEMPORARY_KEY_PREFIX,
    seal::{MasterKey, Unsealable},
    time::Millis,
    token::Purpose,
};

/// Letters and digits of a directory, and of a key's id: more than anybody guesses.
const SECRET_CHARACTERS: usize = 25;
/// Bytes that the name of a file may have.
pub const MAX_FILE_NAME: usize = 255;
/// Bytes that the type of a file may have.
const MAX_CONTENT_TYPE: usize = 100;
/// How long a grant is good for, in milliseconds; the documentation's sample says an hour.
pub const GRANT_MILLIS: i64 = 3_600_000;
/// What a token of a grant is sealed for.
const UPLOAD: Purpose = Purpose("upload");

/// Where a file is: `<directory>/<name>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FilePath(Arc<str>);

/// A text is no path of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a file is named `<directory>/<name>`, with a name of 1 to {MAX_FILE_NAME} bytes without `/` and control characters"
)]
pub struct BadPath;

impl FilePath {
    /// Takes a text as a path.
    ///
    /// # Errors
    /// [`BadPath`].
    pub fn new(text: &str) -> Result<Self, BadPath> {
        let (directory, name) = text.split_once('/').ok_or(BadPath)?;
        let is_directory = directory.len() == SECRET_CHARACTERS
            && directory.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_name = !name.is_empty()
            && name.len() <= MAX_FILE_NAME
            && !name.contains(|character: char| character == '/' || character.is_control())
            && !matches!(name, "." | "..");
        if is_directory && is_name { Ok(Self(text.into())) } else { Err(BadPath) }
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &str {
        self.0.split_once('/').map_or("", |(directory, _)| directory)
    }
}

impl TryFrom<String> for FilePath {
    type Error = BadPath;

    fn try_from(text: String) -> Result<Self, BadPath> {
        Self::new(&text)
    }
}

impl From<FilePath> for String {
    fn from(path: FilePath) -> Self {
        path.0.as_ref().to_owned()
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a file is said to be, such as `image/jpeg`. It is told to whoever reads the file, and nobody trusts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentType(Arc<str>);

impl ContentType {
    /// What is said, or `application/octet-stream` where that is nothing that a header could hold.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let is_said = !text.is_empty()
            && text.len() <= MAX_CONTENT_TYPE
            && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        Self(if is_said { text } else { "application/octet-stream" }.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatFile {
    /// Its channel.
    pub channel: AppId,
    /// Where it is.
    pub path: FilePath,
    /// What it is said to be.
    pub kind: ContentType,
    /// What is in it.
    pub bytes: Bytes,
    /// When it was put there.
    pub put_at: Millis,
}

/// The right to put files into a directory for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadGrant {
    key: String,
    account: AccountId,
    channel: AppId,
    directory: String,
    expires_at: i64,
}

/// What whoever asked for a grant is given.
#[derive(Clone)]
pub struct UploadKey {
    /// The public half.
    pub id: String,
    /// The secret half.
    pub secret: String,
    /// The security token, without which the key is good for nothing.
    pub token: String,
    /// The directory.
    pub directory: String,
    /// Until when.
    pub expires_at: Millis,
}

impl fmt::Debug for UploadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl UploadGrant {
    /// A grant for a new directory of a channel.
    pub(crate) fn new(account: AccountId, channel: AppId, expires_at: Millis, random: &dyn Random) -> Self {
        let key = format!("{TEMPORARY_KEY_PREFIX}{}", random.alphanumeric(SECRET_CHARACTERS));
        let directory = random.alphanumeric(SECRET_CHARACTERS);
        Self { key, account, channel, directory, expires_at: expires_at.0 }
    }

    /// Its key.
    pub(crate) fn key(&self, master: &MasterKey, random: &dyn Random) -> UploadKey {
        UploadKey {
            id: self.key.clone(),
            secret: self.secret(master),
            token: UPLOAD.seal(master, self, random),
            directory: self.directory.clone(),
            expires_at: Millis(self.expires_at),
        }
    }

    /// The secret of its key.
    pub(crate) fn secret(&self, master: &MasterKey) -> String {
        hex(&master.sign("upload key", self.key.as_bytes()))
    }

    /// The grant that a token tells of, whether it has ended or not.
    ///
    /// # Errors
    /// [`Unsealable`] when no server of this master key gave it out, or a character was changed.
    pub(crate) fn of_token(master: &MasterKey, token: &str) -> Result<Self, Unsealable> {
        UPLOAD.open(master, token)
    }

    /// The id of its key.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key
    }

    /// Whose channel it is for.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Its channel.
    #[must_use]
    pub fn channel(&self) -> &AppId {
        &self.channel
    }

    /// Until when it is good.
    #[must_use]
    pub fn expires_at(&self) -> Millis {
        Millis(self.expires_at)
    }

    /// Whether it is for the directory of a path.
    #[must_use]
    pub fn covers(&self, path: &FilePath) -> bool {
        path.directory() == self.directory
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Seeded;

    #[test]
    fn a_path_is_a_directory_that_nobody_guesses_and_a_name() {
        let directory = "d".repeat(SECRET_CHARACTERS);
        for name in ["a.jpg", "图片 1.jpg", "a..b", &"n".repeat(MAX_FILE_NAME)] {
            let path = FilePath::new(&format!("{directory}/{name}")).unwrap();
            assert_eq!(path.directory(), directory);
        }
        for name in ["", ".", "..", "a/b", "a\0", "a\nb", &"n".repeat(MAX_FILE_NAME + 1)] {
            assert_eq!(FilePath::new(&format!("{directory}/{name}")), Err(BadPath), "{name:?}");
        }
        for path in ["", "a.jpg", "short/a.jpg", &format!("{}/a.jpg", "-".repeat(SECRET_CHARACTERS))] {
            assert_eq!(FilePath::new(path), Err(BadPath), "{path:?}");
        }
    }

    #[test]
    fn a_grant_is_told_by_its_token_and_covers_its_directory_alone() {
        let (master, random) = (MasterKey::new(&[1; 32]), Seeded::new(3));
        let [account, channel] = ["1234567890123456", "cams-1"];
        let grant = UploadGrant::new(
            AccountId::new(account).unwrap(),
            AppId::new(channel).unwrap(),
            Millis(9),
            &random,
        );
        let key = grant.key(&master, &random);
        assert_eq!(UploadGrant::of_token(&master, &key.token), Ok(grant.clone()));
        assert_eq!(UploadGrant::of_token(&MasterKey::new(&[2; 32]), &key.token), Err(Unsealable));
        assert!(grant.covers(&FilePath::new(&format!("{}/a", key.directory)).unwrap()));
        assert!(!grant.covers(&FilePath::new(&format!("{}/a", "x".repeat(SECRET_CHARACTERS))).unwrap()));
        assert!(!format!("{key:?}").contains(&key.secret));
    }

    #[test]
    fn a_type_that_no_header_could_hold_is_none() {
        assert_eq!(ContentType::new(" image/jpeg ").as_str(), "image/jpeg");
        for none in ["", "a\r\nb", "图", &"a".repeat(101)] {
            assert_eq!(ContentType::new(none).as_str(), "application/octet-stream", "{none:?}");
        }
    }
}
