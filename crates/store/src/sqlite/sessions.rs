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

    async fn signed_in(&self, app: &AppId, users: &[UserId]) -> StoreResult<Vec<bool>> {
        self.open_still()?;
        let is_in = |user: &UserId| {
            let key = (app.clone(), user.clone());
            self.sessions.shard(&key, |map| map.contains_key(&key))
        };
        Ok(users.iter().map(is_in).collect())
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
