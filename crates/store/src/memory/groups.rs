//! Groups.

use std::sync::Arc;

use async_trait::async_trait;
use muster_core::{
    group::{Deletion, Group, GroupFilter, GroupTally, Order, Page, Slice, Window},
    id::{AppId, GroupRef, UserId},
    limits::has_room,
    store::{Also, GroupCreated, GroupDeleted, GroupRecovered, GroupRewritten, Groups, StoreResult},
    time::Millis,
};

use super::{
    MemoryStore,
    state::{GroupState, State},
};
use crate::{
    sqlite::misuse,
    tables::{rewritten, stands_as},
};

fn page(groups: &[&GroupState], window: Window) -> Page<Group> {
    let skip = usize::try_from(window.skip).unwrap_or(usize::MAX);
    let part = groups.iter().skip(skip).take(window.limit);
    Page { entries: part.map(|group| (*group.record).clone()).collect(), total: groups.len() as u64 }
}

#[async_trait]
impl Groups for MemoryStore {
    async fn create_group(&self, group: Group, limit: Option<u64>, also: Also) -> StoreResult<GroupCreated> {
        let mut state = self.changing()?;
        if let Some(there) = state.group(&group.at) {
            return Ok(GroupCreated::Exists((*there.record).clone()));
        }
        let at = group.at.clone();
        let existing = state
            .spaces
            .get(&at.app)
            .map_or(0, |space| space.groups(GroupFilter::Existing, Order::Ascending).len() as u64);
        if !has_room(existing, limit) {
            return Ok(GroupCreated::TooMany);
        }
        let Some(made) = state.add_group(group) else {
            return misuse(format!("there is no application or channel {}", at.app));
        };
        if let Err(error) = state.demand_streams(&also) {
            state.remove_group(&at);
            return Err(error);
        }
        Ok(GroupCreated::Created(made, state.follow(also)))
    }

    async fn group(&self, at: &GroupRef) -> StoreResult<Option<Arc<Group>>> {
        Ok(self.reading()?.group(at).map(|group| Arc::clone(&group.record)))
    }

    async fn delete_group(&self, at: &GroupRef, deletion: Deletion, also: Also) -> StoreResult<GroupDeleted> {
        let mut state = self.changing()?;
        if state.existing_mut(at).is_none() {
            return Ok(GroupDeleted::Missing);
        }
        state.demand_streams(&also)?;
        let members = state.existing_mut(at).map(|group| group.roster.ties()).unwrap_or_default();
        let positions = state.follow(also.having(|found| found.left(at, &members)));
        if let Some(group) = state.existing_mut(at) {
            group.roster.empty();
            group.record = Arc::new(Group { deletion: Some(deletion), ..(*group.record).clone() });
        }
        Ok(GroupDeleted::Deleted(positions))
    }

    async fn rewrite_group(&self, before: &Group, after: Group, also: Also) -> StoreResult<GroupRewritten> {
        let mut state = self.changing()?;
        let Some(there) = state.existing_mut(&before.at).map(|group| Arc::clone(&group.record)) else {
            return Ok(GroupRewritten::Missing);
        };
        if !stands_as(&there, before) {
            return Ok(GroupRewritten::Differs((*there).clone()));
        }
        state.demand_streams(&also)?;
        if let Some(group) = state.existing_mut(&before.at) {
            group.record = Arc::new(rewritten(&there, after));
        }
        Ok(GroupRewritten::Done(state.follow(also)))
    }

    async fn recover_group(
        &self,
        at: &GroupRef,
        deleted_after: Millis,
        limit: Option<u64>,
        also: Also,
    ) -> StoreResult<GroupRecovered> {
        let mut state = self.changing()?;
        let Some(there) = state.group(at).map(|group| Arc::clone(&group.record)) else {
            return Ok(GroupRecovered::Missing);
        };
        match &there.deletion {
            None => return Ok(GroupRecovered::Exists),
            Some(deletion) if deletion.at <= deleted_after => return Ok(GroupRecovered::Missing),
            Some(_) => {}
        }
        let existing = state
            .spaces
            .get(&at.app)
            .map_or(0, |space| space.groups(GroupFilter::Existing, Order::Ascending).len() as u64);
        if !has_room(existing, limit) {
            return Ok(GroupRecovered::TooMany);
        }
        state.demand_streams(&also)?;
        if let Some(group) = state.group_mut(at) {
            group.record = Arc::new(Group { deletion: None, ..(*there).clone() });
        }
        Ok(GroupRecovered::Recovered(state.follow(also)))
    }

    async fn groups(
        &self,
        app: &AppId,
        filter: GroupFilter,
        order: Order,
        window: Window,
    ) -> StoreResult<Page<Group>> {
        let state = self.reading()?;
        let groups = state.spaces.get(app).map_or_else(Vec::new, |space| space.groups(filter, order));
        Ok(page(&groups, window))
    }

    async fn walk_groups(
        &self,
        app: &AppId,
        filter: GroupFilter,
        order: Order,
        after: Option<i64>,
        limit: usize,
    ) -> StoreResult<Slice<Group>> {
        let state = self.reading()?;
        let mut groups = state.spaces.get(app).map_or_else(Vec::new, |space| space.groups(filter, order));
        groups.retain(|group| {
            after.is_none_or(|after| match order {
                Order::Ascending => group.record.number > after,
                Order::Descending => group.record.number < after,
            })
        });
        let one_more = groups.iter().take(limit.saturating_add(1));
        Ok(Slice::cut(one_more.map(|group| (*group.record).clone()).collect(), limit))
    }

    async fn groups_of(
        &self,
        app: &AppId,
        user: &UserId,
        order: Order,
        window: Window,
    ) -> StoreResult<Page<Group>> {
        let state = self.reading()?;
        let mut groups =
            state.spaces.get(app).map_or_else(Vec::new, |space| space.groups(GroupFilter::Existing, order));
        groups.retain(|group| group.roster.member(user).is_some());
        Ok(page(&groups, window))
    }

    async fn tally(&self, at: &GroupRef) -> StoreResult<GroupTally> {
        let state = self.reading()?;
        Ok(state.group(at).map_or_else(GroupTally::default, |group| {
            let counts = group.counts.iter().map(|(&kind, count)| (kind, count.get()));
            GroupTally::new(group.roster.state, counts)
        }))
    }

    async fn purge(&self, now: Millis, deleted: Millis) -> StoreResult<u64> {
        self.purge_some(now, deleted)
    }

    async fn purge_time(&self, now: Millis) -> StoreResult<Millis> {
        let said = self.newest_message()?;
        let mut state = self.changing()?;
        let newest = |state: &mut State| state.newest().max(said).map_or(now, |newest| newest.min(now));
        let noted = state.purge_time.unwrap_or_else(|| newest(&mut state));
        Ok(*state.purge_time.insert(noted))
    }

    async fn note_purge_time(&self, time: Millis) -> StoreResult<Millis> {
        let mut state = self.changing()?;
        let noted = state.purge_time.map_or(time, |noted| noted.max(time));
        Ok(*state.purge_time.insert(noted))
    }
}
