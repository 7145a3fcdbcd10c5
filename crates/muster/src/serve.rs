//! The server: laid out, started, run, and taken down in order.

use std::{io::IsTerminal as _, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use muster_core::{
    caller::Watch,
    complaint::Complaint,
    service::{Muster, Sweeper},
    time::ClockWatch,
    vital,
};
use muster_gateway::{Gateway, LocalReplayGuard, ProductSet, Undertaking};
use muster_live::Endpoints;
use muster_realtime::Hub;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
};

use crate::{
    admin::AdminListener,
    callbacks::Sender,
    cli::Common,
    config::{Configuration, HttpConfig, LogFormat},
    console::{self, Console, Overview},
    data::DataDirectory,
    failure::misconfigured,
    first_start::{self, Given, Telling},
    foundation::Foundation,
    http::{Api, Entrance, Site},
    identities::KeyRing,
    lease::{self, Lease},
    logging::Log,
    metrics::Metrics,
    net::Guests,
    nonces,
    pages::{self, Shown},
    readiness::Readiness,
    reload::Reload,
    shared::{SharedReplayGuard, SharedThrottle},
    signals::{Signals, Wish},
    system::System,
    tasks::Tasks,
    tls::Certificates,
};

/// How often customer groups of the local channel move on.
const SETTLE_EVERY: Duration = Duration::from_millis(100);
/// How often the machine's clock is compared with the time that passed.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// Files that connections leave to the store, the log and the commands.
pub(crate) const FILES_KEPT: u64 = 24;
/// Connections at once of the listener for metrics.
const METRICS_CONNECTIONS: usize = 64;

/// Runs the server until it is told to stop.
pub(crate) async fn run(
    configuration: Configuration,
    given: &Given,
    common: &Common,
    log: &Log,
) -> anyhow::Result<()> {
    // A client holds one file descriptor; the usual soft limit of 1,024 would be the first bound to be met.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let signals = Signals::take()?;
    let tls = configuration.has_tls().then(|| Certificates::load(&configuration.tls)).transpose();
    let tls = tls.map_err(misconfigured)?.map(Arc::new);
    let mut data = DataDirectory::take(&configuration.data)?;
    let listener = listen_on(&configuration.listen, "listen").await?;
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
        nonces::resume(guard, data.path(), muster.now().0, made);
    }
    let admin = AdminListener::open(data.path(), muster.random()).await?;
    let mut tasks = Tasks::default();
    let (keys, bounds) = (Arc::clone(&server.keys), configuration.admin.clone());
    tasks.spawn("takes commands", admin.serve(Arc::clone(muster), keys, bounds));
    tasks.spawn("follows changes of keys", Arc::clone(&server.keys).follow(Arc::downgrade(muster)));
    let sender = Sender::new(Arc::clone(muster), Arc::clone(&foundation.outbound), &configuration);
    tasks.spawn("sends callbacks", sender.run());
    tasks.spawn("activates customer groups", settle(Arc::clone(muster)));
    let sweep_every = Duration::from_secs(configuration.retention.sweep_seconds.into());
    tasks.spawn("removes what has outlived its keeping", sweep(Arc::clone(muster), sweep_every));
    tasks.spawn("watches the machine's clock", watch_clock(System::new()));
    tasks.spawn("keeps the last hour", console::keep_overview(Arc::clone(&server.overview)));
    let hub = Arc::clone(&server.hub);
    tasks.spawn("renews this node's lease", async move { lease.keep(&hub).await });
    if let Some(tls) = &tls {
        tasks.spawn("follows the TLS certificate", Arc::clone(tls).follow());
    }
    let (stopping, stopped) = watch::channel(false);
    if !configuration.metrics.listen.is_empty() {
        let listener = listen_on(&configuration.metrics.listen, "metrics.listen").await?;
        let entrance = server.metrics_entrance(&configuration);
        tasks.spawn("serves metrics", entrance.serve(listener, stopped.clone()));
    }
    let guests = Guests::new(configuration.http.clone(), files_for_connections());
    let entrance = Entrance::new(Arc::clone(&server.site), guests, tls.clone(), configuration.http.clone());
    let (drained, drain) = oneshot::channel::<()>();
    tasks.spawn("serves connections", async move {
        entrance.serve(listener, stopped).await;
        drop(drained);
        // It has done its work; only a server that runs needs it.
        std::future::pending::<()>().await;
    });
    say(&ready_line(&endpoint, address));
    let drain_time = Duration::from_secs(configuration.http.drain_seconds);
    let site = Arc::clone(&server.site);
    let mut reload = Reload { common, running: configuration, log, site, tls };
    let ended = until_stopped(signals, &mut tasks, &mut reload).await;
    server.readiness.drain();
    stopping.send_replace(true);
    server.hub.drain(drain_time).await;
    let _ = drain.await;
    tasks.end().await;
    lease::give_back(muster).await;
    if let Some(guard) = &server.nonces {
        nonces::keep(guard, data.path());
    }
    let closed = foundation.close().await;
    tracing::info!("stopped");
    // Why it had to stop comes first: the rest may follow from it.
    ended.and(closed)
}

/// Waits for the end: asked for, or because a task that the server needs has ended.
async fn until_stopped(
    mut signals: Signals,
    tasks: &mut Tasks,
    reload: &mut Reload<'_>,
) -> anyhow::Result<()> {
    loop {
        let wish = tokio::select! {
            wish = signals.next() => wish,
            fault = lost(tasks) => {
                tracing::error!(error = %fault, "stopping: the server cannot go on without it");
                return Err(fault);
            }
        };
        match wish {
            Wish::Reload => reload.run(),
            Wish::Stop => {
                tracing::info!("stopping: no new connections, clients reconnect elsewhere");
                return Ok(());
            }
        }
    }
}

/// Waits until something that the server cannot go on without has ended, and says what.
async fn lost(tasks: &mut Tasks) -> anyhow::Error {
    tokio::select! {
        fault = tasks.failed() => fault,
        what = vital::failed() => anyhow::anyhow!("the worker that {what} failed"),
    }
}

async fn listen_on(address: &str, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("`{key}`: cannot listen on {address}"))
}

/// How many connections the process may hold open beside the files that it has and will need.
fn files_for_connections() -> usize {
    let limit = rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(u64::MAX, |(soft, _)| soft);
    let open = std::fs::read_dir("/proc/self/fd").map_or(FILES_KEPT, |files| files.count() as u64);
    usize::try_from(limit.saturating_sub(open + FILES_KEPT).max(1)).unwrap_or(usize::MAX)
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

/// The changes that a request begins in the domain, as the gateway asks for them.
#[derive(Default)]
struct Watched(Watch);

impl Undertaking for Watched {
    fn during(&self, step: &mut dyn FnMut()) {
        self.0.during(step);
    }

    fn begun(&self) -> bool {
        self.0.begun()
    }
}

/// The parts that answer.
struct Server {
    site: Arc<Site>,
    hub: Arc<Hub>,
    keys: Arc<KeyRing>,
    /// Where nonces are remembered; `None` when the nodes share them in the store.
    nonces: Option<Arc<LocalReplayGuard>>,
    shown: Arc<Shown>,
    readiness: Arc<Readiness>,
    overview: Arc<Overview>,
}

impl Server {
    async fn lay(configuration: &Configuration, foundation: &Foundation) -> anyhow::Result<Self> {
        let muster = &foundation.muster;
        let keys = Arc::new(KeyRing::new(muster));
        // It listens first: a change that another node makes meanwhile is not missed.
        muster.listen(Arc::clone(&keys) as _);
        keys.read(muster).await?;
        let hub = Hub::start(Arc::clone(muster), configuration.realtime.clone())?;
        let metrics = Arc::new(Metrics::new(Arc::clone(&hub), Arc::clone(muster)));
        let products = products(configuration, muster);
        let mut gateway =
            gateway(configuration, products, Arc::clone(&keys))?.observed_by(Arc::clone(&metrics));
        gateway = gateway.with_undertakings(Watched::default);
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
        let gateway = Arc::new(gateway);
        let mut documents = documents(&gateway);
        documents.push(("realtime", muster_realtime::contract()));
        let overview = Overview::new(Arc::clone(&hub), Arc::clone(&metrics), Arc::clone(muster));
        let (of_keys, of_gateway) = (Arc::clone(&keys), Arc::clone(&gateway));
        let console =
            Console::new(configuration, Arc::clone(muster), of_keys, of_gateway, Arc::clone(&overview));
        let readiness = Arc::new(Readiness::new(Arc::clone(muster)));
        let shown = Arc::new(Shown {
            muster: Arc::clone(muster),
            metrics,
            metrics_for: configuration.metrics.clone(),
            documents,
            readiness: Arc::clone(&readiness),
            cams: configuration.cams.clone(),
            public_url: configuration.public_url.clone(),
        });
        let body_time = Duration::from_secs(configuration.gateway.body_seconds);
        let call_bytes = configuration.gateway.body_bytes;
        let pages = pages::router(Arc::clone(&shown)).merge(console::routes(console));
        let api = Api { gateway, hub: Arc::clone(&hub), muster: Arc::clone(muster) };
        let site = Arc::new(Site { api: Some(api), pages, body_time, call_bytes });
        Ok(Self { site, hub, keys, nonces, shown, readiness, overview })
    }

    /// The way in of the listener for metrics. Its bounds are its own, so that clients cannot keep Prometheus out.
    fn metrics_entrance(&self, configuration: &Configuration) -> Arc<Entrance> {
        let config = HttpConfig {
            max_connections: METRICS_CONNECTIONS,
            proxy_protocol: false,
            ..configuration.http.clone()
        };
        let pages = pages::metrics_router(Arc::clone(&self.shown));
        let Site { body_time, call_bytes, .. } = *self.site;
        let site = Arc::new(Site { api: None, pages, body_time, call_bytes });
        Entrance::new(site, Guests::new(config.clone(), METRICS_CONNECTIONS), None, config)
    }
}

/// Every operation.
pub(crate) fn products(configuration: &Configuration, muster: &Arc<Muster>) -> ProductSet {
    let url = configuration.public_url.trim_end_matches('/');
    let url = (!url.is_empty()).then(|| url.to_owned());
    let endpoints = Endpoints { http: url.clone(), websocket: None };
    let allow_private = configuration.outbound.allow_private;
    let live = muster_live::Services { muster: Arc::clone(muster), endpoints, allow_private };
    let cams = muster_cams::Services { muster: Arc::clone(muster), base_url: url, allow_private };
    ProductSet::new()
        .with(muster_live::catalogue(live))
        .with(muster_cams::catalogue(cams))
        .with(muster_sts::catalogue(muster_sts::Services { muster: Arc::clone(muster) }))
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
    let complaint = Complaint::about("activating customer groups");
    let mut ticks = tokio::time::interval(SETTLE_EVERY);
    loop {
        ticks.tick().await;
        complaint.note(muster.chats().settle().await);
    }
}

/// Tells at once of a clock that was set.
async fn watch_clock(clock: System) {
    let mut watch = ClockWatch::default();
    let mut ticks = tokio::time::interval(WATCH_EVERY);
    loop {
        ticks.tick().await;
        if let Some(jumped) = watch.look(&clock) {
            tracing::warn!(
                seconds = jumped / 1000,
                "the machine's clock has jumped: times of requests and of logins go by what it shows now, and what has \
                 outlived its keeping is removed as time really passes"
            );
        }
    }
}

/// Removes what has outlived its keeping.
async fn sweep(muster: Arc<Muster>, every: Duration) {
    let complaint = Complaint::about("removing what has outlived its keeping");
    let mut sweeper = Sweeper::default();
    let mut ticks = tokio::time::interval(every);
    loop {
        ticks.tick().await;
        let rows = complaint.note(muster.sweep(&mut sweeper).await).unwrap_or(0);
        tracing::debug!(rows, "looked for what has outlived its keeping");
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
