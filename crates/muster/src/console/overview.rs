//! How this node does: its last hour, kept in memory so that no other program is needed to look back.
//!
//! A sample is taken every ten seconds. Each node tells of itself, also to the others, which ask when a page is open on one
//! of them (`nodes`).

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use bytes::Bytes;
use muster_core::{
    bus::{Listener, Notice, Question},
    id::NodeId,
    service::Muster,
    time::Millis,
};
use muster_realtime::Hub;
use serde::{Deserialize, Serialize};

use super::busy::{Busy, BusyGroups};
use crate::{
    latencies::{Counts, Latencies},
    metrics::Metrics,
};

/// How often a sample is taken.
pub(crate) const EVERY: Duration = Duration::from_secs(10);
/// Samples that are kept: an hour, some 100 bytes each.
const KEPT: usize = 360;
/// Groups that a node tells of, its busiest.
const GROUPS: usize = 40;

/// What was counted until a moment.
#[derive(Clone, Copy, Default)]
struct Counted {
    joins: u64,
    messages: u64,
    deliveries: u64,
    drops: u64,
    latencies: Counts,
}

/// What a page plots: a moment, what there was then, and what came in the span before, by the second.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sample {
    /// Milliseconds since 1970 UTC.
    at: i64,
    connections: u64,
    subscriptions: u64,
    /// Each of the following by the second.
    joins: f64,
    messages: f64,
    deliveries: f64,
    drops: f64,
    requests: f64,
    /// Percentiles of how long API requests took, in milliseconds; `null` where there were none.
    p50: Option<f64>,
    p99: Option<f64>,
}

/// What went wrong since the node started.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failures {
    logins_refused: u64,
    unrecovered: u64,
    dropped: Vec<(String, u64)>,
    /// Connections that the server closed, by close code.
    closes: Vec<(u16, u64)>,
}

/// What a node tells of itself.
///
/// Nodes of neighbouring versions tell each other: what is added has a default, and what means something else has another
/// name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told {
    pub(super) node: NodeId,
    version: String,
    started_at: i64,
    /// From the one behind `since` on.
    samples: Vec<Sample>,
    failures: Failures,
    /// Taken together with those of other nodes before a page is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) groups: Vec<Busy>,
}

/// The last hour of a node.
pub(crate) struct Overview {
    hub: Arc<Hub>,
    metrics: Arc<Metrics>,
    muster: Arc<Muster>,
    started_at: Millis,
    busy: BusyGroups,
    kept: Mutex<Kept>,
}

/// What listens for an overview, and does not keep it.
struct Listening(Weak<Overview>);

impl Listener for Listening {
    fn notice(&self, notice: &Notice) {
        if let Some(overview) = self.0.upgrade() {
            overview.busy.hear(notice);
        }
    }

    fn answer(&self, question: &Question) -> Option<Bytes> {
        let Question::Overview { since } = question;
        let told = self.0.upgrade()?.told(*since);
        serde_json::to_vec(&told).ok().map(Bytes::from)
    }
}

#[derive(Default)]
struct Kept {
    samples: VecDeque<Sample>,
    last: Option<(Duration, Counted)>,
}

impl Overview {
    /// The overview of a node, which listens from now on.
    pub(crate) fn new(hub: Arc<Hub>, metrics: Arc<Metrics>, muster: Arc<Muster>) -> Arc<Self> {
        let started_at = muster.now();
        let busy = BusyGroups::default();
        let overview = Arc::new(Self { hub, metrics, muster, started_at, busy, kept: Mutex::default() });
        overview.muster.listen(Arc::new(Listening(Arc::downgrade(&overview))));
        overview
    }

    /// Takes a sample at a moment: of the calendar, and of the steady clock, which spans are measured by.
    pub(crate) fn sample(&self, at: Millis, steady: Duration) {
        self.busy.turn();
        let counted = self.counted(self.metrics.latencies());
        let mut kept = self.kept();
        // The first has no span before it.
        let last = kept.last.replace((steady, counted));
        let Some((before, was)) = last else { return };
        let seconds = steady.saturating_sub(before).as_secs_f64().max(0.001);
        let rate = |now: u64, was: u64| {
            thousandths(f64::from(u32::try_from(now.saturating_sub(was)).unwrap_or(u32::MAX)) / seconds)
        };
        let latencies = counted.latencies.since(&was.latencies);
        let clients = self.hub.counters();
        let sample = Sample {
            at: at.0,
            connections: clients.connections.get(),
            subscriptions: clients.subscriptions.get(),
            joins: rate(counted.joins, was.joins),
            messages: rate(counted.messages, was.messages),
            deliveries: rate(counted.deliveries, was.deliveries),
            drops: rate(counted.drops, was.drops),
            requests: rate(latencies.total(), 0),
            p50: latencies.percentile(0.5).map(thousandths),
            p99: latencies.percentile(0.99).map(thousandths),
        };
        if kept.samples.len() == KEPT {
            kept.samples.pop_front();
        }
        kept.samples.push_back(sample);
    }

    /// What is told to whoever has the samples until `since`.
    pub(super) fn told(&self, since: Millis) -> Told {
        let clients = self.hub.counters();
        Told {
            node: self.muster.nodes().id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at.0,
            samples: self.kept().samples.iter().filter(|sample| sample.at > since.0).copied().collect(),
            failures: Failures {
                logins_refused: clients.logins_refused.get(),
                unrecovered: clients.unrecovered.get(),
                dropped: clients.dropped().map(|(what, count)| (what.to_owned(), count)).into(),
                closes: clients.closes().into_iter().collect(),
            },
            groups: self.busy.busiest(GROUPS),
        }
    }

    fn counted(&self, latencies: &Latencies) -> Counted {
        let clients = self.hub.counters();
        Counted {
            joins: clients.joins.get(),
            messages: clients.messages_in.get(),
            deliveries: clients.deliveries.get(),
            drops: clients.dropped().iter().map(|(_, count)| count).sum(),
            latencies: latencies.now(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A figure to the thousandth: no page shows more, and the others have to be sent it.
fn thousandths(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}
