//! Messages whose sender waits until the receiver has acknowledged them.
//!
//! Every node is told that an acknowledgement is wanted before it is told the message ([`Notice::AcknowledgementWanted`]),
//! and the node that holds the receiver's connection tells the one that waits that it came ([`Notice::Acknowledged`]). When
//! the receiver signs in again meanwhile, the node that it comes to is asked as well. None of it is stored: a notice that
//! is lost is an acknowledgement that does not come in time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, timeout_at},
};

use crate::{
    bus::{Listener, Notice},
    id::{AppId, MessageId, NodeId, UserId},
};

/// A message, and the user whom it is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Addressed {
    pub(super) app: AppId,
    pub(super) user: UserId,
    pub(super) message: MessageId,
}

impl Addressed {
    /// What is told where the receiver may be, by the node that waits.
    pub(super) fn wanted(self, by: NodeId) -> Notice {
        let Self { app, user, message } = self;
        Notice::AcknowledgementWanted { app, user, message, by: Some(by) }
    }
}

/// The calls of this node that wait.
#[derive(Default)]
pub(super) struct Awaited(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    /// By the receiver.
    calls: HashMap<(AppId, UserId), Vec<Call>>,
    /// How many they are.
    count: usize,
    /// The number given last.
    last: u64,
}

struct Call {
    number: u64,
    message: MessageId,
    told: UnboundedSender<Heard>,
}

/// What a call hears that waits.
enum Heard {
    Acknowledged,
    /// The receiver has signed in on this node.
    SignedIn(NodeId),
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
        let (told, heard) = unbounded_channel();
        waiting.count += 1;
        waiting.last += 1;
        let number = waiting.last;
        let receiver = (of.app, of.user);
        let call = Call { number, message: of.message, told };
        waiting.calls.entry(receiver.clone()).or_default().push(call);
        Some(Awaiting { awaited: Arc::clone(self), receiver, number, heard })
    }

    /// The receiver has acknowledged a message: whoever waits for it goes on.
    fn acknowledged(&self, app: &AppId, user: &UserId, message: &MessageId) {
        self.each_of(app, user, |call| {
            if call.message == *message {
                // A call that has gone meanwhile has nobody to tell.
                let _ = call.told.send(Heard::Acknowledged);
            }
        });
    }

    /// The receiver has signed in on a node, which may not have been asked.
    fn signed_in(&self, app: &AppId, user: &UserId, node: &NodeId) {
        self.each_of(app, user, |call| {
            let _ = call.told.send(Heard::SignedIn(node.clone()));
        });
    }

    fn each_of(&self, app: &AppId, user: &UserId, tell: impl Fn(&Call)) {
        let waiting = self.lock();
        if waiting.count > 0 {
            waiting.calls.get(&(app.clone(), user.clone())).into_iter().flatten().for_each(tell);
        }
    }
}

/// A call that waits. It waits no longer when this is dropped.
pub(super) struct Awaiting {
    awaited: Arc<Awaited>,
    receiver: (AppId, UserId),
    number: u64,
    heard: UnboundedReceiver<Heard>,
}

impl Awaiting {
    /// Waits until the receiver has acknowledged the message, or it is too late; whether it has. `signed_in` is called
    /// with each node on which the receiver signs in meanwhile.
    pub(super) async fn until(mut self, deadline: Instant, signed_in: impl Fn(NodeId)) -> bool {
        let hearing = async {
            loop {
                match self.heard.recv().await {
                    Some(Heard::Acknowledged) => return true,
                    Some(Heard::SignedIn(node)) => signed_in(node),
                    None => return false,
                }
            }
        };
        timeout_at(deadline, hearing).await.unwrap_or(false)
    }
}

impl Drop for Awaiting {
    fn drop(&mut self) {
        let mut waiting = self.awaited.lock();
        let Some(calls) = waiting.calls.get_mut(&self.receiver) else { return };
        calls.retain(|call| call.number != self.number);
        if calls.is_empty() {
            waiting.calls.remove(&self.receiver);
        }
        waiting.count -= 1;
    }
}

/// Hears of acknowledgements, and of receivers who come.
pub(super) struct AcknowledgementListener(pub(super) Arc<Awaited>);

impl Listener for AcknowledgementListener {
    fn notice(&self, notice: &Notice) {
        match notice {
            Notice::Acknowledged { app, user, message } => self.0.acknowledged(app, user, message),
            Notice::SignedIn { app, user, session } => self.0.signed_in(app, user, &session.node),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, time::Duration};

    use super::*;

    fn of(message: &str) -> Addressed {
        Addressed {
            app: AppId::new("a").unwrap(),
            user: UserId::new("u").unwrap(),
            message: MessageId::new(message).unwrap(),
        }
    }

    fn acknowledge(awaited: &Awaited, message: &str) {
        let Addressed { app, user, message } = of(message);
        awaited.acknowledged(&app, &user, &message);
    }

    fn deadline() -> Instant {
        Instant::now() + Duration::from_secs(1)
    }

    #[tokio::test(start_paused = true)]
    async fn every_call_that_waits_for_a_message_hears_of_its_acknowledgement_and_no_other_does() {
        let awaited = Arc::new(Awaited::default());
        let calls = ["m", "m", "other"].map(|message| awaited.begin(of(message), 10).unwrap());
        acknowledge(&awaited, "m");
        acknowledge(&awaited, "m");
        let mut heard = Vec::new();
        for call in calls {
            heard.push(call.until(deadline(), |_| {}).await);
        }
        assert_eq!(heard, [true, true, false]);
        assert_eq!(awaited.lock().count, 0);
        assert!(awaited.lock().calls.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_waits_hears_where_its_receiver_signs_in_and_of_nobody_else() {
        let awaited = Arc::new(Awaited::default());
        let call = awaited.begin(of("m"), 10).unwrap();
        let (app, node) = (of("m").app, NodeId::new("n").unwrap());
        awaited.signed_in(&app, &UserId::new("other").unwrap(), &NodeId::new("elsewhere").unwrap());
        awaited.signed_in(&app, &of("m").user, &node);
        acknowledge(&awaited, "m");
        let nodes = RefCell::new(Vec::new());
        assert!(call.until(deadline(), |node| nodes.borrow_mut().push(node)).await);
        assert_eq!(nodes.into_inner(), [node]);
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
