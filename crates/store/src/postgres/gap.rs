//! What is not written yet. GAP: this file goes, bit by bit, as the traits get their own files.

use std::time::Duration;

use async_trait::async_trait;
use muster_core::{
    group::{Page, Slice},
    id::{GroupRef, NodeId, UserId},
    roster::{Admission, Join, Leave, Member, PageQuery, RosterState, WalkQuery},
    store::{Nodes, Reaped, Rosters, StoreError, StoreResult},
};

use super::PostgresStore;

fn gap<T>() -> StoreResult<T> {
    Err(StoreError::Failed("not written yet".into()))
}

#[async_trait]
impl Rosters for PostgresStore {
    async fn join(&self, _at: &GroupRef, _join: Join) -> StoreResult<Admission> {
        gap()
    }
    async fn leave(&self, _at: &GroupRef, _user: &UserId, _leave: Leave) -> StoreResult<Option<u64>> {
        gap()
    }
    async fn roster_page(&self, _at: &GroupRef, _query: PageQuery) -> StoreResult<Page<Member>> {
        gap()
    }
    async fn roster_walk(&self, _at: &GroupRef, _query: WalkQuery) -> StoreResult<Slice<Member>> {
        gap()
    }
    async fn find_members(&self, _at: &GroupRef, _users: &[UserId]) -> StoreResult<Vec<Option<Member>>> {
        gap()
    }
    async fn roster_state(&self, _at: &GroupRef) -> StoreResult<RosterState> {
        Ok(RosterState::default())
    }
}

#[async_trait]
impl Nodes for PostgresStore {
    async fn beat(&self, _node: &NodeId, _lease: Duration) -> StoreResult<bool> {
        Ok(true)
    }
    async fn reap(&self, _limit: usize) -> StoreResult<Reaped> {
        Ok(Reaped::default())
    }
}
