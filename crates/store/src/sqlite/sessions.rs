//! Who is logged in: in memory alone, because a login ends with its connection and the connection with the process.
//! One process owns the store, so there is one node, and nothing is ever left of another.

use std::time::Duration;

use async_trait::async_trait;
use muster_core::{
    id::{AppId, NodeId, SessionRef, UserId},
    store::{Nodes, Reaped, Sessions, StoreResult},
};

use super::SqliteStore;

#[async_trait]
impl Sessions for SqliteStore {
    async fn sign_in(
        &self,
        app: &AppId,
        user: &UserId,
        session: SessionRef,
    ) -> StoreResult<Option<SessionRef>> {
        self.open_still()?;
        let key = (app.clone(), user.clone());
        let earlier = self.sessions.shard(&key.clone(), |map| map.insert(key, session.clone()));
        Ok(earlier.filter(|earlier| *earlier != session))
    }

    async fn sign_out(&self, app: &AppId, user: &UserId, session: &SessionRef) -> StoreResult<()> {
        self.open_still()?;
        let key = (app.clone(), user.clone());
        self.sessions.shard(&key, |map| {
            if map.get(&key) == Some(session) {
                map.remove(&key);
            }
        });
        Ok(())
    }

    async fn sessions(&self, app: &AppId, users: &[UserId]) -> StoreResult<Vec<Option<SessionRef>>> {
        self.open_still()?;
        let session = |user: &UserId| {
            let key = (app.clone(), user.clone());
            self.sessions.shard(&key, |map| map.get(&key).cloned())
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
    async fn reap(&self, _limit: usize) -> StoreResult<Reaped> {
        self.open_still()?;
        Ok(Reaped::default())
    }
}
