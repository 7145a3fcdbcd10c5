//! Why logins are refused, for the operator's log: a few lines a minute, however many come, and never a token.

use std::{net::SocketAddr, time::Duration};

use muster_core::{complaint::LineLimit, service::Refusal};

use crate::login::Claimed;

/// Of what clients can bring about as often as they like: twenty lines a minute of each kind.
pub(crate) const fn few_lines() -> LineLimit {
    LineLimit::new(20, Duration::from_secs(60))
}

/// Characters of an id that are logged: who has not logged in may write anything into it.
const ID_LENGTH: usize = 64;

/// What is logged of refused logins.
#[derive(Debug)]
pub(crate) struct Refusals(LineLimit);

impl Refusals {
    pub(crate) const fn new() -> Self {
        Self(few_lines())
    }

    /// Logs why a login was refused.
    pub(crate) fn log(&self, why: Refusal, token: &str, peer: Option<SocketAddr>) {
        let Some(untold) = self.0.note() else { return };
        let Claimed { app, user } = Claimed::of(token);
        let (app, user) = (shortened(&app), shortened(&user));
        let peer = peer.map(tracing::field::display);
        match setting(why) {
            Some(setting) => tracing::info!(%why, setting, app, user, peer, untold, "a login was refused"),
            None => tracing::info!(%why, app, user, peer, untold, "a login was refused"),
        }
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

    #[test]
    fn an_id_in_the_log_is_short_and_plain() {
        assert_eq!(shortened("a\u{1b}[2J\n"), "a\\u{1b}[2J\\n");
        assert_eq!(shortened(&"x".repeat(1_000)).len(), ID_LENGTH);
    }
}
