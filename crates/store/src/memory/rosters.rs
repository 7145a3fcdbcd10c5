//! Rosters: what the domain decides, written into maps. Everybody is listed, also in a super group whose list is not
//! shown.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use muster_core::{
    callback::UserTie,
    group::{Order, Page, Slice},
    id::{AppId, GroupRef, SessionRef, UserId},
    message::Positions,
    roster::{
        Admission, Departure, Hold, Join, JoinNumber, Joined, Leave, Left, Member, Membership, PageQuery,
        RosterState, Tie, WalkQuery,
    },
    store::{Also, Rosters, StoreResult, UserInfoPut},
};

use super::{MemoryStore, state::GroupState};

/// A membership.
struct Seat {
    member: Member,
    durable: bool,
    session: Option<SessionRef>,
}

impl Seat {
    fn hold(&self) -> Hold<'_> {
        Hold { durable: self.durable, session: self.session.as_ref() }
    }

    fn tie(&mut self, session: Option<SessionRef>) {
        self.member.connected = session.is_some();
        self.session = session;
    }
}

#[derive(Default)]
pub(super) struct Roster {
    pub(super) state: RosterState,
    /// The number given last.
    last: JoinNumber,
    seats: BTreeMap<JoinNumber, Seat>,
    by_user: HashMap<UserId, JoinNumber>,
    /// Who has been here, of those who are to be noted.
    visitors: HashSet<UserId>,
}

impl Roster {
    pub(super) fn member(&self, user: &UserId) -> Option<&Member> {
        Some(&self.seats.get(self.by_user.get(user)?)?.member)
    }

    fn seat_mut(&mut self, user: &UserId) -> Option<&mut Seat> {
        self.seats.get_mut(self.by_user.get(user)?)
    }

    /// What a join comes to.
    fn decide(&self, join: &Join) -> Joined {
        let seat = self.by_user.get(&join.user).and_then(|number| self.seats.get(number));
        self.state.join(seat.map_or(Membership::None, |seat| Membership::Listed(seat.hold())), join)
    }

    /// Makes a join that was decided.
    fn join(&mut self, joined: Joined, join: &Join) -> Admission {
        let session = match &join.tie {
            Tie::Durable => None,
            Tie::Session(session) => Some(session.clone()),
        };
        let member = match (joined, self.seat_mut(&join.user)) {
            (Joined::Full, _) => return Admission::Full,
            (Joined::Listed { .. } | Joined::Counted { .. }, _) | (_, None) => self.seat(join, session),
            (Joined::Tied, Some(seat)) => {
                seat.tie(session);
                seat.member.clone()
            }
            (Joined::Durable, Some(seat)) => {
                seat.durable = true;
                seat.member.clone()
            }
            (Joined::Stays, Some(seat)) => seat.member.clone(),
        };
        self.state.admit(joined, join.super_above);
        if joined.is_fresh() && join.visitor {
            self.visitors.insert(join.user.clone());
        }
        let (fresh, count) = (joined.is_fresh(), self.state.count);
        Admission::Admitted { member, fresh, count, positions: Positions::new() }
    }

    /// Gives the next number.
    fn seat(&mut self, join: &Join, session: Option<SessionRef>) -> Member {
        self.last += 1;
        let member = Member {
            user: join.user.clone(),
            info: join.info.clone(),
            number: self.last,
            joined_at: join.at,
            connected: session.is_some(),
        };
        let seat = Seat { member: member.clone(), durable: session.is_none(), session };
        self.seats.insert(self.last, seat);
        self.by_user.insert(join.user.clone(), self.last);
        member
    }

    /// Unties a session, or takes a member out, as was decided.
    fn leave(&mut self, left: Left, user: &UserId) {
        match left {
            Left::Stays => {}
            Left::Untied => {
                if let Some(seat) = self.seat_mut(user) {
                    seat.tie(None);
                }
            }
            Left::Gone => {
                if let Some(number) = self.by_user.remove(user) {
                    self.seats.remove(&number);
                    self.state.dismiss();
                }
            }
        }
    }

    /// Everybody, with the login that holds or ties the membership.
    pub(super) fn ties(&self) -> Vec<UserTie> {
        let tie = |seat: &Seat| {
            let session = seat.session.as_ref().map(|session| session.session.clone());
            (seat.member.user.clone(), session)
        };
        self.seats.values().map(tie).collect()
    }

    /// Puts what is told of a member.
    fn put_info(&mut self, user: &UserId, info: Option<&Arc<str>>) {
        if let Some(seat) = self.seat_mut(user) {
            seat.member.info = info.cloned();
        }
    }

    /// Forgets everybody: the group is deleted.
    pub(super) fn empty(&mut self) {
        self.seats.clear();
        self.by_user.clear();
        self.state = self.state.emptied();
    }

    fn members(&self, order: Order) -> Box<dyn Iterator<Item = &Member> + '_> {
        let members = self.seats.values().map(|seat| &seat.member);
        match order {
            Order::Ascending => Box::new(members),
            Order::Descending => Box::new(members.rev()),
        }
    }

    fn page(&self, query: PageQuery) -> Page<Member> {
        let skip = usize::try_from(query.window.skip).unwrap_or(usize::MAX);
        let entries = self.members(query.order).skip(skip).take(query.window.limit).cloned().collect();
        Page { entries, total: self.state.count }
    }

    fn walk(&self, query: WalkQuery) -> Slice<Member> {
        let ahead = |member: &&Member| {
            query.after.is_none_or(|after| match query.order {
                Order::Ascending => member.number > after,
                Order::Descending => member.number < after,
            })
        };
        let one_more = query.limit.saturating_add(1);
        let entries = self.members(query.order).filter(ahead).take(one_more).cloned().collect();
        Slice::cut(entries, query.limit)
    }
}

#[async_trait]
impl Rosters for MemoryStore {
    async fn join(&self, at: &GroupRef, join: Join, also: Also) -> StoreResult<Admission> {
        let mut state = self.changing()?;
        let Some(group) = state.existing_mut(at) else { return Ok(Admission::NoGroup) };
        let joined = group.roster.decide(&join);
        if joined.is_fresh() {
            state.demand_streams(&also)?;
        }
        let Some(group) = state.existing_mut(at) else { return Ok(Admission::NoGroup) };
        let mut admission = group.roster.join(joined, &join);
        if let Admission::Admitted { fresh: true, positions, .. } = &mut admission {
            *positions = state.follow(also);
        }
        Ok(admission)
    }

    async fn leave(
        &self,
        at: &GroupRef,
        user: &UserId,
        leave: Leave,
        also: Also,
    ) -> StoreResult<Option<Departure>> {
        let mut state = self.changing()?;
        let Some(group) = state.existing_mut(at) else { return Ok(None) };
        let left = group.roster.seat_mut(user).map_or(Left::Stays, |seat| seat.hold().leave(&leave));
        if left == Left::Gone {
            state.demand_streams(&also)?;
        }
        let Some(group) = state.existing_mut(at) else { return Ok(None) };
        group.roster.leave(left, user);
        let count = group.roster.state.count;
        Ok((left == Left::Gone).then(|| Departure { count, positions: state.follow(also) }))
    }

    async fn put_user_info(
        &self,
        app: &AppId,
        user: &UserId,
        info: Option<Arc<str>>,
        also: Also,
    ) -> StoreResult<UserInfoPut> {
        let mut state = self.changing()?;
        let Some(space) = state.spaces.get(app) else { return Ok(UserInfoPut::default()) };
        let joined = |group: &&GroupState| !group.is_deleted() && group.roster.member(user).is_some();
        let mut groups: Vec<_> =
            space.groups.values().filter(joined).map(|group| group.record.at.group.clone()).collect();
        groups.sort();
        if groups.is_empty() {
            return Ok(UserInfoPut::default());
        }
        state.demand_streams(&also)?;
        for group in &groups {
            if let Some(group) = state.existing_mut(&GroupRef::new(app.clone(), group.clone())) {
                group.roster.put_info(user, info.as_ref());
            }
        }
        Ok(UserInfoPut { groups, positions: state.follow(also) })
    }

    async fn roster_page(&self, at: &GroupRef, query: PageQuery) -> StoreResult<Page<Member>> {
        let state = self.reading()?;
        Ok(state.group(at).map_or(Page { entries: Vec::new(), total: 0 }, |group| group.roster.page(query)))
    }

    async fn roster_walk(&self, at: &GroupRef, query: WalkQuery) -> StoreResult<Slice<Member>> {
        let state = self.reading()?;
        Ok(state
            .group(at)
            .map_or(Slice { entries: Vec::new(), more: false }, |group| group.roster.walk(query)))
    }

    async fn find_members(&self, at: &GroupRef, users: &[UserId]) -> StoreResult<Vec<Option<Member>>> {
        let state = self.reading()?;
        let group = state.group(at);
        Ok(users.iter().map(|user| group?.roster.member(user).cloned()).collect())
    }

    async fn roster_state(&self, at: &GroupRef) -> StoreResult<RosterState> {
        let state = self.reading()?;
        Ok(state.group(at).map_or_else(RosterState::default, |group| group.roster.state))
    }

    async fn visitors(&self, at: &GroupRef) -> StoreResult<u64> {
        let state = self.reading()?;
        Ok(state.group(at).map_or(0, |group| group.roster.visitors.len() as u64))
    }
}
