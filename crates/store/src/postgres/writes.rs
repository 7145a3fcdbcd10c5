//! What is written to streams, for many callers in one transaction.
//!
//! The rows of the streams are locked first, in the order of their keys; from then on nobody else moves their ends or
//! counts. What each write comes to is worked out here, in the order in which they came, and the sums are written with
//! three statements. So places have no holes: a place is given in the transaction that fills it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use muster_core::{
    id::{AppId, GroupRef},
    message::{Draft, Event, Message, Posted, Sequence, StreamRef},
    time::Millis,
};
use tokio_postgres::Row;

use super::{
    database::Tx,
    fault::Fault,
    gather::Batch,
    records::{bigint, unsigned},
    values::values,
};
use crate::codes::json;

/// The kind of a group's stream, and of a user's.
pub(super) const OF_GROUP: i64 = 1;
pub(super) const OF_USER: i64 = 2;

/// What one caller wants.
pub(super) enum Write {
    /// A message, stored and counted.
    Post { at: GroupRef, draft: Draft },
    /// A message, counted only.
    Count { at: GroupRef, draft: Draft },
    /// An event, stored.
    Append { stream: StreamRef, event: Event, at: Millis },
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

impl Write {
    fn key(&self) -> Key<'_> {
        match self {
            Self::Post { at, .. } | Self::Count { at, .. } => (at.app.as_str(), OF_GROUP, at.group.as_str()),
            Self::Append { stream, .. } => {
                let (app, kind, name) = name_of(stream);
                (app.as_str(), kind, name)
            }
        }
    }

    fn draft(&self) -> Option<&Draft> {
        match self {
            Self::Post { draft, .. } | Self::Count { draft, .. } => Some(draft),
            Self::Append { .. } => None,
        }
    }
}

/// A stream that is locked.
struct Stream {
    number: i64,
    sequence: Sequence,
    closed: bool,
    /// Counts of message types: those that the batch adds to, as they are by now.
    totals: BTreeMap<i64, u64>,
    /// Types seen, as far as the batch asks.
    types: usize,
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
        if let (Some(draft), Some(stream)) = (job.draft(), streams.get(&job.key())) {
            wanted.insert((job.key(), stream.number, draft.message.kind));
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
            stream.totals.insert(*kind, unsigned(row, "total")?);
        }
    }
    for key in fresh {
        let Some(stream) = streams.get_mut(&key) else { continue };
        let sql = "SELECT count(*) AS types FROM message_count WHERE app = $1 AND stream = $2";
        let row = tx.query_opt(sql, values![key.0, stream.number]).await?;
        let types = row.map_or(Ok(0), |row| unsigned(&row, "types"))?;
        stream.types = usize::try_from(types).unwrap_or(usize::MAX);
    }
    Ok(())
}

impl Stream {
    /// Counts a message; the new count, or `None` when the stream has seen as many types as it may.
    fn add(&mut self, draft: &Draft) -> Option<u64> {
        let kind = draft.message.kind;
        if !self.totals.contains_key(&kind) {
            if self.types >= draft.max_types {
                return None;
            }
            self.types += 1;
        }
        let total = self.totals.entry(kind).or_default();
        *total = total.saturating_add(draft.increment);
        Some(*total)
    }

    fn take_place(&mut self) -> Sequence {
        self.moved = true;
        self.sequence += 1;
        self.sequence
    }
}

/// Rows of `entry`, by column.
#[derive(Default)]
pub(super) struct Entries<'a> {
    apps: Vec<&'a str>,
    streams: Vec<i64>,
    sequences: Vec<i64>,
    at: Vec<i64>,
    kinds: Vec<Option<i64>>,
    ids: Vec<Option<&'a str>>,
    senders: Vec<Option<&'a str>>,
    infos: Vec<Option<&'a [u8]>>,
    bodies: Vec<Option<&'a [u8]>>,
    weights: Vec<Option<i64>>,
    levels: Vec<Option<i64>>,
    repeats: Vec<Option<i64>>,
    totals: Vec<Option<i64>>,
    cached: Vec<Option<bool>>,
    stored_at: Vec<Option<i64>>,
    events: Vec<Option<String>>,
}

impl<'a> Entries<'a> {
    /// Begins a row; [`push_event`](Self::push_event) ends it.
    pub(super) fn push(&mut self, app: &'a str, stream: i64, sequence: Sequence) {
        self.apps.push(app);
        self.streams.push(stream);
        self.sequences.push(bigint(sequence));
    }

    fn push_message(&mut self, message: &'a Message, total: u64, stored_at: Millis) {
        self.at.push(message.at.0);
        self.kinds.push(Some(message.kind));
        self.ids.push(Some(message.id.as_str()));
        self.senders.push(Some(message.sender.user.as_str()));
        self.infos.push(message.sender.info.as_deref().map(str::as_bytes));
        self.bodies.push(Some(message.body.as_bytes()));
        self.weights.push(Some(message.weight));
        self.levels.push(Some(message.level));
        self.repeats.push(Some(bigint(message.repeat)));
        self.totals.push(Some(bigint(total)));
        self.cached.push(Some(message.cached));
        self.stored_at.push((stored_at != message.at).then_some(stored_at.0));
        self.events.push(None);
    }

    /// Ends a row with its event.
    pub(super) fn push_event(&mut self, event: &'a Event, at: Millis) {
        if let Event::Message(message) = event {
            return self.push_message(message, message.total, at);
        }
        self.at.push(at.0);
        self.kinds.push(None);
        self.ids.push(None);
        self.senders.push(None);
        self.infos.push(None);
        self.bodies.push(None);
        self.weights.push(None);
        self.levels.push(None);
        self.repeats.push(None);
        self.totals.push(None);
        self.cached.push(None);
        self.stored_at.push(None);
        self.events.push(Some(json(event)));
    }

    /// Adds the rows.
    pub(super) async fn insert(&self, tx: &Tx) -> Result<(), Fault> {
        if self.apps.is_empty() {
            return Ok(());
        }
        tx.execute(
            "INSERT INTO entry (app, stream, sequence, at, kind, message_id, sender, sender_info, body, weight, level,
               repeat, total, cached, stored_at, event)
             SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[],
               $7::text[], $8::bytea[], $9::bytea[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
               $14::boolean[], $15::bigint[], $16::text[])",
            values![
                self.apps,
                self.streams,
                self.sequences,
                self.at,
                self.kinds,
                self.ids,
                self.senders,
                self.infos,
                self.bodies,
                self.weights,
                self.levels,
                self.repeats,
                self.totals,
                self.cached,
                self.stored_at,
                self.events,
            ],
        )
        .await
        .map(|_| ())
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
            totals.push(bigint(*total));
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

/// What a write comes to, and its row.
fn settle<'a>(job: &'a Write, streams: &mut Streams<'a>, entries: &mut Entries<'a>) -> Posted {
    let key = job.key();
    let Some(stream) = streams.get_mut(&key).filter(|stream| !stream.closed) else {
        return Posted::NoGroup;
    };
    let total = match job.draft().map(|draft| stream.add(draft)) {
        Some(None) => return Posted::TooManyTypes,
        Some(Some(total)) => total,
        None => 0,
    };
    let sequence = match job {
        Write::Count { .. } => None,
        Write::Post { .. } | Write::Append { .. } => {
            let sequence = stream.take_place();
            entries.push(key.0, stream.number, sequence);
            Some(sequence)
        }
    };
    match job {
        Write::Post { draft, .. } => entries.push_message(&draft.message, total, draft.message.at),
        Write::Append { event, at, .. } => entries.push_event(event, *at),
        Write::Count { .. } => {}
    }
    Posted::Done { sequence, total }
}

/// Writes to streams.
pub(super) struct Writes;

#[async_trait]
impl Batch for Writes {
    type Job = Write;
    type Answer = Posted;

    async fn apply(&self, tx: &Tx, jobs: &[&Write]) -> Result<Vec<Posted>, Fault> {
        let keys: BTreeSet<_> = jobs.iter().map(|job| job.key()).collect();
        let mut streams = Streams::new();
        lock(tx, &keys, &mut streams).await?;
        let unbegun = |key: &&Key<'_>| key.1 == OF_USER && !streams.contains_key(*key);
        let missing: BTreeSet<_> = keys.iter().filter(unbegun).copied().collect();
        if !missing.is_empty() {
            begin(tx, &missing, &mut streams).await?;
        }
        count(tx, jobs, &mut streams).await?;
        let mut entries = Entries::default();
        let answers = jobs.iter().map(|job| settle(job, &mut streams, &mut entries)).collect();
        if entries.apps.is_empty() {
            // Counts of what is not stored may be lost with the server.
            tx.commit_lazily().await?;
        }
        // Sent one after the other without waiting for the answers: one round trip.
        tokio::try_join!(entries.insert(tx), move_ends(tx, &streams), write_counts(tx, &streams))?;
        Ok(answers)
    }
}
