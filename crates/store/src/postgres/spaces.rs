//! Spaces: what ids of groups and users are unique in. An application is one, and a channel of customer groups.

use muster_core::id::AppId;

use super::{
    database::Tx,
    fault::{Fault, misuse},
    values::values,
};

/// Adds a space; an error when the id is taken.
pub(super) async fn insert_space(tx: &Tx, id: &AppId, epoch: &str) -> Result<(), Fault> {
    let sql = "INSERT INTO space (app, epoch) VALUES ($1, $2) ON CONFLICT (app) DO NOTHING";
    if tx.execute(sql, values![id.as_str(), epoch]).await? == 0 {
        return misuse(format!("there is an application or channel {id} already"));
    }
    Ok(())
}
