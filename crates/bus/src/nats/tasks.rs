//! The tasks of the bus.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use async_nats::Subscriber;
use futures_util::{
    StreamExt as _,
    stream::{AbortHandle, Abortable, SelectAll, abortable},
};
use muster_core::{
    id::{GroupRef, NodeId},
    vital::Vital,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, MissedTickBehavior, interval},
};

use super::{link, send::Shared, subject::Reach};

/// How often positions are told again.
const REMIND_EVERY: Duration = Duration::from_secs(1);
/// How often the subscriptions are looked after when nothing calls for it.
const TEND_EVERY: Duration = Duration::from_secs(1);
/// The shortest time between two looks at everything, which is work for the store.
const RESUME_EVERY: Duration = Duration::from_secs(1);

type Incoming = Abortable<Subscriber>;

/// Starts the tasks, which run until they are aborted. Where there is a connection, what is told to every node arrives
/// from now on: whoever listens and then reads the store misses nothing.
pub(super) async fn start(shared: &Arc<Shared>) -> [tokio::task::AbortHandle; 3] {
    // Unbounded, but never more than one subscription for each followed group and one a name.
    let (subscriptions, to_deliver) = unbounded_channel();
    let mut tender = Tender::new(Arc::clone(shared), subscriptions);
    if link::is_up(&shared.client)
        && tender.subscribe_for_all().await
        && tender.subscribe_by_name().await
        && link::probe(&shared.client, &shared.subjects).await
    {
        tender.known.0 = 1;
        tender.confessed = 1;
    }
    [
        tokio::spawn(tend(tender)).abort_handle(),
        tokio::spawn(deliver(Arc::clone(shared), to_deliver)).abort_handle(),
        tokio::spawn(remind(Arc::clone(shared))).abort_handle(),
    ]
}

async fn remind(shared: Arc<Shared>) {
    let _vital = Vital::new("tells NATS again what may be lost");
    let mut rounds = interval(REMIND_EVERY);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        shared.remind();
    }
}

/// Hands what arrives to the listeners, one message after the other.
async fn deliver(shared: Arc<Shared>, mut subscriptions: UnboundedReceiver<Incoming>) {
    let _vital = Vital::new("takes what comes from NATS");
    let mut incoming: SelectAll<Incoming> = SelectAll::new();
    loop {
        tokio::select! {
            Some(message) = incoming.next(), if !incoming.is_empty() => shared.receive(&message),
            Some(subscription) = subscriptions.recv() => incoming.push(subscription),
            else => return,
        }
    }
}

async fn tend(mut tender: Tender) {
    let _vital = Vital::new("tends the subscriptions at NATS");
    let mut rounds = interval(TEND_EVERY);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = tender.shared.link.stirred.notified() => {}
            _ = rounds.tick() => {}
        }
        // Without a connection wishes wait where they are gathered.
        if link::is_up(&tender.shared.client) && !tender.tend().await {
            // The bus is closed.
            return;
        }
    }
}

/// Turns wishes into subscriptions, and tells the listeners from when on they hold.
struct Tender {
    shared: Arc<Shared>,
    subscriptions: UnboundedSender<Incoming>,
    /// Whether the subject of every node is subscribed to.
    for_all: bool,
    /// The name whose subject is subscribed to.
    name: Option<(NodeId, AbortHandle)>,
    groups: HashMap<GroupRef, AbortHandle>,
    /// Subscribed groups of which the listeners do not yet know that they are.
    unconfirmed: Vec<GroupRef>,
    /// Connections and overruns whose losses the listeners know of.
    known: (u64, u64),
    /// Connections of which other nodes know that something may have been lost before them.
    confessed: u64,
    resumed: Option<Instant>,
}

impl Tender {
    fn new(shared: Arc<Shared>, subscriptions: UnboundedSender<Incoming>) -> Self {
        Self {
            shared,
            subscriptions,
            for_all: false,
            name: None,
            groups: HashMap::new(),
            unconfirmed: Vec::new(),
            known: (0, 0),
            confessed: 0,
            resumed: None,
        }
    }

    /// False when there is nothing left to tend.
    async fn tend(&mut self) -> bool {
        if !self.subscribe_for_all().await || !self.subscribe_by_name().await {
            return false;
        }
        for group in self.shared.wishes.take_changed() {
            if !self.follow_or_not(group).await {
                return false;
            }
        }
        let losses = (link::connections(&self.shared.client), self.shared.link.overruns());
        if losses.0 != self.confessed {
            // What was on its way when the connection ended may be lost.
            self.confessed = losses.0;
            self.shared.hints.renew();
            self.shared.untold_loss.store(true, Ordering::Relaxed);
        }
        self.shared.confess();
        let resume =
            self.may_resume() && (losses != self.known || self.shared.peer_lost.load(Ordering::Relaxed));
        if (resume || !self.unconfirmed.is_empty())
            && link::probe(&self.shared.client, &self.shared.subjects).await
            // A connection that came meanwhile needs a probe of its own, which the next round makes.
            && losses.0 == link::connections(&self.shared.client)
        {
            self.tell(resume, losses);
        }
        true
    }

    fn tell(&mut self, resume: bool, losses: (u64, u64)) {
        let shared = &self.shared;
        if resume {
            self.known = losses;
            self.resumed = Some(Instant::now());
            shared.peer_lost.store(false, Ordering::Relaxed);
            shared.resume();
        }
        for group in self.unconfirmed.drain(..).filter(|group| shared.wishes.wants(group)) {
            shared.listeners.each(|listener| listener.followed(&group));
        }
    }

    fn may_resume(&self) -> bool {
        self.resumed.is_none_or(|before| before.elapsed() >= RESUME_EVERY)
    }

    async fn subscribe_for_all(&mut self) -> bool {
        if !self.for_all {
            let subject = self.shared.subjects.of(Reach::All);
            self.for_all = self.subscribe(subject).await.is_some();
        }
        self.for_all
    }

    /// Subscribes to what is for this node alone, under the name that it has now.
    async fn subscribe_by_name(&mut self) -> bool {
        let name = self.shared.name();
        if self.name.as_ref().is_some_and(|(known, _)| *known == name) {
            return true;
        }
        let subject = self.shared.subjects.of(Reach::Node(&name));
        let Some(subscription) = self.subscribe(subject).await else { return false };
        if let Some((_, former)) = self.name.replace((name, subscription)) {
            former.abort();
        }
        true
    }

    async fn follow_or_not(&mut self, group: GroupRef) -> bool {
        if !self.shared.wishes.wants(&group) {
            if let Some(subscription) = self.groups.remove(&group) {
                subscription.abort();
            }
            return true;
        }
        if !self.groups.contains_key(&group) {
            let subject = self.shared.subjects.of(Reach::Group(&group));
            let Some(subscription) = self.subscribe(subject).await else { return false };
            self.groups.insert(group.clone(), subscription);
        }
        self.unconfirmed.push(group);
        true
    }

    /// `None` when the connection is closed for good.
    async fn subscribe(&self, subject: String) -> Option<AbortHandle> {
        match self.shared.client.subscribe(subject).await {
            Ok(subscriber) => {
                let (incoming, handle) = abortable(subscriber);
                self.subscriptions.send(incoming).ok()?;
                Some(handle)
            }
            Err(error) => {
                tracing::debug!(%error, "a subscription was not made");
                None
            }
        }
    }
}
