//! One login a user: which of several is the later one.
//!
//! The store knows one order of logins, which need not be that of the connections: a client that was cut off may be back,
//! on this node or another, before its earlier attempt has reached the store. So an attempt whose client has hung up
//! gives way by itself, and a login that was replaced looks twice before it ends: the end is for good.

use std::{sync::Arc, time::Duration};

use muster_core::{callback::LogoffReason, error::Result, service::Standing};

use super::{
    Connection, Hub, Identity,
    catching_up::{ATTEMPTS, STORE_PAUSE},
};
use crate::protocol::Disconnect;

/// How long a login that has replaced another must stand for that one to end: one whose client has hung up meanwhile does not
/// last as long.
const SECOND_LOOK: Duration = Duration::from_secs(1);

impl Hub {
    /// Signs a connection in. `false` when its client has hung up, or it is being closed: then its login does not stand.
    /// `back` says whether the client goes on where an earlier connection of its own has ended.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn sign_in(
        &self,
        connection: &Connection,
        identity: &Identity,
        back: bool,
    ) -> Result<bool> {
        let (logins, Identity { login, session, .. }) = (self.muster.logins(), identity);
        if connection.outbox.has_ended() {
            return Ok(false);
        }
        logins.sign_in(login, session, back).await?;
        if connection.outbox.has_ended() {
            logins.sign_out(login, session, LogoffReason::Lost).await?;
            return Ok(false);
        }
        Ok(true)
    }

    /// Closes a connection whose login another has replaced, once that one has lasted. If it has not, or has ended already, this
    /// login stands again.
    pub(super) fn give_way(self: &Arc<Self>, connection: &Arc<Connection>) {
        let (hub, connection) = (Arc::clone(self), Arc::clone(connection));
        self.runtime.spawn(async move {
            tokio::time::sleep(SECOND_LOOK).await;
            for _ in 0..ATTEMPTS {
                match hub.look_again(&connection).await {
                    Ok(()) => return,
                    Err(error) => tracing::debug!(%error, "a login could not be looked up"),
                }
                tokio::time::sleep(STORE_PAUSE).await;
            }
        });
    }

    async fn look_again(&self, connection: &Connection) -> Result<()> {
        let Some(identity) = connection.identity() else { return Ok(()) };
        match self.muster.logins().standing(&identity.login, &identity.session).await? {
            Standing::Replaced => connection.outbox.close(Disconnect::SIGNED_IN_ELSEWHERE),
            Standing::AppDisabled => connection.outbox.close(Disconnect::REMOVED),
            Standing::Ended => drop(self.sign_in(connection, identity, true).await?),
            Standing::Good => {}
        }
        Ok(())
    }
}
