//! Acknowledging messages to users, whose senders wait for that.
//!
//! That an acknowledgement is wanted is told before the message. A client that acknowledges says so when it logs in, and
//! calls `ackMessage`; for the others the hub acknowledges what has been written to their connection.

use std::sync::Arc;

use muster_core::{id::MessageId, message::StreamRef};

use super::{Feed, Hub};

impl Hub {
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
        if self.feed(stream).is_some_and(|feed| feed.acknowledge(message)) {
            self.muster.delivery().acknowledged(app, user, message).await;
        }
    }
}
