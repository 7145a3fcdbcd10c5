//! The log: lines on standard error, as text or JSON. Whatever is said inside a request carries the request's id.
//!
//! A thread of its own writes the lines. When whoever reads standard error falls behind by more than
//! [`LINES_WAITING`] lines, further ones are left out: a log that nobody reads must not stop the server.

use anyhow::Context as _;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

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

/// Starts the log. What is returned writes what is left when it is dropped.
pub(crate) fn start(config: &LogConfig) -> anyhow::Result<WorkerGuard> {
    let filter = EnvFilter::builder()
        .parse(&config.filter)
        .with_context(|| format!("`log.filter` is {:?}, which is not a filter", config.filter))
        .map_err(misconfigured)?;
    // At `trace` these write out what passes through them: login tokens, signed requests.
    let filter =
        QUIET.iter().try_fold(filter, |filter, target| anyhow::Ok(filter.add_directive(target.parse()?)))?;
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES_WAITING)
        .lossy(true)
        .finish(std::io::stderr());
    let registry = tracing_subscriber::registry().with(filter);
    match config.format {
        LogFormat::Text => registry.with(fmt::layer().with_writer(writer).with_ansi(false)).try_init(),
        LogFormat::Json => {
            let lines = fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
            registry.with(lines.with_writer(writer)).try_init()
        }
    }
    .context("the log cannot be started")?;
    Ok(guard)
}
