//! The end of a login, and how it goes on with another token.
//!
//! A token says by the clock on the wall when it ends. What is left of it is measured once, when it is shown, and counted
//! from there by the time that really passes, as the client counts it: a clock that is set neither ends everybody's
//! login at once nor lets one go on for ever.

use muster_core::service::{Login, LoginError, Refusal};
use tokio::time::{Duration, Instant};

use super::{Failure, Outcome, Session};
use crate::{
    login::{check_connect_token, half_character_in},
    protocol::{Disconnect, ErrorCode, ErrorReply, RefreshRequest, ReplyBody, SubRefreshRequest},
};

impl Session {
    /// When the connection is closed unless its client shows another token; `None` for what does not end by itself.
    pub(crate) fn ends(&self) -> Option<Instant> {
        self.ends
    }

    /// Lets the connection go on for as long as its login does.
    pub(super) fn lasts_as(&mut self, login: &Login) {
        self.ends = Instant::now().checked_add(self.left_of(login) + self.hub.config.refresh_grace());
    }

    /// Whole seconds that are left of a login, as a client is told them; 1 at least.
    pub(super) fn ttl_of(&self, login: &Login) -> u32 {
        u32::try_from(self.left_of(login).as_secs()).unwrap_or(u32::MAX).max(1)
    }

    fn left_of(&self, login: &Login) -> Duration {
        let left = login.expires() - self.hub.muster.now();
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }

    /// Who the bearer of a token is.
    pub(super) async fn bearer_of(&self, token: &str) -> Result<Login, Failure> {
        if let Some(unit) = half_character_in(token) {
            return Err(ErrorReply::half_character(unit).into());
        }
        check_connect_token(self.hub.muster.logins(), token).await.map_err(|error| {
            self.note_refusal(&error, token);
            match error {
                // It is no token of either kind.
                LoginError::Refused(Refusal::NoToken) if self.hub.compat.is_some() => {
                    Disconnect::INVALID_TOKEN.into()
                }
                error => Failure::from(error),
            }
        })
    }

    /// Goes on with another token of the same user. One that has ended closes the connection, as in the reference server:
    /// the SDKs come back and ask for another. So does one that makes of the user something else, which is to log in
    /// with it.
    pub(super) async fn refresh(&mut self, request: &RefreshRequest<'_>) -> Outcome {
        self.pipeline.settled().await;
        let renewed = match self.bearer_of(&request.token).await {
            Err(Failure::Error(ErrorReply { code: ErrorCode::TokenExpired, .. })) => {
                return Err(Disconnect::EXPIRED.into());
            }
            other => other?,
        };
        let standing = &self.identity()?.login;
        if renewed.app().id != standing.app().id || renewed.user() != standing.user() {
            return Err(ErrorCode::AuthFail.into());
        }
        if renewed.is_admin() != standing.is_admin() || renewed.info() != standing.info() {
            return Err(Disconnect::RECONNECT.into());
        }
        let ttl = Some(self.ttl_of(&renewed));
        self.lasts_as(&renewed);
        Ok(ReplyBody::Refresh { ttl })
    }

    /// Says that a subscription has no token which could be refreshed.
    pub(super) fn refresh_subscription(&self, request: &SubRefreshRequest<'_>) -> Outcome {
        let group = Self::group_of(&request.channel)?;
        if self.connection.subscribed(&group).is_none() {
            return Err(ErrorCode::PermissionDenied.into());
        }
        let message = "not available: a subscription to a group has no token, and lasts as long as the login";
        Err(ErrorReply { code: ErrorCode::NotAvailable, message: message.into() }.into())
    }
}
