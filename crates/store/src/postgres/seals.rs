//! The master key that the database belongs to.

use async_trait::async_trait;
use muster_core::store::{Seals, StoreResult};

use super::{
    PostgresStore,
    fault::{Fault, retry},
    values::values,
};
use crate::settings::MASTER_KEY_CHECK;

const CHECK: &str = "SELECT value FROM setting WHERE name = $1";

impl PostgresStore {
    async fn try_claim_master(&self, check_value: &[u8]) -> Result<bool, Fault> {
        let tx = self.database.begin().await?;
        tx.execute(
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            values![MASTER_KEY_CHECK, check_value],
        )
        .await?;
        let row = tx.query_opt(CHECK, values![MASTER_KEY_CHECK]).await?;
        tx.commit().await?;
        Ok(row.is_some_and(|row| row.get::<_, &[u8]>(0) == check_value))
    }
}

#[async_trait]
impl Seals for PostgresStore {
    async fn master_check(&self) -> StoreResult<Option<Vec<u8>>> {
        let connection = self.database.reader().await?;
        let row = connection.query_opt(CHECK, values![MASTER_KEY_CHECK]).await?;
        Ok(row.map(|row| row.get(0)))
    }

    async fn claim_master(&self, check_value: &[u8]) -> StoreResult<bool> {
        retry(|| self.try_claim_master(check_value)).await
    }
}
