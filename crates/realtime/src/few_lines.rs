//! Lines of the log that clients can bring about as often as they like: a few a minute, the others counted.

use std::{sync::Mutex, time::Duration};

use tokio::time::Instant;

use crate::lock::locked;

/// Lines in each [`PERIOD`]; the others are counted.
const LINES: u64 = 20;
const PERIOD: Duration = Duration::from_secs(60);

/// Lines of one kind.
#[derive(Debug)]
pub(crate) struct FewLines(Mutex<Period>);

#[derive(Debug)]
struct Period {
    begun: Option<Instant>,
    lines: u64,
}

impl FewLines {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Period { begun: None, lines: 0 }))
    }

    /// Whether another line may be logged, and how many were not in the period that has just ended.
    pub(crate) fn note(&self) -> (bool, u64) {
        let now = Instant::now();
        let mut period = locked(&self.0);
        let mut untold = 0;
        if period.begun.is_none_or(|begun| begun + PERIOD <= now) {
            untold = period.lines.saturating_sub(LINES);
            *period = Period { begun: Some(now), lines: 0 };
        }
        period.lines += 1;
        (period.lines <= LINES, untold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_a_few_lines_and_a_count() {
        let lines = FewLines::new();
        let told = (0..1_000).filter(|_| lines.note().0).count();
        assert_eq!(told, 20);
        tokio::time::advance(PERIOD).await;
        assert_eq!(lines.note(), (true, 980));
        assert_eq!(lines.note(), (true, 0));
    }
}
