//! Messages whose sender waits until the receiver has acknowledged them.
//!
//! Every node is told that an acknowledgement is wanted before it is told the message ([`Notice::AcknowledgementWanted`]),
//! and the node that holds the receiver's connection tells every node that it came ([`Notice::Acknowledged`]). Neither is
//! stored: a notice that is lost is an acknowledgement that does not come in time.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use crate::{
    bus::{Listener, Notice},
    id::{AppId, MessageId, UserId},
};

/// A message, and the user whom it is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Addressed {
    pub(super) app: AppId,
    pub(super) user: UserId,
    pub(super) message: MessageId,
}

/// The calls of this node that wait.
#[derive(Default)]
pub(super) struct Awaited(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    calls: HashMap<Addressed, BTreeMap<u64, oneshot::Sender<()>>>,
    /// How many they are.
    count: usize,
    /// The number given last.
    last: u64,
}

impl Awaited {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // No operation under the lock panics half way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to wait; `None` when `most` calls wait already.
    pub(super) fn begin(self: &Arc<Self>, of: Addressed, most: usize) -> Option<Awaiting> {
        let mut waiting = self.lock();
        if waiting.count >= most {
            return None;
        }
        let (told, heard) = oneshot::channel();
        waiting.count += 1;
        waiting.last += 1;
        let number = waiting.last;
        waiting.calls.entry(of.clone()).or_default().insert(number, told);
        Some(Awaiting { awaited: Arc::clone(self), of, number, heard })
    }

    /// The receiver has acknowledged a message: whoever waits for it goes on.
    fn acknowledged(&self, of: &Addressed) {
        let mut waiting = self.lock();
        let calls = waiting.calls.remove(of).unwrap_or_default();
        waiting.count -= calls.len();
        drop(waiting);
        for told in calls.into_values() {
            // A call that has gone meanwhile has nobody to tell.
            let _ = told.send(());
        }
    }
}

/// A call that waits. It waits no longer when this is dropped.
pub(super) struct Awaiting {
    awaited: Arc<Awaited>,
    of: Addressed,
    number: u64,
    heard: oneshot::Receiver<()>,
}

impl Awaiting {
    /// Waits until the receiver has acknowledged the message, or it is too late; whether it has.
    pub(super) async fn until(mut self, deadline: Instant) -> bool {
        matches!(timeout_at(deadline, &mut self.heard).await, Ok(Ok(())))
    }
}

impl Drop for Awaiting {
    fn drop(&mut self) {
        let mut waiting = self.awaited.lock();
        let Some(calls) = waiting.calls.get_mut(&self.of) else { return };
        let removed = calls.remove(&self.number).is_some();
        if calls.is_empty() {
            waiting.calls.remove(&self.of);
        }
        waiting.count -= usize::from(removed);
    }
}

/// Hears of acknowledgements.
pub(super) struct AcknowledgementListener(pub(super) Arc<Awaited>);

impl Listener for AcknowledgementListener {
    fn notice(&self, notice: &Notice) {
        if let Notice::Acknowledged { app, user, message } = notice {
            let of = Addressed { app: app.clone(), user: user.clone(), message: message.clone() };
            self.0.acknowledged(&of);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn of(message: &str) -> Addressed {
        Addressed {
            app: AppId::new("a").unwrap(),
            user: UserId::new("u").unwrap(),
            message: MessageId::new(message).unwrap(),
        }
    }

    fn deadline() -> Instant {
        Instant::now() + Duration::from_secs(1)
    }

    #[tokio::test(start_paused = true)]
    async fn every_call_that_waits_for_a_message_hears_of_its_acknowledgement_and_no_other_does() {
        let awaited = Arc::new(Awaited::default());
        let calls = ["m", "m", "other"].map(|message| awaited.begin(of(message), 10).unwrap());
        awaited.acknowledged(&of("m"));
        awaited.acknowledged(&of("m"));
        let mut heard = Vec::new();
        for call in calls {
            heard.push(call.until(deadline()).await);
        }
        assert_eq!(heard, [true, true, false]);
        assert_eq!(awaited.lock().count, 0);
        assert!(awaited.lock().calls.is_empty());
    }

    #[test]
    fn no_more_calls_wait_than_may_and_one_that_has_gone_makes_room() {
        let awaited = Arc::new(Awaited::default());
        let first = awaited.begin(of("m"), 2).unwrap();
        let second = awaited.begin(of("m"), 2).unwrap();
        assert!(awaited.begin(of("m"), 2).is_none());
        drop(first);
        let third = awaited.begin(of("other"), 2).unwrap();
        assert!(awaited.begin(of("m"), 2).is_none());
        drop((second, third));
        assert!(awaited.lock().calls.is_empty());
    }
}
