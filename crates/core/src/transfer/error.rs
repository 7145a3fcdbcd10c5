//! Why a transfer came to nothing.

use std::fmt;

use super::Kind;
use crate::{id::NodeId, store::StoreError};

/// Why a transfer came to nothing. An import that failed has left nothing behind.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The store to import into holds something.
    #[error("the store is not empty: import into a new one")]
    NotEmpty,
    /// Nodes run on the store.
    #[error("the store is in use: {} of its nodes hold a lease ({}); stop them and wait until their leases have run out",
        .0.len(), .0.iter().map(NodeId::as_str).collect::<Vec<_>>().join(", "))]
    InUse(Vec<NodeId>),
    /// A record names something that did not come before it.
    #[error(
        "a record names the {what} {name}, which did not come before it: the file was changed, or its writer is at fault"
    )]
    Orphan {
        /// What it names.
        what: &'static str,
        /// Which one.
        name: String,
    },
    /// Two records are of the same thing.
    #[error("two records are of the {what} {name}: the file was changed, or its writer is at fault")]
    Twice {
        /// What they are of.
        what: &'static str,
        /// Which one.
        name: String,
    },
    /// The store counts another number of records than the file says.
    #[error("{kind}: the file tells of {told}, the store has counted {counted}; nothing was kept")]
    Differs {
        /// Of which kind.
        kind: Kind,
        /// What the file says.
        told: u64,
        /// What the store has counted.
        counted: u64,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The other end: where the records come from or go to.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

impl TransferError {
    /// An [`Orphan`](Self::Orphan).
    pub fn orphan(what: &'static str, name: impl fmt::Display) -> Self {
        Self::Orphan { what, name: name.to_string() }
    }

    /// A [`Twice`](Self::Twice).
    pub fn twice(what: &'static str, name: impl fmt::Display) -> Self {
        Self::Twice { what, name: name.to_string() }
    }
}
