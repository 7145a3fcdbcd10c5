//! A group in memory: its record, the end of its stream, its counters and its roster.
//!
//! There is one cell for a group, and every change of the group is made by somebody who holds it; so what is loaded
//! once stays true. Its lock is held for microseconds and never while anything waits.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use muster_core::{
    group::{Group, GroupTally},
    id::GroupRef,
    message::{Draft, LIKES, Sequence, StreamState, Verdict},
    number::{RepeatCount, TypeCount},
    rank::RankIndex,
    store::{StoreError, StoreResult},
};
use rusqlite::{Connection, params};

use super::{
    fault::{again, fault},
    presence::{Presence, Taken},
    readers::Readers,
    tx::Tx,
};

/// The count of one type of message.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// What everybody sees; `None` while only the running batch has seen the type.
    total: Option<TypeCount>,
    /// What the running batch adds, and by how many messages.
    claimed: u64,
    claims: usize,
    /// Whether the database has another total than everybody sees.
    unwritten: bool,
}

impl Count {
    fn sum(self) -> TypeCount {
        self.total.unwrap_or_default().plus(self.claimed)
    }
}

/// What the running batch has claimed of a group by a moment.
pub(super) struct Claimed {
    sequence: Sequence,
    /// Of each type of message: what was added, and by how many messages.
    counts: BTreeMap<i64, (u64, usize)>,
    roster: Taken,
}

/// What is known of a group without its roster.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) key: i64,
    pub(super) space: i64,
    pub(super) record: Group,
    pub(super) next_join: u64,
    pub(super) views: u64,
    pub(super) super_group: bool,
    pub(super) sequence: Sequence,
    pub(super) counts: Vec<(i64, TypeCount)>,
}

/// A scan of a group's durable members, for all who wait for it.
type Scan = Shared<BoxFuture<'static, Result<(), Arc<StoreError>>>>;

/// Whether the durable members of a group are in memory.
#[derive(Default)]
enum Roster {
    #[default]
    Unknown,
    Scanning(Scan),
    Here,
}

fn scan_members(connection: &Connection, key: i64) -> rusqlite::Result<RankIndex> {
    let mut query = connection.prepare_cached("SELECT number FROM member WHERE group_key = ?1")?;
    query.query_map([key], |row| row.get::<_, u64>(0))?.collect()
}

pub(super) struct GroupCell {
    pub(super) key: i64,
    pub(super) space: i64,
    pub(super) at: GroupRef,
    state: Mutex<GroupState>,
    roster: Mutex<Roster>,
    /// Whether anybody came by since the last look for cells to forget.
    used: AtomicBool,
}

pub(super) struct GroupState {
    pub(super) record: Arc<Group>,
    pub(super) presence: Presence,
    /// The last entry's place, and that of the last one that the running batch adds.
    sequence: Sequence,
    claimed_sequence: Sequence,
    counts: BTreeMap<i64, Count>,
    /// Whether the running batch holds the cell.
    involved: bool,
    /// Whether figures differ from the database's, and the cell waits for the flush.
    waiting: bool,
}

impl GroupState {
    pub(super) fn is_deleted(&self) -> bool {
        self.record.deletion.is_some()
    }

    pub(super) fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// The place that an entry of the running batch would take.
    pub(super) fn next_sequence(&self) -> Sequence {
        self.claimed_sequence + 1
    }

    /// Takes [`next_sequence`](Self::next_sequence).
    pub(super) fn claim_sequence(&mut self) {
        self.claimed_sequence += 1;
    }

    /// What a message comes to, over what the running batch promises too. `chosen` is where one stands under its id.
    pub(super) fn take(&self, draft: &Draft, chosen: Option<Sequence>) -> Verdict {
        let total = self.counts.get(&draft.message.kind).map(|count| count.sum());
        let types = self.counts.len() - usize::from(self.counts.contains_key(&LIKES));
        StreamState { chosen, total, types }.take(draft)
    }

    /// Counts messages of a kind at once.
    pub(super) fn count(&mut self, kind: i64, increment: RepeatCount) {
        let count = self.counts.entry(kind).or_default();
        count.total = Some(count.total.unwrap_or_default().plus(increment.get()));
        count.unwritten = true;
    }

    /// Counts messages of a kind with the running batch.
    pub(super) fn claim_count(&mut self, kind: i64, increment: RepeatCount) {
        let count = self.counts.entry(kind).or_default();
        count.claimed += increment.get();
        count.claims += 1;
    }

    /// Takes a claim back: its message was not stored.
    pub(super) fn unclaim_count(&mut self, kind: i64, increment: RepeatCount) {
        if let Some(count) = self.counts.get_mut(&kind) {
            count.claimed -= increment.get();
            count.claims -= 1;
            if count.claims == 0 && count.total.is_none() {
                self.counts.remove(&kind);
            }
        }
    }

    /// What the running batch has claimed by now. Nobody else changes the roster from here on.
    pub(super) fn claimed(&mut self) -> Claimed {
        Claimed {
            sequence: self.claimed_sequence,
            counts: self.counts.iter().map(|(&kind, count)| (kind, (count.claimed, count.claims))).collect(),
            roster: self.presence.taken(),
        }
    }

    /// Takes back what was claimed since.
    pub(super) fn reclaim(&mut self, before: Claimed) {
        self.claimed_sequence = before.sequence;
        self.counts.retain(|kind, count| {
            (count.claimed, count.claims) = before.counts.get(kind).copied().unwrap_or_default();
            count.claims > 0 || count.total.is_some()
        });
        self.presence.give_back(before.roster);
    }

    pub(super) fn tally(&self) -> GroupTally {
        let seen = self.counts.iter().filter_map(|(&kind, count)| Some((kind, count.total?.get())));
        GroupTally::new(self.presence.state(), seen)
    }
}

impl GroupCell {
    pub(super) fn new(loaded: Loaded) -> Self {
        let counts = loaded.counts.into_iter();
        let state = GroupState {
            presence: Presence::new(loaded.next_join, loaded.views, loaded.super_group),
            sequence: loaded.sequence,
            claimed_sequence: loaded.sequence,
            counts: counts
                .map(|(kind, total)| (kind, Count { total: Some(total), ..Count::default() }))
                .collect(),
            involved: false,
            waiting: false,
            record: Arc::new(loaded.record),
        };
        Self {
            key: loaded.key,
            space: loaded.space,
            at: state.record.at.clone(),
            state: Mutex::new(state),
            roster: Mutex::default(),
            used: AtomicBool::new(true),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, GroupState> {
        // No operation under the lock panics half way; after a bug, going on with what is there beats stopping.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes sure that the roster is here. The first call for a group has its durable members scanned: once for all who
    /// wait for them, however many of those give up meanwhile.
    pub(super) async fn load_roster(self: &Arc<Self>, readers: &Readers) -> StoreResult<()> {
        match self.roster_scan(readers)? {
            None => Ok(()),
            Some(scan) => scan.await.map_err(|error| again(&error)),
        }
    }

    /// The scan to wait for, begun if it is not under way; `None` when the roster is here.
    fn roster_scan(self: &Arc<Self>, readers: &Readers) -> StoreResult<Option<Scan>> {
        let mut roster = self.roster();
        match &*roster {
            Roster::Here => return Ok(None),
            Roster::Scanning(scan) => return Ok(Some(scan.clone())),
            Roster::Unknown => {}
        }
        if self.lock().is_deleted() {
            *roster = Roster::Here;
            return Ok(None);
        }
        let cell = Arc::clone(self);
        let scanned = readers.begin(move |connection| {
            let members = scan_members(connection, cell.key);
            // Whoever asks after a failure has it begun anew.
            let outcome = members.map(|members| cell.take_members(members));
            *cell.roster() = if outcome.is_ok() { Roster::Here } else { Roster::Unknown };
            outcome
        })?;
        let scan = scanned.wait().map(|outcome| outcome.map_err(Arc::new)).boxed().shared();
        *roster = Roster::Scanning(scan.clone());
        Ok(Some(scan))
    }

    fn roster(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_members(&self, members: RankIndex) {
        let mut state = self.lock();
        if !state.is_deleted() {
            state.presence.load(members);
        }
    }

    pub(super) fn touch(&self) {
        self.used.store(true, Ordering::Relaxed);
    }

    /// Whether the cell may be forgotten; nobody else must hold it. A cell used since the last look is spared once.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.lock();
        !self.used.swap(false, Ordering::Relaxed)
            && !state.involved
            && !state.waiting
            && !state.presence.has_connected()
    }

    /// Puts the cell down for the flush; `false` when it waits already.
    pub(super) fn wait(state: &mut GroupState) -> bool {
        !std::mem::replace(&mut state.waiting, true)
    }

    /// A flush came to nothing: the next one writes everything.
    pub(super) fn unflushed(&self) {
        for count in self.lock().counts.values_mut() {
            count.unwritten = true;
        }
    }

    /// The running batch comes to hold the cell; `false` when it did.
    pub(super) fn involve(&self) -> bool {
        !std::mem::replace(&mut self.lock().involved, true)
    }

    /// Writes what the batch's jobs claimed: once for a batch, however many they are.
    pub(super) fn write_claims(&self, tx: &Tx<'_>) -> StoreResult<()> {
        let (figures, counts) = {
            let mut state = self.lock();
            let moved = state.claimed_sequence != state.sequence;
            let claims = &state.presence.claims;
            let changed = moved || claims.figures || claims.reserve;
            let counts: Vec<_> = state
                .counts
                .iter()
                .filter(|(_, count)| count.claims > 0)
                .map(|(&kind, count)| (kind, count.sum()))
                .collect();
            let sequence = state.claimed_sequence;
            (changed.then(|| (state.presence.claimed_figures(), sequence)), counts)
        };
        if let Some((figures, sequence)) = figures {
            self.write_figures(tx, figures, sequence)?;
        }
        self.write_counts(tx, &counts)
    }

    /// Writes the counts that the next flush would write. They stay to be flushed, should the transaction come to nothing.
    pub(super) fn write_unwritten(&self, tx: &Tx<'_>) -> StoreResult<()> {
        let counts: Vec<_> = {
            let state = self.lock();
            let unwritten = state.counts.iter().filter(|(_, count)| count.unwritten);
            unwritten.map(|(&kind, count)| (kind, count.sum())).collect()
        };
        self.write_counts(tx, &counts)
    }

    /// Writes what changed without a batch since the last flush.
    pub(super) fn flush(&self, tx: &Tx<'_>) -> StoreResult<()> {
        let (figures, sequence, counts) = {
            let mut state = self.lock();
            state.waiting = false;
            if state.is_deleted() {
                return Ok(());
            }
            let counts: Vec<_> = state
                .counts
                .iter_mut()
                .filter(|(_, count)| count.unwritten)
                .map(|(&kind, count)| {
                    count.unwritten = false;
                    (kind, count.sum())
                })
                .collect();
            (state.presence.figures(), state.sequence, counts)
        };
        self.write_figures(tx, figures, sequence)?;
        self.write_counts(tx, &counts)
    }

    fn write_figures(
        &self,
        tx: &Tx<'_>,
        (next_join, views, super_group): (u64, u64, bool),
        sequence: Sequence,
    ) -> StoreResult<()> {
        tx.execute(
            "UPDATE figures SET next_join = ?2, views = ?3, super_group = ?4, sequence = ?5 WHERE group_key = ?1",
            params![self.key, next_join, views, super_group, sequence],
        )
        .map(|_| ())
    }

    fn write_counts(&self, tx: &Tx<'_>, counts: &[(i64, TypeCount)]) -> StoreResult<()> {
        if counts.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO message_count (group_key, kind, total) VALUES (?1, ?2, ?3)
                   ON CONFLICT (group_key, kind) DO UPDATE SET total = excluded.total";
        let mut upsert = tx.change(sql)?;
        for (kind, total) in counts {
            upsert.execute(params![self.key, kind, total.get()]).map_err(fault)?;
        }
        Ok(())
    }

    /// The batch is durable: what it claimed of the stream and the counters is there.
    pub(super) fn commit(&self) {
        let mut state = self.lock();
        state.sequence = state.claimed_sequence;
        for count in state.counts.values_mut() {
            if std::mem::take(&mut count.claims) > 0 {
                count.total = Some(count.sum());
                count.claimed = 0;
            }
        }
        state.presence.committed();
    }

    /// The batch came to nothing.
    pub(super) fn abort(&self) {
        let mut state = self.lock();
        state.claimed_sequence = state.sequence;
        state.counts.retain(|_, count| {
            (count.claimed, count.claims) = (0, 0);
            count.total.is_some()
        });
    }

    /// The batch is over and its jobs are settled.
    pub(super) fn release(&self) {
        let mut state = self.lock();
        state.involved = false;
        state.presence.release();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use muster_core::{
        id::{AppId, GroupId},
        time::Millis,
    };

    use super::*;

    fn cell() -> Arc<GroupCell> {
        let at = GroupRef::new(AppId::new("a").unwrap(), GroupId::new("g").unwrap());
        let record = Group {
            at,
            number: 7,
            creator: None,
            admins: Vec::new(),
            name: None,
            info: None,
            extension: BTreeMap::default(),
            epoch: "e".into(),
            created_at: Millis(0),
            deletion: None,
        };
        Arc::new(GroupCell::new(Loaded {
            key: 7,
            space: 1,
            record,
            next_join: 9,
            views: 8,
            super_group: false,
            sequence: 0,
            counts: Vec::new(),
        }))
    }

    #[tokio::test]
    async fn a_roster_is_scanned_once_for_all_who_wait_also_when_the_first_of_them_gives_up() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE member (group_key, number); INSERT INTO member VALUES (7, 1), (7, 3), (8, 2)",
            )
            .unwrap();
        // One reader, which is busy, and room for one read: a second scan would be refused.
        let readers = Readers::start(vec![connection], 1).unwrap();
        let (go, gate) = mpsc::channel::<()>();
        let (began, begun) = mpsc::channel();
        let busy = readers.begin(move |_| {
            began.send(()).unwrap();
            gate.recv().unwrap();
            Ok(())
        });
        begun.recv().unwrap();
        let cell = cell();
        assert!(cell.load_roster(&readers).now_or_never().is_none());
        let mut second = std::pin::pin!(cell.load_roster(&readers));
        assert!(second.as_mut().now_or_never().is_none());
        go.send(()).unwrap();
        busy.unwrap().wait().await.unwrap();
        second.await.unwrap();
        assert_eq!(cell.lock().tally().online, 2);
        assert!(cell.load_roster(&readers).now_or_never().is_some());
    }
}
