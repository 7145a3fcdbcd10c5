//! Who is logged in: in memory alone, because a login ends with its connection and the connection with the process.
//! One process owns the store, so there is one node, and nothing is ever left of another.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use muster_core::{
    id::{AppId, NodeId, SessionRef, UserId},
    login::LoginChange,
    message::Positions,
    store::{Also, Nodes, Reaped, Sessions, StoreResult},
};

use super::{
    SqliteStore,
    also::{Made, together},
    tx::Tx,
    writer::Subject,
};
use crate::sharded::Sharded;

/// Who is logged in, by application and user.
pub(super) type Logins = Sharded<(AppId, UserId), SessionRef>;

/// Changes who is logged in; the login that was, or `None` when nothing is changed.
fn change(logins: &Logins, of: &(AppId, UserId), change: LoginChange) -> Option<Option<SessionRef>> {
    logins.shard(of, |map| {
        change.changes(map.get(of)).then(|| match change.after() {
            Some(session) => map.insert(of.clone(), session),
            None => map.remove(of),
        })
    })
}

#[async_trait]
impl Sessions for SqliteStore {
    /// What follows is stored first, and the login, which is in memory alone, changes after the commit. Another login
    /// of the same user may be noted in between without the writer; it is then as if it had come first.
    async fn change_login(
        &self,
        app: &AppId,
        user: &UserId,
        wanted: LoginChange,
        also: Also,
    ) -> StoreResult<Option<(Option<SessionRef>, Positions)>> {
        let of = (app.clone(), user.clone());
        self.open_still()?;
        if also.is_nothing() {
            return Ok(change(&self.logins, &of, wanted).map(|earlier| (earlier, Positions::new())));
        }
        let following = self.following(also).await?;
        let (logins, asked, theirs) = (Arc::clone(&self.logins), of.clone(), wanted.clone());
        let run = move |tx: &mut Tx<'_>| {
            together(tx, None, &following, |tx| {
                let standing = logins.shard(&asked, |map| map.get(&asked).cloned());
                let changes = theirs.changes(standing.as_ref());
                if changes {
                    let (app, user) = &asked;
                    following
                        .owe_found(tx, |found| found.logged_in(app, user, &theirs, standing.as_ref()))?;
                }
                Ok((changes, Made::when(changes)))
            })
        };
        let logins = Arc::clone(&self.logins);
        let settle = move |(changes, positions): (bool, Positions)| {
            changes.then(|| (change(&logins, &of, wanted).flatten(), positions))
        };
        // Alone: whether it changes anything depends on the logins before it.
        self.writer.run(Subject::All, run, settle).await
    }

    async fn sessions(&self, app: &AppId, users: &[UserId]) -> StoreResult<Vec<Option<SessionRef>>> {
        self.open_still()?;
        let session = |user: &UserId| {
            let key = (app.clone(), user.clone());
            self.logins.shard(&key, |map| map.get(&key).cloned())
        };
        Ok(users.iter().map(session).collect())
    }
}

#[async_trait]
impl Nodes for SqliteStore {
    /// The only node keeps its lease for as long as the store is open.
    async fn beat(&self, _node: &NodeId, _lease: Duration) -> StoreResult<bool> {
        self.open_still()?;
        Ok(true)
    }

    /// Nothing: sessions end with the process that holds the store.
    async fn reap(&self, _limit: usize, _also: Also) -> StoreResult<Reaped> {
        self.open_still()?;
        Ok(Reaped::default())
    }
}
