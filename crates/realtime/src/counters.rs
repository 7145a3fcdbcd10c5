//! What the realtime part counts, for the operator's metrics.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use crate::{
    lock::{Mutex, locked},
    protocol::Form,
    rate::Class,
    transport::TransportKind,
};

/// A number that goes up and down or only up; readers may see it a moment late.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// The number now.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    pub(crate) fn add(&self, by: u64) {
        self.0.fetch_add(by, Relaxed);
    }

    pub(crate) fn subtract(&self, by: u64) {
        self.0.fetch_sub(by, Relaxed);
    }
}

/// The figures of one server process since it started.
#[derive(Debug, Default)]
pub struct Counters {
    /// Connections open now, logged in or not.
    pub connections: Counter,
    /// The same by transport and form.
    by_transport: [[Counter; Form::ALL.len()]; TransportKind::ALL.len()],
    /// Subscriptions to groups now.
    pub subscriptions: Counter,
    /// Logins that succeeded.
    pub logins: Counter,
    /// Logins that were refused.
    pub logins_refused: Counter,
    /// Subscriptions to groups made.
    pub joins: Counter,
    /// Subscriptions to groups that ended, for whatever reason.
    pub leaves: Counter,
    /// Messages that clients sent and the server took.
    pub messages_in: Counter,
    dropped: [Counter; 3],
    /// Publications put into the queues of connections.
    pub deliveries: Counter,
    /// Bytes written to connections.
    pub bytes_out: Counter,
    /// Subscriptions that recovered what they had missed.
    pub recovered: Counter,
    /// Subscriptions that asked to recover and could not.
    pub unrecovered: Counter,
    /// Messages whose notice was late or lost and that were read from the store.
    pub filled: Counter,
    closes: Mutex<BTreeMap<u16, u64>>,
}

impl Counters {
    /// Connections that the server closed, by close code.
    #[must_use]
    pub fn closes(&self) -> BTreeMap<u16, u64> {
        locked(&self.closes).clone()
    }

    /// Messages that were refused because their group got more than it may, by class, the lowest first.
    #[must_use]
    pub fn dropped(&self) -> [(&'static str, u64); 3] {
        let [likes, texts, gifts] = &self.dropped;
        [("like", likes.get()), ("text", texts.get()), ("gift", gifts.get())]
    }

    pub(crate) fn dropped_one(&self, class: Class) {
        self.dropped[class as usize].add(1);
    }

    /// Connections open now by transport and form, with the names of both.
    pub fn transports(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        TransportKind::ALL.into_iter().flat_map(move |kind| {
            Form::ALL.into_iter().map(move |form| {
                (kind.name(), form.name(), self.by_transport[kind as usize][form as usize].get())
            })
        })
    }

    pub(crate) fn opened(&self, kind: TransportKind, form: Form) {
        self.connections.add(1);
        self.by_transport[kind as usize][form as usize].add(1);
    }

    pub(crate) fn ended(&self, kind: TransportKind, form: Form) {
        self.by_transport[kind as usize][form as usize].subtract(1);
        self.connections.subtract(1);
    }

    pub(crate) fn closed(&self, code: u16) {
        *locked(&self.closes).entry(code).or_default() += 1;
    }
}
