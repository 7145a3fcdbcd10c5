//! Making, finding and ending groups.

use std::sync::Arc;

use super::Muster;
use crate::{
    app::{App, Generation, StringMap},
    bus::Notice,
    caller::carry_out,
    error::{Error, Result},
    group::{Deletion, Group, GroupFilter, GroupTally, Order, Page, Slice, Window},
    id::{GroupId, GroupRef, UserId},
    message::{Event, ExitReason, StreamRef},
    store::{GroupCreated, GroupDeleted},
};

/// How long a deleted group is listed and its messages kept, in milliseconds (documented: 30 days).
pub(super) const RECOVERABLE_MILLIS: i64 = 30 * 86_400_000;

/// A group to be made.
#[derive(Clone, Debug, Default)]
pub struct NewGroup {
    /// Its id; drawn when the caller does not choose it.
    pub id: Option<GroupId>,
    /// Who makes it.
    pub creator: Option<UserId>,
    /// Who else runs it.
    pub admins: Vec<UserId>,
    /// Its name.
    pub name: Option<String>,
    /// The caller's text about it.
    pub info: Option<String>,
    /// The caller's own fields.
    pub extension: StringMap,
}

/// What came of making a group.
#[derive(Clone, Debug)]
pub struct GroupMade {
    /// The group of that id.
    pub group: Group,
    /// Whether it was there already.
    pub existed: bool,
}

/// The rules of groups.
#[derive(Clone, Copy)]
pub struct GroupRules<'a>(pub(super) &'a Muster);

impl GroupRules<'_> {
    /// Makes a group. Making one that is there already changes nothing and says so.
    ///
    /// # Errors
    /// [`Error::TooManyGroups`], or the store's.
    pub async fn create(&self, app: &App, new: NewGroup) -> Result<GroupMade> {
        let muster = self.0;
        let id = match new.id {
            Some(id) => id,
            None => drawn_id(muster)?,
        };
        let group = Group {
            at: GroupRef::new(app.id.clone(), id),
            number: 0,
            creator: new.creator,
            admins: new.admins,
            name: new.name,
            info: new.info,
            extension: new.extension,
            epoch: muster.random.alphanumeric(8),
            created_at: muster.now(),
            deletion: None,
        };
        let limit = match app.generation {
            Generation::One => None,
            Generation::Two => muster.limits.groups_per_app,
        };
        match muster.store.create_group(group, limit).await? {
            GroupCreated::Created(group) => Ok(GroupMade { group, existed: false }),
            GroupCreated::Exists(group) => Ok(GroupMade { group, existed: true }),
            GroupCreated::TooMany => Err(Error::TooManyGroups(limit.unwrap_or(u64::MAX))),
        }
    }

    /// The group, also when it is deleted.
    ///
    /// # Errors
    /// [`Error::NoGroup`], or the store's.
    pub async fn describe(&self, at: &GroupRef) -> Result<Arc<Group>> {
        self.0.store.group(at).await?.ok_or_else(|| Error::NoGroup(at.group.clone()))
    }

    /// The group, if it exists still.
    ///
    /// # Errors
    /// [`Error::NoGroup`], [`Error::GroupDeleted`], or the store's.
    pub async fn open(&self, at: &GroupRef) -> Result<Arc<Group>> {
        let group = self.describe(at).await?;
        match group.deletion {
            None => Ok(group),
            Some(_) => Err(Error::GroupDeleted(at.group.clone())),
        }
    }

    /// A group's figures.
    ///
    /// # Errors
    /// The store's.
    pub async fn tally(&self, at: &GroupRef) -> Result<GroupTally> {
        Ok(self.0.store.tally(at).await?)
    }

    /// Deletes a group: everybody in it is told and out of it. Deleting a group that is not there is no fault.
    ///
    /// # Errors
    /// The store's.
    pub async fn delete(&self, at: &GroupRef, by: Option<UserId>) -> Result<()> {
        let (hands, at, now) = (self.0.hands(), at.clone(), self.0.now());
        carry_out(async move {
            match hands.store.delete_group(&at, Deletion { at: now, by }).await? {
                GroupDeleted::Missing => {}
                GroupDeleted::Deleted(sequence) => {
                    let event = Event::Exit { group: at.group.clone(), reason: ExitReason::Dissolved };
                    let (stream, event) = (StreamRef::Group(at), Arc::new(event));
                    hands.tell(Notice::Published { stream, sequence: Some(sequence), event, at: now }).await;
                }
            }
            Ok(())
        })
        .await
    }

    /// Groups of an application by creation, by page.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(
        &self,
        app: &App,
        filter: GroupFilter,
        order: Order,
        window: Window,
    ) -> Result<Page<Group>> {
        Ok(self.0.store.groups(&app.id, filter, order, window).await?)
    }

    /// Groups of an application by creation, after the group of this number.
    ///
    /// # Errors
    /// The store's.
    pub async fn walk(
        &self,
        app: &App,
        filter: GroupFilter,
        order: Order,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Slice<Group>> {
        Ok(self.0.store.walk_groups(&app.id, filter, order, after, limit).await?)
    }

    /// The groups of an application that a user is a member of.
    ///
    /// # Errors
    /// The store's.
    pub async fn list_of(
        &self,
        app: &App,
        user: &UserId,
        order: Order,
        window: Window,
    ) -> Result<Page<Group>> {
        Ok(self.0.store.groups_of(&app.id, user, order, window).await?)
    }
}

fn drawn_id(muster: &Muster) -> Result<GroupId> {
    GroupId::new(&muster.random.alphanumeric(20)).map_err(|error| Error::Invalid(error.to_string()))
}
