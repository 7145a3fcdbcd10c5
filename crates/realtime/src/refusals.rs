//! Why logins are refused, for the operator's log: a few lines a minute, however many come, and never a token.

use std::{net::SocketAddr, sync::Mutex, time::Duration};

use muster_core::service::Refusal;
use tokio::time::Instant;

use crate::{lock::locked, login::Claimed};

/// Lines in each [`PERIOD`]; the others are counted.
const LINES: u64 = 20;
const PERIOD: Duration = Duration::from_secs(60);
/// Characters of an id that are logged: who has not logged in may write anything into it.
const ID_LENGTH: usize = 64;

/// What is logged of refused logins.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Period>);

#[derive(Debug, Default)]
struct Period {
    begun: Option<Instant>,
    lines: u64,
}

impl Refusals {
    /// Logs why a login was refused.
    pub(crate) fn log(&self, why: Refusal, token: &str, peer: Option<SocketAddr>) {
        let (may, untold) = self.note();
        if untold > 0 {
            tracing::info!(untold, "more logins were refused in the minute before");
        }
        if !may {
            return;
        }
        let Claimed { app, user } = Claimed::of(token);
        let (app, user) = (shortened(&app), shortened(&user));
        let peer = peer.map(tracing::field::display);
        match setting(why) {
            Some(setting) => tracing::info!(%why, setting, app, user, peer, "a login was refused"),
            None => tracing::info!(%why, app, user, peer, "a login was refused"),
        }
    }

    /// Whether another line may be logged, and how many were not in the period that has just ended.
    fn note(&self) -> (bool, u64) {
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

/// The setting that admits what was refused.
fn setting(why: Refusal) -> Option<&'static str> {
    match why {
        Refusal::Nonce => Some("`realtime.nonces = \"any\"` admits it, see SECURITY.md"),
        Refusal::TooFarAhead => Some("`realtime.token_days` says how far"),
        _ => None,
    }
}

/// The beginning of an id, with nothing in it that could write on a terminal.
fn shortened(id: &str) -> String {
    id.chars().take(ID_LENGTH).flat_map(char::escape_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_refused_logins_is_a_few_lines_and_a_count() {
        let refusals = Refusals::default();
        let told = (0..1_000).filter(|_| refusals.note().0).count();
        assert_eq!(told, 20);
        tokio::time::advance(PERIOD).await;
        assert_eq!(refusals.note(), (true, 980));
        assert_eq!(refusals.note(), (true, 0));
    }

    #[test]
    fn an_id_in_the_log_is_short_and_plain() {
        assert_eq!(shortened("a\u{1b}[2J\n"), "a\\u{1b}[2J\\n");
        assert_eq!(shortened(&"x".repeat(1_000)).len(), ID_LENGTH);
    }
}
