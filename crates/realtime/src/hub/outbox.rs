//! What waits to be written to one connection.
//!
//! Any thread puts messages in and never waits; the connection's own task takes all of them out at once. Publications
//! are counted: a client that reads more slowly than its groups talk is closed, not dropped from, because what was
//! stored must reach it and reconnecting with recovery is how it does. Replies are not counted: their client asked for
//! them, and its next command is read only when they are written.

use std::{
    future::poll_fn,
    sync::{Mutex, MutexGuard},
    task::{Poll, Waker},
};

use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{lock::locked, protocol::Disconnect};

/// The capacity that an emptied queue keeps; a busier one's memory goes back.
const KEPT_CAPACITY: usize = 8;

#[derive(Debug)]
pub(crate) struct Outbox {
    state: Mutex<State>,
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    messages: Vec<Utf8Bytes>,
    published: usize,
    closing: Option<Disconnect>,
    /// Who waits for the first message.
    waiting: Option<Waker>,
}

impl Outbox {
    /// A queue that holds up to `limit` bytes of publications, and always one.
    pub(crate) fn new(limit: usize) -> Self {
        Self { state: Mutex::default(), limit }
    }

    /// Adds a publication; one too many ends the connection.
    pub(crate) fn publish(&self, message: Utf8Bytes) {
        let mut state = locked(&self.state);
        if state.closing.is_some() {
            return;
        }
        if state.published >= self.limit {
            state.messages = Vec::new();
            state.closing = Some(Disconnect::SLOW);
        } else {
            state.published += message.as_str().len();
            state.messages.push(message);
        }
        wake(state);
    }

    /// Adds a reply, a ping or the end of a subscription.
    pub(crate) fn reply(&self, message: Utf8Bytes) {
        let mut state = locked(&self.state);
        if state.closing.is_none() {
            state.messages.push(message);
            wake(state);
        }
    }

    /// Ends the connection once what waits is written. Only the first reason counts.
    pub(crate) fn close(&self, why: Disconnect) {
        let mut state = locked(&self.state);
        state.closing.get_or_insert(why);
        wake(state);
    }

    /// Waits until there is something to take. One task at a time may wait.
    pub(crate) async fn filled(&self) {
        poll_fn(|context| {
            let mut state = locked(&self.state);
            if !state.messages.is_empty() || state.closing.is_some() {
                return Poll::Ready(());
            }
            let waker = context.waker();
            if !state.waiting.as_ref().is_some_and(|waiting| waiting.will_wake(waker)) {
                state.waiting = Some(waker.clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Takes everything that waits into `batch`, which is empty; why the connection is to be closed afterwards, if it is.
    pub(crate) fn take(&self, batch: &mut Vec<Utf8Bytes>) -> Option<Disconnect> {
        if batch.capacity() > KEPT_CAPACITY {
            *batch = Vec::new();
        }
        let mut state = locked(&self.state);
        std::mem::swap(&mut state.messages, batch);
        state.published = 0;
        state.closing
    }
}

/// Wakes whoever waits, after the lock is given back.
fn wake(mut state: MutexGuard<'_, State>) {
    let waiting = state.waiting.take();
    drop(state);
    if let Some(waiting) = waiting {
        waiting.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_above_its_bound_is_emptied_and_closed_as_slow() {
        let outbox = Outbox::new(10);
        let mut batch = Vec::new();
        outbox.publish("0123456789".into());
        outbox.reply("a reply is not counted".into());
        assert_eq!(outbox.take(&mut batch), None);
        assert_eq!(batch.len(), 2);
        batch.clear();
        outbox.publish("0123456789".into());
        outbox.publish("x".into());
        outbox.publish("after the end".into());
        assert_eq!(outbox.take(&mut batch), Some(Disconnect::SLOW));
        assert!(batch.is_empty());
    }

    #[test]
    fn a_close_lets_out_what_was_there_before_and_keeps_its_first_reason() {
        let outbox = Outbox::new(10);
        outbox.publish("a".into());
        outbox.close(Disconnect::SHUTDOWN);
        outbox.close(Disconnect::REMOVED);
        outbox.reply("b".into());
        let mut batch = Vec::new();
        assert_eq!(outbox.take(&mut batch), Some(Disconnect::SHUTDOWN));
        assert_eq!(batch, [Utf8Bytes::from_static("a")]);
    }
}
