//! The log: lines on standard error, as text or JSON, each inside a request with the request's id.

use anyhow::Context as _;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{LogConfig, LogFormat};

/// Starts the log.
pub(crate) fn start(config: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::builder()
        .parse(&config.filter)
        .with_context(|| format!("`log.filter` is {:?}, which is not a filter", config.filter))?;
    let registry = tracing_subscriber::registry().with(filter);
    match config.format {
        LogFormat::Text => {
            registry.with(fmt::layer().with_writer(std::io::stderr).with_ansi(false)).try_init()
        }
        LogFormat::Json => {
            let lines = fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
            registry.with(lines.with_writer(std::io::stderr)).try_init()
        }
    }
    .context("the log cannot be started")
}
