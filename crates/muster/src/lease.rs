//! This node's lease, and what the leases of others leave behind.
//!
//! A node renews its lease in the store a few times within its length. When a lease has run out, any other node ends what hung
//! on it, so members of a node that died are gone within seconds. A node that was only away, stopped or cut off, finds
//! on its return that its sessions were ended: it goes on under a new id and has its clients connect again.

use std::{sync::Arc, time::Duration};

use muster_core::{complaint::Complaint, error::Error, id::NodeId, service::Muster};
use muster_realtime::Hub;
use tokio::time::{Instant, MissedTickBehavior};

/// How often a lease is renewed within its length: several renewals may fail before it runs out.
const RENEWALS: u32 = 5;

/// The lease of this node.
pub(crate) struct Lease {
    muster: Arc<Muster>,
    length: Duration,
    /// When the lease was begun, or taken up again after the store could not be reached.
    unbroken: Option<Instant>,
    renewed: Instant,
}

impl Lease {
    /// Takes the first lease.
    pub(crate) async fn begin(muster: Arc<Muster>, length: Duration) -> anyhow::Result<Self> {
        let now = Instant::now();
        let mut lease = Self { muster, length, unbroken: None, renewed: now };
        lease.renew().await?;
        Ok(lease)
    }

    /// Renews the lease and ends what other nodes have left, for as long as the server runs.
    pub(crate) async fn keep(&mut self, hub: &Arc<Hub>) {
        let renewing = Complaint::about("renewing this node's lease");
        let reaping = Complaint::about("ending what lost nodes have left");
        let mut ticks = tokio::time::interval(self.length / RENEWALS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let Some(lost) = renewing.note(self.renew().await) else {
                self.unbroken = None;
                continue;
            };
            if let Some(held) = lost {
                tracing::warn!("this node was away for longer than its lease: its clients connect again");
                hub.abandon(&held).await;
            }
            reaping.note(self.reap().await);
        }
    }

    /// Renews the lease; the id that this node has lost, if it has lost one.
    async fn renew(&mut self) -> Result<Option<NodeId>, Error> {
        let asked = Instant::now();
        let lost = self.muster.nodes().renew(self.length).await?;
        if lost.is_some() || self.renewed.elapsed() > self.length {
            self.unbroken = None;
        }
        self.unbroken.get_or_insert(asked);
        self.renewed = asked;
        Ok(lost)
    }

    /// Ends what lost nodes held. Only a node that has held its own lease without a break for as long as a lease lasts
    /// does: after the store was away for all, every other node has had the time to renew its own.
    async fn reap(&self) -> Result<(), Error> {
        if self.unbroken.is_none_or(|since| since.elapsed() < self.length) {
            return Ok(());
        }
        while self.muster.nodes().reap().await? {}
        Ok(())
    }
}

/// Gives the lease of this node back as it goes, so that nobody waits until it runs out: the others end at once what hung
/// on it, and an export may begin.
pub(crate) async fn give_back(muster: &Muster) {
    if let Err(error) = muster.nodes().give_back().await {
        tracing::warn!(%error, "this node's lease could not be given back: it runs out by itself");
    }
}
