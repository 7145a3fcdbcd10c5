//! Carrying everything to another store and from one.
//!
//! An export reads one snapshot by cursors. An import is one transaction, which writes many rows with each statement;
//! until it is committed nobody sees anything of it. Both are refused while a node holds a lease, and no node can begin
//! one during an import. No statement has a limit in time here; nobody waits for an answer meanwhile.

mod bulk;
mod export;
mod import;
mod late;

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

impl From<Fault> for TransferError {
    fn from(fault: Fault) -> Self {
        StoreError::from(fault).into()
    }
}

/// What of the tables an export gives, by kind. An import counts the same.
fn of_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Account => "account",
        Kind::User => "ram_user",
        Kind::Key => "access_key",
        Kind::Policy => "policy",
        Kind::Attachment => "attachment",
        Kind::App => "app a JOIN space s ON s.app = a.app",
        Kind::Channel => "channel c JOIN space s ON s.app = c.app",
        Kind::BusinessNumber => "number n",
        Kind::LastGroupNumber => "stream_number",
        Kind::Group => {
            "grp g JOIN stream s ON s.app = g.app AND s.kind = 1 AND s.name = g.id
             JOIN roster r ON r.app = g.app AND r.grp = g.id"
        }
        Kind::MessageCount => "message_count c JOIN grp g ON g.app = c.app AND g.number = c.stream",
        Kind::ChatGroup => "chat_group c",
        Kind::Invite => "invite i",
        // What is tied to a session alone ends with it. Rows of deleted groups are nobody's memberships.
        Kind::Member => {
            "member m JOIN grp g ON g.app = m.app AND g.id = m.grp AND g.deleted_at IS NULL AND m.durable"
        }
        Kind::UserStream => "stream s WHERE s.kind = 2",
        Kind::Entry => "entry e JOIN stream s ON s.app = e.app AND s.number = e.stream",
    }
}

/// Counts the records of each kind.
async fn count(tx: &Tx) -> Result<Counts, Fault> {
    let mut counts = Counts::default();
    for kind in Kind::ALL {
        let rows = tx.query_once(&format!("SELECT count(*) AS total FROM {}", of_kind(kind))).await?;
        counts.add(kind, rows.first().map_or(Ok(0), |row| unsigned(row, "total"))?);
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
        let tx = self.database.long_snapshot().await?;
        must_be_at_rest(&tx).await?;
        let counts = export::all(&tx, sink).await?;
        tx.rollback().await?;
        Ok(counts)
    }

    async fn import(&self, source: &mut dyn Source) -> Result<Counts, TransferError> {
        let tx = self.database.begin_long().await?;
        match import::all(&tx, source).await {
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
