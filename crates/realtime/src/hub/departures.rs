//! Memberships of connections that have ended: they last for the grace period, so that a short drop goes unseen.
//!
//! All wait in one queue for one task. The grace period is the same for all, so the first in the queue is the first
//! due. A user who comes back in time enters its groups again; that ties the memberships to the new session, and
//! ending the old session's changes nothing.

use std::{sync::Arc, time::Duration};

use muster_core::{
    error::Result,
    id::{GroupRef, SessionRef},
    service::{Login, Muster},
};
use tokio::{
    sync::{Semaphore, mpsc::UnboundedReceiver},
    time::Instant,
};

/// Departures at work at a time: enough to share the store's commits.
const AT_ONCE: usize = 256;
/// How long to wait after a store that failed, each time.
const RETRIES: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(20),
    Duration::from_secs(60),
];

/// What is to end when its time has come.
#[derive(Debug)]
pub(super) struct Departure {
    pub(super) due: Instant,
    pub(super) login: Login,
    pub(super) session: SessionRef,
    pub(super) groups: Vec<GroupRef>,
    pub(super) sign_out: bool,
}

/// Ends each departure's memberships when it is due.
pub(super) async fn see_off(muster: Arc<Muster>, mut departing: UnboundedReceiver<Departure>) {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(departure) = departing.recv().await {
        tokio::time::sleep_until(departure.due).await;
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let muster = Arc::clone(&muster);
        tokio::spawn(async move {
            end(&muster, departure).await;
            drop(permit);
        });
    }
}

async fn end(muster: &Muster, mut departure: Departure) {
    for pause in RETRIES {
        match attempt(muster, &mut departure).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(%error, user = %departure.login.user, "a member could not leave");
                tokio::time::sleep(pause).await;
            }
        }
    }
}

async fn attempt(muster: &Muster, departure: &mut Departure) -> Result<()> {
    while let Some(group) = departure.groups.last() {
        muster.rolls().part(group, &departure.login.user, &departure.session).await?;
        departure.groups.pop();
    }
    if departure.sign_out {
        muster.logins().sign_out(&departure.login, &departure.session).await?;
    }
    Ok(())
}
