//! The server: laid out, started, run, and taken down in order.

use std::{
    io::IsTerminal as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use muster_core::service::{Muster, Sweeper};
use muster_gateway::{Gateway, LocalReplayGuard, ProductSet};
use muster_live::Endpoints;
use muster_realtime::Hub;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
};

use crate::{
    admin::AdminListener,
    complaint::Complaint,
    config::{Configuration, LogFormat},
    data::DataDirectory,
    failure::misconfigured,
    first_start::{self, Given, Telling},
    foundation::Foundation,
    http::{self, Site},
    identities::KeyRing,
    lease::{self, Lease},
    metrics::Metrics,
    nonces,
    pages::{self, Shown},
    shared::{SharedReplayGuard, SharedThrottle},
    system::System,
    tls,
};

/// How often customer groups of the local channel move on.
const SETTLE_EVERY: Duration = Duration::from_millis(100);
/// How often what has outlived its keeping is looked for.
const PURGE_EVERY: Duration = Duration::from_secs(600);

/// Runs the server until it is told to stop.
pub(crate) async fn run(configuration: Configuration, given: &Given) -> anyhow::Result<()> {
    // A client holds one file descriptor; the usual soft limit of 1,024 would be the first bound to be met.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let mut stop = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let tls = if configuration.has_tls() {
        Some(tls::acceptor(&configuration.tls).map_err(misconfigured)?)
    } else {
        None
    };
    let mut data = DataDirectory::take(&configuration.data)?;
    let listener = TcpListener::bind(configuration.address()?)
        .await
        .with_context(|| format!("cannot listen on {}", configuration.listen))?;
    let address = listener.local_addr()?;
    data.sign(&format!("process {}, serving {address}", std::process::id()))?;
    let foundation = Foundation::lay(&configuration, data.path()).await?;
    let muster = &foundation.muster;
    let mut lease = Lease::begin(Arc::clone(muster), configuration.cluster.lease()).await?;
    let endpoint = configuration.endpoint_at(address);
    let bound = muster.accounts().bind_secrets().await?;
    if bound > 0 {
        tracing::info!(keys = bound, "secrets of access keys are sealed for their owners now");
    }
    let server = Server::lay(&configuration, &foundation).await?;
    let made = greet(&configuration, muster, given, &endpoint).await?;
    // What was made is good from the first request on.
    server.keys.refresh(muster).await?;
    if let Some(guard) = &server.nonces {
        nonces::resume(guard, data.path(), muster.clock.now().0, made);
    }
    let admin = AdminListener::open(data.path(), &*muster.random).await?;
    let mut tasks = JoinSet::new();
    tasks.spawn(admin.serve(Arc::clone(muster), Arc::clone(&server.keys)));
    tasks.spawn(Arc::clone(&server.keys).follow(Arc::downgrade(muster)));
    tasks.spawn(settle(Arc::clone(muster)));
    tasks.spawn(sweep(Arc::clone(muster)));
    let hub = Arc::clone(&server.site.hub);
    tasks.spawn(async move { lease.keep(&hub).await });
    let (stopping, stopped) = watch::channel(false);
    let serving = tokio::spawn(http::serve(
        Arc::clone(&server.site),
        listener,
        tls,
        configuration.http.clone(),
        stopped,
    ));
    say(&ready_line(&endpoint, address));
    tokio::select! {
        _ = stop.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: no new connections, clients reconnect elsewhere");
    server.draining.store(true, Ordering::Relaxed);
    stopping.send_replace(true);
    server.site.hub.drain(Duration::from_secs(configuration.http.drain_seconds)).await;
    serving.await?;
    tasks.shutdown().await;
    lease::give_back(muster).await;
    if let Some(guard) = &server.nonces {
        nonces::keep(guard, data.path());
    }
    foundation.close().await?;
    tracing::info!("stopped");
    Ok(())
}

/// Makes the account of a new store and tells of it; in a store that has one, says in what it differs from what is
/// given. Whether it was made.
async fn greet(
    configuration: &Configuration,
    muster: &Muster,
    given: &Given,
    endpoint: &str,
) -> anyhow::Result<bool> {
    if let Some(made) = first_start::make_account(muster, given).await? {
        let how = Telling {
            endpoint,
            directory: &configuration.data,
            terminal: std::io::stdout().is_terminal(),
            json: configuration.log.format == LogFormat::Json,
        };
        first_start::tell(&made, given, how)?;
        return Ok(true);
    }
    for difference in first_start::differences(muster, given).await? {
        tracing::warn!("{difference}; only the first start on a store takes what is given");
    }
    Ok(false)
}

/// What is said once connections are accepted.
fn ready_line(endpoint: &str, address: SocketAddr) -> String {
    let listening =
        if address.ip().is_unspecified() { format!(", listening on {address}") } else { String::new() };
    format!("muster is ready: {endpoint}{listening} (version {})", env!("CARGO_PKG_VERSION"))
}

/// The parts that answer.
struct Server {
    site: Arc<Site>,
    keys: Arc<KeyRing>,
    /// Where nonces are remembered; `None` when the nodes share them in the store.
    nonces: Option<Arc<LocalReplayGuard>>,
    draining: Arc<AtomicBool>,
}

impl Server {
    async fn lay(configuration: &Configuration, foundation: &Foundation) -> anyhow::Result<Self> {
        let muster = &foundation.muster;
        let keys = Arc::new(KeyRing::default());
        // It listens first: a change that another node makes meanwhile is not missed.
        muster.bus.listen(Arc::clone(&keys) as _);
        keys.read(muster).await?;
        let hub = Hub::start(Arc::clone(muster), configuration.realtime.clone())?;
        let metrics = Arc::new(Metrics::new(Arc::clone(&hub), Arc::clone(muster)));
        let products = products(configuration, muster);
        let mut gateway =
            gateway(configuration, products, Arc::clone(&keys))?.observed_by(Arc::clone(&metrics));
        let mut nonces = None;
        if let Some(admissions) = &foundation.admissions {
            gateway = gateway
                .with_replay_guard(SharedReplayGuard::new(Arc::clone(admissions)))
                .with_throttle(SharedThrottle::new(Arc::clone(admissions)));
        } else {
            let bounds = &configuration.gateway;
            let guard = Arc::new(LocalReplayGuard::new(bounds.nonces_per_key, bounds.clock_window_seconds));
            gateway = gateway.with_replay_guard(Arc::clone(&guard));
            nonces = Some(guard);
        }
        let documents = documents(&gateway);
        let draining = Arc::new(AtomicBool::new(false));
        let shown = Shown { muster: Arc::clone(muster), metrics, documents, draining: Arc::clone(&draining) };
        let site = Arc::new(Site { gateway, hub, pages: pages::router(shown) });
        Ok(Self { site, keys, nonces, draining })
    }
}

/// Every operation.
pub(crate) fn products(configuration: &Configuration, muster: &Arc<Muster>) -> ProductSet {
    let url = configuration.public_url.trim_end_matches('/');
    let url = (!url.is_empty()).then(|| url.to_owned());
    let endpoints = Endpoints { http: url.clone(), websocket: None };
    let allow_private = configuration.outbound.allow_private;
    let live = muster_live::Services { muster: Arc::clone(muster), endpoints, allow_private };
    ProductSet::new()
        .with(muster_live::catalogue(live))
        .with(muster_cams::catalogue(muster_cams::Services { muster: Arc::clone(muster), base_url: url }))
}

/// The gateway over them.
pub(crate) fn gateway(
    configuration: &Configuration,
    products: ProductSet,
    keys: Arc<KeyRing>,
) -> anyhow::Result<Gateway> {
    let (bounds, throttle) = (configuration.gateway.clone(), &configuration.throttle);
    Gateway::new(products, keys, System::new(), bounds, throttle)
        .context("`throttle.quotas`")
        .map_err(misconfigured)
}

/// The OpenAPI document of each product, by its code.
pub(crate) fn documents(gateway: &Gateway) -> Vec<(&'static str, Value)> {
    let products = gateway.catalogue().products.into_iter().map(|product| product.product);
    products.filter_map(|product| Some((product, gateway.openapi(product)?))).collect()
}

/// Moves customer groups of the local channel on.
async fn settle(muster: Arc<Muster>) {
    let mut complaint = Complaint::about("activating customer groups");
    let mut ticks = tokio::time::interval(SETTLE_EVERY);
    loop {
        ticks.tick().await;
        complaint.note(muster.chats().settle().await);
    }
}

/// Removes what has outlived its keeping.
async fn sweep(muster: Arc<Muster>) {
    let mut complaint = Complaint::about("removing what has outlived its keeping");
    let mut sweeper = Sweeper::default();
    let mut ticks = tokio::time::interval(PURGE_EVERY);
    loop {
        ticks.tick().await;
        let rows = complaint.note(sweeper.sweep(&*muster.store, &*muster.clock).await).unwrap_or(0);
        if rows > 0 {
            tracing::info!(rows, "removed what has outlived its keeping");
            ticks.reset_immediately();
        }
    }
}

/// Says a line to whoever started the server, whatever is logged.
#[expect(clippy::print_stderr, reason = "the line that a service manager or a script waits for")]
fn say(line: &str) {
    eprintln!("{line}");
}
