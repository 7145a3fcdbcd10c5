//! Carrying everything to another store and from one.
//!
//! An export reads one snapshot by cursors. An import is one transaction, which writes many rows with each statement;
//! until it is committed nobody sees anything of it. Both are refused while a node holds a lease, and no node can begin
//! one during an import. No statement has a limit in time here; nobody waits for an answer meanwhile.

mod bulk;
mod export;
mod import;
mod late;

use std::sync::Arc;

use async_trait::async_trait;
use muster_core::{
    id::NodeId,
    store::StoreError,
    transfer::{Counts, Kind, Portable, Sink, Source, TransferError},
};

use super::{
    PostgresStore,
    database::{Connection, Tx},
    fault::Fault,
    records::{id, unsigned},
};
use crate::tables;

impl From<Fault> for TransferError {
    fn from(fault: Fault) -> Self {
        StoreError::from(fault).into()
    }
}

/// What of the tables an export gives, of the kinds that have a form of their own here. An import counts the same.
fn hot(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::LastGroupNumber => "stream_number",
        Kind::Group => {
            "grp g JOIN stream s ON s.app = g.app AND s.kind = 1 AND s.name = g.id
             JOIN roster r ON r.app = g.app AND r.grp = g.id"
        }
        Kind::MessageCount => "message_count c JOIN grp g ON g.app = c.app AND g.number = c.stream",
        // What is tied to a session alone ends with it. Rows of deleted groups are nobody's memberships.
        Kind::Member => {
            "member m JOIN grp g ON g.app = m.app AND g.id = m.grp AND g.deleted_at IS NULL AND m.durable"
        }
        Kind::UserStream => "stream s WHERE s.kind = 2",
        Kind::Entry => "entry e JOIN stream s ON s.app = e.app AND s.number = e.stream",
        _ => return None,
    })
}

/// Counts the records of each kind.
async fn count(tx: &Tx) -> Result<Counts, Fault> {
    let mut counts = Counts::default();
    for kind in Kind::ALL {
        let record_sql = tables::of_kind(kind).map(|carried| carried.table.count_sql());
        let hot_sql = || hot(kind).map(|tables| format!("SELECT count(*) AS total FROM {tables}"));
        if let Some(sql) = record_sql.or_else(hot_sql) {
            let rows = tx.query_once(&sql).await?;
            counts.add(kind, rows.first().map_or(Ok(0), |row| unsigned(row, "total"))?);
        }
    }
    Ok(counts)
}

/// Refuses a store on which nodes run.
async fn must_be_at_rest(connection: &Connection) -> Result<(), TransferError> {
    let sql = "SELECT node FROM node WHERE dead_at IS NULL AND expires_at > clock_timestamp() ORDER BY node LIMIT 100";
    let rows = connection.query(sql, &[]).await?;
    let nodes: Vec<_> = rows.iter().map(|row| id(row, "node", NodeId::new)).collect::<Result<_, _>>()?;
    if nodes.is_empty() { Ok(()) } else { Err(TransferError::InUse(nodes)) }
}

#[async_trait]
impl Portable for PostgresStore {
    async fn census(&self) -> Result<Counts, TransferError> {
        let tx = self.database.long_snapshot().await?;
        must_be_at_rest(&tx).await?;
        let counts = count(&tx).await?;
        tx.rollback().await?;
        Ok(counts)
    }

    async fn export(&self, sink: &mut dyn Sink) -> Result<Counts, TransferError> {
        let tx = Arc::new(self.database.long_snapshot().await?);
        must_be_at_rest(&tx).await?;
        export::all(&tx, sink).await
        // Nothing was changed: the transaction is given up as it is dropped.
    }

    async fn import(&self, source: &mut dyn Source) -> Result<Counts, TransferError> {
        let tx = Arc::new(self.database.begin_long().await?);
        let taken = import::all(&tx, source).await;
        // Whoever shared it is done with it.
        let Some(tx) = Arc::into_inner(tx) else {
            return Err(StoreError::Failed("an import was not over".into()).into());
        };
        match taken {
            Ok(counts) => {
                tx.commit().await?;
                Ok(counts)
            }
            Err(error) => {
                // Should this fail too, the server ends the transaction with the connection.
                let _ = tx.rollback().await;
                Err(error)
            }
        }
    }
}
