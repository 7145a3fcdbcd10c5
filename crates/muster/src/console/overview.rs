//! How this node does: its last hour, kept in memory so that no other program is needed to look back.
//!
//! A sample is taken every ten seconds. Each node tells of itself; behind a balancer one is told which answered.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use muster_core::{id::NodeId, service::Muster, time::Millis};
use muster_realtime::Hub;
use serde::Serialize;

use crate::{
    latencies::{Counts, Latencies},
    metrics::Metrics,
};

/// How often a sample is taken.
pub(crate) const EVERY: Duration = Duration::from_secs(10);
/// Samples that are kept: an hour, some 100 bytes each.
const KEPT: usize = 360;

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
#[derive(Clone, Copy, Debug, Serialize)]
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
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failures {
    logins_refused: u64,
    unrecovered: u64,
    dropped: Vec<(&'static str, u64)>,
    /// Connections that the server closed, by close code.
    closes: Vec<(u16, u64)>,
}

/// What a page is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told {
    node: NodeId,
    version: &'static str,
    started_at: i64,
    every_seconds: u64,
    /// From the one behind `since` on.
    samples: Vec<Sample>,
    failures: Failures,
}

/// The last hour of a node.
pub(crate) struct Overview {
    hub: Arc<Hub>,
    metrics: Arc<Metrics>,
    muster: Arc<Muster>,
    started_at: Millis,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    samples: VecDeque<Sample>,
    last: Option<(Duration, Counted)>,
}

impl Overview {
    pub(crate) fn new(hub: Arc<Hub>, metrics: Arc<Metrics>, muster: Arc<Muster>) -> Arc<Self> {
        let started_at = muster.now();
        Arc::new(Self { hub, metrics, muster, started_at, kept: Mutex::default() })
    }

    /// Takes a sample at a moment: of the calendar, and of the steady clock, which spans are measured by.
    pub(crate) fn sample(&self, at: Millis, steady: Duration) {
        let counted = self.counted(self.metrics.latencies());
        let mut kept = self.kept();
        // The first has no span before it.
        let last = kept.last.replace((steady, counted));
        let Some((before, was)) = last else { return };
        let seconds = steady.saturating_sub(before).as_secs_f64().max(0.001);
        let rate = |now: u64, was: u64| {
            f64::from(u32::try_from(now.saturating_sub(was)).unwrap_or(u32::MAX)) / seconds
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
            p50: latencies.percentile(0.5),
            p99: latencies.percentile(0.99),
        };
        if kept.samples.len() == KEPT {
            kept.samples.pop_front();
        }
        kept.samples.push_back(sample);
    }

    /// What a page is told that has the samples until `since`, milliseconds since 1970 UTC.
    pub(super) fn told(&self, since: i64) -> Told {
        let clients = self.hub.counters();
        Told {
            node: self.muster.nodes().id(),
            version: env!("CARGO_PKG_VERSION"),
            started_at: self.started_at.0,
            every_seconds: EVERY.as_secs(),
            samples: self.kept().samples.iter().filter(|sample| sample.at > since).copied().collect(),
            failures: Failures {
                logins_refused: clients.logins_refused.get(),
                unrecovered: clients.unrecovered.get(),
                dropped: clients.dropped().to_vec(),
                closes: clients.closes().into_iter().collect(),
            },
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
