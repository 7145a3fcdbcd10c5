//! The master key that the database belongs to.

use async_trait::async_trait;
use muster_core::store::{Seals, StoreResult};

use super::{Database, Reading, Tables, Tried, value::values};
use crate::settings::MASTER_KEY_CHECK;

fn master_check(reading: &mut dyn Reading) -> Tried<Option<Vec<u8>>> {
    let rows = reading.query("SELECT value FROM setting WHERE name = $1", values![MASTER_KEY_CHECK])?;
    Ok(rows.first().map(|row| row.bytes("value").map(<[u8]>::to_vec)).transpose()?)
}

#[async_trait]
impl<D: Database> Seals for Tables<D> {
    async fn master_check(&self) -> StoreResult<Option<Vec<u8>>> {
        self.database.read(master_check).await
    }

    async fn claim_master(&self, check_value: &[u8]) -> StoreResult<bool> {
        let wanted = check_value.to_vec();
        let claim = move |tx: &mut dyn super::Transaction| {
            tx.execute(
                "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                values![MASTER_KEY_CHECK, &*wanted],
            )?;
            Ok(master_check(tx)?.is_some_and(|claimed| claimed == wanted))
        };
        self.database.write(claim).await
    }
}
