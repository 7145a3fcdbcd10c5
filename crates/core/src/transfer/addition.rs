//! Records of who may act, as changes of the directory.

use super::{Attachment, TransferError};
use crate::account::{AccessKey, Changed, DirectoryChange, RamUser, StoredPolicy};

/// What an import does with a record of who may act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// The change.
    pub change: DirectoryChange,
    what: &'static str,
    name: String,
}

impl Addition {
    /// Takes what the store has answered.
    ///
    /// # Errors
    /// [`TransferError::Twice`] when it was there, [`TransferError::Orphan`] when what it names was not.
    pub fn made(self, changed: Changed) -> Result<(), TransferError> {
        let Self { what, name, .. } = self;
        match changed {
            Changed::Done => Ok(()),
            Changed::Exists | Changed::Full => Err(TransferError::twice(what, name)),
            Changed::Missing | Changed::LastRootKey => {
                Err(TransferError::orphan("account, user or policy of the", format!("{what} {name}")))
            }
        }
    }
}

impl From<RamUser> for Addition {
    fn from(user: RamUser) -> Self {
        Self { what: "user", name: user.name.clone(), change: DirectoryChange::AddUser(user) }
    }
}

impl From<AccessKey> for Addition {
    fn from(key: AccessKey) -> Self {
        let name = key.id.to_string();
        // What was exported was within its bound when it was made.
        let change = DirectoryChange::AddKey(key, usize::MAX);
        Self { what: "access key", name, change }
    }
}

impl From<StoredPolicy> for Addition {
    fn from(policy: StoredPolicy) -> Self {
        Self { what: "policy", name: policy.name.clone(), change: DirectoryChange::PutPolicy(policy) }
    }
}

impl From<Attachment> for Addition {
    fn from(of: Attachment) -> Self {
        let name = format!("{} of {}", of.policy, of.user);
        let change = DirectoryChange::Attach(of.account, of.policy, of.user);
        Self { what: "attached policy", name, change }
    }
}
