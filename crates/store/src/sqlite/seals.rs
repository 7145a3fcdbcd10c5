//! The master key that the database belongs to.

use async_trait::async_trait;
use muster_core::store::{Seals, StoreResult};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    SqliteStore,
    fault::fault,
    writer::{Subject, Tx},
};
use crate::settings::MASTER_KEY_CHECK;

pub(super) fn master_check(connection: &Connection) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .query_row("SELECT value FROM setting WHERE name = ?1", [MASTER_KEY_CHECK], |row| row.get(0))
        .optional()
}

#[async_trait]
impl Seals for SqliteStore {
    async fn master_check(&self) -> StoreResult<Option<Vec<u8>>> {
        self.open_still()?;
        self.readers.read(master_check).await
    }

    async fn claim_master(&self, check_value: &[u8]) -> StoreResult<bool> {
        self.open_still()?;
        let wanted = check_value.to_vec();
        let run = move |tx: &mut Tx<'_>| {
            tx.execute(
                "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING",
                params![MASTER_KEY_CHECK, wanted],
            )?;
            Ok(master_check(tx.read()).map_err(fault)?.is_some_and(|claimed| claimed == wanted))
        };
        self.writer.run(Subject::None, run, |ours| ours).await
    }
}
