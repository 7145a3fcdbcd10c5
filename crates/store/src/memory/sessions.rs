//! Who is logged in. There is one node, and nothing is ever left of another.

use std::time::Duration;

use async_trait::async_trait;
use muster_core::{
    id::{AppId, NodeId, SessionRef, UserId},
    login::LoginChange,
    message::Positions,
    store::{Also, Nodes, Reaped, Sessions, StoreResult},
};

use super::MemoryStore;

#[async_trait]
impl Sessions for MemoryStore {
    async fn change_login(
        &self,
        app: &AppId,
        user: &UserId,
        change: LoginChange,
        also: Also,
    ) -> StoreResult<Option<(Option<SessionRef>, Positions)>> {
        let (mut state, of) = (self.changing()?, (app.clone(), user.clone()));
        if !change.changes(state.logins.get(&of)) {
            return Ok(None);
        }
        state.demand_streams(&also)?;
        let also = also.having(|found| found.logged_in(app, user, &change, state.logins.get(&of)));
        let earlier = match change.after() {
            Some(session) => state.logins.insert(of, session),
            None => state.logins.remove(&of),
        };
        Ok(Some((earlier, state.follow(also))))
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

    async fn reap(&self, _limit: usize, _also: Also) -> StoreResult<Reaped> {
        self.shared.open_still()?;
        Ok(Reaped::default())
    }
}
