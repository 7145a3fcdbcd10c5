//! This node among the others: its lease, and ending what lost nodes have left.

use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use bytes::Bytes;

use super::{
    Muster,
    change::{Done, Hands},
};
use crate::{
    bus::{NoReceipt, Notice, Question},
    error::{Error, Result},
    id::NodeId,
    store::{Departed, NodeLease},
};

/// Memberships of a lost node that are ended in one transaction: short enough not to hold up those who join.
const REAPED_AT_ONCE: usize = 1_000;
/// Hexadecimal digits of a drawn node id.
const NODE_ID_DIGITS: usize = 16;

/// The id under which this process holds sessions. It changes when the process has been away for so long that the
/// others have ended its sessions.
#[derive(Debug)]
pub(super) struct NodeName(RwLock<NodeId>);

impl NodeName {
    pub(super) fn new(id: NodeId) -> Self {
        Self(RwLock::new(id))
    }

    fn get(&self) -> NodeId {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, id: NodeId) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = id;
    }
}

/// The rules of nodes.
#[derive(Clone, Copy)]
pub struct NodeRules<'a>(pub(super) &'a Muster);

impl NodeRules<'_> {
    /// The id to tie new sessions to.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.0.node.get()
    }

    /// Renews this node's lease, or begins it. When the others have ended what this node held, it goes on under a new
    /// id, and the answer is the one before.
    ///
    /// # Errors
    /// The store's.
    pub async fn renew(&self, lease: Duration) -> Result<Option<NodeId>> {
        let (muster, held) = (self.0, self.id());
        if muster.store.beat(&held, lease).await? {
            return Ok(None);
        }
        let next = NodeId::new(&muster.random.hex(NODE_ID_DIGITS))
            .map_err(|error| Error::Invalid(error.to_string()))?;
        muster.store.beat(&next, lease).await?;
        muster.bus.named(&next);
        muster.node.set(next);
        Ok(Some(held))
    }

    /// Gives the lease of this node back as it goes, so that nobody waits until it runs out.
    ///
    /// # Errors
    /// The store's.
    pub async fn give_back(&self) -> Result<()> {
        self.0.store.beat(&self.id(), Duration::ZERO).await?;
        Ok(())
    }

    /// The other nodes that hold a lease, and those whose lease was over in this last span of time.
    ///
    /// # Errors
    /// The store's.
    pub async fn others(&self, gone_within: Duration) -> Result<Vec<NodeLease>> {
        let (leases, own) = (self.0.store.leases(gone_within).await?, self.id());
        Ok(leases.into_iter().filter(|lease| lease.node != own).collect())
    }

    /// Asks a node of itself, and waits for its answer, for so long at most.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn ask(
        &self,
        node: &NodeId,
        question: Question,
        within: Duration,
    ) -> std::result::Result<Bytes, NoReceipt> {
        self.0.bus.ask(node, question, within).await
    }

    /// Ends a part of what nodes held that are gone, and tells who left; whether there is more to end.
    ///
    /// # Errors
    /// The store's.
    pub async fn reap(&self) -> Result<bool> {
        let found = self.0.found_anywhere();
        let reaped = async move |hands: Hands| {
            let also = hands.finding(&[], Some(found));
            let reaped = hands.store.reap(REAPED_AT_ONCE, also).await?;
            let notice = |Departed { group, user }| match user {
                Some(user) => Notice::Left { group, user },
                None => Notice::Recounted { group },
            };
            Ok(Done::told(reaped.more, reaped.departed.into_iter().map(notice)))
        };
        self.0.change(reaped).await
    }
}
