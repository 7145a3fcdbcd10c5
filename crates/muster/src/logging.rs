//! The log: lines on standard error, as text or JSON. Whatever is said inside a request carries the request's id.
//!
//! A thread of its own writes the lines. When whoever reads standard error falls behind by more than
//! [`LINES_WAITING`] lines, further ones are left out: a log that nobody reads must not stop the server.

use anyhow::Context as _;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    EnvFilter, Registry, fmt, layer::SubscriberExt as _, reload, util::SubscriberInitExt as _,
};

use crate::{
    config::{LogConfig, LogFormat},
    failure::misconfigured,
};

/// Lines that may wait to be written.
const LINES_WAITING: usize = 50_000;

/// Libraries that would tell secrets, or too much, whatever is asked for.
const QUIET: [&str; 6] = [
    "tungstenite=info",
    "tokio_tungstenite=info",
    "hyper=info",
    "rustls=info",
    "tokio_postgres=warn",
    // It tells each attempt to connect; the bus says once that NATS is away, and once that it is back.
    "async_nats=off",
];

/// The target of the lines that tell who did what.
const AUDIT: &str = "audit";

/// The running log. It writes what is left when it is dropped.
pub(crate) struct Log {
    filter: reload::Handle<EnvFilter, Registry>,
    _writer: WorkerGuard,
}

impl Log {
    /// Starts the log of a server.
    pub(crate) fn start(config: &LogConfig) -> anyhow::Result<Self> {
        Self::begin(config.format, filter(config)?)
    }

    /// Starts the log of a command that works without a server. It has the audit line alone: everything else that the
    /// command has to say it prints.
    pub(crate) fn start_for_command(config: &LogConfig) -> anyhow::Result<Self> {
        let of_audit = config.filter.split(',').filter(|directive| directive.contains(AUDIT));
        let filter = match of_audit.collect::<Vec<_>>().join(",") {
            none if none.is_empty() => "audit=info".to_owned(),
            some => some,
        };
        Self::begin(config.format, parsed(&filter)?)
    }

    fn begin(format: LogFormat, filter: EnvFilter) -> anyhow::Result<Self> {
        let (writer, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(LINES_WAITING)
            .lossy(true)
            .finish(std::io::stderr());
        let (filter, handle) = reload::Layer::new(filter);
        let registry = tracing_subscriber::registry().with(filter);
        match format {
            LogFormat::Text => registry.with(fmt::layer().with_writer(writer).with_ansi(false)).try_init(),
            LogFormat::Json => {
                let lines =
                    fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
                registry.with(lines.with_writer(writer)).try_init()
            }
        }
        .context("the log cannot be started")?;
        Ok(Self { filter: handle, _writer: guard })
    }

    /// Takes up another filter. The form of the lines stays.
    pub(crate) fn set_filter(&self, config: &LogConfig) -> anyhow::Result<()> {
        Ok(self.filter.reload(filter(config)?)?)
    }
}

fn filter(config: &LogConfig) -> anyhow::Result<EnvFilter> {
    let filter = parsed(&config.filter)?;
    // Who did what is told unless the filter says otherwise of it.
    let filter = match config.filter.contains(AUDIT) {
        true => filter,
        false => filter.add_directive("audit=info".parse()?),
    };
    // At `trace` these write out what passes through them: login tokens, signed requests.
    QUIET.iter().try_fold(filter, |filter, target| Ok(filter.add_directive(target.parse()?)))
}

fn parsed(filter: &str) -> anyhow::Result<EnvFilter> {
    EnvFilter::builder()
        .parse(filter)
        .with_context(|| format!("`log.filter` is {filter:?}, which is not a filter"))
        .map_err(misconfigured)
}
