//! Memberships that end later: those of connections that have ended last for the grace period, so that a short drop
//! goes unseen, and where the store did not say what became of a join or a leave it is asked again.
//!
//! All wait in one queue for one task. The grace period is the same for all, so the first in the queue is the first
//! due. A user who comes back in time enters its groups again; that ties the memberships to the new session, and
//! ending the old session's changes nothing. Where the session goes on, what it has entered again stays.

use std::{sync::Arc, time::Duration};

use muster_core::{
    callback::LogoffReason,
    error::Result,
    id::{GroupId, SessionRef},
    service::{Login, Muster},
    vital::Vital,
};
use tokio::{
    sync::{Semaphore, mpsc::UnboundedReceiver},
    time::Instant,
};

use super::connection::{Connection, Identity};

/// Departures at work at a time: enough to share the store's commits.
const AT_ONCE: usize = 256;
/// How long to wait after a store that failed, each time; the last again and again. A member that is not taken out
/// would be listed for as long as this process lives.
const PAUSES: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(5)];

/// What is to end when its time has come.
#[derive(Debug)]
pub(super) struct Departure {
    due: Instant,
    login: Login,
    session: SessionRef,
    groups: Vec<GroupId>,
    of: Whose,
    /// Whether an earlier attempt may have done it.
    again: bool,
}

#[derive(Debug)]
enum Whose {
    /// A connection that has ended for this reason: its login ends too.
    Gone(LogoffReason),
    /// One that may go on, and may be in these groups again.
    Staying(Arc<Connection>),
}

impl Departure {
    /// What a connection that has ended was in.
    pub(super) fn of_all(
        identity: &Identity,
        groups: Vec<GroupId>,
        reason: LogoffReason,
        grace: Duration,
    ) -> Self {
        Self::new(identity, groups, Whose::Gone(reason), grace)
    }

    /// One group of a connection that may go on.
    pub(super) fn of_one(connection: &Arc<Connection>, group: &GroupId, grace: Duration) -> Option<Self> {
        let whose = Whose::Staying(Arc::clone(connection));
        Some(Self::new(connection.identity()?, vec![group.clone()], whose, grace))
    }

    fn new(identity: &Identity, groups: Vec<GroupId>, of: Whose, grace: Duration) -> Self {
        let (login, session) = (identity.login.clone(), identity.session.clone());
        Self { due: Instant::now() + grace, login, session, groups, of, again: false }
    }

    /// What an earlier attempt may have done.
    pub(super) fn again(self) -> Self {
        Self { again: true, ..self }
    }
}

/// Ends each departure's memberships when it is due.
pub(super) async fn see_off(muster: Arc<Muster>, mut departing: UnboundedReceiver<Departure>) {
    let _vital = Vital::new("ends the memberships of connections that are gone");
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
    let mut pauses = PAUSES.into_iter();
    let mut pause = None;
    while let Err(error) = attempt(muster, &mut departure).await {
        departure.again = true;
        if pause.is_none() {
            tracing::warn!(%error, user = %departure.login.user(), "a member could not leave yet");
        }
        pause = pauses.next().or(pause);
        tokio::time::sleep(pause.unwrap_or_default()).await;
    }
}

async fn attempt(muster: &Muster, departure: &mut Departure) -> Result<()> {
    let Departure { login, session, groups, of, again, .. } = departure;
    while let Some(group) = groups.last() {
        match of {
            Whose::Gone(_) => part(muster, login, session, group, *again).await?,
            Whose::Staying(connection) => part_unless_in(muster, connection, group, *again).await?,
        }
        groups.pop();
        *again = false;
    }
    if let Whose::Gone(reason) = of {
        muster.logins().sign_out(login, session, *reason).await?;
    }
    Ok(())
}

/// Ends a membership that a connection had, unless it is in the group again. `again` says whether an earlier attempt may
/// have done it.
pub(super) async fn part_unless_in(
    muster: &Muster,
    connection: &Connection,
    group: &GroupId,
    again: bool,
) -> Result<()> {
    unless_in(connection, group, part_from(muster, connection, group, again)).await
}

/// Ends a membership while none of the connection is beginning or ending, unless it is in the group.
pub(super) async fn unless_in(
    connection: &Connection,
    group: &GroupId,
    end: impl Future<Output = Result<()>>,
) -> Result<()> {
    let _guard = connection.turnstile().await;
    if connection.subscribed(group).is_some() {
        return Ok(());
    }
    end.await
}

/// Ends a membership of a connection, whose turnstile is held.
pub(super) async fn part_from(
    muster: &Muster,
    connection: &Connection,
    group: &GroupId,
    again: bool,
) -> Result<()> {
    match connection.identity() {
        Some(identity) => part(muster, &identity.login, &identity.session, group, again).await,
        None => Ok(()),
    }
}

async fn part(
    muster: &Muster,
    login: &Login,
    session: &SessionRef,
    group: &GroupId,
    again: bool,
) -> Result<()> {
    let rosters = muster.rosters();
    if again {
        rosters.part_again(login, group, session).await
    } else {
        rosters.part(login, group, session).await
    }
}
