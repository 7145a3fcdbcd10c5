//! What waits to be written to one connection.
//!
//! Any thread puts messages in and never waits; the connection's own task takes all of them out at once. Everything is
//! counted until it is written. A client that reads more slowly than its groups talk is closed, not dropped from, because
//! what was stored must reach it and reconnecting with recovery is how it does. Replies close nobody: while as much
//! waits as may, the client's next command does not begin ([`Outbox::room`]), so that replies are one more than that at
//! most, and those to messages that were under way (`realtime.messages_in_flight`).

use std::{
    future::poll_fn,
    task::{Poll, Waker},
};

use tokio::sync::oneshot;

use crate::{
    lock::{Mutex, MutexGuard, locked},
    protocol::{Disconnect, Frame},
};

/// The capacity that an emptied queue keeps; a busier one's memory goes back.
const KEPT_CAPACITY: usize = 8;

#[derive(Debug)]
pub(crate) struct Outbox {
    state: Mutex<State>,
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    messages: Vec<Frame>,
    /// Bytes of the publications among them.
    published: usize,
    /// Bytes of everything that is not written yet: of these messages, and of those that were taken.
    unwritten: usize,
    /// Bytes of everything that was ever put in.
    queued: u64,
    /// Who waits until what was put in by then is written: up to which byte of it.
    flushes: Vec<(u64, oneshot::Sender<()>)>,
    end: Option<End>,
    /// Who waits for the first message.
    writer: Option<Waker>,
    /// Who waits for room.
    commander: Option<Waker>,
}

/// Why nothing more is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The connection is to be closed once what waits is written.
    Closing(Disconnect),
    /// Nothing can be written any more.
    Broken,
}

impl Outbox {
    /// A queue that holds up to `limit` bytes, and always one message.
    pub(crate) fn new(limit: usize) -> Self {
        Self { state: Mutex::default(), limit }
    }

    /// Adds a publication; one too many ends the connection.
    pub(crate) fn publish(&self, message: Frame) {
        let mut state = locked(&self.state);
        if state.end.is_some() {
            return;
        }
        if state.published >= self.limit {
            state.messages = Vec::new();
            state.flushes = Vec::new();
            state.end = Some(End::Closing(Disconnect::SLOW));
        } else {
            state.published += message.len();
            state.push(message);
        }
        wake(state);
    }

    /// Adds a reply, a ping or the end of a subscription.
    pub(crate) fn reply(&self, message: Frame) {
        let mut state = locked(&self.state);
        if state.end.is_none() {
            state.push(message);
            wake(state);
        }
    }

    /// Ends the connection once what waits is written. Only the first reason counts.
    pub(crate) fn close(&self, why: Disconnect) {
        let mut state = locked(&self.state);
        state.end.get_or_insert(End::Closing(why));
        wake(state);
    }

    /// Gives up what waits: nothing can be written any more, and nothing more is to be begun.
    pub(crate) fn abandon(&self) {
        let mut state = locked(&self.state);
        state.messages = Vec::new();
        state.flushes = Vec::new();
        state.end = Some(End::Broken);
        wake(state);
    }

    /// Waits until there is something to take. One task at a time may wait.
    pub(crate) async fn filled(&self) {
        poll_fn(|context| {
            let mut state = locked(&self.state);
            if !state.messages.is_empty() || state.end.is_some() {
                return Poll::Ready(());
            }
            register(&mut state.writer, context.waker());
            Poll::Pending
        })
        .await;
    }

    /// Waits until less waits than may; whether another command may begin then, which none may when the connection is
    /// ending. One task at a time may wait.
    pub(crate) async fn room(&self) -> bool {
        poll_fn(|context| {
            let mut state = locked(&self.state);
            if state.end.is_some() {
                return Poll::Ready(false);
            }
            if state.unwritten < self.limit {
                return Poll::Ready(true);
            }
            register(&mut state.commander, context.waker());
            Poll::Pending
        })
        .await
    }

    /// Whether nothing more is taken in.
    pub(crate) fn has_ended(&self) -> bool {
        locked(&self.state).end.is_some()
    }

    /// Takes everything that waits into `batch`, which is empty; why the connection is to be closed afterwards, if it is.
    pub(crate) fn take(&self, batch: &mut Vec<Frame>) -> Option<Disconnect> {
        if batch.capacity() > KEPT_CAPACITY {
            *batch = Vec::new();
        }
        let mut state = locked(&self.state);
        std::mem::swap(&mut state.messages, batch);
        state.published = 0;
        match state.end {
            Some(End::Closing(why)) => Some(why),
            Some(End::Broken) | None => None,
        }
    }

    /// Answers when everything that has been put in by now is written; with an error when it never will be.
    pub(crate) fn flushed(&self) -> oneshot::Receiver<()> {
        let (written, waiting) = oneshot::channel();
        let mut state = locked(&self.state);
        // At its end a queue may have lost what was in it.
        if state.end.is_none() {
            let up_to = state.queued;
            state.flushes.push((up_to, written));
            state.flush();
        }
        waiting
    }

    /// Notes that so many bytes of what was taken are written.
    pub(crate) fn written(&self, bytes: usize) {
        let mut state = locked(&self.state);
        state.unwritten = state.unwritten.saturating_sub(bytes);
        if !state.flushes.is_empty() {
            state.flush();
        }
        if let Some(commander) = state.commander.take() {
            drop(state);
            commander.wake();
        }
    }
}

impl State {
    fn push(&mut self, message: Frame) {
        self.unwritten = self.unwritten.saturating_add(message.len());
        self.queued += message.len() as u64;
        self.messages.push(message);
    }

    /// Answers those for whom enough is written.
    fn flush(&mut self) {
        let written = self.queued - self.unwritten as u64;
        for (_, flushed) in self.flushes.extract_if(.., |(up_to, _)| *up_to <= written) {
            // Whoever waited may have gone.
            let _ = flushed.send(());
        }
        if self.flushes.is_empty() {
            self.flushes = Vec::new();
        }
    }
}

/// Has a task woken that waits.
fn register(place: &mut Option<Waker>, waker: &Waker) {
    if !place.as_ref().is_some_and(|waiting| waiting.will_wake(waker)) {
        *place = Some(waker.clone());
    }
}

/// Wakes whoever waits for what has changed, after the lock is given back.
fn wake(mut state: MutexGuard<'_, State>) {
    let writer = state.writer.take();
    let commander = if state.end.is_some() { state.commander.take() } else { None };
    drop(state);
    for waiting in [writer, commander].into_iter().flatten() {
        waiting.wake();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn frame(text: &str) -> Frame {
        text.to_owned().into()
    }

    #[test]
    fn a_queue_above_its_bound_is_emptied_and_closed_as_slow() {
        let outbox = Outbox::new(10);
        let mut batch = Vec::new();
        outbox.publish(frame("0123456789"));
        outbox.reply(frame("a reply closes nobody"));
        assert_eq!(outbox.take(&mut batch), None);
        assert_eq!(batch.len(), 2);
        batch.clear();
        outbox.publish(frame("0123456789"));
        outbox.publish(frame("x"));
        outbox.publish(frame("after the end"));
        assert_eq!(outbox.take(&mut batch), Some(Disconnect::SLOW));
        assert!(batch.is_empty());
    }

    #[tokio::test]
    async fn a_command_begins_when_less_waits_than_may_and_none_begins_at_the_end() {
        let outbox = Outbox::new(10);
        assert_eq!(outbox.room().now_or_never(), Some(true));
        outbox.reply(frame("a long reply"));
        assert_eq!(outbox.room().now_or_never(), None);
        let mut batch = Vec::new();
        assert_eq!(outbox.take(&mut batch), None);
        assert_eq!(outbox.room().now_or_never(), None, "taken is not written");
        outbox.written(12);
        assert_eq!(outbox.room().now_or_never(), Some(true));
        outbox.reply(frame("another reply"));
        let (room, ()) = tokio::join!(outbox.room(), async { outbox.abandon() });
        assert!(!room);
    }

    #[test]
    fn what_is_put_in_is_known_to_be_written_when_it_is_and_not_when_it_never_will_be() {
        let outbox = Outbox::new(10);
        assert_eq!(outbox.flushed().now_or_never(), Some(Ok(())), "there is nothing to write");
        let mut batch = Vec::new();
        outbox.publish(frame("first"));
        let mut first = outbox.flushed();
        outbox.reply(frame("second"));
        let mut both = outbox.flushed();
        outbox.take(&mut batch);
        outbox.reply(frame("third"));
        let mut third = outbox.flushed();
        assert!(first.try_recv().is_err(), "taken is not written");
        outbox.written(11);
        assert_eq!((first.try_recv(), both.try_recv()), (Ok(()), Ok(())));
        assert!(third.try_recv().is_err());
        outbox.abandon();
        assert_eq!(third.now_or_never().map(|gone| gone.is_err()), Some(true));
        assert_eq!(outbox.flushed().now_or_never().map(|gone| gone.is_err()), Some(true));
    }

    #[test]
    fn a_close_lets_out_what_was_there_before_and_keeps_its_first_reason() {
        let outbox = Outbox::new(10);
        outbox.publish(frame("a"));
        outbox.close(Disconnect::SHUTDOWN);
        outbox.close(Disconnect::REMOVED);
        outbox.reply(frame("b"));
        let mut batch = Vec::new();
        assert_eq!(outbox.take(&mut batch), Some(Disconnect::SHUTDOWN));
        assert_eq!(batch, [frame("a")]);
    }
}
