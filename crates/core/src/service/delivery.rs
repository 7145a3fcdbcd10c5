//! What the server does by itself to deliver: following streams, reading what is missing in them, counting who is told.
//!
//! Nobody asks for it, so nobody proves anything here: whoever follows a stream has shown before that it may, on logging
//! in or on joining. What a caller asks for goes by the other rules.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{Muster, change::tell};
use crate::{
    bus::{ConnectionKey, Letter, NoReceipt, Notice, Receipt},
    error::Result,
    id::{AppId, GroupRef, MessageId, NodeId, UserId},
    message::{Entry, Sequence, StreamRef, Top},
    roster::{Member, RosterState},
};

/// The rules of delivery.
#[derive(Clone, Copy)]
pub struct DeliveryRules<'a>(pub(super) &'a Muster);

impl DeliveryRules<'_> {
    /// This node has followers of the group from now on: its notices are wanted.
    pub fn follow(&self, group: &GroupRef) {
        self.0.bus.follow(group);
    }

    /// This node has no more followers of the group.
    pub fn unfollow(&self, group: &GroupRef) {
        self.0.bus.unfollow(group);
    }

    /// A group has ended: whoever this process alone knows to be in it is out.
    pub fn ended(&self, group: &GroupRef) {
        self.0.store.dismiss_counted(group);
    }

    /// What is told of a user was changed: so it is where this process alone knows the user to be.
    pub fn info_put(&self, app: &AppId, user: &UserId, info: Option<&Arc<str>>) {
        self.0.store.put_counted_info(app, user, info);
    }

    /// A user has acknowledged a message whose sender waits for that, on this node; every node is told where the one that
    /// waits is not known.
    pub async fn acknowledged(&self, app: &AppId, user: &UserId, message: &MessageId, to: Option<NodeId>) {
        let notice = Notice::Acknowledged { app: app.clone(), user: user.clone(), message: message.clone() };
        let within = Duration::from_millis(self.0.limits.acknowledgement_millis);
        match to {
            Some(node) => self.0.post(node, Letter::Notice(notice), within),
            None => tell(&*self.0.bus, notice).await,
        }
    }

    /// Hands commands of a client to the node that holds the client's connection, and waits for what becomes of them, for
    /// so long at most.
    ///
    /// # Errors
    /// [`NoReceipt`]: then they have not arrived, or nobody knows.
    pub async fn hand_over(
        &self,
        node: &NodeId,
        connection: ConnectionKey,
        commands: Bytes,
        within: Duration,
    ) -> std::result::Result<Receipt, NoReceipt> {
        self.0.bus.send(node, Letter::Commands { connection, commands }, within).await
    }

    /// Where a stream ends; `None` when there is no such stream.
    ///
    /// # Errors
    /// The store's.
    pub async fn top(&self, stream: &StreamRef) -> Result<Option<Top>> {
        Ok(self.0.store.top(stream).await?)
    }

    /// Up to `limit` stored events of a stream after a position, rising.
    ///
    /// # Errors
    /// The store's.
    pub async fn entries(&self, stream: &StreamRef, after: Sequence, limit: usize) -> Result<Vec<Entry>> {
        Ok(self.0.store.entries(stream, after, limit).await?)
    }

    /// Up to `limit` stored events of a stream before a position, or from its end, falling.
    ///
    /// # Errors
    /// The store's.
    pub async fn entries_before(
        &self,
        stream: &StreamRef,
        before: Option<Sequence>,
        limit: usize,
    ) -> Result<Vec<Entry>> {
        Ok(self.0.store.entries_before(stream, before, limit).await?)
    }

    /// The figures of a followed group's roster.
    ///
    /// # Errors
    /// The store's.
    pub async fn roster(&self, group: &GroupRef) -> Result<RosterState> {
        Ok(self.0.store.roster_state(group).await?)
    }

    /// The memberships of these followers of a group, in their order.
    ///
    /// # Errors
    /// The store's.
    pub async fn members(&self, group: &GroupRef, users: &[UserId]) -> Result<Vec<Option<Member>>> {
        Ok(self.0.store.find_members(group, users).await?)
    }
}
