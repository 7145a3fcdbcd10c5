//! Acknowledging messages to users, whose senders wait for that.
//!
//! That an acknowledgement is wanted is told before the message, and once more to the node that the receiver comes to
//! meanwhile. A client that acknowledges says so when it logs in, and calls `ackMessage`; for the others the hub
//! acknowledges what has been written to their connection.

use std::{collections::VecDeque, sync::Arc};

use muster_core::{
    id::{AppId, MessageId, NodeId, UserId},
    message::StreamRef,
};

use super::{Feed, Hub};

/// Messages to one user that may wait for the user's acknowledgement at a time.
const MAX_WANTED: usize = 256;
/// Acknowledgements kept for which nobody has asked yet: a client that comes back may be faster than the question.
const MAX_EARLY: usize = 16;

/// The messages that one user is to acknowledge.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// The oldest first, each with the node that waits, if it said.
    waiting: VecDeque<(MessageId, Option<NodeId>)>,
    /// What was acknowledged and not asked for, the oldest first.
    early: VecDeque<MessageId>,
}

impl Wanted {
    /// Notes that a message is to be acknowledged to this node; whether it is already. Of too many the oldest is given up.
    pub(super) fn want(&mut self, message: &MessageId, by: Option<&NodeId>) -> bool {
        if !self.waiting.iter().any(|(wanted, known)| wanted == message && known.as_ref() == by) {
            if self.waiting.len() >= MAX_WANTED {
                self.waiting.pop_front();
            }
            self.waiting.push_back((message.clone(), by.cloned()));
        }
        self.early.contains(message)
    }

    /// Whether a message is to be acknowledged still.
    pub(super) fn wants(&self, message: &MessageId) -> bool {
        self.waiting.iter().any(|(wanted, _)| wanted == message)
    }

    /// Notes that a message is acknowledged; who has waited for that.
    pub(super) fn acknowledge(&mut self, message: &MessageId) -> Vec<Option<NodeId>> {
        let (waited, waiting): (VecDeque<_>, _) =
            self.waiting.drain(..).partition(|(wanted, _)| wanted == message);
        self.waiting = waiting;
        if waited.is_empty() && !self.early.contains(message) {
            if self.early.len() >= MAX_EARLY {
                self.early.pop_front();
            }
            self.early.push_back(message.clone());
        }
        waited.into_iter().map(|(_, by)| by).collect()
    }
}

impl Hub {
    /// A message is to be acknowledged by its receiver, to this node.
    pub(super) fn want(
        self: &Arc<Self>,
        app: &AppId,
        user: &UserId,
        message: &MessageId,
        by: Option<&NodeId>,
    ) {
        let Some(feed) = self.feed(&StreamRef::User(app.clone(), user.clone())) else { return };
        if feed.want(message, by) {
            let (hub, message) = (Arc::clone(self), message.clone());
            self.runtime.spawn(async move { hub.acknowledge(&feed.stream, &message).await });
        }
    }

    /// A message was put into the queues of the user whose stream it is.
    pub(super) fn said(self: &Arc<Self>, feed: &Arc<Feed>, message: &MessageId) {
        if !feed.wants(message) {
            return;
        }
        for connection in feed.subscribers() {
            if connection.identity().is_some_and(|identity| identity.acknowledges) {
                continue;
            }
            // Waits for the queue and not for the connection, which may end meanwhile.
            let written = connection.outbox.flushed();
            let (hub, feed, message) = (Arc::clone(self), Arc::clone(feed), message.clone());
            self.runtime.spawn(async move {
                if written.await.is_ok() {
                    hub.acknowledge(&feed.stream, &message).await;
                }
            });
        }
    }

    /// A user has acknowledged a message. Nobody is told of what nobody waits for.
    pub(crate) async fn acknowledge(&self, stream: &StreamRef, message: &MessageId) {
        let StreamRef::User(app, user) = stream else { return };
        let Some(feed) = self.feed(stream) else { return };
        for waited in feed.acknowledge(message) {
            self.muster.delivery().acknowledged(app, user, message, waited).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str) -> MessageId {
        MessageId::new(id).unwrap()
    }

    #[test]
    fn an_acknowledgement_goes_to_each_who_waits_for_it_once() {
        let node = |name| NodeId::new(name).unwrap();
        let mut wanted = Wanted::default();
        for by in [Some(node("a")), Some(node("a")), None, Some(node("b"))] {
            assert!(!wanted.want(&message("m"), by.as_ref()));
        }
        wanted.want(&message("other"), None);
        assert_eq!(wanted.acknowledge(&message("m")), [Some(node("a")), None, Some(node("b"))]);
        assert!(!wanted.wants(&message("m")) && wanted.wants(&message("other")));
        assert_eq!(wanted.acknowledge(&message("m")), []);
    }

    #[test]
    fn an_acknowledgement_that_comes_before_it_is_asked_for_counts_and_few_are_kept() {
        let mut wanted = Wanted::default();
        for number in 0..=MAX_EARLY {
            assert_eq!(wanted.acknowledge(&message(&number.to_string())), []);
        }
        assert!(!wanted.want(&message("0"), None), "too many came after it");
        assert!(wanted.want(&message("1"), None));
        assert_eq!(wanted.acknowledge(&message("1")), [None]);
    }
}
