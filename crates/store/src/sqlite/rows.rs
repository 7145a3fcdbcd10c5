//! Rows of durable members, kept decoded.
//!
//! Whether a join number's member is present is not asked here but of the roster's rank index, and its row never changes
//! but for what is told of the member, when it is forgotten; so a kept row is never stale, however the roster changes.
//! Rows are kept in blocks of neighbours, which is how pages ask for them, and by user, which is how membership is checked.

use std::{collections::HashMap, sync::Arc};

use muster_core::{
    id::UserId,
    roster::{JoinNumber, Member},
    time::Millis,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{presence::Seat, records};
use crate::bounded::{Bounded, Ticket};

/// Numbers in a block.
const BLOCK: u64 = 64;
/// What a row takes beside its texts: the struct and the counters of its two shared texts.
const ROW_BYTES: usize = 96;
/// What an entry by user takes beside the row: its key and place in the map.
const ENTRY_BYTES: usize = 64;

/// A durable member's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MemberRow {
    pub(super) number: JoinNumber,
    pub(super) user: UserId,
    pub(super) info: Option<Arc<str>>,
    pub(super) joined_at: Millis,
}

impl MemberRow {
    /// Reads the columns `number, user_id, info, joined_at`.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get("number")?,
            user: records::id(row, "user_id", UserId::new)?,
            info: records::text(row, "info")?,
            joined_at: records::millis(row, "joined_at")?,
        })
    }

    /// The membership of somebody who is not connected.
    pub(super) fn member(&self) -> Member {
        Member {
            user: self.user.clone(),
            info: self.info.clone(),
            number: self.number,
            joined_at: self.joined_at,
            connected: false,
        }
    }

    fn bytes(&self) -> usize {
        ROW_BYTES + self.user.as_str().len() + self.info.as_ref().map_or(0, |info| info.len())
    }
}

/// Rows of neighbours, by number.
pub(super) type Block = Vec<MemberRow>;

fn find(block: &Block, number: JoinNumber) -> Option<&MemberRow> {
    block.binary_search_by_key(&number, |row| row.number).ok().map(|at| &block[at])
}

/// Blocks that a page needs and that are not kept, with the right to keep them.
pub(super) type Missing = Vec<(u64, Ticket)>;

pub(super) struct Rows {
    blocks: Bounded<(i64, u64), Block>,
    users: Bounded<(i64, UserId), MemberRow>,
}

impl Rows {
    /// Keeps about `bytes` of rows: three quarters by number, the rest by user.
    pub(super) fn new(bytes: usize) -> Self {
        Self { blocks: Bounded::new(bytes / 4 * 3), users: Bounded::new(bytes / 4) }
    }

    /// The members of these seats, in order; or the blocks that lack rows. `read` is what was just read.
    pub(super) fn seat(
        &self,
        group: i64,
        seats: &[Seat],
        read: &HashMap<u64, Block>,
    ) -> Result<Vec<Member>, Missing> {
        let mut members = Vec::with_capacity(seats.len());
        let mut missing = Missing::new();
        let mut at = 0;
        while let Some(seat) = seats.get(at) {
            let number = match seat {
                Seat::Known(member) => {
                    members.push(member.clone());
                    at += 1;
                    continue;
                }
                Seat::Stored(number) => *number,
            };
            let block = number / BLOCK;
            let run = run_of(&seats[at..], block);
            at += run.len();
            let whole = match read.get(&block) {
                Some(rows) => fill(run, rows, &mut members),
                None => self.blocks.with(&(group, block), |rows| fill(run, rows, &mut members)) == Some(true),
            };
            if !whole {
                missing.push((block, self.blocks.ticket(&(group, block))));
            }
        }
        if missing.is_empty() { Ok(members) } else { Err(missing) }
    }

    /// Keeps blocks that were read after [`seat`](Self::seat) missed them.
    pub(super) fn keep(&self, group: i64, missing: Missing, mut read: HashMap<u64, Block>) {
        for (number, ticket) in missing {
            if let Some(block) = read.remove(&number) {
                let bytes = ENTRY_BYTES + block.iter().map(MemberRow::bytes).sum::<usize>();
                self.blocks.fill((group, number), block, bytes, ticket);
            }
        }
    }

    /// Adds a new member's row to its block, if that is kept: the newest page of a busy roster stays warm.
    pub(super) fn joined(&self, group: i64, row: MemberRow) {
        self.blocks.with(&(group, row.number / BLOCK), |block| {
            if let Err(at) = block.binary_search_by_key(&row.number, |row| row.number) {
                block.insert(at, row);
            }
        });
    }

    /// Forgets a row that a commit has changed.
    pub(super) fn changed(&self, group: i64, number: JoinNumber, user: &UserId) {
        self.blocks.forget(&(group, number / BLOCK));
        self.users.forget(&(group, user.clone()));
    }

    /// The kept row of a user. The user may have left since, or have joined anew under another number.
    pub(super) fn of_user(&self, group: i64, user: &UserId) -> Option<MemberRow> {
        self.users.with(&(group, user.clone()), |row| row.clone())
    }

    /// The right to keep a user's row that is read afterwards.
    pub(super) fn user_ticket(&self, group: i64, user: &UserId) -> Ticket {
        self.users.ticket(&(group, user.clone()))
    }

    /// Keeps a user's row.
    pub(super) fn keep_user(&self, group: i64, row: MemberRow, ticket: Ticket) {
        let bytes = ENTRY_BYTES + row.bytes();
        self.users.fill((group, row.user.clone()), row, bytes, ticket);
    }
}

/// Adds the members of a run's seats; `false` when a row is not in the block.
fn fill(run: &[Seat], rows: &Block, members: &mut Vec<Member>) -> bool {
    run.iter().all(|seat| {
        let member = match seat {
            Seat::Known(member) => Some(member.clone()),
            Seat::Stored(number) => find(rows, *number).map(MemberRow::member),
        };
        member.map(|member| members.push(member)).is_some()
    })
}

/// The seats from the first on that are of one block, or known.
fn run_of(seats: &[Seat], block: u64) -> &[Seat] {
    let of_block = |seat: &&Seat| match seat {
        Seat::Known(_) => true,
        Seat::Stored(number) => number / BLOCK == block,
    };
    &seats[..seats.iter().take_while(of_block).count()]
}

/// Reads a block.
pub(super) fn read_block(connection: &Connection, group: i64, block: u64) -> rusqlite::Result<Block> {
    let mut query = connection.prepare_cached(
        "SELECT number, user_id, info, joined_at FROM member
         WHERE group_key = ?1 AND number >= ?2 AND number < ?3 ORDER BY number",
    )?;
    let first = block * BLOCK;
    query.query_map(params![group, first, first + BLOCK], MemberRow::read)?.collect()
}

/// Reads the row of a durable member.
pub(super) fn read_user(
    connection: &Connection,
    space: i64,
    group: i64,
    user: &UserId,
) -> rusqlite::Result<Option<MemberRow>> {
    let mut query = connection.prepare_cached(
        "SELECT m.number, m.user_id, m.info, m.joined_at FROM member i
         JOIN member m ON m.group_key = i.group_key AND m.number = i.number
         WHERE i.space_key = ?1 AND i.user_id = ?2 AND i.group_key = ?3",
    )?;
    query.query_row(params![space, user.as_str(), group], MemberRow::read).optional()
}
