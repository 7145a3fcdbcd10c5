//! Rosters: joins, leaves, pages.
//!
//! A session's join or leave changes memory under the group's lock when nothing durable can be touched by it; every
//! other change goes through the writer ([`plan_join`], [`plan_leave`]) and is settled after the commit.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use async_trait::async_trait;
use muster_core::{
    group::{Page, Slice},
    id::{AppId, GroupRef, UserId},
    message::Positions,
    roster::{
        Admission, Departure, Hold, Join, JoinNumber, Joined, Leave, Left, Member, Membership, PageQuery,
        RosterState, Tie, WalkQuery,
    },
    store::{Also, Rosters, StoreResult, UserInfoPut},
};
use rusqlite::{OptionalExtension as _, params};

use super::{
    Memory, SqliteStore,
    also::{Made, together, whole},
    cell::GroupCell,
    fault::{fault, wanted_still},
    presence::{Inline, Seat},
    rows::{self, MemberRow},
    tx::Tx,
    writer::Subject,
};

/// How often a page is chosen anew because a member on it left before the row was read.
const ATTEMPTS: usize = 8;

fn subject(cell: &GroupCell, user: &UserId) -> Subject {
    let mut hasher = DefaultHasher::new();
    user.hash(&mut hasher);
    Subject::Member(cell.key, hasher.finish())
}

/// What a join in the writer comes to.
enum JoinPlan {
    NoGroup,
    Full,
    /// What changes for a connected member.
    Connected(Joined),
    /// Durable already, and not connected.
    Standing(MemberRow),
    /// New, under this number.
    Fresh(JoinNumber, Joined),
}

fn plan_join(tx: &mut Tx<'_>, cell: &Arc<GroupCell>, join: &Join) -> StoreResult<JoinPlan> {
    tx.involve(cell);
    let durable = join.tie == Tie::Durable;
    let (joined, may_stand) = {
        let mut state = cell.lock();
        if state.is_deleted() {
            return Ok(JoinPlan::NoGroup);
        }
        let presence = &mut state.presence;
        presence.claim();
        if let Some((number, connected)) = presence.connected(&join.user) {
            let joined = presence.claimed().join(Membership::Listed(connected.hold()), join);
            if joined == Joined::Durable {
                let earlier = Join { info: connected.info.clone(), at: connected.joined_at, ..join.clone() };
                drop(state);
                insert_member(tx, cell, number, &earlier)?;
            }
            return Ok(JoinPlan::Connected(joined));
        }
        // Of somebody who is no member, which rows are to tell.
        (presence.claimed().join(Membership::None, join), presence.has_unconnected())
    };
    let full = joined == Joined::Full;
    if full || !durable {
        let standing = if may_stand {
            rows::read_user(tx.read(), cell.space, cell.key, &join.user).map_err(fault)?
        } else {
            None
        };
        if let Some(row) = standing {
            return Ok(JoinPlan::Standing(row));
        }
        if full {
            return Ok(JoinPlan::Full);
        }
        let mut state = cell.lock();
        let presence = &mut state.presence;
        presence.claims.reserve |= !presence.has_numbers();
        presence.claim_join(joined, join);
        return Ok(JoinPlan::Fresh(presence.take_number(), joined));
    }
    let number = cell.lock().presence.take_number();
    if insert_member(tx, cell, number, join)? {
        cell.lock().presence.claim_join(joined, join);
        return Ok(JoinPlan::Fresh(number, joined));
    }
    cell.lock().presence.return_number(number);
    let standing = rows::read_user(tx.read(), cell.space, cell.key, &join.user);
    standing
        .and_then(|row| row.ok_or(rusqlite::Error::QueryReturnedNoRows))
        .map(JoinPlan::Standing)
        .map_err(fault)
}

/// Adds a durable member; `false` when the user is one.
fn insert_member(tx: &Tx<'_>, cell: &GroupCell, number: JoinNumber, join: &Join) -> StoreResult<bool> {
    let rows = tx.execute(
        "INSERT INTO member (group_key, number, space_key, user_id, info, joined_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (space_key, user_id, group_key) DO NOTHING",
        params![cell.key, number, cell.space, join.user.as_str(), join.info.as_deref(), join.at.0],
    )?;
    Ok(rows > 0)
}

/// Notes that a user has been in a group, and counts it the first time.
fn note_visitor(tx: &Tx<'_>, cell: &GroupCell, user: &UserId) -> StoreResult<()> {
    let sql = "INSERT INTO visitor (app, grp, user_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    if tx.execute(sql, params![cell.at.app.as_str(), cell.at.group.as_str(), user.as_str()])? > 0 {
        tx.execute("UPDATE figures SET visitors = visitors + 1 WHERE group_key = ?1", [cell.key])?;
    }
    Ok(())
}

fn settle_join(memory: &Memory, cell: &Arc<GroupCell>, join: Join, plan: JoinPlan) -> Admission {
    let mut state = cell.lock();
    let presence = &mut state.presence;
    let session = match &join.tie {
        Tie::Session(session) => Some(session.clone()),
        Tie::Durable => None,
    };
    let member = match plan {
        JoinPlan::NoGroup => return Admission::NoGroup,
        JoinPlan::Full => return Admission::Full,
        JoinPlan::Fresh(number, joined) => {
            let admission = presence.seat(number, joined, &join, session.clone());
            if session.is_some() {
                memory.unwritten.note(cell, &mut state);
                memory.attend(cell.space, &join.user, cell.key);
            } else {
                let row = MemberRow { number, user: join.user, info: join.info, joined_at: join.at };
                memory.rows.joined(cell.key, row);
            }
            return admission;
        }
        JoinPlan::Connected(Joined::Durable) => {
            memory.unattend(cell.space, &join.user, cell.key);
            presence.promote(&join.user)
        }
        JoinPlan::Connected(_) => match &session {
            Some(session) => presence.retie(&join.user, session),
            None => presence.member(&join.user),
        },
        JoinPlan::Standing(row) => {
            let mut member = row.member();
            if let Some(session) = session {
                presence.tie(&member, session);
                member.connected = true;
            }
            Some(member)
        }
    };
    // A membership found by the plan is there until the plan is settled: nobody else changes a busy roster.
    match member {
        Some(member) => Admission::Admitted {
            member,
            fresh: false,
            count: presence.state().count,
            positions: Positions::new(),
        },
        None => Admission::NoGroup,
    }
}

/// What a leave in the writer comes to.
#[derive(Clone, Copy)]
enum LeavePlan {
    Nothing,
    /// A durable member's connection ends.
    Untied(JoinNumber),
    /// The membership ends.
    Removed(JoinNumber),
}

fn plan_leave(
    tx: &mut Tx<'_>,
    cell: &Arc<GroupCell>,
    user: &UserId,
    leave: &Leave,
) -> StoreResult<LeavePlan> {
    tx.involve(cell);
    {
        let mut state = cell.lock();
        if state.is_deleted() {
            return Ok(LeavePlan::Nothing);
        }
        let presence = &mut state.presence;
        presence.claim();
        // Whether somebody who is not connected is a durable member, a row is to tell.
        let connected = presence.connected(user);
        let hold = connected.map_or(Hold::UNCONNECTED, |(_, connected)| connected.hold());
        match (hold.leave(leave), connected) {
            (Left::Stays, _) => return Ok(LeavePlan::Nothing),
            (Left::Untied, Some((number, _))) => return Ok(LeavePlan::Untied(number)),
            (Left::Gone, Some((number, connected))) if !connected.durable => {
                presence.claim_leave();
                return Ok(LeavePlan::Removed(number));
            }
            _ => {}
        }
    }
    let removed = tx
        .change(
            "DELETE FROM member WHERE space_key = ?1 AND user_id = ?2 AND group_key = ?3 RETURNING number",
        )?
        .query_map(params![cell.space, user.as_str(), cell.key], |row| row.get(0))
        .and_then(|mut rows| {
            let first = rows.next().transpose();
            // A statement with RETURNING is done only when it is read to its end.
            rows.by_ref().for_each(drop);
            first
        })
        .map_err(fault)?;
    let Some(number) = removed else { return Ok(LeavePlan::Nothing) };
    let mut state = cell.lock();
    state.presence.claims.figures = true;
    state.presence.claim_leave();
    Ok(LeavePlan::Removed(number))
}

fn settle_leave(memory: &Memory, cell: &Arc<GroupCell>, user: &UserId, plan: LeavePlan) -> Option<u64> {
    let mut state = cell.lock();
    match plan {
        LeavePlan::Nothing => None,
        LeavePlan::Untied(number) => {
            state.presence.untie(number);
            None
        }
        LeavePlan::Removed(number) => {
            let durable = state.presence.remove(number)?;
            if !durable {
                memory.unattend(cell.space, user, cell.key);
                memory.unwritten.note(cell, &mut state);
            }
            Some(state.presence.state().count)
        }
    }
}

impl SqliteStore {
    /// The members of chosen seats; `None` when one of them left before the row was read.
    async fn seated(&self, cell: &GroupCell, seats: &[Seat]) -> StoreResult<Option<Vec<Member>>> {
        let missing = match self.memory.rows.seat(cell.key, seats, &HashMap::new()) {
            Ok(members) => return Ok(Some(members)),
            Err(missing) => missing,
        };
        let (key, blocks) = (cell.key, missing.iter().map(|(block, _)| *block).collect::<Vec<_>>());
        let read: HashMap<_, _> = self
            .readers
            .snapshot(move |connection| {
                let block = |block| Ok((block, rows::read_block(connection, key, block)?));
                blocks.into_iter().map(block).collect::<rusqlite::Result<_>>()
            })
            .await?;
        let members = self.memory.rows.seat(cell.key, seats, &read).ok();
        self.memory.rows.keep(cell.key, missing, read);
        Ok(members)
    }

    /// Chooses seats and fills them, anew while members leave in between.
    async fn choose<F, R>(&self, cell: &GroupCell, choose: F) -> StoreResult<(Vec<Member>, R)>
    where
        F: Fn(&GroupCell) -> (Vec<Seat>, R) + Send,
        R: Send,
    {
        let (mut seats, mut rest) = choose(cell);
        for _ in 0..ATTEMPTS {
            if let Some(members) = self.seated(cell, &seats).await? {
                return Ok((members, rest));
            }
            (seats, rest) = choose(cell);
        }
        // Members leave faster than rows are read: those who did are not on the page.
        let mut members = Vec::with_capacity(seats.len());
        for seat in seats {
            members.extend(self.seated(cell, &[seat]).await?.into_iter().flatten());
        }
        Ok((members, rest))
    }
}

#[async_trait]
impl Rosters for SqliteStore {
    async fn join(&self, at: &GroupRef, join: Join, also: Also) -> StoreResult<Admission> {
        let Some(cell) = self.roster(at).await? else { return Ok(Admission::NoGroup) };
        if let Tie::Session(session) = &join.tie
            && also.is_nothing()
        {
            wanted_still()?;
            let mut state = cell.lock();
            if state.is_deleted() {
                return Ok(Admission::NoGroup);
            }
            if let Inline::Done(admission) = state.presence.join_inline(&join, session) {
                if matches!(admission, Admission::Admitted { fresh: true, .. }) {
                    self.memory.unwritten.note(&cell, &mut state);
                    self.memory.attend(cell.space, &join.user, cell.key);
                }
                return Ok(admission);
            }
        }
        let following = self.following(also).await?;
        let memory = Arc::clone(&self.memory);
        let subject = subject(&cell, &join.user);
        let (theirs, wanted) = (Arc::clone(&cell), join.clone());
        let run = move |tx: &mut Tx<'_>| {
            let make = |tx: &mut Tx<'_>| {
                let plan = plan_join(tx, &theirs, &wanted)?;
                let fresh = matches!(plan, JoinPlan::Fresh(..));
                if fresh && wanted.visitor {
                    note_visitor(tx, &theirs, &wanted.user)?;
                }
                Ok((plan, Made::when(fresh)))
            };
            match wanted.visitor {
                true => whole(tx, Some(&theirs), &following, make),
                false => together(tx, Some(&theirs), &following, make),
            }
        };
        let settle = move |(plan, stored)| {
            let mut admission = settle_join(&memory, &cell, join, plan);
            if let Admission::Admitted { positions, .. } = &mut admission {
                *positions = stored;
            }
            admission
        };
        self.writer.run(subject, run, settle).await
    }

    async fn leave(
        &self,
        at: &GroupRef,
        user: &UserId,
        leave: Leave,
        also: Also,
    ) -> StoreResult<Option<Departure>> {
        let Some(cell) = self.roster(at).await? else { return Ok(None) };
        if also.is_nothing() {
            wanted_still()?;
            let mut state = cell.lock();
            if let Inline::Done(left) = state.presence.leave_inline(user, &leave) {
                if left.is_some() {
                    self.memory.unwritten.note(&cell, &mut state);
                    self.memory.unattend(cell.space, user, cell.key);
                }
                return Ok(left.map(|count| Departure { count, positions: Positions::new() }));
            }
        }
        let following = self.following(also).await?;
        let (memory, user) = (Arc::clone(&self.memory), user.clone());
        let subject = subject(&cell, &user);
        let (theirs, wanted) = (Arc::clone(&cell), user.clone());
        let run = move |tx: &mut Tx<'_>| {
            together(tx, Some(&theirs), &following, |tx| {
                let plan = plan_leave(tx, &theirs, &wanted, &leave)?;
                Ok((plan, Made::when(matches!(plan, LeavePlan::Removed(_)))))
            })
        };
        let settle = move |(plan, positions)| {
            settle_leave(&memory, &cell, &user, plan).map(|count| Departure { count, positions })
        };
        self.writer.run(subject, run, settle).await
    }

    async fn put_user_info(
        &self,
        app: &AppId,
        user: &UserId,
        info: Option<Arc<str>>,
        also: Also,
    ) -> StoreResult<UserInfoPut> {
        self.change_user_info(app, user, info, also).await
    }

    async fn roster_page(&self, at: &GroupRef, query: PageQuery) -> StoreResult<Page<Member>> {
        let Some(cell) = self.roster(at).await? else {
            return Ok(Page { entries: Vec::new(), total: 0 });
        };
        let (entries, total) = self.choose(&cell, |cell| cell.lock().presence.page(query)).await?;
        Ok(Page { entries, total })
    }

    async fn roster_walk(&self, at: &GroupRef, query: WalkQuery) -> StoreResult<Slice<Member>> {
        let Some(cell) = self.roster(at).await? else {
            return Ok(Slice { entries: Vec::new(), more: false });
        };
        let (entries, more) = self.choose(&cell, |cell| cell.lock().presence.walk(query)).await?;
        Ok(Slice { entries, more })
    }

    async fn find_members(&self, at: &GroupRef, users: &[UserId]) -> StoreResult<Vec<Option<Member>>> {
        let Some(cell) = self.roster(at).await? else { return Ok(vec![None; users.len()]) };
        let (mut found, unknown) = find_in_memory(&self.memory, &cell, users);
        if unknown.is_empty() {
            return Ok(found);
        }
        let (space, key) = (cell.space, cell.key);
        let asked: Vec<_> = unknown
            .into_iter()
            .map(|at| (at, users[at].clone(), self.memory.rows.user_ticket(key, &users[at])))
            .collect();
        let read = self
            .readers
            .snapshot(move |connection| {
                let row =
                    |(at, user, ticket)| Ok((at, rows::read_user(connection, space, key, &user)?, ticket));
                asked.into_iter().map(row).collect::<rusqlite::Result<Vec<_>>>()
            })
            .await?;
        for (at, row, ticket) in read {
            if let Some(row) = row {
                let connected = cell.lock().presence.member(&row.user);
                found[at] = Some(connected.unwrap_or_else(|| row.member()));
                self.memory.rows.keep_user(key, row, ticket);
            }
        }
        Ok(found)
    }

    async fn roster_state(&self, at: &GroupRef) -> StoreResult<RosterState> {
        let Some(cell) = self.roster(at).await? else { return Ok(RosterState::default()) };
        let state = cell.lock();
        Ok(state.presence.state())
    }

    async fn visitors(&self, at: &GroupRef) -> StoreResult<u64> {
        let Some(cell) = self.roster(at).await? else { return Ok(0) };
        let (sql, key) = ("SELECT visitors FROM figures WHERE group_key = ?1", cell.key);
        let visitors = self
            .readers
            .read(move |connection| {
                connection.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()
            })
            .await?;
        Ok(visitors.unwrap_or(0))
    }
}

/// Members known in memory, and the places of users who may be members nevertheless.
fn find_in_memory(memory: &Memory, cell: &GroupCell, users: &[UserId]) -> (Vec<Option<Member>>, Vec<usize>) {
    let state = cell.lock();
    let mut unknown = Vec::new();
    let find = |(at, user)| {
        if let Some(member) = state.presence.member(user) {
            return Some(member);
        }
        if !state.presence.has_unconnected() {
            return None;
        }
        // A kept row whose number is no member's is of an earlier membership: the user may be back.
        let row = memory.rows.of_user(cell.key, user).filter(|row| state.presence.contains(row.number));
        if row.is_none() {
            unknown.push(at);
        }
        row.map(|row| row.member())
    };
    let found = users.iter().enumerate().map(find).collect();
    (found, unknown)
}
