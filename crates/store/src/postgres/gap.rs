//! What is not written yet. GAP: this file goes, bit by bit, as the traits get their own files.

use std::sync::Arc;

use async_trait::async_trait;
use muster_core::{
    account::{Changed, Directory, DirectoryChange},
    app::App,
    chat::{BusinessNumber, Channel, ChatGroup, ChatGroupQuery, ChatGroupStatus, Invite, PhoneNumber},
    group::{Deletion, Group, GroupFilter, GroupTally, Order, Page, Slice, Window},
    id::*,
    message::{Draft, Entry, Event, HistoryQuery, Posted, Sequence, StreamRef, Top},
    store::*,
    time::Millis,
};

use super::PostgresStore;

fn gap<T>() -> StoreResult<T> {
    Err(StoreError::Failed("not written yet".into()))
}

#[async_trait]
impl Accounts for PostgresStore {
    async fn directory(&self) -> StoreResult<Directory> {
        gap()
    }
    async fn change_directory(&self, _change: DirectoryChange) -> StoreResult<Changed> {
        gap()
    }
}

#[async_trait]
impl Apps for PostgresStore {
    async fn create_app(&self, _app: App, _limit: Option<u64>) -> StoreResult<AppCreated> {
        gap()
    }
    async fn app(&self, _id: &AppId) -> StoreResult<Option<Arc<App>>> {
        gap()
    }
    async fn apps(
        &self,
        _account: &AccountId,
        _filter: AppFilter,
        _order: Order,
        _window: Window,
    ) -> StoreResult<Page<App>> {
        gap()
    }
    async fn set_app_disabled(&self, _id: &AppId, _disabled: bool, _at: Millis) -> StoreResult<Option<App>> {
        gap()
    }
}

#[async_trait]
impl Groups for PostgresStore {
    async fn create_group(&self, _group: Group, _limit: Option<u64>) -> StoreResult<GroupCreated> {
        gap()
    }
    async fn group(&self, _at: &GroupRef) -> StoreResult<Option<Arc<Group>>> {
        gap()
    }
    async fn delete_group(&self, _at: &GroupRef, _deletion: Deletion) -> StoreResult<GroupDeleted> {
        gap()
    }
    async fn groups(
        &self,
        _app: &AppId,
        _filter: GroupFilter,
        _order: Order,
        _window: Window,
    ) -> StoreResult<Page<Group>> {
        gap()
    }
    async fn walk_groups(
        &self,
        _app: &AppId,
        _filter: GroupFilter,
        _order: Order,
        _after: Option<i64>,
        _limit: usize,
    ) -> StoreResult<Slice<Group>> {
        gap()
    }
    async fn groups_of(
        &self,
        _app: &AppId,
        _user: &UserId,
        _order: Order,
        _window: Window,
    ) -> StoreResult<Page<Group>> {
        gap()
    }
    async fn tally(&self, _at: &GroupRef) -> StoreResult<GroupTally> {
        gap()
    }
    async fn purge(&self, _now: Millis, _deleted: Millis) -> StoreResult<u64> {
        gap()
    }
}

#[async_trait]
impl Messages for PostgresStore {
    async fn post(&self, _at: &GroupRef, _draft: Draft) -> StoreResult<Posted> {
        gap()
    }
    async fn count_only(&self, _at: &GroupRef, _draft: Draft) -> StoreResult<Posted> {
        gap()
    }
    async fn append(&self, _stream: &StreamRef, _event: Event, _at: Millis) -> StoreResult<Option<Sequence>> {
        gap()
    }
    async fn top(&self, _stream: &StreamRef) -> StoreResult<Option<Top>> {
        gap()
    }
    async fn entries(&self, _stream: &StreamRef, _after: Sequence, _limit: usize) -> StoreResult<Vec<Entry>> {
        gap()
    }
    async fn entries_before(
        &self,
        _stream: &StreamRef,
        _before: Option<Sequence>,
        _limit: usize,
    ) -> StoreResult<Vec<Entry>> {
        gap()
    }
    async fn history(&self, _at: &GroupRef, _query: HistoryQuery) -> StoreResult<Slice<Entry>> {
        gap()
    }
}

#[async_trait]
impl Sessions for PostgresStore {
    async fn sign_in(
        &self,
        _app: &AppId,
        _user: &UserId,
        _session: SessionRef,
    ) -> StoreResult<Option<SessionRef>> {
        gap()
    }
    async fn sign_out(&self, _app: &AppId, _user: &UserId, _session: &SessionRef) -> StoreResult<()> {
        gap()
    }
    async fn signed_in(&self, _app: &AppId, _users: &[UserId]) -> StoreResult<Vec<bool>> {
        gap()
    }
}

#[async_trait]
impl Chats for PostgresStore {
    async fn create_channel(&self, _channel: Channel) -> StoreResult<()> {
        gap()
    }
    async fn channel(&self, _id: &AppId) -> StoreResult<Option<Channel>> {
        gap()
    }
    async fn channels(&self, _account: &AccountId) -> StoreResult<Vec<Channel>> {
        gap()
    }
    async fn add_number(&self, _number: BusinessNumber) -> StoreResult<bool> {
        gap()
    }
    async fn number(&self, _number: &PhoneNumber) -> StoreResult<Option<BusinessNumber>> {
        gap()
    }
    async fn numbers(&self, _channel: &AppId) -> StoreResult<Vec<BusinessNumber>> {
        gap()
    }
    async fn create_chat_group(&self, _group: ChatGroup) -> StoreResult<()> {
        gap()
    }
    async fn chat_group(&self, _at: &GroupRef) -> StoreResult<Option<ChatGroup>> {
        gap()
    }
    async fn chat_groups(&self, _query: &ChatGroupQuery, _window: Window) -> StoreResult<Page<ChatGroup>> {
        gap()
    }
    async fn advance_chat_groups(
        &self,
        _from: ChatGroupStatus,
        _to: ChatGroupStatus,
        _until: Millis,
        _at: Millis,
    ) -> StoreResult<Vec<GroupRef>> {
        gap()
    }
    async fn set_invite(&self, _at: &GroupRef, _code: Option<&str>, _now: Millis) -> StoreResult<bool> {
        gap()
    }
    async fn invite(&self, _code: &str) -> StoreResult<Option<Invite>> {
        gap()
    }
}
