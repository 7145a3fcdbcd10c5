//! Commands that come apart from their connection, in requests of their own, on their way to its task.
//!
//! Any thread puts them in and never waits. What waits for one connection is bounded in bytes, each request counting for
//! something beside its commands, so that requests of nothing are bounded too; one too many is refused, and its sender told.

use std::sync::Arc;

use bytes::Bytes;
use muster_core::bus::{ConnectionKey, Receipt};
use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use super::Shards;

/// Bytes that a request counts for beside its commands: about what keeping it costs.
const COST: usize = 128;

/// The inboxes of a process, by the secrets of their connections.
pub(crate) struct Inboxes {
    slots: Shards<ConnectionKey, Slot>,
    /// Bytes that may wait in one.
    limit: usize,
}

#[derive(Clone)]
struct Slot {
    commands: UnboundedSender<Posted>,
    room: Arc<Semaphore>,
}

/// Commands that wait, and their part of what may.
struct Posted {
    commands: Bytes,
    _room: OwnedSemaphorePermit,
}

impl Inboxes {
    /// No inbox yet; each will hold up to `limit` bytes, and always one request.
    pub(crate) fn new(limit: usize) -> Self {
        Self { slots: Shards::default(), limit }
    }

    /// An inbox of the connection with this secret, until it is dropped.
    pub(crate) fn open(self: &Arc<Self>, key: ConnectionKey) -> Inbox {
        let (commands, waiting) = unbounded_channel();
        let room = Arc::new(Semaphore::new(self.limit));
        self.slots.insert(key.clone(), Slot { commands, room });
        Inbox { inboxes: Arc::clone(self), key, waiting }
    }

    /// Puts commands in; what became of them.
    pub(crate) fn put(&self, key: &ConnectionKey, commands: Bytes) -> Receipt {
        let Some(slot) = self.slots.get(key) else { return Receipt::NoConnection };
        let cost = commands.len().saturating_add(COST).min(self.limit);
        let room = u32::try_from(cost).ok().and_then(|cost| slot.room.try_acquire_many_owned(cost).ok());
        let Some(room) = room else { return Receipt::Full };
        match slot.commands.send(Posted { commands, _room: room }) {
            Ok(()) => Receipt::Taken,
            Err(_) => Receipt::NoConnection,
        }
    }
}

/// What waits for one connection.
pub(crate) struct Inbox {
    inboxes: Arc<Inboxes>,
    key: ConnectionKey,
    waiting: UnboundedReceiver<Posted>,
}

impl Inbox {
    /// Waits for the next commands. It may be given up at any time, and nothing is lost then. `None` never comes while the
    /// inbox is open.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        self.waiting.recv().await.map(|posted| posted.commands)
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.inboxes.slots.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn key(text: &str) -> ConnectionKey {
        ConnectionKey::new(text)
    }

    #[test]
    fn commands_arrive_in_order_for_whoever_shows_the_secret_and_for_nobody_else() {
        let inboxes = Arc::new(Inboxes::new(1_000));
        let mut inbox = inboxes.open(key("secret"));
        let put = |secret, text: &'static str| inboxes.put(&key(secret), Bytes::from_static(text.as_bytes()));
        for guess in ["", "secre", "secrets", "SECRET"] {
            assert_eq!(put(guess, "x"), Receipt::NoConnection);
        }
        assert_eq!((put("secret", "first"), put("secret", "second")), (Receipt::Taken, Receipt::Taken));
        assert_eq!(inbox.next().now_or_never().flatten().as_deref(), Some(&b"first"[..]));
        assert_eq!(inbox.next().now_or_never().flatten().as_deref(), Some(&b"second"[..]));
        assert!(inbox.next().now_or_never().is_none());
        drop(inbox);
        assert_eq!(put("secret", "late"), Receipt::NoConnection);
    }

    #[test]
    fn so_much_waits_and_no_more_and_one_request_always_may() {
        let inboxes = Arc::new(Inboxes::new(2 * COST + 10));
        let mut inbox = inboxes.open(key("k"));
        let put = |bytes: usize| inboxes.put(&key("k"), vec![b'x'; bytes].into());
        assert_eq!((put(5), put(5), put(0)), (Receipt::Taken, Receipt::Taken, Receipt::Full));
        assert!(inbox.next().now_or_never().flatten().is_some());
        assert_eq!((put(0), put(0)), (Receipt::Taken, Receipt::Full), "requests of nothing count as well");
        while inbox.next().now_or_never().flatten().is_some() {}
        assert_eq!((put(100_000), put(0)), (Receipt::Taken, Receipt::Full));
    }
}
