//! Who is in a group: joining, leaving, and listing.

use std::sync::Arc;

use super::{
    Login, Muster, OpenApp, OpenGroup, Visit,
    change::{Done, Hands, published},
    comings::{Herald, Telling, heralded},
};
use crate::{
    app::Generation,
    bus::Notice,
    callback::{CallbackEvent, OwedCall},
    error::{Error, Result},
    event::Happened,
    group::{Page, Slice},
    id::{GroupId, GroupRef, SessionRef, UserId},
    limits::SuperListing,
    message::{Entry, Event, ExitReason, StreamRef},
    roster::{Admission, Join, Leave, Member, PageQuery, RosterState, Tie, WalkQuery},
    store::{Store, StreamEvent},
    time::Millis,
};

/// How long a kick of somebody who was kicked already is taken for the same kick, sent again, in milliseconds.
const KICK_RETRIED_WITHIN: i64 = 600_000;
/// Events of the user's stream that are looked through for it.
const KICKS_LOOKED_FOR: usize = 32;

/// What a user finds on entering a group.
#[derive(Clone, Debug)]
pub struct Entrance {
    /// The group.
    pub group: OpenGroup,
    /// The membership.
    pub member: Member,
    /// Whether the user was not a member before.
    pub fresh: bool,
    /// Members, this one included.
    pub count: u64,
}

/// The rules of rosters.
#[derive(Clone, Copy)]
pub struct RosterRules<'a>(pub(super) &'a Muster);

impl RosterRules<'_> {
    /// A logged-in user enters a group; the membership lasts as long as the session's subscription.
    ///
    /// # Errors
    /// [`Error::GroupDeleted`], or the store's.
    pub async fn enter(&self, visit: &Visit<'_>, session: &SessionRef) -> Result<Entrance> {
        let (login, tie) = (visit.login(), Tie::Session(session.clone()));
        self.admit(visit.group(), (login.user(), login.info().cloned()), tie, (true, None)).await
    }

    /// The operator puts a user into a group for good. Whom `telling` says is told, unless the user was in it already.
    ///
    /// # Errors
    /// [`Error::GroupDeleted`], or the store's.
    pub async fn enrol(&self, group: &OpenGroup, user: &UserId, telling: Telling) -> Result<Entrance> {
        let herald = Herald::of(self.0, group, user, telling)?;
        self.admit(group, (user, None), Tie::Durable, (telling.others(), herald)).await
    }

    async fn admit(
        &self,
        group: &OpenGroup,
        (user, info): (&UserId, Option<Arc<str>>),
        tie: Tie,
        (announce, herald): (bool, Option<Herald>),
    ) -> Result<Entrance> {
        let muster = self.0;
        let join = Join {
            user: user.clone(),
            info,
            tie,
            at: muster.now(),
            capacity: None,
            super_above: self.super_above(group),
            super_listed: muster.limits.super_group_listing == SuperListing::Serve,
            visitor: group.app().generation == Generation::One,
        };
        let session = match &join.tie {
            Tie::Session(session) => Some(&session.session),
            Tie::Durable => None,
        };
        let calls = muster.owed_for(group.app(), (&group.at.group, user, session), CallbackEvent::Joined);
        let (group, at) = (group.clone(), group.at.clone());
        let joined = async move |hands: Hands| {
            let (user, info) = (join.user.clone(), join.info.clone());
            match hands.store.join(&at, join, hands.owing(calls)).await? {
                Admission::Admitted { member, fresh, count, .. } => {
                    let others = (fresh && announce).then_some(Notice::Joined { group: at, user, info });
                    let system = heralded(herald.filter(|_| fresh), &hands, Happened::Joined).await;
                    let notices = others.into_iter().chain(system);
                    Ok(Done::told(Entrance { group, member, fresh, count }, notices))
                }
                Admission::Full => Err(Error::Invalid("this group has no capacity to exceed".to_owned())),
                Admission::NoGroup => Err(Error::GroupDeleted(at.group)),
            }
        };
        muster.change(joined).await
    }

    /// A session's membership ends: it unsubscribed, or stayed away longer than the grace period. A durable
    /// membership, and one that a later login holds, stays.
    ///
    /// # Errors
    /// The store's.
    pub async fn part(&self, login: &Login, group: &GroupId, session: &SessionRef) -> Result<()> {
        self.end_of_session(login, group, session, false).await
    }

    /// The same once more, when it is not known what became of it. Should the membership have ended, the others are told:
    /// they may not have been.
    ///
    /// # Errors
    /// The store's.
    pub async fn part_again(&self, login: &Login, group: &GroupId, session: &SessionRef) -> Result<()> {
        self.end_of_session(login, group, session, true).await
    }

    async fn end_of_session(
        &self,
        login: &Login,
        group: &GroupId,
        session: &SessionRef,
        again: bool,
    ) -> Result<()> {
        let (group, user) = (GroupRef::new(login.app().id.clone(), group.clone()), login.user().clone());
        let app = self.0.store.records().app(&group.app).await?;
        let of = (&group.group, &user, Some(&session.session));
        let calls = app.map_or_else(Vec::new, |app| self.0.owed_for(&app, of, CallbackEvent::Left));
        let leave = Leave::Session(session.clone());
        let parted = async move |hands: Hands| {
            let left = hands.store.leave(&group, &user, leave, hands.owing(calls)).await?.is_some();
            let gone = left || again && is_out(&*hands.store, &group, &user).await?;
            Ok(Done::told((), gone.then_some(Notice::Left { group, user })))
        };
        self.0.change(parted).await
    }

    /// The operator takes a user out of a group, whatever the membership. Taking out somebody who is not in it is no
    /// fault. Whom `telling` says is told, also when the user was out already: whoever is not sure of it asks again, and
    /// they may not have been told. The user hears it before the subscription ends.
    ///
    /// # Errors
    /// The store's.
    pub async fn release(&self, group: &OpenGroup, user: &UserId, telling: Telling) -> Result<()> {
        let herald = Herald::of(self.0, group, user, telling)?;
        let calls = self.0.owed_for(group.app(), (&group.at.group, user, None), CallbackEvent::Left);
        let (group, user) = (group.at.clone(), user.clone());
        let released = async move |hands: Hands| {
            let left = hands.store.leave(&group, &user, Leave::Any, hands.owing(calls)).await?.is_some();
            // Whoever has come back meanwhile was not taken out by this.
            if !left && !is_out(&*hands.store, &group, &user).await? {
                return Ok(Done::untold(()));
            }
            let connection = Notice::TakenOut { group: group.clone(), user: user.clone() };
            let others = telling.others().then_some(Notice::Left { group, user });
            let system = heralded(herald, &hands, Happened::Left).await;
            Ok(Done::told((), system.into_iter().chain([connection]).chain(others)))
        };
        self.0.change(released).await
    }

    /// Removes a user from a group: the user learns it, also when the connection is down for a moment, and so do the
    /// others. Nothing keeps the user from joining again. The same kick sent again within ten minutes succeeds.
    ///
    /// # Errors
    /// [`Error::NotMember`], or the store's.
    pub async fn kick(&self, group: &OpenGroup, user: &UserId) -> Result<()> {
        let muster = self.0;
        let serves = muster.limits.super_group_listing == SuperListing::Serve;
        let (at, user, now) = (group.at.clone(), user.clone(), muster.now());
        let calls = muster.owed_for(group.app(), (&at.group, &user, None), CallbackEvent::Left);
        muster.change(move |hands| kick(hands, at, (user, calls), serves, now)).await
    }

    /// Puts `info` in the place of what is told of a user, in every group of the application that the user is in, and in
    /// what the user says there from now on; those groups, by id. A user who is in none is no fault. Whoever enters a
    /// group later tells there what its login says.
    ///
    /// # Errors
    /// The store's.
    pub async fn put_user_info(
        &self,
        app: &OpenApp,
        user: &UserId,
        info: Option<Arc<str>>,
    ) -> Result<Vec<GroupId>> {
        let (app, user) = (app.id.clone(), user.clone());
        let put = async move |hands: Hands| {
            let put = hands.store.put_user_info(&app, &user, info.clone(), hands.alone()).await?;
            Ok(Done::told(put.groups, [Notice::UserInfoPut { app, user, info }]))
        };
        self.0.change(put).await
    }

    /// A page of the roster, by number.
    ///
    /// # Errors
    /// [`Error::SuperGroup`], or the store's.
    pub async fn page(&self, group: &OpenGroup, query: PageQuery) -> Result<Page<Member>> {
        self.listable(group).await?;
        Ok(self.0.store.roster_page(&group.at, query).await?)
    }

    /// The next part of a walk over the roster.
    ///
    /// # Errors
    /// [`Error::SuperGroup`], or the store's.
    pub async fn walk(&self, group: &OpenGroup, query: WalkQuery) -> Result<Slice<Member>> {
        self.listable(group).await?;
        Ok(self.0.store.roster_walk(&group.at, query).await?)
    }

    /// The same for a logged-in user: in generation 2 those who run the group may list its roster, in generation 1
    /// anybody.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::SuperGroup`], or the store's.
    pub async fn walk_for(&self, visit: &Visit<'_>, query: WalkQuery) -> Result<Slice<Member>> {
        if visit.login().app().generation == Generation::Two {
            visit.demand_right()?;
        }
        self.walk(visit.group(), query).await
    }

    /// Refuses what lists the members of a super group. A group that cannot become one is not asked whether it is.
    async fn listable(&self, group: &OpenGroup) -> Result<()> {
        let muster = self.0;
        let Some(threshold) = self.super_above(group) else { return Ok(()) };
        let refuses = muster.limits.super_group_listing == SuperListing::Refuse;
        if refuses && muster.store.roster_state(&group.at).await?.super_group {
            return Err(Error::SuperGroup { group: group.at.group.clone(), threshold });
        }
        Ok(())
    }

    /// The number of members above which a group becomes a super group, if it can become one.
    fn super_above(&self, group: &OpenGroup) -> Option<u64> {
        match group.app().generation {
            Generation::One => None,
            Generation::Two => Some(self.0.limits.super_group_threshold),
        }
    }

    /// A roster's figures.
    ///
    /// # Errors
    /// The store's.
    pub async fn state(&self, group: &OpenGroup) -> Result<RosterState> {
        Ok(self.0.store.roster_state(&group.at).await?)
    }

    /// The memberships of these users, in their order.
    ///
    /// # Errors
    /// The store's.
    pub async fn find(&self, group: &OpenGroup, users: &[UserId]) -> Result<Vec<Option<Member>>> {
        Ok(self.0.store.find_members(&group.at, users).await?)
    }
}

/// The membership of a user in a group, if there is one.
pub(super) async fn membership(store: &dyn Store, at: &GroupRef, user: &UserId) -> Result<Option<Member>> {
    let found = store.find_members(at, std::slice::from_ref(user)).await?;
    Ok(found.into_iter().flatten().next())
}

/// Whether a user is not in a group.
async fn is_out(store: &dyn Store, at: &GroupRef, user: &UserId) -> Result<bool> {
    Ok(membership(store, at, user).await?.is_none())
}

/// Ends a membership together with what its user learns of it. `serves` says whether super groups keep their lists.
///
/// `calls` are owed for a membership of its own.
async fn kick(
    hands: Hands,
    at: GroupRef,
    (user, calls): (UserId, Vec<OwedCall>),
    serves: bool,
    now: Millis,
) -> Result<Done<()>> {
    let stream = StreamRef::User(at.app.clone(), user.clone());
    let event = Event::Exit { group: at.group.clone(), reason: ExitReason::Removed };
    let events = vec![StreamEvent { stream: stream.clone(), event: Arc::new(event), at: now }];
    if let Some(left) = hands.store.leave(&at, &user, Leave::Any, hands.with_all(&events, calls)).await? {
        let others = Notice::Left { group: at, user };
        return Ok(Done::told((), published(events, left.positions).chain([others])));
    }
    if !serves && may_be_counted(&*hands.store, &at, &user).await? {
        let positions = hands.store.append(hands.with(&events)).await?.unwrap_or_default();
        return Ok(Done::told((), published(events, positions)));
    }
    // Whoever was not told that a kick succeeded asks again, and the user may not have been told either.
    match earlier_kick(&*hands.store, stream, &at, now).await? {
        Some(notice) => Ok(Done::told((), [notice])),
        None => Err(Error::NotMember(user)),
    }
}

/// What a user was told of being removed from this group, if that was stored of late.
async fn earlier_kick(
    store: &dyn Store,
    stream: StreamRef,
    at: &GroupRef,
    now: Millis,
) -> Result<Option<Notice>> {
    let latest = store.entries_before(&stream, None, KICKS_LOOKED_FOR).await?;
    let of_this_kick = |entry: &Entry| {
        let removed =
            matches!(&entry.event, Event::Exit { group, reason: ExitReason::Removed } if *group == at.group);
        removed && now - entry.at <= KICK_RETRIED_WITHIN
    };
    Ok(latest.into_iter().find(of_this_kick).map(|entry| entry.notice(stream)))
}

/// Whether a user without a membership of its own may be one of those who are only counted, on another node: that node
/// ends the membership when it learns of the removal.
async fn may_be_counted(store: &dyn Store, at: &GroupRef, user: &UserId) -> Result<bool> {
    if !store.roster_state(at).await?.super_group {
        return Ok(false);
    }
    let sessions = store.sessions(&at.app, std::slice::from_ref(user)).await?;
    Ok(sessions.iter().any(Option::is_some))
}
