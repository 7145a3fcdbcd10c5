//! Carrying everything to another store and from one.
//!
//! An export is one read over one snapshot, on a reader's thread. An import is one transaction on a connection of its
//! own, which sorts in files rather than in memory; until it is committed nobody sees anything of it, and after a fault
//! or a crash there is nothing of it. The caches need not be told: of an empty store they hold nothing.

mod export;
mod import;

use std::sync::Arc;

use async_trait::async_trait;
use muster_core::{
    store::StoreError,
    transfer::{Counts, Kind, Part, Portable, Record, Sink, Source, TransferError},
};
use rusqlite::Connection;
use tokio::sync::mpsc;

use super::SqliteStore;
use crate::tables;

/// Batches of records between the thread of the database and the other end, at most.
const BATCHES: usize = 4;
/// Records of a batch.
const BATCH: usize = 1_024;

/// The statement that counts what an export gives of a kind that has a form of its own here.
fn hot_count_sql(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::LastGroupNumber => "SELECT 1",
        Kind::Group => "SELECT count(*) FROM \"group\"",
        Kind::MessageCount => "SELECT count(*) FROM message_count",
        // Rows of deleted groups that are still to be swept are nobody's memberships.
        Kind::Member => {
            "SELECT (SELECT count(*) FROM member) - (SELECT count(*) FROM member WHERE group_key IN
               (SELECT group_key FROM abandoned_roster))"
        }
        Kind::UserStream => "SELECT count(*) FROM user_stream",
        Kind::Entry => "SELECT count(*) FROM entry",
        _ => return None,
    })
}

/// Counts the records of each kind.
pub(super) fn count(connection: &Connection) -> rusqlite::Result<Counts> {
    let mut counts = Counts::default();
    for kind in Kind::ALL {
        let record_sql = tables::of_kind(kind).map(|carried| carried.table.count_sql());
        if let Some(sql) = record_sql.as_deref().or(hot_count_sql(kind)) {
            counts.add(kind, connection.query_row(sql, [], |row| row.get(0))?);
        }
    }
    Ok(counts)
}

/// Hands the batches of a thread to a sink; how many records there were.
async fn hand_on(
    mut batches: mpsc::Receiver<Vec<Record>>,
    sink: &mut dyn Sink,
) -> Result<Counts, TransferError> {
    let mut counts = Counts::default();
    while let Some(batch) = batches.recv().await {
        for record in &batch {
            counts.add(record.kind(), 1);
        }
        sink.put(batch).await?;
    }
    Ok(counts)
}

/// Hands what a source gives to a thread, to the end.
async fn feed(source: &mut dyn Source, parts: mpsc::Sender<Part>) -> Result<(), TransferError> {
    loop {
        let part = source.next().await?;
        let end = matches!(part, Part::End(_));
        // A thread that has gone away says itself why.
        if parts.send(part).await.is_err() || end {
            return Ok(());
        }
    }
}

#[async_trait]
impl Portable for SqliteStore {
    async fn census(&self) -> Result<Counts, TransferError> {
        self.open_still()?;
        Ok(self.readers.snapshot(count).await?)
    }

    async fn export(&self, sink: &mut dyn Sink) -> Result<Counts, TransferError> {
        self.open_still()?;
        let (send, receive) = mpsc::channel(BATCHES);
        let reading = self.readers.snapshot(move |connection| Ok(export::all(connection, send)));
        let (read, handed) = tokio::join!(reading, hand_on(receive, sink));
        // When the sink fails, so does the reading, for nobody takes what it reads.
        let counts = handed?;
        read??;
        Ok(counts)
    }

    async fn import(&self, source: &mut dyn Source) -> Result<Counts, TransferError> {
        self.open_still()?;
        let (path, options, mark) = (self.path.clone(), self.options.clone(), Arc::clone(&self.mark));
        let (send, receive) = mpsc::channel(BATCHES);
        let writing = tokio::task::spawn_blocking(move || import::all(&path, &options, &mark, receive));
        let fed = feed(source, send).await;
        let written = writing.await.map_err(|error| StoreError::Failed(Box::new(error)))?;
        // When the source fails, so does the writing, for lack of an end.
        fed?;
        written
    }
}
