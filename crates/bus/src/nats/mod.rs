//! The bus of several nodes, over core NATS.
//!
//! A notice reaches the listeners of its own node directly, while [`publish`](Bus::publish) runs, as in
//! [`memory`](crate::memory); so a node alone works whatever becomes of NATS. Other nodes hear of it through NATS:
//! what concerns the members of a group goes to a subject of the group, which the nodes that follow it subscribe to;
//! all else goes to a subject that every node subscribes to (`subject.rs`). A letter goes to the subject of its node as a
//! request of NATS, which knows at once when nobody subscribes to that, and is answered once the listeners have it.
//!
//! Core NATS loses what is on its way when a connection ends or a reader is slow. Nothing is kept to be sent again:
//! listeners are told what to look up in the store instead.
//!
//! | what may be lost | how it is noticed |
//! |---|---|
//! | an event in the middle of a stream | the next one has a position beyond it |
//! | the last event of a burst | the sender tells the position again after 1, 2 and 6 s: [`Listener::reached`] |
//! | an event too large for NATS | its position is told in its place |
//! | what came before a subscription was active | [`Listener::followed`] once the server has confirmed it |
//! | what came while this node was away, or too slow | [`Listener::resumed`] once subscribed again |
//! | what this node could not send | it says so when it can, and others hear [`Listener::resumed`] |
//!
//! Three tasks: `tend` turns wishes into subscriptions and tells of losses, `deliver` hands incoming notices to the
//! listeners in the order of each subject, `remind` tells positions again.

mod hints;
mod link;
mod options;
mod recode;
mod send;
mod subject;
mod tasks;
mod wire;
mod wishes;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use muster_core::{
    bus::{Bus, BusError, Letter, Listener, NoReceipt, Notice, Question, Receipt},
    figure::Figure,
    id::{GroupRef, NodeId},
    random::Random,
};
use tokio::task::AbortHandle;

use self::{link::Link, send::Shared, subject::Subjects};
pub use self::{
    link::NatsError,
    options::{InvalidNatsUrl, NatsOptions},
};
#[doc(hidden)]
pub use recode::recode;

/// The bus of a node among several.
pub struct NatsBus {
    shared: Arc<Shared>,
    tasks: [AbortHandle; 3],
}

impl NatsBus {
    /// Connects to NATS. When no server answers within three seconds the bus works for this node alone, says so in
    /// [`fault`](Bus::fault), and goes on trying. `node` is this node's name at first, also of the connection, for whoever
    /// looks at NATS. Must be called inside a Tokio runtime, on which the bus's tasks then run.
    ///
    /// # Errors
    /// [`NatsError`] when NATS refuses this node, or a file of the options cannot be used: what time does not heal.
    pub async fn connect(
        options: &NatsOptions,
        node: &NodeId,
        random: &dyn Random,
    ) -> Result<Self, NatsError> {
        let mut sender = [0; 8];
        random.fill(&mut sender);
        let link = Arc::new(Link::default());
        let subjects = Subjects::new(&options.prefix);
        let client = link::connect(options, &subjects, node, &link).await?;
        let shared = Arc::new(Shared::new(client, subjects, u64::from_be_bytes(sender), node, link));
        let tasks = tasks::start(&shared).await;
        Ok(Self { shared, tasks })
    }
}

#[async_trait]
impl Bus for NatsBus {
    /// Tells this node's listeners, then hands the notice to NATS without waiting.
    ///
    /// # Errors
    /// When it cannot be handed over now. This node's listeners have it all the same, and other nodes are told that
    /// they missed something when they can be reached again.
    async fn publish(&self, notice: Notice) -> Result<(), BusError> {
        self.shared.listeners.each(|listener| listener.notice(&notice));
        self.shared.send(&notice)
    }

    fn named(&self, node: &NodeId) {
        if self.shared.rename(node) {
            self.shared.link.stirred.notify_one();
        }
    }

    /// Hands a letter to this node's listeners directly, and to another node by NATS.
    async fn send(&self, node: &NodeId, letter: Letter, within: Duration) -> Result<Receipt, NoReceipt> {
        if self.shared.name() == *node {
            return Ok(self.shared.listeners.hand_out(&letter));
        }
        self.shared.post(node, &letter, within).await
    }

    /// Asks this node's listeners directly, and another node by NATS.
    async fn ask(&self, node: &NodeId, question: Question, within: Duration) -> Result<Bytes, NoReceipt> {
        if self.shared.name() == *node {
            return self.shared.listeners.answer(&question).ok_or(NoReceipt::NotUnderstood);
        }
        self.shared.ask(node, question, within).await
    }

    fn listen(&self, listener: Arc<dyn Listener>) {
        self.shared.listeners.add(listener);
    }

    fn follow(&self, group: &GroupRef) {
        if self.shared.wishes.follow(group) {
            self.shared.link.stirred.notify_one();
        }
    }

    fn unfollow(&self, group: &GroupRef) {
        if self.shared.wishes.unfollow(group) {
            self.shared.link.stirred.notify_one();
        }
    }

    fn fault(&self) -> Option<String> {
        self.shared.fault()
    }

    fn figures(&self) -> Vec<Figure> {
        self.shared.figures()
    }

    async fn close(&self, deadline: Duration) {
        self.shared.closed.store(true, Ordering::Relaxed);
        if tokio::time::timeout(deadline, self.shared.finish()).await.is_err() {
            tracing::warn!("the bus could not hand everything over before the node stops");
        }
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Drop for NatsBus {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl std::fmt::Debug for NatsBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NatsBus").field("fault", &self.fault()).finish_non_exhaustive()
    }
}
