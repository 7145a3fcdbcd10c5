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

use muster_core::{
    group::{Group, GroupTally},
    id::GroupRef,
    message::Sequence,
    rank::RankIndex,
    store::StoreResult,
};
use rusqlite::params;
use tokio::sync::OnceCell;

use super::{fault::fault, presence::Presence, readers::Readers, writer::Tx};

/// The count of one type of message.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// What everybody sees; `None` while only the running batch has seen the type.
    total: Option<u64>,
    /// What the running batch adds, if it has messages of the type.
    claimed: Option<u64>,
    /// Whether the database has another total than everybody sees.
    unwritten: bool,
}

impl Count {
    fn sum(self) -> u64 {
        self.total.unwrap_or(0) + self.claimed.unwrap_or(0)
    }
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
    pub(super) counts: Vec<(i64, u64)>,
}

pub(super) struct GroupCell {
    pub(super) key: i64,
    pub(super) space: i64,
    pub(super) at: GroupRef,
    state: Mutex<GroupState>,
    roster: OnceCell<()>,
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

    fn admits_kind(&self, kind: i64, max_types: usize) -> bool {
        self.counts.contains_key(&kind) || self.counts.len() < max_types
    }

    /// Counts messages of a kind at once; the new count, or `None` when the group has seen enough kinds.
    pub(super) fn count(&mut self, kind: i64, increment: u64, max_types: usize) -> Option<u64> {
        if !self.admits_kind(kind, max_types) {
            return None;
        }
        let count = self.counts.entry(kind).or_default();
        count.total = Some(count.total.unwrap_or(0) + increment);
        count.unwritten = true;
        Some(count.sum())
    }

    /// Counts messages of a kind with the running batch.
    pub(super) fn claim_count(&mut self, kind: i64, increment: u64, max_types: usize) -> Option<u64> {
        if !self.admits_kind(kind, max_types) {
            return None;
        }
        let count = self.counts.entry(kind).or_default();
        count.claimed = Some(count.claimed.unwrap_or(0) + increment);
        Some(count.sum())
    }

    /// Takes a claim back: its message was not stored.
    pub(super) fn unclaim_count(&mut self, kind: i64, increment: u64) {
        if let Some(claimed) = self.counts.get_mut(&kind).and_then(|count| count.claimed.as_mut()) {
            *claimed -= increment;
        }
    }

    pub(super) fn tally(&self) -> GroupTally {
        let roster = self.presence.state();
        let seen = self.counts.iter().filter_map(|(&kind, count)| Some((kind, count.total?)));
        GroupTally {
            online: roster.count,
            views: roster.views,
            messages: seen.collect(),
            super_group: roster.super_group,
        }
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
            roster: OnceCell::new(),
            used: AtomicBool::new(true),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, GroupState> {
        // No operation under the lock panics half way; after a bug, going on with what is there beats stopping.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes sure that the roster is here. The first call for a group scans its durable members.
    pub(super) async fn load_roster(self: &Arc<Self>, readers: &Readers) -> StoreResult<()> {
        if self.roster.initialized() {
            return Ok(());
        }
        self.roster
            .get_or_try_init(|| async {
                if self.lock().is_deleted() {
                    return Ok(());
                }
                let key = self.key;
                let members = readers
                    .read(move |connection| {
                        let sql = "SELECT number FROM member WHERE group_key = ?1";
                        let mut query = connection.prepare_cached(sql)?;
                        query.query_map([key], |row| row.get::<_, u64>(0))?.collect::<Result<RankIndex, _>>()
                    })
                    .await?;
                let mut state = self.lock();
                if !state.is_deleted() {
                    state.presence.load(members);
                }
                Ok(())
            })
            .await
            .map(|&()| ())
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
                .filter(|(_, count)| count.claimed.is_some())
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

    fn write_counts(&self, tx: &Tx<'_>, counts: &[(i64, u64)]) -> StoreResult<()> {
        if counts.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO message_count (group_key, kind, total) VALUES (?1, ?2, ?3)
                   ON CONFLICT (group_key, kind) DO UPDATE SET total = excluded.total";
        let mut upsert = tx.change(sql)?;
        for (kind, total) in counts {
            upsert.execute(params![self.key, kind, total]).map_err(fault)?;
        }
        Ok(())
    }

    /// The batch is durable: what it claimed of the stream and the counters is there.
    pub(super) fn commit(&self) {
        let mut state = self.lock();
        state.sequence = state.claimed_sequence;
        for count in state.counts.values_mut() {
            if let Some(claimed) = count.claimed.take() {
                count.total = Some(count.total.unwrap_or(0) + claimed);
            }
        }
        state.presence.committed();
    }

    /// The batch came to nothing.
    pub(super) fn abort(&self) {
        let mut state = self.lock();
        state.claimed_sequence = state.sequence;
        state.counts.retain(|_, count| {
            count.claimed = None;
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
