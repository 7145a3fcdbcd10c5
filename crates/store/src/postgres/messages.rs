//! Streams and the messages in them: what is asked. What is written is gathered in [`writes`](super::writes).

use async_trait::async_trait;
use muster_core::{
    group::{Order, Slice},
    id::{AppId, GroupRef, MessageId, UserId},
    message::{
        Draft, Entry, Event, HistoryQuery, Level, Message, Positions, Posted, Sender, Sequence, StreamRef,
        Top, Weight,
    },
    number::{RepeatCount, TypeCount},
    store::{Also, Messages, StoreResult},
    time::Millis,
};
use tokio_postgres::Row;

use super::{
    PostgresStore,
    fault::Fault,
    records::{all, bigint, from_json, id, millis, text, unsigned},
    values::values,
    writes::{Write, name_of},
};
use crate::tables::direction;

/// The columns of [`entry`], of the table `entry e`.
pub(super) const ENTRY_COLUMNS: &str = "e.sequence, e.at, e.kind, e.message_id, e.sender, e.sender_info, e.body, e.weight, \
     e.level, e.repeat, e.total, e.cached, e.stored_at, e.event";

/// The entries `e` of the stream that `$1`, `$2` and `$3` name.
const OF_STREAM: &str = "entry e WHERE e.app = $1
     AND e.stream = (SELECT s.number FROM stream s WHERE s.app = $1 AND s.kind = $2 AND s.name = $3)";

/// An entry, from [`ENTRY_COLUMNS`].
pub(super) fn entry(row: &Row) -> Result<Entry, Fault> {
    let at = millis(row, "at")?;
    let sequence = unsigned(row, "sequence")?;
    let Some(kind) = row.try_get("kind")? else {
        return Ok(Entry { sequence, at, event: from_json(row, "event")? });
    };
    let message = Message {
        id: id(row, "message_id", MessageId::new)?,
        kind,
        body: text(row, "body")?.unwrap_or_default().into(),
        sender: Sender {
            user: id(row, "sender", UserId::new)?,
            info: text(row, "sender_info")?.map(Into::into),
        },
        at,
        weight: Weight(row.try_get("weight")?),
        level: Level(row.try_get("level")?),
        repeat: RepeatCount::clamped(unsigned(row, "repeat")?),
        total: TypeCount::clamped(unsigned(row, "total")?),
        cached: row.try_get("cached")?,
    };
    let stored_at = row.try_get::<_, Option<i64>>("stored_at")?.map_or(at, Millis);
    Ok(Entry { sequence, at: stored_at, event: Event::Message(message) })
}

impl PostgresStore {
    async fn find_top(&self, stream: &StreamRef) -> Result<Option<Top>, Fault> {
        let (app, kind, name) = name_of(stream);
        let sql = match stream {
            StreamRef::Group(_) => {
                "SELECT g.epoch, s.sequence FROM grp g
                 JOIN stream s ON s.app = g.app AND s.kind = $2 AND s.name = g.id WHERE g.app = $1 AND g.id = $3"
            }
            // A user's stream begins with its first entry; until then it is empty.
            StreamRef::User(..) => {
                "SELECT p.epoch, coalesce(s.sequence, 0) AS sequence FROM space p
                 LEFT JOIN stream s ON s.app = p.app AND s.kind = $2 AND s.name = $3 WHERE p.app = $1"
            }
        };
        let connection = self.database.reader().await?;
        let row = connection.query_opt(sql, values![app.as_str(), kind, name]).await?;
        row.map(|row| Ok(Top { epoch: row.try_get("epoch")?, sequence: unsigned(&row, "sequence")? }))
            .transpose()
    }

    async fn entries_between(
        &self,
        stream: &StreamRef,
        (above, below): (i64, i64),
        order: Order,
        limit: usize,
    ) -> Result<Vec<Entry>, Fault> {
        let (app, kind, name) = name_of(stream);
        let sql = format!(
            "SELECT {ENTRY_COLUMNS} FROM {OF_STREAM} AND e.sequence > $4 AND e.sequence < $5
             ORDER BY e.sequence {} LIMIT $6",
            direction(order)
        );
        let connection = self.database.reader().await?;
        let limit = bigint(limit as u64);
        let rows = connection.query(&sql, values![app.as_str(), kind, name, above, below, limit]).await?;
        all(&rows, entry)
    }

    async fn find_by_id(&self, stream: &StreamRef, id: &MessageId) -> Result<Option<Entry>, Fault> {
        let (app, kind, name) = name_of(stream);
        let sql = format!(
            "SELECT {ENTRY_COLUMNS} FROM {OF_STREAM} AND e.message_id = $4 AND e.kind IS NOT NULL
             ORDER BY e.sequence DESC LIMIT 1"
        );
        let connection = self.database.reader().await?;
        let row = connection.query_opt(&sql, values![app.as_str(), kind, name, id.as_str()]).await?;
        row.as_ref().map(entry).transpose()
    }

    async fn find_history(&self, at: &GroupRef, query: HistoryQuery) -> Result<Slice<Entry>, Fault> {
        let stream = StreamRef::Group(at.clone());
        let (app, kind, name) = name_of(&stream);
        let of_kind = match query.kind {
            Some(_) => "e.kind = $9",
            None => "e.kind IS NOT NULL AND $9::bigint IS NULL",
        };
        let sql = format!(
            "SELECT {ENTRY_COLUMNS} FROM {OF_STREAM} AND {of_kind} AND e.sequence > $4 AND e.sequence < $5
               AND e.at >= $6 AND e.at <= $7
             ORDER BY e.sequence {} LIMIT $8 OFFSET $10",
            direction(query.order)
        );
        let after = query.after.map(bigint);
        let (above, below) = match query.order {
            Order::Ascending => (after.unwrap_or(0), i64::MAX),
            Order::Descending => (0, after.unwrap_or(i64::MAX)),
        };
        let from = query.from.map_or(i64::MIN, |at| at.0);
        let until = query.until.map_or(i64::MAX, |at| at.0);
        let one_more = bigint(query.limit as u64).saturating_add(1);
        let connection = self.database.reader().await?;
        let (of, skip) = (query.kind, bigint(query.skip));
        let rows = connection
            .query(&sql, values![app.as_str(), kind, name, above, below, from, until, one_more, of, skip])
            .await?;
        Ok(Slice::cut(all(&rows, entry)?, query.limit))
    }
}

#[async_trait]
impl Messages for PostgresStore {
    async fn post(&self, at: &GroupRef, draft: Draft, also: Also) -> StoreResult<Posted> {
        self.database.open_still()?;
        self.writes.run(at, Write::Post { at: at.clone(), draft, also }).await
    }

    async fn post_to_user(
        &self,
        (app, user): (&AppId, &UserId),
        message: Message,
        once: bool,
        also: Also,
    ) -> StoreResult<Posted> {
        self.database.open_still()?;
        let to = StreamRef::User(app.clone(), user.clone());
        self.writes.run(&to, Write::Tell { to: to.clone(), message, once, also }).await
    }

    async fn count_only(&self, at: &GroupRef, draft: Draft) -> StoreResult<Posted> {
        self.database.open_still()?;
        self.writes.run(at, Write::Count { at: at.clone(), draft }).await
    }

    async fn append(&self, also: Also) -> StoreResult<Option<Positions>> {
        self.database.open_still()?;
        let stream = also.events.first().map(|first| first.stream.clone());
        let lane = also.calls.first().map(|first| (first.app.clone(), first.event.lane()));
        let write = Write::Append { also };
        let done = match (&stream, &lane) {
            (Some(StreamRef::Group(group)), _) => self.writes.run(group, write).await?,
            (Some(stream), _) => self.writes.run(stream, write).await?,
            (None, Some(lane)) => self.writes.run(lane, write).await?,
            (None, None) => return Ok(Some(Positions::new())),
        };
        Ok(match done {
            Posted::Done { positions, .. } => Some(positions),
            Posted::Repeated(_) | Posted::NoGroup | Posted::TooManyTypes => None,
        })
    }

    async fn top(&self, stream: &StreamRef) -> StoreResult<Option<Top>> {
        Ok(self.find_top(stream).await?)
    }

    async fn entries(&self, stream: &StreamRef, after: Sequence, limit: usize) -> StoreResult<Vec<Entry>> {
        Ok(self.entries_between(stream, (bigint(after), i64::MAX), Order::Ascending, limit).await?)
    }

    async fn entries_before(
        &self,
        stream: &StreamRef,
        before: Option<Sequence>,
        limit: usize,
    ) -> StoreResult<Vec<Entry>> {
        let below = before.map_or(i64::MAX, bigint);
        Ok(self.entries_between(stream, (0, below), Order::Descending, limit).await?)
    }

    async fn find_message(&self, stream: &StreamRef, id: &MessageId) -> StoreResult<Option<Entry>> {
        Ok(self.find_by_id(stream, id).await?)
    }

    async fn recall(
        &self,
        stream: &StreamRef,
        place: Sequence,
        tombstone: Event,
        also: Also,
    ) -> StoreResult<Option<Positions>> {
        self.database.open_still()?;
        let write = Write::Recall { stream: stream.clone(), place, tombstone, also };
        let done = match stream {
            StreamRef::Group(group) => self.writes.run(group, write).await?,
            StreamRef::User(..) => self.writes.run(stream, write).await?,
        };
        Ok(match done {
            Posted::Done { positions, .. } => Some(positions),
            Posted::Repeated(_) | Posted::NoGroup | Posted::TooManyTypes => None,
        })
    }

    async fn history(&self, at: &GroupRef, query: HistoryQuery) -> StoreResult<Slice<Entry>> {
        Ok(self.find_history(at, query).await?)
    }
}
