//! What SIGHUP does: the configuration is read again, and what of it may change while the server runs is taken up:
//! the log's filter, the quotas, and the contents of the certificate's files.

use std::sync::Arc;

use crate::{
    cli::Common,
    config::{Configuration, LogConfig},
    http::Site,
    logging::Log,
    tls::Certificates,
};

/// What is taken up again, and where it goes.
pub(crate) struct Reload<'a> {
    pub(crate) common: &'a Common,
    pub(crate) running: Configuration,
    pub(crate) log: &'a Log,
    pub(crate) site: Arc<Site>,
    pub(crate) tls: Option<Arc<Certificates>>,
}

impl Reload<'_> {
    /// Takes up what can be; each part that cannot be stays as it was, which is logged.
    pub(crate) fn run(&mut self) {
        if let Some(tls) = &self.tls {
            told("the TLS certificate", tls.reload());
        }
        let Some(wanted) = told("the configuration", Configuration::load(self.common)) else { return };
        let running = &mut self.running;
        if told("`log.filter`", self.log.set_filter(&wanted.log)).is_some() {
            running.log = LogConfig { filter: wanted.log.filter.clone(), ..running.log.clone() };
        }
        if told("`[throttle]`", self.site.set_throttle(&wanted.throttle)).is_some() {
            running.throttle = wanted.throttle.clone();
        }
        if *running == wanted {
            tracing::info!("took up the configuration");
        } else {
            tracing::warn!(
                "took up the log's filter, the quotas and the certificate; other keys of the configuration have changed \
                 too, which counts from the next start"
            );
        }
    }
}

/// Notes in the log when something cannot be taken up.
fn told<T>(what: &str, result: anyhow::Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "{what} cannot be taken up, and stays as it was");
            None
        }
    }
}
