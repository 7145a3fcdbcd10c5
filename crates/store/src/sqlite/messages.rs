//! Streams and the messages in them.
//!
//! Only the writer moves the end of a stream: an entry's place is claimed when its row is in the transaction, and
//! seen when the transaction is committed. So places have no holes, whatever fails.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use muster_core::{
    group::{Order, Slice},
    id::{AppId, GroupRef, MessageId, UserId},
    message::{
        Draft, Entry, Event, HistoryQuery, Level, Message, Positions, Posted, Sender, Sequence, StreamRef,
        Top, Verdict, Weight,
    },
    number::{RepeatCount, TypeCount},
    store::{Also, Messages, StoreResult},
    time::Millis,
};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Params, Row, params};

use super::{
    SqliteStore,
    also::{Made, together},
    cell::GroupCell,
    fault::{fault, wanted_still},
    readers::Readers,
    records::{from_json, id, millis, text},
    spaces::Space,
    tx::{Tx, UserPlace},
    writer::Subject,
};
use crate::{bounded::Bounded, codes::json, tables::direction};

/// Users whose streams' ends are kept in memory: some 10 MB.
const KEPT_TOPS: usize = 65_536;

pub(super) const ENTRY_COLUMNS: &str = "sequence, at, kind, message_id, sender, sender_info, body, weight, level, repeat, \
     total, cached, stored_at, event";

/// The end of a stream that has no entries.
const NOWHERE: UserPlace = UserPlace { key: 0, sequence: 0 };

/// The ends of users' streams.
pub(super) struct UserTops {
    kept: Bounded<(i64, UserId), UserPlace>,
}

impl UserTops {
    pub(super) fn new() -> Self {
        Self { kept: Bounded::new(KEPT_TOPS) }
    }

    /// Notes how a commit moved them.
    pub(super) fn moved(&self, places: &HashMap<(i64, UserId), UserPlace>) {
        for (user, place) in places {
            self.kept.put(user.clone(), *place, 1);
        }
    }

    /// Notes that these streams are gone with all that stood in them.
    pub(super) fn ended(&self, streams: Vec<(i64, UserId)>) {
        for user in streams {
            self.kept.put(user, NOWHERE, 1);
        }
    }

    fn get(&self, of: &(i64, UserId)) -> Option<UserPlace> {
        self.kept.with(of, |place| *place)
    }

    /// The end of a user's stream; place 0 of key 0 while it has no entries.
    async fn find(&self, of: &(i64, UserId), readers: &Readers) -> StoreResult<UserPlace> {
        if let Some(place) = self.get(of) {
            return Ok(place);
        }
        let ticket = self.kept.ticket(of);
        let (space, user) = of.clone();
        let place = readers.read(move |connection| load_place(connection, space, &user)).await?;
        let place = place.unwrap_or(NOWHERE);
        self.kept.fill(of.clone(), place, 1, ticket);
        Ok(place)
    }
}

pub(super) fn load_place(
    connection: &Connection,
    space: i64,
    user: &UserId,
) -> rusqlite::Result<Option<UserPlace>> {
    connection
        .prepare_cached("SELECT key, sequence FROM user_stream WHERE space_key = ?1 AND user_id = ?2")?
        .query_row(params![space, user.as_str()], |row| {
            Ok(UserPlace { key: row.get(0)?, sequence: row.get(1)? })
        })
        .optional()
}

/// Adds an entry to a stream.
pub(super) fn insert_event(
    tx: &Tx<'_>,
    space: i64,
    stream: i64,
    sequence: Sequence,
    event: &Event,
    at: Millis,
) -> StoreResult<()> {
    match event {
        Event::Message(message) => insert_message(tx, (space, stream), sequence, message, at, false),
        Event::ToMember { .. }
        | Event::Exit { .. }
        | Event::InfoChanged { .. }
        | Event::MutesChanged(_)
        | Event::System(_)
        | Event::Recalled(_)
        | Event::Unknown(_) => tx
            .execute(
                "INSERT INTO entry (space_key, stream, sequence, at, event) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![space, stream, sequence, at.0, json(event)],
            )
            .map(|_| ()),
    }
}

fn insert_message(
    tx: &Tx<'_>,
    (space, stream): (i64, i64),
    sequence: Sequence,
    message: &Message,
    stored_at: Millis,
    chosen: bool,
) -> StoreResult<()> {
    tx.execute(
        "INSERT INTO entry (space_key, stream, sequence, at, kind, message_id, sender, sender_info, body, weight,
           level, repeat, total, cached, stored_at, chosen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        params![
            space,
            stream,
            sequence,
            message.at.0,
            message.kind,
            message.id.as_str(),
            message.sender.user.as_str(),
            message.sender.info.as_deref(),
            &*message.body,
            message.weight.0,
            message.level.0,
            message.repeat.get(),
            message.total.get(),
            message.cached,
            (stored_at != message.at).then_some(stored_at.0),
            chosen.then_some(1),
        ],
    )
    .map(|_| ())
}

pub(super) fn read_entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let at = millis(row, "at")?;
    let sequence = row.get("sequence")?;
    let Some(kind) = row.get("kind")? else {
        return Ok(Entry { sequence, at, event: from_json(row, "event")? });
    };
    let sender = Sender { user: id(row, "sender", UserId::new)?, info: text(row, "sender_info")? };
    let message = Message {
        id: id(row, "message_id", MessageId::new)?,
        kind,
        body: text(row, "body")?.unwrap_or_default(),
        sender,
        at,
        weight: Weight(row.get("weight")?),
        level: Level(row.get("level")?),
        repeat: RepeatCount::clamped(row.get("repeat")?),
        total: TypeCount::clamped(row.get("total")?),
        cached: row.get("cached")?,
    };
    let stored_at = row.get::<_, Option<i64>>("stored_at")?.map_or(at, Millis);
    Ok(Entry { sequence, at: stored_at, event: Event::Message(message) })
}

fn read_entries(mut query: CachedStatement<'_>, values: impl Params) -> rusqlite::Result<Vec<Entry>> {
    query.query_map(values, read_entry)?.collect()
}

/// Where a message stands under an id that its sender chose.
fn find_chosen(connection: &Connection, stream: i64, id: &MessageId) -> rusqlite::Result<Option<Sequence>> {
    connection
        .prepare_cached("SELECT sequence FROM entry WHERE stream = ?1 AND message_id = ?2 AND chosen = 1")?
        .query_row(params![stream, id.as_str()], |row| row.get(0))
        .optional()
}

/// The message of an id in a stream, the latest if several have it.
fn find_message(connection: &Connection, stream: i64, id: &MessageId) -> rusqlite::Result<Option<Entry>> {
    let sql = format!(
        "SELECT {ENTRY_COLUMNS} FROM entry INDEXED BY entry_by_message
         WHERE stream = ?1 AND message_id = ?2 AND kind IS NOT NULL ORDER BY sequence DESC LIMIT 1"
    );
    connection.prepare_cached(&sql)?.query_row(params![stream, id.as_str()], read_entry).optional()
}

/// Puts a tombstone where a message stands; whether one stood there.
fn bury(tx: &Tx<'_>, stream: i64, place: Sequence, tombstone: &Event) -> StoreResult<bool> {
    let changed = tx.execute(
        "UPDATE entry SET event = ?3, kind = NULL, sender = NULL, sender_info = NULL, body = NULL, weight = NULL,
           level = NULL, repeat = NULL, total = NULL, cached = NULL, stored_at = NULL
         WHERE stream = ?1 AND sequence = ?2 AND kind IS NOT NULL",
        params![stream, place, json(tombstone)],
    )?;
    Ok(changed > 0)
}

/// Stores a message with the running batch.
fn post(tx: &mut Tx<'_>, cell: &Arc<GroupCell>, draft: &mut Draft) -> StoreResult<Posted> {
    let (kind, increment) = (draft.message.kind, draft.increment);
    tx.involve(cell);
    let chosen = match draft.once {
        true => find_chosen(tx.read(), cell.key, &draft.message.id).map_err(fault)?,
        false => None,
    };
    let sequence = {
        let mut state = cell.lock();
        if state.is_deleted() {
            return Ok(Posted::NoGroup);
        }
        draft.message.total = match state.take(draft, chosen) {
            Verdict::Repeated(sequence) => return Ok(Posted::Repeated(sequence)),
            Verdict::TooManyTypes => return Ok(Posted::TooManyTypes),
            Verdict::Counted(total) => total,
        };
        state.claim_count(kind, increment);
        state.next_sequence()
    };
    let message = &draft.message;
    let place = (cell.space, cell.key);
    if let Err(error) = insert_message(tx, place, sequence, message, message.at, draft.once) {
        cell.lock().unclaim_count(kind, increment);
        return Err(error);
    }
    cell.lock().claim_sequence();
    Ok(Posted::Done { sequence: Some(sequence), total: draft.message.total, positions: Positions::new() })
}

/// Counts likes with the running batch.
fn like(tx: &mut Tx<'_>, cell: &Arc<GroupCell>, draft: &Draft) -> Posted {
    tx.involve(cell);
    let mut state = cell.lock();
    if state.is_deleted() {
        return Posted::NoGroup;
    }
    match state.take(draft, None) {
        Verdict::Repeated(sequence) => Posted::Repeated(sequence),
        Verdict::TooManyTypes => Posted::TooManyTypes,
        Verdict::Counted(total) => {
            state.claim_count(draft.message.kind, draft.increment);
            Posted::Done { sequence: None, total, positions: Positions::new() }
        }
    }
}

/// Adds an entry to a group's stream; its place, or `None` when the group is deleted.
pub(super) fn append_to_group(
    tx: &mut Tx<'_>,
    cell: &Arc<GroupCell>,
    event: &Event,
    at: Millis,
) -> StoreResult<Option<Sequence>> {
    tx.involve(cell);
    let sequence = {
        let state = cell.lock();
        if state.is_deleted() {
            return Ok(None);
        }
        state.next_sequence()
    };
    insert_event(tx, cell.space, cell.key, sequence, event, at)?;
    cell.lock().claim_sequence();
    Ok(Some(sequence))
}

/// Adds a user's stream that ends at `sequence`.
pub(super) fn insert_user_stream(
    tx: &Tx<'_>,
    space: i64,
    user: &UserId,
    sequence: Sequence,
) -> StoreResult<UserPlace> {
    let sql = "INSERT INTO user_stream (space_key, user_id, sequence) VALUES (?1, ?2, ?3)";
    tx.execute(sql, params![space, user.as_str(), sequence])?;
    Ok(UserPlace { key: tx.last_key(), sequence })
}

/// The end of a user's stream, which begins if it has not.
fn begun_by_user(tx: &Tx<'_>, of: &(i64, UserId)) -> StoreResult<UserPlace> {
    let (space, user) = of;
    let known = tx.user_places.get(of).copied().or_else(|| tx.tops.get(of)).filter(|place| place.key != 0);
    let known = match known {
        Some(place) => Some(place),
        None => load_place(tx.read(), *space, user).map_err(fault)?,
    };
    match known {
        Some(place) => Ok(place),
        // Should the entry fail, the empty stream that stays says what its absence says.
        None => insert_user_stream(tx, *space, user, 0),
    }
}

/// Adds an entry to a user's stream; its place.
pub(super) fn append_to_user(
    tx: &mut Tx<'_>,
    of: &(i64, UserId),
    event: &Event,
    at: Millis,
) -> StoreResult<Sequence> {
    let place = begun_by_user(tx, of)?;
    let sequence = place.sequence + 1;
    insert_event(tx, of.0, -place.key, sequence, event, at)?;
    tx.user_places.insert(of.clone(), UserPlace { sequence, ..place });
    Ok(sequence)
}

/// Stores a message in a user's stream, once if its sender chose the id.
fn post_to_user(tx: &mut Tx<'_>, of: &(i64, UserId), message: &Message, once: bool) -> StoreResult<Posted> {
    let place = begun_by_user(tx, of)?;
    let stream = -place.key;
    if once && let Some(sequence) = find_chosen(tx.read(), stream, &message.id).map_err(fault)? {
        return Ok(Posted::Repeated(sequence));
    }
    let sequence = place.sequence + 1;
    insert_message(tx, (of.0, stream), sequence, message, message.at, once)?;
    tx.user_places.insert(of.clone(), UserPlace { sequence, ..place });
    Ok(Posted::Done { sequence: Some(sequence), total: message.total, positions: Positions::new() })
}

/// A stream that is there.
enum Found {
    Group(Arc<GroupCell>),
    User(Space, UserPlace),
}

impl Found {
    /// Its number in the table of entries.
    fn key(&self) -> i64 {
        match self {
            Self::Group(cell) => cell.key,
            Self::User(_, place) => -place.key,
        }
    }

    fn top(&self) -> Top {
        match self {
            Self::Group(cell) => {
                let state = cell.lock();
                Top { epoch: state.record.epoch.clone(), sequence: state.sequence() }
            }
            Self::User(space, place) => Top { epoch: space.epoch.to_string(), sequence: place.sequence },
        }
    }
}

fn history(connection: &Connection, stream: i64, query: HistoryQuery) -> rusqlite::Result<Slice<Entry>> {
    let (index, kind) = match query.kind {
        Some(_) => ("entry_by_kind", "kind = ?7"),
        None => ("entry_by_sequence", "kind IS NOT NULL AND ?7 IS NULL"),
    };
    let sql = format!(
        "SELECT {ENTRY_COLUMNS} FROM entry INDEXED BY {index}
         WHERE stream = ?1 AND {kind} AND sequence > ?2 AND sequence < ?3 AND at >= ?4 AND at <= ?5
         ORDER BY sequence {} LIMIT ?6 OFFSET ?8",
        direction(query.order)
    );
    let after = query.after.map(|sequence| i64::try_from(sequence).unwrap_or(i64::MAX));
    let (above, below) = match query.order {
        Order::Ascending => (after.unwrap_or(0), i64::MAX),
        Order::Descending => (0, after.unwrap_or(i64::MAX)),
    };
    let from = query.from.map_or(i64::MIN, |at| at.0);
    let until = query.until.map_or(i64::MAX, |at| at.0);
    let one_more = i64::try_from(query.limit).unwrap_or(i64::MAX).saturating_add(1);
    let skip = i64::try_from(query.skip).unwrap_or(i64::MAX);
    let values = params![stream, above, below, from, until, one_more, query.kind, skip];
    Ok(Slice::cut(read_entries(connection.prepare_cached(&sql)?, values)?, query.limit))
}

impl SqliteStore {
    async fn stream(&self, stream: &StreamRef) -> StoreResult<Option<Found>> {
        match stream {
            StreamRef::Group(at) => Ok(self.cell(at).await?.map(Found::Group)),
            StreamRef::User(app, user) => self.user_stream(app, user).await,
        }
    }

    async fn user_stream(&self, app: &AppId, user: &UserId) -> StoreResult<Option<Found>> {
        let Some(space) = self.space(app).await? else { return Ok(None) };
        let place = self.memory.tops.find(&(space.key, user.clone()), &self.readers).await?;
        Ok(Some(Found::User(space, place)))
    }

    async fn entries_between(
        &self,
        stream: &StreamRef,
        (above, below): (i64, i64),
        order: Order,
        limit: usize,
    ) -> StoreResult<Vec<Entry>> {
        let Some(found) = self.stream(stream).await? else { return Ok(Vec::new()) };
        // Nothing beyond the end is shown, though it may be in the database already.
        let top = i64::try_from(found.top().sequence).unwrap_or(i64::MAX);
        let below = below.min(top.saturating_add(1));
        if above.saturating_add(1) >= below {
            return Ok(Vec::new());
        }
        let key = found.key();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = format!(
            "SELECT {ENTRY_COLUMNS} FROM entry WHERE stream = ?1 AND sequence > ?2 AND sequence < ?3
             ORDER BY sequence {} LIMIT ?4",
            direction(order)
        );
        self.readers
            .read(move |connection| {
                read_entries(connection.prepare_cached(&sql)?, params![key, above, below, limit])
            })
            .await
    }
}

/// What a message came to, with the positions of what was stored with it.
fn with_positions((mut posted, stored): (Posted, Positions)) -> Posted {
    if let Posted::Done { positions, .. } = &mut posted {
        *positions = stored;
    }
    posted
}

fn position(sequence: Sequence) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

#[async_trait]
impl Messages for SqliteStore {
    async fn post(&self, at: &GroupRef, draft: Draft, also: Also) -> StoreResult<Posted> {
        let Some(cell) = self.cell(at).await? else { return Ok(Posted::NoGroup) };
        let following = self.following(also).await?;
        let mut draft = draft;
        let run = move |tx: &mut Tx<'_>| {
            together(tx, Some(&cell), &following, |tx| {
                let posted = post(tx, &cell, &mut draft)?;
                let made = Made::when(matches!(posted, Posted::Done { .. }));
                Ok((posted, made))
            })
        };
        self.writer.run(Subject::None, run, with_positions).await
    }

    async fn post_to_user(
        &self,
        (app, user): (&AppId, &UserId),
        message: Message,
        once: bool,
        also: Also,
    ) -> StoreResult<Posted> {
        let Some(space) = self.space(app).await? else { return Ok(Posted::NoGroup) };
        let following = self.following(also).await?;
        let of = (space.key, user.clone());
        let run = move |tx: &mut Tx<'_>| {
            let before = tx.user_places.get(&of).copied();
            let done = together(tx, None, &following, |tx| {
                let posted = post_to_user(tx, &of, &message, once)?;
                let made = Made::when(matches!(posted, Posted::Done { .. }));
                Ok((posted, made))
            });
            if done.is_err() {
                tx.restore_place(&of, before);
            }
            done
        };
        self.writer.run(Subject::None, run, with_positions).await
    }

    async fn count_only(&self, at: &GroupRef, draft: Draft) -> StoreResult<Posted> {
        let Some(cell) = self.cell(at).await? else { return Ok(Posted::NoGroup) };
        if draft.is_like() {
            let run = move |tx: &mut Tx<'_>| Ok(like(tx, &cell, &draft));
            return self.writer.run(Subject::None, run, |posted| posted).await;
        }
        wanted_still()?;
        let mut state = cell.lock();
        if state.is_deleted() {
            return Ok(Posted::NoGroup);
        }
        let total = match state.take(&draft, None) {
            Verdict::Repeated(sequence) => return Ok(Posted::Repeated(sequence)),
            Verdict::TooManyTypes => return Ok(Posted::TooManyTypes),
            Verdict::Counted(total) => total,
        };
        state.count(draft.message.kind, draft.increment);
        self.memory.unwritten.note(&cell, &mut state);
        Ok(Posted::Done { sequence: None, total, positions: Positions::new() })
    }

    async fn append(&self, also: Also) -> StoreResult<Option<Positions>> {
        self.open_still()?;
        let following = self.following(also).await?;
        let run = move |tx: &mut Tx<'_>| {
            together(tx, None, &following, |_| {
                let there = following.has_streams();
                Ok((there, Made::when(there)))
            })
        };
        let settle = |(there, positions): (bool, Positions)| there.then_some(positions);
        self.writer.run(Subject::None, run, settle).await
    }

    async fn top(&self, stream: &StreamRef) -> StoreResult<Option<Top>> {
        Ok(self.stream(stream).await?.map(|found| found.top()))
    }

    async fn entries(&self, stream: &StreamRef, after: Sequence, limit: usize) -> StoreResult<Vec<Entry>> {
        self.entries_between(stream, (position(after), i64::MAX), Order::Ascending, limit).await
    }

    async fn entries_before(
        &self,
        stream: &StreamRef,
        before: Option<Sequence>,
        limit: usize,
    ) -> StoreResult<Vec<Entry>> {
        let below = before.map_or(i64::MAX, position);
        self.entries_between(stream, (0, below), Order::Descending, limit).await
    }

    async fn find_message(&self, stream: &StreamRef, id: &MessageId) -> StoreResult<Option<Entry>> {
        let Some(found) = self.stream(stream).await? else { return Ok(None) };
        let (key, id) = (found.key(), id.clone());
        let entry = self.readers.read(move |connection| find_message(connection, key, &id)).await?;
        // Nothing beyond the end is shown, though it may be in the database already.
        Ok(entry.filter(|entry| entry.sequence <= found.top().sequence))
    }

    async fn recall(
        &self,
        stream: &StreamRef,
        place: Sequence,
        tombstone: Event,
        also: Also,
    ) -> StoreResult<Option<Positions>> {
        self.open_still()?;
        let Some(found) = self.stream(stream).await? else { return Ok(None) };
        let following = self.following(also).await?;
        let run = move |tx: &mut Tx<'_>| {
            let own = match &found {
                Found::Group(cell) => Some(cell),
                Found::User(..) => None,
            };
            together(tx, own, &following, |tx| {
                let open = own.is_none_or(|cell| !cell.lock().is_deleted());
                let buried = open && bury(tx, found.key(), place, &tombstone)?;
                Ok((buried, Made::when(buried)))
            })
        };
        let settle = |(buried, positions): (bool, Positions)| buried.then_some(positions);
        self.writer.run(Subject::None, run, settle).await
    }

    async fn history(&self, at: &GroupRef, query: HistoryQuery) -> StoreResult<Slice<Entry>> {
        let Some(cell) = self.cell(at).await? else {
            return Ok(Slice { entries: Vec::new(), more: false });
        };
        let key = cell.key;
        self.readers.read(move |connection| history(connection, key, query)).await
    }
}
