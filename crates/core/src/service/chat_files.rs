//! Files that programs put onto the server for a channel.

use bytes::Bytes;

use super::{
    ChatRules, OpenChannel,
    change::{Done, Hands},
};
use crate::{
    chat_file::{BadPath, ChatFile, ContentType, FilePath, GRANT_MILLIS, UploadGrant, UploadKey},
    error::{Error, Result},
    id::AccountId,
    store::{FilePut, StoreResult},
};

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// Its path is none.
    #[error(transparent)]
    Path(#[from] BadPath),
    /// It is not in the directory that was granted.
    #[error("{0} is not in the directory that this key is for")]
    Outside(FilePath),
    /// It is too large.
    #[error("a file may have {0} bytes (`cams.file_bytes`)")]
    TooLarge(usize),
    /// The channel's files are too many bytes together.
    #[error("the files of the channel may have {0} bytes together (`cams.file_bytes_per_channel`)")]
    Full(u64),
    /// The channel is gone.
    #[error("the channel does not exist")]
    NoChannel,
    /// It could not be stored.
    #[error(transparent)]
    Domain(#[from] Error),
}

impl ChatRules<'_> {
    /// Gives out the right to put files into a new directory of a channel for an hour.
    #[must_use]
    pub fn grant_upload(&self, channel: &OpenChannel) -> UploadKey {
        let (random, expires_at) = (&*self.0.random, self.0.now() + GRANT_MILLIS);
        let grant = UploadGrant::new(channel.account.clone(), channel.id.clone(), expires_at, random);
        grant.key(&self.0.master, random)
    }

    /// The grant that a token tells of, and the secret of its key; `None` when the token is none of this server's, or has
    /// ended.
    #[must_use]
    pub fn upload_grant(&self, token: &str) -> Option<(UploadGrant, String)> {
        let grant = UploadGrant::of_token(&self.0.master, token).ok()?;
        let secret = grant.secret(&self.0.master);
        (self.0.now() < grant.expires_at()).then_some((grant, secret))
    }

    /// Keeps a file at `path`, in the place of one that is there.
    ///
    /// # Errors
    /// [`FileFault`].
    pub async fn put_file(
        &self,
        grant: &UploadGrant,
        path: &str,
        kind: ContentType,
        bytes: Bytes,
    ) -> std::result::Result<(), FileFault> {
        let path = FilePath::new(path)?;
        if !grant.covers(&path) {
            return Err(FileFault::Outside(path));
        }
        let (most, in_all) = (self.0.limits.chat_file_bytes, self.0.limits.chat_file_bytes_per_channel);
        if bytes.len() > most {
            return Err(FileFault::TooLarge(most));
        }
        self.channel(grant.account(), grant.channel()).await.map_err(|error| match error {
            Error::NoChannel(_) => FileFault::NoChannel,
            error => error.into(),
        })?;
        let file = ChatFile { channel: grant.channel().clone(), path, kind, bytes, put_at: self.0.now() };
        let put = async move |hands: Hands| {
            Ok(Done::untold(hands.store.records().put_file(file, in_all, hands.alone()).await?))
        };
        match self.0.change(put).await? {
            FilePut::Put(_) => Ok(()),
            FilePut::Full => Err(FileFault::Full(in_all)),
            FilePut::NoChannel => Err(FileFault::NoChannel),
        }
    }

    /// The file at a path, for whoever knows it.
    ///
    /// # Errors
    /// The store's.
    pub async fn file(&self, path: &str) -> StoreResult<Option<ChatFile>> {
        let Ok(path) = FilePath::new(path) else { return Ok(None) };
        self.0.store.records().file(&path).await
    }

    /// The path of a file of a channel of the account's; `None` when there is none.
    ///
    /// # Errors
    /// The store's.
    pub async fn own_file(&self, account: &AccountId, path: &str) -> Result<Option<FilePath>> {
        let Ok(path) = FilePath::new(path) else { return Ok(None) };
        let Some(channel) = self.0.store.records().channel_of_file(&path).await? else { return Ok(None) };
        match self.channel(account, &channel).await {
            Ok(_) => Ok(Some(path)),
            Err(Error::NoChannel(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
