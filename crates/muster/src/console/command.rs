//! The commands of the command line, given by the account itself in a session: users, keys, policies, channels, words,
//! callbacks. Whoever may make root keys may do everything, so none of this can be given to a user.

use muster_gateway::PrincipalKind;
use serde_json::Value;

use super::{Console, Refusal, session::Session};
use crate::{
    admin::{self, AdminCommand},
    net::Origin,
};

/// Does a command, and tells of it; what it gives as JSON.
pub(super) async fn carry_out(
    console: &Console,
    session: &Session,
    command: AdminCommand,
    origin: Origin,
) -> Result<Value, Refusal> {
    check_owner(console, session).await?;
    // It writes a file of the machine's, wherever one says.
    if matches!(command, AdminCommand::Backup(_)) {
        return Err(Refusal::NotAllowed("Backups are made by the command line alone.".to_owned()));
    }
    let (operation, resource) = command.about();
    let outcome = admin::done(&console.muster, command).await;
    // Whoever is answered may use a new key at once. Should it fail, the ring tries again by itself.
    let _ = console.keys.refresh(&console.muster).await;
    let said = outcome.as_ref().map_or_else(ToString::to_string, |_| "OK".to_owned());
    let identity = session.identity();
    tracing::info!(
        target: "audit",
        access_key = identity.credential(),
        account = &*identity.principal().account,
        user = "(root)",
        address = %origin.client.ip(),
        operation,
        resource,
        outcome = said,
        "command"
    );
    match outcome {
        Ok(printout) => Ok(printout.json()),
        Err(_) => Err(Refusal::NotDone(said)),
    }
}

/// Refuses whoever is not the account itself, which has this server alone.
pub(super) async fn check_owner(console: &Console, session: &Session) -> Result<(), Refusal> {
    let principal = session.identity().principal();
    let sole = console.muster.accounts().sole().await;
    let owns = sole.is_ok_and(|account| account.as_str() == &*principal.account);
    match principal.kind == PrincipalKind::Root && owns {
        true => Ok(()),
        false => Err(Refusal::NotAllowed(
            "Only the account itself may do this: sign in with a root AccessKey of it.".to_owned(),
        )),
    }
}
