//! Reads everything, in the order of the records' kinds.

use muster_core::{
    chat::ChatGroup,
    id::{AppId, GroupId, GroupRef, UserId},
    message::StreamRef,
    number::TypeCount,
    time::Millis,
    transfer::{
        AppRecord, ChannelRecord, ChatGroupRecord, Counts, GroupRecord, InviteRecord, Kind, MemberRecord,
        MessageCount, Record, Sink, StreamEntry, TransferError, UserStream, directory_records,
    },
};
use tokio_postgres::Row;

use super::of_kind;
use crate::postgres::{
    accounts::directory,
    chats::CHAT_GROUP_TABLES,
    database::Tx,
    fault::Fault,
    messages::{self, ENTRY_COLUMNS},
    records::{self, APP_COLUMNS, CHAT_GROUP_COLUMNS, GROUP_COLUMNS, group_ref, id, millis, text, unsigned},
    writes::OF_GROUP,
};

/// Rows that are fetched at once.
const FETCHED: usize = 1_024;

/// Where records go.
struct Out<'a> {
    tx: &'a Tx,
    sink: &'a mut dyn Sink,
    counts: Counts,
}

/// Reads everything and gives it to a sink.
pub(super) async fn all(tx: &Tx, sink: &mut dyn Sink) -> Result<Counts, TransferError> {
    let mut out = Out { tx, sink, counts: Counts::default() };
    out.put(directory_records(directory(tx).await?).collect()).await?;
    out.spaces().await?;
    out.groups().await?;
    out.chat_groups().await?;
    out.streams().await?;
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
        self.rows(&format!("SELECT {columns} FROM {} ORDER BY {order}", of_kind(kind)), read).await
    }

    /// Applications, channels and numbers.
    async fn spaces(&mut self) -> Result<(), TransferError> {
        self.kind(Kind::App, &format!("{APP_COLUMNS}, s.epoch"), "a.number", |row| {
            Ok(Record::App(AppRecord { app: records::app(row)?, user_epoch: row.try_get("epoch")? }))
        })
        .await?;
        self.kind(Kind::Channel, "c.app, c.account, c.name, c.created_at, s.epoch", "c.number", |row| {
            let channel = records::channel(row)?;
            Ok(Record::Channel(ChannelRecord { channel, user_epoch: row.try_get("epoch")? }))
        })
        .await?;
        self.kind(Kind::BusinessNumber, "n.number, n.app, n.created_at", "n.place", |row| {
            records::business_number(row).map(Record::BusinessNumber)
        })
        .await
    }

    /// Groups with their figures and counts.
    async fn groups(&mut self) -> Result<(), TransferError> {
        let sql = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM stream_number";
        self.rows(sql, |row| Ok(Record::LastGroupNumber(row.try_get("last")?))).await?;
        // A super group whose members were all connections has been empty since they ended.
        let columns = format!(
            "{GROUP_COLUMNS}, r.next_join, s.sequence,
             r.views + (SELECT coalesce(sum(n.views), 0)::bigint FROM node_count n
                        WHERE n.app = g.app AND n.grp = g.id) AS views,
             r.super_group AND NOT r.closed AND EXISTS
               (SELECT 1 FROM member m WHERE m.app = g.app AND m.grp = g.id AND m.durable) AS super_group"
        );
        self.kind(Kind::Group, &columns, "g.number", |row| {
            Ok(Record::Group(GroupRecord {
                group: records::group(row)?,
                next_join: unsigned(row, "next_join")?,
                views: unsigned(row, "views")?,
                super_group: row.try_get("super_group")?,
                sequence: unsigned(row, "sequence")?,
            }))
        })
        .await?;
        self.kind(Kind::MessageCount, "g.app, g.id, c.kind, c.total", "g.number, c.kind", |row| {
            let at = group_ref(row)?;
            let (kind, total) = (row.try_get("kind")?, TypeCount::clamped(unsigned(row, "total")?));
            Ok(Record::MessageCount(MessageCount { app: at.app, group: at.group, kind, total }))
        })
        .await
    }

    /// Customer groups and their invites.
    async fn chat_groups(&mut self) -> Result<(), TransferError> {
        let sql =
            format!("SELECT {CHAT_GROUP_COLUMNS}, c.status_since FROM {CHAT_GROUP_TABLES} ORDER BY c.place");
        self.rows(&sql, |row| {
            let chat_group = ChatGroup { invite: None, ..records::chat_group(row)? };
            Ok(Record::ChatGroup(ChatGroupRecord { chat_group, status_since: millis(row, "status_since")? }))
        })
        .await?;
        let columns = "i.code, i.app, i.id, i.created_at, i.revoked_at";
        self.kind(Kind::Invite, columns, "i.app, i.id, i.created_at, i.code", |row| {
            Ok(Record::Invite(InviteRecord {
                code: row.try_get("code")?,
                at: group_ref(row)?,
                created_at: millis(row, "created_at")?,
                revoked_at: row.try_get::<_, Option<i64>>("revoked_at")?.map(Millis),
            }))
        })
        .await
    }

    /// Members, users' streams, and the entries of all streams.
    async fn streams(&mut self) -> Result<(), TransferError> {
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
        .await?;
        self.kind(Kind::UserStream, "s.app, s.name, s.sequence", "s.number", |row| {
            Ok(Record::UserStream(UserStream {
                app: id(row, "app", AppId::new)?,
                user: id(row, "name", UserId::new)?,
                sequence: unsigned(row, "sequence")?,
            }))
        })
        .await?;
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
