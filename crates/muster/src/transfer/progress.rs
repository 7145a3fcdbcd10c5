//! How far a transfer is, for whoever watches a terminal.

use std::io::{IsTerminal as _, Write as _};

/// Records between two reports: some tenths of a second's work.
const STEP: u64 = 50_000;

/// Tells on a terminal how far a transfer is; elsewhere nothing.
pub(super) struct Progress {
    shown: bool,
    expected: Option<u64>,
    records: u64,
    told: u64,
}

impl Progress {
    /// Of a transfer of so many records.
    pub(super) fn of_records(expected: u64) -> Self {
        Self { expected: Some(expected), ..Self::of_unknown() }
    }

    /// Of a transfer whose length its caller knows, or nobody.
    pub(super) fn of_unknown() -> Self {
        Self { shown: std::io::stderr().is_terminal(), expected: None, records: 0, told: 0 }
    }

    /// Counts records that are through; `part` is how far that is, from 0 to 1, if the caller knows better.
    pub(super) fn advance(&mut self, records: u64, part: Option<f64>) {
        self.records += records;
        if self.shown && self.records >= self.told + STEP {
            self.told = self.records;
            self.show(part);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a percentage need not be exact")]
    fn show(&self, part: Option<f64>) {
        let part = part.or_else(|| self.expected.map(|all| self.records as f64 / all.max(1) as f64));
        let percent = part.map(|part| format!(" ({:.0} %)", 100.0 * part)).unwrap_or_default();
        // Whoever closed the terminal does not want to see it.
        let _ = write!(std::io::stderr(), "\r{} records{percent}\x1b[K", self.records);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.told > 0 {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
