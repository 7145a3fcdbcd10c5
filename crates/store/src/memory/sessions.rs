//! Who is logged in. There is one node, and nothing is ever left of another.

use std::time::Duration;

use async_trait::async_trait;
use muster_core::{
    id::{AppId, NodeId, SessionRef, UserId},
    store::{Nodes, Reaped, Sessions, StoreResult},
};

use super::MemoryStore;

#[async_trait]
impl Sessions for MemoryStore {
    async fn sign_in(
        &self,
        app: &AppId,
        user: &UserId,
        session: SessionRef,
    ) -> StoreResult<Option<SessionRef>> {
        let earlier = self.reading()?.logins.insert((app.clone(), user.clone()), session.clone());
        Ok(earlier.filter(|earlier| *earlier != session))
    }

    async fn sign_out(&self, app: &AppId, user: &UserId, session: &SessionRef) -> StoreResult<()> {
        let mut state = self.reading()?;
        let key = (app.clone(), user.clone());
        if state.logins.get(&key) == Some(session) {
            state.logins.remove(&key);
        }
        Ok(())
    }

    async fn sessions(&self, app: &AppId, users: &[UserId]) -> StoreResult<Vec<Option<SessionRef>>> {
        let state = self.reading()?;
        let session = |user: &UserId| state.logins.get(&(app.clone(), user.clone())).cloned();
        Ok(users.iter().map(session).collect())
    }
}

#[async_trait]
impl Nodes for MemoryStore {
    async fn beat(&self, _node: &NodeId, _lease: Duration) -> StoreResult<bool> {
        self.shared.open_still()?;
        Ok(true)
    }

    async fn reap(&self, _limit: usize) -> StoreResult<Reaped> {
        self.shared.open_still()?;
        Ok(Reaped::default())
    }
}
