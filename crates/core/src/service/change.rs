//! The one way in which a rule changes something: stored with what follows from it, then told, and never half of it.
//!
//! [`Muster::change`] carries the work out where nobody can drop it, lends it a store that takes changes, and tells the
//! notices that it ends in. A store asks for what a change is stored with ([`Also`]), and that is to be had in such work
//! alone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{Muster, outbox::OutboxState};
use crate::{
    bus::{Bus, Letter, Notice},
    callback::{CallbackEvent, Found, OwedCall, id_of},
    caller::{CarriedOut, Underway, carry_on, carry_out, carry_out_in_place},
    error::Result,
    id::{AppId, NodeId},
    message::{Entry, Positions, StreamRef},
    random::Random,
    store::{Also, Store, StreamEvent},
    time::Millis,
};

/// What work has that changes something.
pub(super) struct Hands {
    /// The store to change.
    pub(super) store: Arc<dyn Store>,
    carried: CarriedOut,
    /// Whether a callback is owed for the change.
    owes: Arc<AtomicBool>,
    /// Whether businesses are told what becomes of their customer groups.
    pub(super) tells_groups: bool,
    /// When the work began.
    pub(super) now: Millis,
    random: Arc<dyn Random>,
}

impl Hands {
    /// A callback that an application or a channel is owed.
    pub(super) fn call(&self, app: AppId, event: CallbackEvent) -> OwedCall {
        OwedCall { id: id_of(&self.random.hex(32)), app, event, made_at: self.now }
    }

    /// For a change from which nothing follows.
    pub(super) fn alone(&self) -> Also {
        Also::nothing(self.carried)
    }

    /// For a change that these events are stored with.
    pub(super) fn with(&self, events: &[StreamEvent]) -> Also {
        Also { events: events.to_vec(), ..self.alone() }
    }

    /// For a change that these callbacks are owed for.
    pub(super) fn owing(&self, calls: Vec<OwedCall>) -> Also {
        self.with_all(&[], calls)
    }

    /// For a change that both are stored with.
    pub(super) fn with_all(&self, events: &[StreamEvent], calls: Vec<OwedCall>) -> Also {
        self.owes.fetch_or(!calls.is_empty(), Ordering::Relaxed);
        Also { events: events.to_vec(), calls, ..self.alone() }
    }

    /// For a change that these events are stored with, and for which callbacks may be owed by what the store finds.
    pub(super) fn finding(&self, events: &[StreamEvent], found: Option<Found>) -> Also {
        self.owes.fetch_or(found.is_some(), Ordering::Relaxed);
        Also { found, ..self.with(events) }
    }
}

/// What a change has come to: what its caller is answered, and what others are told first, in this order.
pub(super) struct Done<T> {
    answer: T,
    notices: Vec<Notice>,
}

impl<T> Done<T> {
    /// Others have something to hear.
    pub(super) fn told(answer: T, notices: impl IntoIterator<Item = Notice>) -> Self {
        Self { answer, notices: notices.into_iter().collect() }
    }

    /// Nobody else has.
    pub(super) fn untold(answer: T) -> Self {
        Self { answer, notices: Vec::new() }
    }
}

/// What is told of events that were stored at these positions.
pub(super) fn published(events: Vec<StreamEvent>, positions: Positions) -> impl Iterator<Item = Notice> {
    events.into_iter().zip(positions).map(|(StreamEvent { stream, event, at }, position)| Notice::Published {
        stream,
        sequence: Some(position),
        event,
        at,
    })
}

impl Entry {
    /// What is told of it again: whoever knows its position passes over it.
    pub(super) fn notice(self, stream: StreamRef) -> Notice {
        Notice::Published { stream, sequence: Some(self.sequence), event: Arc::new(self.event), at: self.at }
    }
}

impl Muster {
    /// What a change begins with: the hands, once they may change something, and who hears of it.
    fn begin(&self) -> (Listeners, impl FnOnce(CarriedOut) -> Hands + use<>) {
        let (store, owes) = (Arc::clone(&self.store), Arc::<AtomicBool>::default());
        let (bus, outbox) = (Arc::clone(&self.bus), Arc::clone(&self.outbox));
        let listeners = Listeners { bus, outbox, owed: Arc::clone(&owes) };
        let (now, random) = (self.now(), Arc::clone(&self.random));
        let tells_groups = self.limits.chat_group_events;
        (listeners, move |carried| Hands { store, carried, owes, tells_groups, now, random })
    }

    /// Sends one node a letter whose loss changes nothing that was promised, while its sender goes on.
    pub(super) fn post(&self, node: NodeId, letter: Letter, within: Duration) {
        let bus = Arc::clone(&self.bus);
        tokio::spawn(async move {
            if let Err(error) = bus.send(&node, letter, within).await {
                tracing::debug!(%error, %node, "a letter did not reach a node");
            }
        });
    }

    /// Changes something. Whoever asks may go away: what a store has begun by then comes to its end and is told, and what
    /// it has not begun it never begins.
    ///
    /// # Errors
    /// The work's. Then nothing is told.
    pub(super) async fn change<T, F>(&self, work: impl FnOnce(Hands) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<Done<T>>> + Send + 'static,
    {
        let (listeners, hands) = self.begin();
        carry_out(|carried| told(listeners, work(hands(carried)))).await
    }

    /// The same in place, as long as its caller waits: see [`carry_out_in_place`].
    ///
    /// # Errors
    /// The work's. Then nothing is told.
    pub(super) async fn change_in_place<T, F>(&self, work: impl FnOnce(Hands) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<Done<T>>> + Send + 'static,
    {
        let (listeners, hands) = self.begin();
        carry_out_in_place(|carried| told(listeners, work(hands(carried)))).await
    }

    /// Begins a change, and answers when the store has given it its place: see [`carry_on`]. What is left comes to the
    /// work's errors; then nothing is told.
    pub(super) async fn begin_change<T, F>(&self, work: impl FnOnce(Hands) -> F) -> Underway<Result<T>>
    where
        T: Send + Unpin + 'static,
        F: Future<Output = Result<Done<T>>> + Send + 'static,
    {
        let (listeners, hands) = self.begin();
        carry_on(|carried| told(listeners, work(hands(carried)))).await
    }
}

/// Who hears of a change.
struct Listeners {
    bus: Arc<dyn Bus>,
    outbox: Arc<OutboxState>,
    /// Whether a callback is owed for it.
    owed: Arc<AtomicBool>,
}

/// Does work, and tells what it ends in; whoever sends callbacks is woken when one is owed.
async fn told<T>(
    Listeners { bus, outbox, owed }: Listeners,
    work: impl Future<Output = Result<Done<T>>>,
) -> Result<T> {
    let done = work.await;
    if owed.load(Ordering::Relaxed) {
        outbox.wake.notify_one();
    }
    let Done { answer, notices } = done?;
    for notice in notices {
        tell(&*bus, notice).await;
    }
    Ok(answer)
}

/// Tells a notice whose loss changes nothing that was promised: the fact behind it is stored, or was never meant to
/// last. A bus that is down must not turn a done deed into a failed call; it logs itself that it is down.
pub(super) async fn tell(bus: &dyn Bus, notice: Notice) {
    if let Err(error) = bus.publish(notice).await {
        tracing::debug!(%error, "a notice did not reach the other nodes");
    }
}
