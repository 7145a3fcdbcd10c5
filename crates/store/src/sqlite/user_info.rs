//! What is told of a user, in all its memberships at once. Those that last are rows; those by a session are in memory
//! alone, and are changed there after the commit.

use std::{collections::BTreeMap, sync::Arc};

use muster_core::{
    id::{AppId, GroupId, GroupRef, UserId},
    roster::JoinNumber,
    store::{Also, StoreResult, UserInfoPut},
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    Memory, SqliteStore,
    also::{Made, together},
    fault::fault,
    records::id,
    tx::Tx,
    writer::Subject,
};

/// The memberships of a user, by the group's id.
type Memberships = BTreeMap<GroupId, Membership>;

/// A membership: the group's key, and the number of a row if it has one.
#[derive(Clone, Copy)]
struct Membership {
    group: i64,
    row: Option<JoinNumber>,
}

fn memberships(
    connection: &Connection,
    space: i64,
    user: &UserId,
    attended: &[i64],
) -> rusqlite::Result<Memberships> {
    let mut found = Memberships::new();
    let mut of_group =
        connection.prepare_cached("SELECT id FROM \"group\" WHERE key = ?1 AND deleted = 0")?;
    for &group in attended {
        if let Some(at) = of_group.query_row([group], |row| id(row, "id", GroupId::new)).optional()? {
            found.insert(at, Membership { group, row: None });
        }
    }
    let mut rows = connection.prepare_cached(
        "SELECT g.id, m.group_key, m.number FROM member m JOIN \"group\" g ON g.key = m.group_key
         WHERE m.space_key = ?1 AND m.user_id = ?2 AND g.deleted = 0",
    )?;
    let membership = |row: &rusqlite::Row<'_>| {
        let membership = Membership { group: row.get("group_key")?, row: Some(row.get("number")?) };
        Ok((id(row, "id", GroupId::new)?, membership))
    };
    for one in rows.query_map(params![space, user.as_str()], membership)? {
        let (at, membership) = one?;
        found.insert(at, membership);
    }
    Ok(found)
}

fn settle(
    memory: &Memory,
    (app, user): (&AppId, &UserId),
    info: Option<&Arc<str>>,
    memberships: Memberships,
) -> Vec<GroupId> {
    for (group, membership) in &memberships {
        if let Some(number) = membership.row {
            memory.rows.changed(membership.group, number, user);
        }
        if let Some(cell) = memory.cells.here(&GroupRef::new(app.clone(), group.clone())) {
            cell.lock().presence.put_info(user, info);
        }
    }
    memberships.into_keys().collect()
}

impl SqliteStore {
    pub(super) async fn change_user_info(
        &self,
        app: &AppId,
        user: &UserId,
        info: Option<Arc<str>>,
        also: Also,
    ) -> StoreResult<UserInfoPut> {
        let Some(space) = self.space(app).await?.map(|space| space.key) else {
            return Ok(UserInfoPut::default());
        };
        let following = self.following(also).await?;
        let (memory, whose, text) = (Arc::clone(&self.memory), user.clone(), info.clone());
        let run = move |tx: &mut Tx<'_>| {
            together(tx, None, &following, |tx| {
                let attended = memory.attended(space, &whose);
                let found = memberships(tx.read(), space, &whose, &attended).map_err(fault)?;
                if found.values().any(|membership| membership.row.is_some()) {
                    let sql = "UPDATE member SET info = ?3 WHERE space_key = ?1 AND user_id = ?2";
                    tx.execute(sql, params![space, whose.as_str(), text.as_deref()])?;
                }
                let made = Made::when(!found.is_empty());
                Ok((found, made))
            })
        };
        let (memory, app, user) = (Arc::clone(&self.memory), app.clone(), user.clone());
        let settle = move |(found, positions)| {
            let groups = settle(&memory, (&app, &user), info.as_ref(), found);
            UserInfoPut { groups, positions }
        };
        // Alone: which memberships there are depends on the joins and leaves before it.
        self.writer.run(Subject::All, run, settle).await
    }
}
