//! What Prometheus reads.

use std::sync::Arc;

use muster_core::{
    figure::{Figure, FigureKind},
    service::Muster,
};
use muster_gateway::{Observer, Outcome};
use muster_realtime::Hub;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _},
    metrics::{
        MetricType,
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::Histogram,
    },
    registry::Registry,
};

use crate::{latencies::Latencies, unknown_actions::UnknownActions};

/// Upper bounds of the latency buckets, in seconds: from a page out of memory to the 3 s after which callers go.
const SECONDS: [f64; 12] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 3.0];

/// What whoever asks for an action that this server has not is told.
const NO_ACTION: &str = "InvalidAction.NotFound";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    operation: &'static str,
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    operation: &'static str,
}

/// Every figure.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Ended, Counter>,
    seconds: Family<Of, Histogram, fn() -> Histogram>,
    under_way: Gauge,
    unknown: Arc<UnknownActions>,
    latencies: Latencies,
}

impl Metrics {
    /// The figures of a server.
    pub(crate) fn new(hub: Arc<Hub>, muster: Arc<Muster>) -> Self {
        let mut registry = Registry::with_prefix("muster");
        let requests = Family::<Ended, Counter>::default();
        registry.register("requests", "API requests by operation and outcome", requests.clone());
        let histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        let seconds = Family::<Of, Histogram, fn() -> Histogram>::new_with_constructor(histogram);
        registry.register("request_seconds", "Time to answer an API request", seconds.clone());
        let under_way = Gauge::default();
        registry.register("requests_under_way", "API requests being handled", under_way.clone());
        let unknown = Arc::<UnknownActions>::default();
        registry.register_collector(Box::new(Counted { hub, muster, unknown: Arc::clone(&unknown) }));
        Self { registry, requests, seconds, under_way, unknown, latencies: Latencies::default() }
    }

    /// How long API requests have taken.
    pub(crate) fn latencies(&self) -> &Latencies {
        &self.latencies
    }

    /// The figures as OpenMetrics text.
    pub(crate) fn encode(&self) -> String {
        let mut text = String::new();
        match prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(error) => {
                tracing::error!(%error, "the metrics could not be written");
                String::new()
            }
        }
    }
}

impl Observer for Metrics {
    fn started(&self) {
        self.under_way.inc();
    }

    fn finished(&self, outcome: &Outcome<'_>) {
        self.under_way.dec();
        let operation = outcome.operation.unwrap_or("none");
        let ended = Ended { operation, code: outcome.code.to_owned() };
        self.requests.get_or_create(&ended).inc();
        self.seconds.get_or_create(&Of { operation }).observe(outcome.duration.as_secs_f64());
        self.latencies.count(outcome.duration);
        if outcome.code == NO_ACTION {
            self.unknown.count(outcome.unknown_action);
        }
    }
}

/// Figures that the hub and the store count themselves; read when somebody asks.
struct Counted {
    hub: Arc<Hub>,
    muster: Arc<Muster>,
    unknown: Arc<UnknownActions>,
}

impl std::fmt::Debug for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Counted")
    }
}

impl Collector for Counted {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let clients = self.hub.counters();
        let counted = [
            Figure::gauge("connections", "Client connections open now", clients.connections.get()),
            Figure::gauge(
                "subscriptions",
                "Subscriptions of connections to groups now",
                clients.subscriptions.get(),
            ),
            Figure::counter("logins", "Logins that succeeded", clients.logins.get()),
            Figure::counter("logins_refused", "Logins that were refused", clients.logins_refused.get()),
            Figure::counter("joins", "Subscriptions of connections to groups made", clients.joins.get()),
            Figure::counter("leaves", "Subscriptions of connections to groups ended", clients.leaves.get()),
            Figure::counter(
                "messages",
                "Messages that clients sent and the server took",
                clients.messages_in.get(),
            ),
            Figure::counter(
                "deliveries",
                "Publications put into the queues of connections",
                clients.deliveries.get(),
            ),
            Figure::counter("sent_bytes", "Bytes written to clients", clients.bytes_out.get()),
            Figure::counter(
                "recovered",
                "Subscriptions that recovered what they had missed",
                clients.recovered.get(),
            ),
            Figure::counter("unrecovered", "Subscriptions that could not recover", clients.unrecovered.get()),
            Figure::counter(
                "filled",
                "Messages read from the store since their notice was late",
                clients.filled.get(),
            ),
        ];
        for figure in counted.into_iter().chain(self.hub.channel_figures()).chain(self.muster.figures()) {
            write_figure(&mut encoder, figure)?;
        }
        let mut closes = encoder.encode_descriptor(
            "closes",
            "Connections that the server closed, by close code",
            None,
            MetricType::Counter,
        )?;
        for (code, count) in clients.closes() {
            let labels = [("code", code.to_string())];
            ConstCounter::new(count).encode(closes.encode_family(&labels)?)?;
        }
        let mut transports = encoder.encode_descriptor(
            "transport_connections",
            "Client connections open now, by transport and form",
            None,
            MetricType::Gauge,
        )?;
        for (transport, form, count) in clients.transports() {
            let labels = [("transport", transport), ("form", form)];
            let gauge = ConstGauge::new(i64::try_from(count).unwrap_or(i64::MAX));
            gauge.encode(transports.encode_family(&labels)?)?;
        }
        let mut dropped = encoder.encode_descriptor(
            "dropped_messages",
            "Messages refused because their group got more than it may, by what they count for",
            None,
            MetricType::Counter,
        )?;
        for (class, count) in clients.dropped() {
            ConstCounter::new(count).encode(dropped.encode_family(&[("class", class)])?)?;
        }
        let mut unknown = encoder.encode_descriptor(
            "unknown_actions",
            "API requests for actions that this server has not, by name",
            None,
            MetricType::Counter,
        )?;
        for (action, count) in self.unknown.by_name() {
            ConstCounter::new(count).encode(unknown.encode_family(&[("action", action)])?)?;
        }
        Ok(())
    }
}

fn write_figure(encoder: &mut DescriptorEncoder<'_>, figure: Figure) -> std::fmt::Result {
    let Figure { name, help, kind, value } = figure;
    match kind {
        FigureKind::Gauge => {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
        }
        FigureKind::Counter => {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)
        }
    }
}
