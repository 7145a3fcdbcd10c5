//! A roster in memory: which join numbers are present, and who is connected.
//!
//! All members, durable or tied to a session, have their places in one [`RankIndex`]. Connected members are held
//! whole; of durable ones who are not connected only the number is here, their rows are in the database. So a roster
//! costs about a bit for each durable member and a few hundred bytes for each connected one.
//!
//! Who may change it: while no batch of the writer holds claims (`busy`) and no durable member is unconnected, whoever
//! holds the lock admits and dismisses sessions without asking anybody ([`Inline::Done`]), unless a visitor is to be noted.
//! In every other case the change goes through the writer, which alone knows what is about to become durable.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use muster_core::{
    callback::UserTie,
    group::Order,
    id::{SessionRef, UserId},
    message::Positions,
    rank::RankIndex,
    roster::{
        Admission, Hold, Join, JoinNumber, Joined, Leave, Left, Member, Membership, PageQuery, RosterState,
        Tie, WalkQuery,
    },
    time::Millis,
};

/// Join numbers that are set aside for sessions with one write: their joins are not stored one by one, yet no number
/// may be given again after a restart.
pub(super) const NUMBERS_AHEAD: u64 = 4_096;

/// A connected member.
#[derive(Clone, Debug)]
pub(super) struct Connected {
    pub(super) user: UserId,
    pub(super) info: Option<Arc<str>>,
    pub(super) joined_at: Millis,
    pub(super) session: SessionRef,
    /// Whether the membership outlives the session.
    pub(super) durable: bool,
}

impl Connected {
    fn member(&self, number: JoinNumber) -> Member {
        Member {
            user: self.user.clone(),
            info: self.info.clone(),
            number,
            joined_at: self.joined_at,
            connected: true,
        }
    }

    /// What holds the membership.
    pub(super) fn hold(&self) -> Hold<'_> {
        Hold { durable: self.durable, session: Some(&self.session) }
    }
}

/// What a running batch has promised and not committed yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims {
    /// The figures once the batch is settled.
    state: RosterState,
    /// Whether numbers must be set aside for sessions.
    pub(super) reserve: bool,
    /// Whether the figures must be written with the batch.
    pub(super) figures: bool,
    /// What the batch has written as the first number never given.
    pub(super) reserved: JoinNumber,
}

/// What a running batch had promised and given out by a moment.
pub(super) struct Taken {
    claims: Claims,
    next: JoinNumber,
}

/// A change made at once, or one that the writer has to make.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Inline<T> {
    Done(T),
    Writer,
}

/// A seat of a page: a member known here, or the number of one whose row is in the database.
#[derive(Debug)]
pub(super) enum Seat {
    Known(Member),
    Stored(JoinNumber),
}

#[derive(Debug)]
pub(super) struct Presence {
    index: RankIndex,
    connected: HashMap<JoinNumber, Connected>,
    by_user: HashMap<UserId, JoinNumber>,
    /// Durable members.
    durable: u64,
    /// Durable members who are connected.
    tied: u64,
    next: JoinNumber,
    /// The first number that the database knows as never given.
    reserved: JoinNumber,
    /// The figures that everybody sees. As many members are counted as the index holds.
    state: RosterState,
    /// Whether a batch of the writer holds claims here.
    busy: bool,
    pub(super) claims: Claims,
}

impl Presence {
    /// The figures as stored; the members come with [`load`](Self::load).
    pub(super) fn new(reserved: JoinNumber, views: u64, super_group: bool) -> Self {
        Self {
            index: RankIndex::new(),
            connected: HashMap::new(),
            by_user: HashMap::new(),
            durable: 0,
            tied: 0,
            next: reserved,
            reserved,
            state: RosterState { count: 0, views, super_group },
            busy: false,
            claims: Claims::default(),
        }
    }

    /// Takes in the durable members.
    pub(super) fn load(&mut self, durable: RankIndex) {
        self.durable = durable.len();
        self.index = durable;
        self.state = self.state.recounted(self.durable, 0);
    }

    /// Who is connected, by number, with the login that holds or ties the membership.
    pub(super) fn ties(&self) -> BTreeMap<JoinNumber, UserTie> {
        let tie = |connected: &Connected| (connected.user.clone(), Some(connected.session.session.clone()));
        self.connected.iter().map(|(number, connected)| (*number, tie(connected))).collect()
    }

    /// Forgets everybody; the sessions that were members by themselves.
    pub(super) fn clear(&mut self) -> Vec<UserId> {
        let connected = std::mem::take(&mut self.connected);
        self.index = RankIndex::new();
        self.by_user = HashMap::new();
        self.durable = 0;
        self.tied = 0;
        self.state = self.state.emptied();
        connected.into_values().filter(|one| !one.durable).map(|one| one.user).collect()
    }

    pub(super) fn state(&self) -> RosterState {
        self.state
    }

    /// Whether sessions are members or tied here: what a restart would end.
    pub(super) fn has_connected(&self) -> bool {
        !self.connected.is_empty()
    }

    /// Whether the number is a member's.
    pub(super) fn contains(&self, number: JoinNumber) -> bool {
        self.index.contains(number)
    }

    /// The connected member of this name.
    pub(super) fn connected(&self, user: &UserId) -> Option<(JoinNumber, &Connected)> {
        let number = *self.by_user.get(user)?;
        Some((number, self.connected.get(&number)?))
    }

    /// The membership of a connected user.
    pub(super) fn member(&self, user: &UserId) -> Option<Member> {
        self.connected(user).map(|(number, connected)| connected.member(number))
    }

    /// Whether a user who is not connected can be a member.
    pub(super) fn has_unconnected(&self) -> bool {
        self.durable > self.tied
    }

    /// The running batch comes to hold claims here.
    pub(super) fn claim(&mut self) {
        if !std::mem::replace(&mut self.busy, true) {
            self.claims.state = self.state;
        }
    }

    /// What the running batch has promised and given out by now. From here on nobody but the batch gives out numbers.
    pub(super) fn taken(&mut self) -> Taken {
        self.claim();
        Taken { claims: self.claims.clone(), next: self.next }
    }

    /// Takes back what was promised and given out since.
    pub(super) fn give_back(&mut self, before: Taken) {
        self.claims = before.claims;
        self.next = before.next;
    }

    /// The figures with what the running batch claims.
    pub(super) fn claimed(&self) -> RosterState {
        if self.busy { self.claims.state } else { self.state }
    }

    /// Whether a session can be given a number without a write.
    pub(super) fn has_numbers(&self) -> bool {
        self.next < self.reserved
    }

    /// Gives the next number.
    pub(super) fn take_number(&mut self) -> JoinNumber {
        let number = self.next;
        self.next += 1;
        number
    }

    /// Takes the number given last back: its join came to nothing.
    pub(super) fn return_number(&mut self, number: JoinNumber) {
        if self.next == number + 1 {
            self.next = number;
        }
    }

    /// Notes a join that comes with the running batch.
    pub(super) fn claim_join(&mut self, joined: Joined, join: &Join) {
        self.claims.state.admit(joined, join.super_above);
        self.claims.figures |= join.tie == Tie::Durable;
    }

    /// Notes that a membership ends with the running batch.
    pub(super) fn claim_leave(&mut self) {
        self.claims.state.dismiss();
    }

    /// What the running batch has to write: next number, views, whether super.
    pub(super) fn claimed_figures(&mut self) -> (JoinNumber, u64, bool) {
        let ahead = if self.claims.reserve { NUMBERS_AHEAD } else { 0 };
        self.claims.reserved = self.reserved.max(self.next + ahead);
        let RosterState { views, super_group, .. } = self.claimed();
        (self.claims.reserved, views, super_group)
    }

    /// What a flush has to write.
    pub(super) fn figures(&self) -> (JoinNumber, u64, bool) {
        (self.reserved.max(self.next), self.state.views, self.state.super_group)
    }

    /// The batch that wrote [`claimed_figures`](Self::claimed_figures) is durable.
    pub(super) fn committed(&mut self) {
        self.reserved = self.reserved.max(self.claims.reserved);
    }

    /// The batch is over.
    pub(super) fn release(&mut self) {
        self.busy = false;
        self.claims = Claims::default();
    }

    /// Admits a session, if that needs nobody else.
    pub(super) fn join_inline(&mut self, join: &Join, session: &SessionRef) -> Inline<Admission> {
        if self.busy {
            return Inline::Writer;
        }
        let membership = match self.connected(&join.user) {
            Some((_, connected)) => Membership::Listed(connected.hold()),
            None if join.visitor || self.has_unconnected() || !self.has_numbers() => return Inline::Writer,
            None => Membership::None,
        };
        match self.state.join(membership, join) {
            Joined::Full => Inline::Done(Admission::Full),
            // Everybody is listed here.
            joined @ (Joined::Listed { .. } | Joined::Counted { .. }) => {
                let number = self.take_number();
                Inline::Done(self.seat(number, joined, join, Some(session.clone())))
            }
            Joined::Tied | Joined::Stays | Joined::Durable => match self.retie(&join.user, session) {
                Some(member) => Inline::Done(Admission::Admitted {
                    member,
                    fresh: false,
                    count: self.state.count,
                    positions: Positions::new(),
                }),
                None => Inline::Writer,
            },
        }
    }

    /// Ends a session's membership, if that needs nobody else.
    pub(super) fn leave_inline(&mut self, user: &UserId, leave: &Leave) -> Inline<Option<u64>> {
        if self.busy {
            return Inline::Writer;
        }
        let Some((number, connected)) = self.connected(user) else {
            // The row of a durable member who is not connected only the writer may ask for.
            let ends = Hold::UNCONNECTED.leave(leave) == Left::Gone;
            return if ends && self.has_unconnected() { Inline::Writer } else { Inline::Done(None) };
        };
        match connected.hold().leave(leave) {
            Left::Stays => Inline::Done(None),
            Left::Untied => {
                self.untie(number);
                Inline::Done(None)
            }
            Left::Gone if connected.durable => Inline::Writer,
            Left::Gone => Inline::Done(self.remove(number).map(|_| self.state.count)),
        }
    }

    /// Ties a connected member to a later session; the membership.
    pub(super) fn retie(&mut self, user: &UserId, session: &SessionRef) -> Option<Member> {
        let number = *self.by_user.get(user)?;
        let connected = self.connected.get_mut(&number)?;
        connected.session = session.clone();
        Some(connected.member(number))
    }

    /// Puts what is told of a connected member.
    pub(super) fn put_info(&mut self, user: &UserId, info: Option<&Arc<str>>) {
        if let Some(number) = self.by_user.get(user)
            && let Some(connected) = self.connected.get_mut(number)
        {
            connected.info = info.cloned();
        }
    }

    /// Seats a new member: a session's when one is given, else a durable one.
    pub(super) fn seat(
        &mut self,
        number: JoinNumber,
        joined: Joined,
        join: &Join,
        session: Option<SessionRef>,
    ) -> Admission {
        self.index.insert(number);
        self.state.admit(joined, join.super_above);
        let member = Member {
            user: join.user.clone(),
            info: join.info.clone(),
            number,
            joined_at: join.at,
            connected: session.is_some(),
        };
        match session {
            Some(session) => self.connect(&member, session, false),
            None => self.durable += 1,
        }
        let (fresh, count) = (joined.is_fresh(), self.state.count);
        Admission::Admitted { member, fresh, count, positions: Positions::new() }
    }

    /// Ties a session to a durable member who was not connected.
    pub(super) fn tie(&mut self, member: &Member, session: SessionRef) {
        self.connect(member, session, true);
        self.tied += 1;
    }

    fn connect(&mut self, member: &Member, session: SessionRef, durable: bool) {
        let connected = Connected {
            user: member.user.clone(),
            info: member.info.clone(),
            joined_at: member.joined_at,
            session,
            durable,
        };
        self.connected.insert(member.number, connected);
        self.by_user.insert(member.user.clone(), member.number);
    }

    /// A session's membership has become durable; the membership.
    pub(super) fn promote(&mut self, user: &UserId) -> Option<Member> {
        let number = *self.by_user.get(user)?;
        let connected = self.connected.get_mut(&number)?;
        connected.durable = true;
        self.durable += 1;
        self.tied += 1;
        Some(connected.member(number))
    }

    /// A durable member's connection has ended.
    pub(super) fn untie(&mut self, number: JoinNumber) {
        if let Some(connected) = self.connected.remove(&number) {
            self.by_user.remove(&connected.user);
            self.tied -= 1;
        }
    }

    /// Takes a member out; whether it was durable, or `None` when it was not there.
    pub(super) fn remove(&mut self, number: JoinNumber) -> Option<bool> {
        if !self.index.remove(number) {
            return None;
        }
        self.state.dismiss();
        let connected = self.connected.remove(&number);
        if let Some(connected) = &connected {
            self.by_user.remove(&connected.user);
        }
        let durable = connected.as_ref().is_none_or(|connected| connected.durable);
        if durable {
            self.durable -= 1;
            self.tied -= u64::from(connected.is_some());
        }
        Some(durable)
    }

    fn seats(&self, numbers: impl Iterator<Item = JoinNumber>) -> Vec<Seat> {
        let seat = |number| match self.connected.get(&number) {
            Some(connected) => Seat::Known(connected.member(number)),
            None => Seat::Stored(number),
        };
        numbers.map(seat).collect()
    }

    /// The seats of a page, and the number of all members.
    pub(super) fn page(&self, query: PageQuery) -> (Vec<Seat>, u64) {
        let (total, skip, limit) = (self.index.len(), query.window.skip, query.window.limit);
        let seats = match query.order {
            Order::Ascending => self.seats(self.index.ascending(skip).take(limit)),
            Order::Descending => match total.checked_sub(1).and_then(|last| last.checked_sub(skip)) {
                Some(rank) => self.seats(self.index.descending(rank).take(limit)),
                None => Vec::new(),
            },
        };
        (seats, total)
    }

    /// The seats of the next part of a walk, and whether more follow.
    pub(super) fn walk(&self, query: WalkQuery) -> (Vec<Seat>, bool) {
        match query.order {
            Order::Ascending => {
                let rank = query.after.map_or(0, |after| self.index.rank(after.saturating_add(1)));
                let left = self.index.len() - rank;
                (self.seats(self.index.ascending(rank).take(query.limit)), left > query.limit as u64)
            }
            Order::Descending => {
                let left = query.after.map_or(self.index.len(), |after| self.index.rank(after));
                let seats = match left.checked_sub(1) {
                    Some(rank) => self.seats(self.index.descending(rank).take(query.limit)),
                    None => Vec::new(),
                };
                (seats, left > query.limit as u64)
            }
        }
    }
}
