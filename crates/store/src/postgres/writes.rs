//! What is written to streams, for many callers in one transaction.
//!
//! The rows of the streams are locked first, in the order of their keys; from then on nobody else moves their ends or
//! counts. What each write comes to is worked out here, in the order in which they came, and the sums are written with
//! three statements. So places have no holes: a place is given in the transaction that fills it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use muster_core::{
    id::{AppId, GroupRef},
    message::{Draft, Event, Posted, Sequence, StreamRef},
    number::TypeCount,
    time::Millis,
};
use tokio_postgres::Row;

use super::{
    database::Tx,
    entries::Entries,
    fault::Fault,
    gather::Batch,
    records::{bigint, unsigned},
    values::values,
};

/// The kind of a group's stream, and of a user's.
pub(super) const OF_GROUP: i64 = 1;
pub(super) const OF_USER: i64 = 2;

/// What one caller wants.
#[derive(Debug)]
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
    totals: BTreeMap<i64, TypeCount>,
    /// Types seen, as far as the batch asks.
    types: usize,
    /// Messages under ids that their senders chose, of those that the batch posts.
    chosen: HashMap<String, Sequence>,
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
            stream.totals.insert(*kind, TypeCount::clamped(unsigned(row, "total")?));
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

/// Reads where messages stand that the batch posts under ids that their senders chose.
async fn find_chosen<'a>(tx: &Tx, jobs: &[&'a Write], streams: &mut Streams<'a>) -> Result<(), Fault> {
    let wanted: Vec<_> = jobs
        .iter()
        .filter(|job| matches!(job, Write::Post { draft, .. } if draft.once))
        .filter_map(|job| {
            Some((job.key(), streams.get(&job.key())?.number, job.draft()?.message.id.as_str()))
        })
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

impl Stream {
    /// Counts a message; the new count, or `None` when the stream has seen as many types as it may.
    fn add(&mut self, draft: &Draft) -> Option<TypeCount> {
        let kind = draft.message.kind;
        if !self.totals.contains_key(&kind) {
            if self.types >= draft.max_types {
                return None;
            }
            self.types += 1;
        }
        let total = self.totals.entry(kind).or_default();
        *total = total.plus(draft.increment.get());
        Some(*total)
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

/// What a write comes to, and its row.
fn settle<'a>(job: &'a Write, streams: &mut Streams<'a>, entries: &mut Entries<'a>) -> Posted {
    let key = job.key();
    let Some(stream) = streams.get_mut(&key).filter(|stream| !stream.closed) else {
        return Posted::NoGroup;
    };
    let chosen = match job {
        Write::Post { draft, .. } if draft.once => Some(draft.message.id.as_str()),
        _ => None,
    };
    if let Some(&sequence) = chosen.and_then(|id| stream.chosen.get(id)) {
        return Posted::Repeated(sequence);
    }
    let total = match job.draft().map(|draft| stream.add(draft)) {
        Some(None) => return Posted::TooManyTypes,
        Some(Some(total)) => total,
        None => TypeCount::default(),
    };
    let sequence = match job {
        Write::Count { .. } => None,
        Write::Post { .. } | Write::Append { .. } => {
            let sequence = stream.take_place();
            if let Some(id) = chosen {
                stream.chosen.insert(id.to_owned(), sequence);
            }
            entries.push(key.0, stream.number, sequence);
            Some(sequence)
        }
    };
    match job {
        Write::Post { draft, .. } => {
            entries.push_message(&draft.message, total, draft.message.at, draft.once);
        }
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
        write(tx, jobs).await
    }
}

/// Does writes in a transaction, which may hold locks of rosters already; what each comes to, in their order.
pub(super) async fn write(tx: &Tx, jobs: &[&Write]) -> Result<Vec<Posted>, Fault> {
    let keys: BTreeSet<_> = jobs.iter().map(|job| job.key()).collect();
    let mut streams = Streams::new();
    lock(tx, &keys, &mut streams).await?;
    let unbegun = |key: &&Key<'_>| key.1 == OF_USER && !streams.contains_key(*key);
    let missing: BTreeSet<_> = keys.iter().filter(unbegun).copied().collect();
    if !missing.is_empty() {
        begin(tx, &missing, &mut streams).await?;
    }
    count(tx, jobs, &mut streams).await?;
    find_chosen(tx, jobs, &mut streams).await?;
    let mut entries = Entries::default();
    let answers = jobs.iter().map(|job| settle(job, &mut streams, &mut entries)).collect();
    if entries.is_empty() && jobs.iter().all(|job| matches!(job, Write::Count { .. })) {
        // Counts of what is not stored may be lost with the server.
        tx.commit_lazily().await?;
    }
    // Sent one after the other without waiting for the answers: one round trip.
    tokio::try_join!(entries.insert(tx), move_ends(tx, &streams), write_counts(tx, &streams))?;
    Ok(answers)
}
