//! Making, finding and ending groups.

use std::{ops::Deref, sync::Arc};

use super::{
    Login, Muster, OpenApp,
    change::{Done, Hands, published},
};
use crate::{
    app::{Generation, StringMap},
    bus::Notice,
    error::{Error, Result},
    group::{Deletion, Group, GroupChange, GroupFilter, GroupTally, Order, Page, Slice, Window},
    id::{GroupId, GroupRef, UserId},
    message::{Entry, Event, ExitReason, StreamRef},
    store::{GroupCreated, GroupDeleted, GroupRecovered, GroupRewritten, Store, StreamEvent},
    time::Millis,
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

/// A group of an application in use, deleted or not: proof that whoever has it may know of it. The rules of groups alone
/// make one.
#[derive(Clone, Debug)]
pub struct KnownGroup {
    app: OpenApp,
    group: Arc<Group>,
}

impl KnownGroup {
    /// The application that it belongs to.
    #[must_use]
    pub fn app(&self) -> &OpenApp {
        &self.app
    }
}

impl Deref for KnownGroup {
    type Target = Group;
    fn deref(&self) -> &Group {
        &self.group
    }
}

/// A [`KnownGroup`] that existed when it was looked up: proof that whoever has it may work with it. It may be deleted
/// since: the store says so of every change.
#[derive(Clone, Debug)]
pub struct OpenGroup(KnownGroup);

impl Deref for OpenGroup {
    type Target = KnownGroup;
    fn deref(&self) -> &KnownGroup {
        &self.0
    }
}

/// A logged-in user and an open group of the same application: proof of who wants something of the group. Whether the
/// user is in it, or runs it, the rules ask.
#[derive(Clone, Debug)]
pub struct Visit<'a> {
    login: &'a Login,
    group: OpenGroup,
}

impl Visit<'_> {
    /// Who.
    #[must_use]
    pub fn login(&self) -> &Login {
        self.login
    }

    /// The group.
    #[must_use]
    pub fn group(&self) -> &OpenGroup {
        &self.group
    }

    /// Whether the user has the rights over the group that its creator and administrators have: by being one, or by
    /// having logged in as an administrator of the application.
    #[must_use]
    pub fn runs_it(&self) -> bool {
        self.login.is_admin() || self.group.is_run_by(self.login.user())
    }

    /// Refuses a user who does not run the group.
    ///
    /// # Errors
    /// [`Error::NotAllowed`].
    pub(super) fn demand_right(&self) -> Result<()> {
        if self.runs_it() { Ok(()) } else { Err(Error::NotAllowed(self.login.user().clone())) }
    }
}

/// The rules of groups.
#[derive(Clone, Copy)]
pub struct GroupRules<'a>(pub(super) &'a Muster);

impl GroupRules<'_> {
    /// Makes a group. Making one that is there already changes nothing and says so.
    ///
    /// # Errors
    /// [`Error::TooManyGroups`], or the store's.
    pub async fn create(&self, app: &OpenApp, new: NewGroup) -> Result<GroupMade> {
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
        let limit = self.most(app);
        let made =
            async move |hands: Hands| match hands.store.create_group(group, limit, hands.alone()).await? {
                GroupCreated::Created(group, _) => Ok(Done::untold(GroupMade { group, existed: false })),
                GroupCreated::Exists(group) => Ok(Done::untold(GroupMade { group, existed: true })),
                GroupCreated::TooMany => Err(Error::TooManyGroups(limit.unwrap_or(u64::MAX))),
            };
        muster.change(made).await
    }

    /// The group, also when it is deleted.
    ///
    /// # Errors
    /// [`Error::NoGroup`], or the store's.
    pub async fn describe(&self, app: &OpenApp, id: &GroupId) -> Result<KnownGroup> {
        let group = self.0.store.group(&address(app, id)).await?;
        let group = group.ok_or_else(|| Error::NoGroup(id.clone()))?;
        Ok(KnownGroup { app: app.clone(), group })
    }

    /// The group, if it exists still.
    ///
    /// # Errors
    /// [`Error::NoGroup`], [`Error::GroupDeleted`], or the store's.
    pub async fn open(&self, app: &OpenApp, id: &GroupId) -> Result<OpenGroup> {
        let group = self.describe(app, id).await?;
        match group.deletion {
            None => Ok(OpenGroup(group)),
            Some(_) => Err(Error::GroupDeleted(id.clone())),
        }
    }

    /// The group, if it exists still, before a user of its application.
    ///
    /// # Errors
    /// [`Error::NoGroup`], [`Error::GroupDeleted`], or the store's.
    pub async fn visit<'a>(&self, login: &'a Login, id: &GroupId) -> Result<Visit<'a>> {
        Ok(Visit { login, group: self.open(login.app(), id).await? })
    }

    /// A group's figures.
    ///
    /// # Errors
    /// The store's.
    pub async fn tally(&self, group: &KnownGroup) -> Result<GroupTally> {
        Ok(self.0.store.tally(&group.at).await?)
    }

    /// How many different users have been in a group of generation 1. Asked for before the group's figures, it is never more
    /// than the joins that they tell.
    ///
    /// # Errors
    /// The store's.
    pub async fn visitors(&self, group: &KnownGroup) -> Result<u64> {
        Ok(self.0.store.visitors(&group.at).await?)
    }

    /// Deletes a group: everybody in it is told and out of it. Deleting a group that is not there is no fault; one that is
    /// deleted already is told once more, for whoever deleted it may not have lived to tell.
    ///
    /// # Errors
    /// The store's.
    pub async fn delete(&self, app: &OpenApp, id: &GroupId, by: Option<UserId>) -> Result<()> {
        let (at, deletion) = (address(app, id), Deletion { at: self.0.now(), by });
        let found = self.0.found(app);
        self.0
            .change(async move |hands| {
                let end = Event::Exit { group: at.group.clone(), reason: ExitReason::Dissolved };
                let events = vec![StreamEvent {
                    stream: StreamRef::Group(at.clone()),
                    event: Arc::new(end),
                    at: deletion.at,
                }];
                match hands.store.delete_group(&at, deletion, hands.finding(&events, found)).await? {
                    GroupDeleted::Deleted(positions) => Ok(Done::told((), published(events, positions))),
                    GroupDeleted::Missing => Ok(Done::told((), end_of(&*hands.store, at).await?)),
                }
            })
            .await
    }

    /// Ends a group as who runs it wants it: see [`delete`](Self::delete).
    ///
    /// # Errors
    /// [`Error::NotAllowed`], or the store's.
    pub async fn close(&self, visit: &Visit<'_>) -> Result<()> {
        visit.demand_right()?;
        let login = visit.login();
        self.delete(login.app(), &visit.group().at.group, Some(login.user().clone())).await
    }

    /// Makes a group for a logged-in user, who becomes its creator: in generation 2 for those who log in as administrators.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::TooManyGroups`], or the store's.
    pub async fn create_for(&self, login: &Login, new: NewGroup) -> Result<GroupMade> {
        if !(login.is_admin() || login.app().generation == Generation::One) {
            return Err(Error::NotAllowed(login.user().clone()));
        }
        self.create(login.app(), NewGroup { creator: Some(login.user().clone()), ..new }).await
    }

    /// Makes a deleted group exist again, within 30 days of its deletion: its history, its counts and the numbers of its
    /// stream go on, and nobody is in it. A group that exists already is no fault.
    ///
    /// # Errors
    /// [`Error::NoGroup`], also when its time is over, [`Error::TooManyGroups`], or the store's.
    pub async fn recover(&self, app: &OpenApp, id: &GroupId) -> Result<()> {
        let (at, limit) = (address(app, id), self.most(app));
        let since = self.0.now() - RECOVERABLE_MILLIS;
        let recovered = async move |hands: Hands| match hands
            .store
            .recover_group(&at, since, limit, hands.alone())
            .await?
        {
            GroupRecovered::Recovered(_) | GroupRecovered::Exists => Ok(Done::untold(())),
            GroupRecovered::TooMany => Err(Error::TooManyGroups(limit.unwrap_or(u64::MAX))),
            GroupRecovered::Missing => Err(Error::NoGroup(at.group)),
        };
        self.0.change(recovered).await
    }

    /// Changes a group. Everybody in it is told what it is now, if that is something else than before.
    ///
    /// # Errors
    /// [`Error::GroupDeleted`], or the store's.
    pub async fn modify(&self, group: &OpenGroup, change: GroupChange) -> Result<()> {
        let (group, now) = (Group::clone(&group.group), self.0.now());
        self.0.change(move |hands| modify(hands, group, change, now)).await
    }

    /// The same as who runs the group wants it.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::GroupDeleted`], or the store's.
    pub async fn modify_for(&self, visit: &Visit<'_>, change: GroupChange) -> Result<()> {
        visit.demand_right()?;
        self.modify(visit.group(), change).await
    }

    /// How many existing groups an application may have.
    fn most(&self, app: &OpenApp) -> Option<u64> {
        match app.generation {
            Generation::One => None,
            Generation::Two => self.0.limits.groups_per_app,
        }
    }

    /// Groups of an application by creation, by page.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(
        &self,
        app: &OpenApp,
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
        app: &OpenApp,
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
        app: &OpenApp,
        user: &UserId,
        order: Order,
        window: Window,
    ) -> Result<Page<Group>> {
        Ok(self.0.store.groups_of(&app.id, user, order, window).await?)
    }
}

/// Changes a group as it is known, or as it turns out to be: who changes another part of it at the same time loses nothing.
async fn modify(hands: Hands, mut group: Group, change: GroupChange, now: Millis) -> Result<Done<()>> {
    loop {
        let after = change.of(&group);
        if after == group {
            return Ok(Done::untold(()));
        }
        let events = changed_info(&group, &after, now).into_iter().collect::<Vec<_>>();
        match hands.store.rewrite_group(&group, after, hands.with(&events)).await? {
            GroupRewritten::Done(positions) => return Ok(Done::told((), published(events, positions))),
            GroupRewritten::Differs(there) => group = there,
            GroupRewritten::Missing => return Err(Error::GroupDeleted(group.at.group)),
        }
    }
}

/// What a group is told of a change of itself: what its members see of it, unless that stays as it was.
fn changed_info(before: &Group, after: &Group, at: Millis) -> Option<StreamEvent> {
    let seen = (&before.info, &before.admins) != (&after.info, &after.admins);
    seen.then(|| StreamEvent {
        stream: StreamRef::Group(before.at.clone()),
        event: Arc::new(Event::InfoChanged {
            group: before.at.group.clone(),
            info: after.info.as_deref().map(Arc::from),
            admins: after.admins.clone(),
        }),
        at,
    })
}

/// What was told of the end of a deleted group; nothing when there is no such group, or it was told long ago.
async fn end_of(store: &dyn Store, at: GroupRef) -> Result<Option<Notice>> {
    let stream = StreamRef::Group(at);
    let last = store.entries_before(&stream, None, 1).await?.pop();
    let ended = |last: &Entry| matches!(last.event, Event::Exit { reason: ExitReason::Dissolved, .. });
    Ok(last.filter(ended).map(|last| last.notice(stream)))
}

fn address(app: &OpenApp, id: &GroupId) -> GroupRef {
    GroupRef::new(app.id.clone(), id.clone())
}

fn drawn_id(muster: &Muster) -> Result<GroupId> {
    GroupId::new(&muster.random.alphanumeric(20)).map_err(|error| Error::Invalid(error.to_string()))
}
