//! What is told of a user, in all its memberships at once.

use std::sync::Arc;

use muster_core::{
    id::{AppId, GroupId, GroupRef, UserId},
    message::Positions,
    store::{Also, UserInfoPut},
};

use tokio_postgres::Row;

use super::rows;
use crate::postgres::{
    database::Database,
    fault::Fault,
    records::{all, id},
    values::{bytes, values},
    writes::follow,
};

fn group(row: &Row) -> Result<GroupId, Fault> {
    id(row, "grp", GroupId::new)
}

/// Puts it into the rows, under the locks of the groups, which joins and leaves rewrite rows under.
pub(super) async fn put(
    database: &Arc<Database>,
    (app, user): (&AppId, &UserId),
    info: Option<&Arc<str>>,
    also: &Also,
) -> Result<UserInfoPut, Fault> {
    let tx = database.begin().await?;
    let sql = "SELECT grp FROM member WHERE app = $1 AND user_id = $2";
    let found = tx.query(sql, values![app.as_str(), user.as_str()]).await?;
    let found: Vec<GroupId> = all(&found, group)?;
    let mut groups: Vec<_> = found.into_iter().map(|group| GroupRef::new(app.clone(), group)).collect();
    let existing = rows::lock(&tx, groups.iter()).await?;
    groups.retain(|at| existing.contains_key(at));
    let names: Vec<_> = groups.iter().map(|at| at.group.as_str()).collect();
    let sql = "UPDATE member SET info = $4 WHERE app = $1 AND user_id = $2 AND grp = ANY ($3) RETURNING grp";
    let text = bytes(info.map(|text| &**text));
    let written = tx.query(sql, values![app.as_str(), user.as_str(), names, text]).await?;
    if written.is_empty() {
        tx.rollback().await?;
        return Ok(UserInfoPut::default());
    }
    let positions: Positions = follow(&tx, vec![also]).await?.concat();
    tx.commit().await?;
    let mut groups: Vec<GroupId> = all(&written, group)?;
    groups.sort();
    Ok(UserInfoPut { groups, positions })
}
