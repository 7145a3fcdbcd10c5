//! What is written to streams, for many callers in one transaction.
//!
//! The rows of the streams are locked first, in the order of their keys; from then on nobody else moves their ends or
//! counts. What each write comes to is worked out here, in the order in which they came, and the sums are written with
//! three statements. So places have no holes: a place is given in the transaction that fills it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use muster_core::{
    callback::OwedCall,
    id::{AppId, GroupRef},
    message::{Draft, Event, LIKES, Message, Positions, Posted, Sequence, StreamRef, StreamState, Verdict},
    number::TypeCount,
    store::{Also, StoreError, StreamEvent},
};
use tokio_postgres::Row;

use super::{
    database::Tx,
    entries::Entries,
    fault::{Fault, misuse},
    gather::Batch,
    records::{bigint, unsigned},
    values::values,
};
use crate::codes::json;

/// Adds callbacks; numbers are given in the order of the columns.
const INSERT_CALLS: &str =
    "INSERT INTO owed_call (id, app, lane, event, made_at, attempts, next_at, dead, fault)
     SELECT w.id, w.app, w.lane, w.event, w.made_at, 0, w.made_at, 0, ''::bytea
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
       WITH ORDINALITY AS w (id, app, lane, event, made_at, place)
     ORDER BY w.place";

/// The kind of a group's stream, and of a user's.
pub(super) const OF_GROUP: i64 = 1;
pub(super) const OF_USER: i64 = 2;

/// What one caller wants.
#[derive(Debug)]
pub(super) enum Write {
    /// A message, stored and counted, with what follows from it.
    Post { at: GroupRef, draft: Draft, also: Also },
    /// A message to a user, stored; `once` says that its sender chose the id.
    Tell { to: StreamRef, message: Message, once: bool, also: Also },
    /// A message, counted only.
    Count { at: GroupRef, draft: Draft },
    /// What follows from something else, stored.
    Append { also: Also },
    /// A tombstone in the place of a message, with what follows from it.
    Recall { stream: StreamRef, place: Sequence, tombstone: Event, also: Also },
}

/// The columns that name a stream.
pub(super) fn name_of(stream: &StreamRef) -> (&AppId, i64, &str) {
    match stream {
        StreamRef::Group(at) => (&at.app, OF_GROUP, at.group.as_str()),
        StreamRef::User(app, user) => (app, OF_USER, user.as_str()),
    }
}

/// A stream's key: application, kind, name. Ordered as the database orders them, by bytes.
type Key<'a> = (&'a str, i64, &'a str);

fn key_of(stream: &StreamRef) -> Key<'_> {
    let (app, kind, name) = name_of(stream);
    (app.as_str(), kind, name)
}

impl Write {
    /// The message, and the stream that it belongs to.
    fn message(&self) -> Option<(Key<'_>, &Draft)> {
        match self {
            Self::Post { at, draft, .. } | Self::Count { at, draft } => {
                Some(((at.app.as_str(), OF_GROUP, at.group.as_str()), draft))
            }
            Self::Tell { .. } | Self::Append { .. } | Self::Recall { .. } => None,
        }
    }

    /// The message to a user, the user's stream, and whether its sender chose the id.
    fn word(&self) -> Option<(Key<'_>, &Message, bool)> {
        match self {
            Self::Tell { to, message, once, .. } => Some((key_of(to), message, *once)),
            Self::Post { .. } | Self::Count { .. } | Self::Append { .. } | Self::Recall { .. } => None,
        }
    }

    /// The message to take back: its stream, its place, and what comes in its place.
    fn recall(&self) -> Option<(Key<'_>, Sequence, &Event)> {
        match self {
            Self::Recall { stream, place, tombstone, .. } => Some((key_of(stream), *place, tombstone)),
            Self::Post { .. } | Self::Tell { .. } | Self::Count { .. } | Self::Append { .. } => None,
        }
    }

    /// The message, if it is to be stored once under an id that its sender chose.
    fn chosen(&self) -> Option<(Key<'_>, &str)> {
        if let Some((key, message, once)) = self.word() {
            return once.then_some((key, message.id.as_str()));
        }
        let (key, draft) = self.message().filter(|(_, draft)| draft.once)?;
        matches!(self, Self::Post { .. }).then_some((key, draft.message.id.as_str()))
    }

    /// What is stored with it.
    fn also(&self) -> Option<&Also> {
        match self {
            Self::Post { also, .. }
            | Self::Tell { also, .. }
            | Self::Append { also }
            | Self::Recall { also, .. } => Some(also),
            Self::Count { .. } => None,
        }
    }

    fn events(&self) -> &[StreamEvent] {
        self.also().map_or(&[], |also| &also.events)
    }

    fn calls(&self) -> &[OwedCall] {
        self.also().map_or(&[], |also| &also.calls)
    }

    /// The streams that it touches.
    fn keys(&self) -> impl Iterator<Item = Key<'_>> {
        let events = self.events().iter().map(|event| key_of(&event.stream));
        let own = self
            .message()
            .map(|(key, _)| key)
            .or_else(|| self.word().map(|(key, ..)| key))
            .or_else(|| self.recall().map(|(key, ..)| key));
        own.into_iter().chain(events)
    }
}

/// A stream that is locked.
struct Stream {
    number: i64,
    sequence: Sequence,
    closed: bool,
    /// Counts of message types: those that the batch adds to, as they are by now.
    totals: BTreeMap<i64, TypeCount>,
    /// Types seen, as far as the batch asks.
    types: usize,
    /// Messages under ids that their senders chose, of those that the batch posts.
    chosen: HashMap<String, Sequence>,
    /// Where messages stood that the batch has taken back.
    buried: BTreeSet<Sequence>,
    moved: bool,
}

type Streams<'a> = HashMap<Key<'a>, Stream>;

async fn lock<'a>(tx: &Tx, keys: &BTreeSet<Key<'a>>, streams: &mut Streams<'a>) -> Result<(), Fault> {
    let (apps, kinds, names) = columns(keys);
    let rows = tx
        .query(
            "SELECT w.place, s.number, s.sequence, s.closed
             FROM unnest($1::text[], $2::bigint[], $3::text[]) WITH ORDINALITY AS w (app, kind, name, place)
             JOIN stream s ON s.app = w.app AND s.kind = w.kind AND s.name = w.name
             ORDER BY s.app, s.kind, s.name FOR UPDATE OF s",
            values![apps, kinds, names],
        )
        .await?;
    let keys: Vec<_> = keys.iter().copied().collect();
    for row in rows {
        let Some(&key) = keys.get(place(&row)?) else { continue };
        let stream = Stream {
            number: row.try_get("number")?,
            sequence: unsigned(&row, "sequence")?,
            closed: row.try_get("closed")?,
            totals: BTreeMap::new(),
            types: 0,
            chosen: HashMap::new(),
            buried: BTreeSet::new(),
            moved: false,
        };
        streams.insert(key, stream);
    }
    Ok(())
}

/// Which of the things asked for a row is about. SQL counts them from 1.
fn place(row: &Row) -> Result<usize, Fault> {
    Ok(usize::try_from(unsigned(row, "place")?).unwrap_or(usize::MAX).wrapping_sub(1))
}

fn columns<'a>(keys: &BTreeSet<Key<'a>>) -> (Vec<&'a str>, Vec<i64>, Vec<&'a str>) {
    let (mut apps, mut kinds, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for &(app, kind, name) in keys {
        apps.push(app);
        kinds.push(kind);
        names.push(name);
    }
    (apps, kinds, names)
}

/// Begins the streams of users who have none, and locks them.
async fn begin<'a>(tx: &Tx, missing: &BTreeSet<Key<'a>>, streams: &mut Streams<'a>) -> Result<(), Fault> {
    let (apps, kinds, names) = columns(missing);
    tx.execute(
        "INSERT INTO stream (app, kind, name, number)
         SELECT w.app, w.kind, w.name, nextval('stream_number')
         FROM unnest($1::text[], $2::bigint[], $3::text[]) AS w (app, kind, name)
         JOIN space p ON p.app = w.app
         ORDER BY w.app COLLATE \"C\", w.kind, w.name COLLATE \"C\" ON CONFLICT DO NOTHING",
        values![apps, kinds, names],
    )
    .await?;
    lock(tx, missing, streams).await
}

/// Reads the counts that the batch adds to; and, of streams where one of them is new, how many types there are.
async fn count<'a>(tx: &Tx, jobs: &[&'a Write], streams: &mut Streams<'a>) -> Result<(), Fault> {
    let mut wanted = BTreeSet::new();
    for job in jobs {
        let Some((key, draft)) = job.message() else { continue };
        if let Some(stream) = streams.get(&key) {
            wanted.insert((key, stream.number, draft.message.kind));
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let wanted: Vec<_> = wanted.into_iter().collect();
    let apps: Vec<_> = wanted.iter().map(|(key, ..)| key.0).collect();
    let numbers: Vec<_> = wanted.iter().map(|(_, number, _)| *number).collect();
    let kinds: Vec<_> = wanted.iter().map(|(.., kind)| *kind).collect();
    let rows = tx
        .query(
            "SELECT w.place, c.total
             FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS w (app, stream, kind, place)
             LEFT JOIN message_count c ON c.app = w.app AND c.stream = w.stream AND c.kind = w.kind",
            values![apps, numbers, kinds],
        )
        .await?;
    let mut fresh = BTreeSet::new();
    for row in &rows {
        let Some((key, _, kind)) = wanted.get(place(row)?) else { continue };
        if row.try_get::<_, Option<i64>>("total")?.is_none() {
            fresh.insert(*key);
        } else if let Some(stream) = streams.get_mut(key) {
            stream.totals.insert(*kind, TypeCount::clamped(unsigned(row, "total")?));
        }
    }
    for key in fresh {
        let Some(stream) = streams.get_mut(&key) else { continue };
        let sql = "SELECT count(*) AS types FROM message_count WHERE app = $1 AND stream = $2 AND kind <> $3";
        let row = tx.query_opt(sql, values![key.0, stream.number, LIKES]).await?;
        let types = row.map_or(Ok(0), |row| unsigned(&row, "types"))?;
        stream.types = usize::try_from(types).unwrap_or(usize::MAX);
    }
    Ok(())
}

/// Reads where messages stand that the batch posts under ids that their senders chose.
async fn find_chosen<'a>(tx: &Tx, jobs: &[&'a Write], streams: &mut Streams<'a>) -> Result<(), Fault> {
    let wanted: Vec<_> = jobs
        .iter()
        .filter_map(|job| job.chosen())
        .filter_map(|(key, id)| Some((key, streams.get(&key)?.number, id)))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let apps: Vec<_> = wanted.iter().map(|(key, ..)| key.0).collect();
    let numbers: Vec<_> = wanted.iter().map(|(_, number, _)| *number).collect();
    let ids: Vec<_> = wanted.iter().map(|(.., id)| *id).collect();
    let rows = tx
        .query(
            "SELECT w.place, e.sequence
             FROM unnest($1::text[], $2::bigint[], $3::text[]) WITH ORDINALITY AS w (app, stream, id, place)
             JOIN entry e ON e.app = w.app AND e.stream = w.stream AND e.message_id = w.id AND e.chosen",
            values![apps, numbers, ids],
        )
        .await?;
    for row in &rows {
        let Some((key, _, id)) = wanted.get(place(row)?) else { continue };
        if let Some(stream) = streams.get_mut(key) {
            stream.chosen.insert((*id).to_owned(), unsigned(row, "sequence")?);
        }
    }
    Ok(())
}

/// Puts tombstones in the places of the messages that the batch takes back, whose streams are locked: so that a message
/// is taken back once.
async fn bury<'a>(tx: &Tx, jobs: &[&'a Write], streams: &mut Streams<'a>) -> Result<(), Fault> {
    for (key, place, tombstone) in jobs.iter().filter_map(|job| job.recall()) {
        let Some(stream) = streams.get_mut(&key).filter(|stream| !stream.closed) else { continue };
        let changed = tx
            .execute(
                "UPDATE entry SET event = $4, kind = NULL, sender = NULL, sender_info = NULL, body = NULL, weight = NULL,
                   level = NULL, repeat = NULL, total = NULL, cached = NULL, stored_at = NULL
                 WHERE app = $1 AND stream = $2 AND sequence = $3 AND kind IS NOT NULL",
                values![key.0, stream.number, bigint(place), json(tombstone)],
            )
            .await?;
        if changed > 0 {
            stream.buried.insert(place);
        }
    }
    Ok(())
}

impl Stream {
    /// What a message comes to, and counts it if it is taken. `chosen` is the id, if its sender chose one.
    fn take(&mut self, draft: &Draft, chosen: Option<&str>) -> Verdict {
        let kind = draft.message.kind;
        let chosen = chosen.and_then(|id| self.chosen.get(id).copied());
        let total = self.totals.get(&kind).copied();
        let taken = StreamState { chosen, total, types: self.types }.take(draft);
        if let Verdict::Counted(total) = taken {
            let fresh = self.totals.insert(kind, total).is_none();
            self.types += usize::from(fresh && kind != LIKES);
        }
        taken
    }

    fn take_place(&mut self) -> Sequence {
        self.moved = true;
        self.sequence += 1;
        self.sequence
    }
}

/// Moves the ends of the streams to where they are by now.
async fn move_ends(tx: &Tx, streams: &Streams<'_>) -> Result<(), Fault> {
    let (mut apps, mut kinds, mut names, mut ends) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ((app, kind, name), stream) in streams.iter().filter(|(_, stream)| stream.moved) {
        apps.push(*app);
        kinds.push(*kind);
        names.push(*name);
        ends.push(bigint(stream.sequence));
    }
    if apps.is_empty() {
        return Ok(());
    }
    tx.execute(
        "UPDATE stream s SET sequence = w.sequence
         FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[]) AS w (app, kind, name, sequence)
         WHERE s.app = w.app AND s.kind = w.kind AND s.name = w.name",
        values![apps, kinds, names, ends],
    )
    .await
    .map(|_| ())
}

/// Writes the counts of the types that the batch has added to.
async fn write_counts(tx: &Tx, streams: &Streams<'_>) -> Result<(), Fault> {
    let (mut apps, mut numbers, mut kinds, mut totals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (key, stream) in streams {
        for (kind, total) in &stream.totals {
            apps.push(key.0);
            numbers.push(stream.number);
            kinds.push(*kind);
            totals.push(bigint(total.get()));
        }
    }
    if apps.is_empty() {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO message_count AS c (app, stream, kind, total)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])
         ON CONFLICT (app, stream, kind) DO UPDATE SET total = excluded.total",
        values![apps, numbers, kinds, totals],
    )
    .await
    .map(|_| ())
}

/// What a write comes to, and its rows.
fn settle<'a>(job: &'a Write, streams: &mut Streams<'a>, entries: &mut Entries<'a>) -> Result<Posted, Fault> {
    if let Some((key, place, _)) = job.recall() {
        // Two of one batch that take back one message: the first does.
        if !streams.get_mut(&key).is_some_and(|stream| stream.buried.remove(&place)) {
            return Ok(Posted::NoGroup);
        }
    }
    if let Some((key, message, once)) = job.word() {
        return settle_word(job, (key, message, once), streams, entries);
    }
    let Some((key, draft)) = job.message() else {
        let there = |event: &StreamEvent| streams.get(&key_of(&event.stream)).is_some_and(|one| !one.closed);
        if job.recall().is_none() && !job.events().iter().all(there) {
            return Ok(Posted::NoGroup);
        }
        let positions = place_events(job.events(), streams, entries)?;
        return Ok(Posted::Done { sequence: None, total: TypeCount::default(), positions });
    };
    let Some(stream) = streams.get_mut(&key).filter(|stream| !stream.closed) else {
        return Ok(Posted::NoGroup);
    };
    let chosen = job.chosen().map(|(_, id)| id);
    let total = match stream.take(draft, chosen) {
        Verdict::Repeated(sequence) => return Ok(Posted::Repeated(sequence)),
        Verdict::TooManyTypes => return Ok(Posted::TooManyTypes),
        Verdict::Counted(total) => total,
    };
    let sequence = matches!(job, Write::Post { .. }).then(|| stream.take_place());
    if let Some(sequence) = sequence {
        if let Some(id) = chosen {
            stream.chosen.insert(id.to_owned(), sequence);
        }
        entries.push(key.0, stream.number, sequence);
        entries.push_message(&draft.message, total, draft.message.at, draft.once);
    }
    let positions = place_events(job.events(), streams, entries)?;
    Ok(Posted::Done { sequence, total, positions })
}

/// What a message to a user comes to, and its row.
fn settle_word<'a>(
    job: &'a Write,
    (key, message, once): (Key<'a>, &'a Message, bool),
    streams: &mut Streams<'a>,
    entries: &mut Entries<'a>,
) -> Result<Posted, Fault> {
    // A user's stream is missing only where its application is.
    let Some(stream) = streams.get_mut(&key) else { return Ok(Posted::NoGroup) };
    if let Some(sequence) = stream.chosen.get(message.id.as_str()).filter(|_| once) {
        return Ok(Posted::Repeated(*sequence));
    }
    let sequence = stream.take_place();
    if once {
        stream.chosen.insert(message.id.as_str().to_owned(), sequence);
    }
    entries.push(key.0, stream.number, sequence);
    entries.push_message(message, message.total, message.at, once);
    let positions = place_events(job.events(), streams, entries)?;
    Ok(Posted::Done { sequence: Some(sequence), total: message.total, positions })
}

/// Gives events their places, and makes their rows. One without a stream spoils what it was to be stored with.
fn place_events<'a>(
    events: &'a [StreamEvent],
    streams: &mut Streams<'a>,
    entries: &mut Entries<'a>,
) -> Result<Positions, Fault> {
    let mut positions = Vec::with_capacity(events.len());
    for StreamEvent { stream, event, at } in events {
        let key = key_of(stream);
        let Some(open) = streams.get_mut(&key).filter(|stream| !stream.closed) else {
            return misuse(format!("what was to be stored with a change has no stream: {stream:?}"));
        };
        let sequence = open.take_place();
        entries.push(key.0, open.number, sequence);
        entries.push_event(event, *at);
        positions.push(sequence);
    }
    Ok(positions)
}

/// Writes to streams.
pub(super) struct Writes;

#[async_trait]
impl Batch for Writes {
    type Job = Write;
    type Output = Posted;

    async fn apply(&self, tx: &Tx, jobs: &[&Write]) -> Result<Vec<Posted>, Fault> {
        write(tx, jobs).await
    }
}

/// Does writes in a transaction, which may hold locks of rosters already; what each comes to, in their order.
pub(super) async fn write(tx: &Tx, jobs: &[&Write]) -> Result<Vec<Posted>, Fault> {
    let keys: BTreeSet<_> = jobs.iter().flat_map(|job| job.keys()).collect();
    let mut streams = Streams::new();
    lock(tx, &keys, &mut streams).await?;
    let unbegun = |key: &&Key<'_>| key.1 == OF_USER && !streams.contains_key(*key);
    let missing: BTreeSet<_> = keys.iter().filter(unbegun).copied().collect();
    if !missing.is_empty() {
        begin(tx, &missing, &mut streams).await?;
    }
    count(tx, jobs, &mut streams).await?;
    find_chosen(tx, jobs, &mut streams).await?;
    bury(tx, jobs, &mut streams).await?;
    let mut entries = Entries::default();
    let settled: Result<Vec<_>, _> = jobs.iter().map(|job| settle(job, &mut streams, &mut entries)).collect();
    let answers = settled?;
    let made = jobs.iter().zip(&answers).filter(|(_, answer)| matches!(answer, Posted::Done { .. }));
    insert_calls(tx, made.flat_map(|(job, _)| job.calls())).await?;
    let fleeting = |job: &&Write| matches!(job, Write::Count { draft, .. } if !draft.is_like());
    if entries.is_empty() && jobs.iter().all(fleeting) {
        // Counts of messages that are not stored may be lost with the server.
        tx.commit_lazily().await?;
    }
    // Sent one after the other without waiting for the answers: one round trip.
    tokio::try_join!(entries.insert(tx), move_ends(tx, &streams), write_counts(tx, &streams))?;
    Ok(answers)
}

/// Stores what follows from changes that a transaction makes, as the one place that does: its positions, in the order of
/// the changes. The transaction may hold locks of spaces, groups and rosters already, and waits for no more of them.
pub(super) async fn follow(tx: &Tx, all: Vec<&Also>) -> Result<Vec<Positions>, Fault> {
    if all.iter().all(|also| also.is_nothing()) {
        return Ok(all.iter().map(|_| Positions::new()).collect());
    }
    let writes: Vec<_> = all.into_iter().map(|also| Write::Append { also: also.clone() }).collect();
    let posted = write(tx, &writes.iter().collect::<Vec<_>>()).await?;
    let positions = |posted| match posted {
        Posted::Done { positions, .. } => Ok(positions),
        _ => misuse("what was to be stored with a change has no stream".to_owned()),
    };
    posted.into_iter().map(positions).collect()
}

/// Stores that callbacks are owed, in this order.
async fn insert_calls(tx: &Tx, calls: impl Iterator<Item = &OwedCall>) -> Result<(), Fault> {
    let (mut ids, mut apps, mut lanes, mut events, mut times) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for call in calls {
        ids.push(call.id.as_str());
        apps.push(call.app.as_str());
        lanes.push(call.event.lane());
        events.push(call.event.to_form().map_err(|error| StoreError::Failed(Box::new(error)))?);
        times.push(call.made_at.0);
    }
    if !ids.is_empty() {
        tx.execute(INSERT_CALLS, values![ids, apps, lanes, events, times]).await?;
    }
    Ok(())
}
