//! The groups in memory.
//!
//! A group's cell is made from the database when the group is first named, and stays while it is used. Beyond the
//! bound, cells that nobody holds, that have nothing unwritten and no connected members are forgotten.

use std::{
    collections::HashMap,
    hash::RandomState,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use muster_core::{id::GroupRef, number::TypeCount, store::StoreResult};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    cell::{GroupCell, Loaded},
    readers::Readers,
    records::{self, GROUP_COLUMNS},
};
use crate::sharded::slot;

const SHARDS: usize = 64;

#[derive(Default)]
struct Shard {
    cells: HashMap<GroupRef, Arc<GroupCell>>,
    /// Rises when a cell is forgotten: what was read before may be older than what the cell had written.
    forgotten: u64,
}

pub(super) struct Cells {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    /// Cells of a shard beyond which it looks for some to forget.
    bound: usize,
    count: AtomicU64,
}

impl Cells {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            shards: std::iter::repeat_with(Mutex::default).take(SHARDS).collect(),
            hasher: RandomState::new(),
            bound: (bound / SHARDS).max(1),
            count: AtomicU64::new(0),
        }
    }

    fn shard(&self, at: &GroupRef) -> MutexGuard<'_, Shard> {
        let shard = slot(&self.hasher, at, SHARDS);
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many groups are in memory.
    pub(super) fn len(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The cell of a group; `None` when there is no such group. Deleted groups have one.
    pub(super) async fn get(&self, at: &GroupRef, readers: &Readers) -> StoreResult<Option<Arc<GroupCell>>> {
        loop {
            let forgotten = {
                let shard = self.shard(at);
                if let Some(cell) = shard.cells.get(at) {
                    cell.touch();
                    return Ok(Some(Arc::clone(cell)));
                }
                shard.forgotten
            };
            let wanted = at.clone();
            let Some(loaded) = readers.snapshot(move |connection| load(connection, &wanted)).await? else {
                return Ok(None);
            };
            let mut shard = self.shard(at);
            if shard.forgotten == forgotten || shard.cells.contains_key(at) {
                return Ok(Some(self.add(&mut shard, at, loaded)));
            }
        }
    }

    /// The cell of a group, if it is in memory.
    pub(super) fn here(&self, at: &GroupRef) -> Option<Arc<GroupCell>> {
        self.shard(at).cells.get(at).map(Arc::clone)
    }

    /// Adds a cell, unless somebody was faster.
    fn add(&self, shard: &mut Shard, at: &GroupRef, loaded: Loaded) -> Arc<GroupCell> {
        if let Some(cell) = shard.cells.get(at) {
            return Arc::clone(cell);
        }
        if shard.cells.len() >= self.bound {
            let before = shard.cells.len();
            shard.cells.retain(|_, cell| Arc::strong_count(cell) > 1 || !cell.is_idle());
            shard.forgotten += 1;
            self.count.fetch_sub((before - shard.cells.len()) as u64, Ordering::Relaxed);
        }
        let cell = Arc::new(GroupCell::new(loaded));
        shard.cells.insert(at.clone(), Arc::clone(&cell));
        self.count.fetch_add(1, Ordering::Relaxed);
        cell
    }

    /// Forgets a group that was purged.
    pub(super) fn forget(&self, at: &GroupRef) {
        let mut shard = self.shard(at);
        shard.forgotten += 1;
        if shard.cells.remove(at).is_some() {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn load(connection: &Connection, at: &GroupRef) -> rusqlite::Result<Option<Loaded>> {
    let sql = format!(
        "SELECT {GROUP_COLUMNS}, g.space_key, f.next_join, f.views, f.super_group, f.sequence
         FROM space s
         JOIN \"group\" g ON g.space_key = s.key AND g.id = ?2
         JOIN figures f ON f.group_key = g.key
         WHERE s.id = ?1"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let loaded = query
        .query_row(params![at.app.as_str(), at.group.as_str()], |row| {
            let record = records::group(row)?;
            Ok(Loaded {
                key: record.number,
                space: row.get("space_key")?,
                next_join: row.get("next_join")?,
                views: row.get("views")?,
                super_group: row.get("super_group")?,
                sequence: row.get("sequence")?,
                counts: Vec::new(),
                record,
            })
        })
        .optional()?;
    let Some(mut loaded) = loaded else { return Ok(None) };
    let mut query =
        connection.prepare_cached("SELECT kind, total FROM message_count WHERE group_key = ?1")?;
    let count = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, TypeCount::clamped(row.get(1)?)));
    loaded.counts = query.query_map([loaded.key], count)?.collect::<Result<_, _>>()?;
    Ok(Some(loaded))
}
