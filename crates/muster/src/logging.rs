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
    // It tells each attempt to connect; the bus says once that NATS is away.
    "async_nats=error",
];

/// The running log. It writes what is left when it is dropped.
pub(crate) struct Log {
    filter: reload::Handle<EnvFilter, Registry>,
    _writer: WorkerGuard,
}

impl Log {
    /// Starts the log.
    pub(crate) fn start(config: &LogConfig) -> anyhow::Result<Self> {
        let (writer, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(LINES_WAITING)
            .lossy(true)
            .finish(std::io::stderr());
        let (filter, handle) = reload::Layer::new(filter(config)?);
        let registry = tracing_subscriber::registry().with(filter);
        match config.format {
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
    let filter = EnvFilter::builder()
        .parse(&config.filter)
        .with_context(|| format!("`log.filter` is {:?}, which is not a filter", config.filter))
        .map_err(misconfigured)?;
    // Who did what is told unless the filter says otherwise of it.
    let filter = match config.filter.contains("audit") {
        true => filter,
        false => filter.add_directive("audit=info".parse()?),
    };
    // At `trace` these write out what passes through them: login tokens, signed requests.
    QUIET.iter().try_fold(filter, |filter, target| Ok(filter.add_directive(target.parse()?)))
}
