//! Reads everything, in the order of the records' kinds.

use std::sync::Arc;

use muster_core::{
    id::{AppId, GroupId, GroupRef, UserId},
    message::StreamRef,
    number::TypeCount,
    roster::RosterState,
    transfer::{
        Counts, GroupRecord, Kind, MemberRecord, MessageCount, Record, Sink, StreamEntry, TransferError,
        UserStream,
    },
};
use tokio_postgres::Row;

use crate::postgres::{
    database::Tx,
    fault::Fault,
    messages::{self, ENTRY_COLUMNS},
    records::{self, GROUP_COLUMNS, group_ref, id, millis, text, unsigned},
    tables::blocking,
    writes::OF_GROUP,
};
use crate::tables::{self, Carried};

/// Rows that are fetched at once.
const FETCHED: usize = 1_024;

/// Where records go.
struct Out<'a> {
    tx: &'a Arc<Tx>,
    sink: &'a mut dyn Sink,
    counts: Counts,
}

/// Reads everything and gives it to a sink.
pub(super) async fn all(tx: &Arc<Tx>, sink: &mut dyn Sink) -> Result<Counts, TransferError> {
    let mut out = Out { tx, sink, counts: Counts::default() };
    for kind in Kind::ALL {
        match tables::of_kind(kind) {
            Some(carried) => out.records(carried).await?,
            None => out.hot(kind).await?,
        }
    }
    Ok(out.counts)
}

impl Out<'_> {
    async fn put(&mut self, records: Vec<Record>) -> Result<(), TransferError> {
        for record in &records {
            self.counts.add(record.kind(), 1);
        }
        self.sink.put(records).await
    }

    /// Puts a record for each row of a statement.
    async fn rows(
        &mut self,
        sql: &str,
        read: fn(&Row) -> Result<Record, Fault>,
    ) -> Result<(), TransferError> {
        self.tx.query_once(&format!("DECLARE carried NO SCROLL CURSOR FOR {sql}")).await?;
        let fetch = format!("FETCH {FETCHED} FROM carried");
        loop {
            let rows = self.tx.query_once(&fetch).await?;
            let records = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            let last = records.len() < FETCHED;
            self.put(records).await?;
            if last {
                break;
            }
        }
        self.tx.query_once("CLOSE carried").await?;
        Ok(())
    }

    /// Puts a record for each row of a kind.
    async fn kind(
        &mut self,
        kind: Kind,
        columns: &str,
        order: &str,
        read: fn(&Row) -> Result<Record, Fault>,
    ) -> Result<(), TransferError> {
        let tables = super::hot(kind).unwrap_or_default();
        self.rows(&format!("SELECT {columns} FROM {tables} ORDER BY {order}"), read).await
    }

    /// The rows of a table that is written once for every store.
    async fn records(&mut self, carried: &'static Carried) -> Result<(), TransferError> {
        let mut after = None;
        loop {
            let tx = Arc::clone(self.tx);
            let (_, part) = blocking(tx, move |statements| (carried.part)(statements, after)).await?;
            let part = part?;
            self.put(part.records).await?;
            if part.next.is_none() {
                return Ok(());
            }
            after = part.next;
        }
    }

    /// What has a form of its own here.
    async fn hot(&mut self, kind: Kind) -> Result<(), TransferError> {
        match kind {
            Kind::LastGroupNumber => self.last_group_number().await,
            Kind::Group => self.groups().await,
            Kind::MessageCount => self.message_counts().await,
            Kind::Member => self.members().await,
            Kind::UserStream => self.user_streams().await,
            Kind::Entry => self.entries().await,
            _ => Ok(()),
        }
    }

    async fn last_group_number(&mut self) -> Result<(), TransferError> {
        let sql = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM stream_number";
        self.rows(sql, |row| Ok(Record::LastGroupNumber(row.try_get("last")?))).await
    }

    /// Groups with their figures.
    async fn groups(&mut self) -> Result<(), TransferError> {
        let columns = format!(
            "{GROUP_COLUMNS}, r.next_join, s.sequence,
             r.views + (SELECT coalesce(sum(n.views), 0)::bigint FROM node_count n
                        WHERE n.app = g.app AND n.grp = g.id) AS views,
             r.visitors, r.super_group, NOT r.closed AND EXISTS
               (SELECT 1 FROM member m WHERE m.app = g.app AND m.grp = g.id AND m.durable) AS durable"
        );
        self.kind(Kind::Group, &columns, "g.number", |row| {
            let views = unsigned(row, "views")?;
            let figures = RosterState { count: 0, views, super_group: row.try_get("super_group")? };
            Ok(Record::Group(GroupRecord {
                group: records::group(row)?,
                next_join: unsigned(row, "next_join")?,
                views,
                visitors: unsigned(row, "visitors")?,
                super_group: figures.outlasts_sessions(row.try_get("durable")?),
                sequence: unsigned(row, "sequence")?,
            }))
        })
        .await
    }

    async fn message_counts(&mut self) -> Result<(), TransferError> {
        self.kind(Kind::MessageCount, "g.app, g.id, c.kind, c.total", "g.number, c.kind", |row| {
            let at = group_ref(row)?;
            let (kind, total) = (row.try_get("kind")?, TypeCount::clamped(unsigned(row, "total")?));
            Ok(Record::MessageCount(MessageCount { app: at.app, group: at.group, kind, total }))
        })
        .await
    }

    async fn members(&mut self) -> Result<(), TransferError> {
        // In the order of an index, so that nothing has to be sorted.
        let columns = "m.app, m.grp, m.number, m.user_id, m.info, m.joined_at";
        self.kind(Kind::Member, columns, "m.app, m.grp, m.number", |row| {
            Ok(Record::Member(MemberRecord {
                app: id(row, "app", AppId::new)?,
                group: id(row, "grp", GroupId::new)?,
                number: unsigned(row, "number")?,
                user: id(row, "user_id", UserId::new)?,
                info: text(row, "info")?.map(Into::into),
                joined_at: millis(row, "joined_at")?,
            }))
        })
        .await
    }

    async fn user_streams(&mut self) -> Result<(), TransferError> {
        self.kind(Kind::UserStream, "s.app, s.name, s.sequence", "s.number", |row| {
            Ok(Record::UserStream(UserStream {
                app: id(row, "app", AppId::new)?,
                user: id(row, "name", UserId::new)?,
                sequence: unsigned(row, "sequence")?,
            }))
        })
        .await
    }

    /// The entries of all streams.
    async fn entries(&mut self) -> Result<(), TransferError> {
        let columns = format!("s.app, s.kind AS of_kind, s.name, {ENTRY_COLUMNS}");
        self.kind(Kind::Entry, &columns, "e.app, e.stream, e.sequence", |row| {
            let app = id(row, "app", AppId::new)?;
            let stream = if row.try_get::<_, i64>("of_kind")? == OF_GROUP {
                StreamRef::Group(GroupRef::new(app, id(row, "name", GroupId::new)?))
            } else {
                StreamRef::User(app, id(row, "name", UserId::new)?)
            };
            Ok(Record::Entry(StreamEntry { stream, entry: messages::entry(row)? }))
        })
        .await
    }
}
