//! Spaces: what ids of groups and users are unique in. An application is one, and a channel of customer groups.

use std::sync::Arc;

use muster_core::{id::AppId, store::StoreResult};
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{fault::misuse, readers::Readers, tx::Tx};
use crate::bounded::Bounded;

/// Spaces kept in memory.
const KEPT: usize = 16_384;

/// A space. It never changes.
#[derive(Clone, Debug)]
pub(super) struct Space {
    pub(super) key: i64,
    /// The name of its users' streams.
    pub(super) epoch: Arc<str>,
}

pub(super) struct Spaces {
    kept: Bounded<AppId, Space>,
}

impl Spaces {
    pub(super) fn new() -> Self {
        Self { kept: Bounded::new(KEPT) }
    }

    /// The space of this id, if there is one.
    pub(super) async fn get(&self, id: &AppId, readers: &Readers) -> StoreResult<Option<Space>> {
        if let Some(space) = self.kept.with(id, |space| space.clone()) {
            return Ok(Some(space));
        }
        let ticket = self.kept.ticket(id);
        let wanted = id.clone();
        let space = readers.read(move |connection| load(connection, &wanted)).await?;
        if let Some(space) = &space {
            self.kept.fill(id.clone(), space.clone(), 1, ticket);
        }
        Ok(space)
    }
}

/// Reads a space.
pub(super) fn load(connection: &Connection, id: &AppId) -> rusqlite::Result<Option<Space>> {
    let mut query = connection.prepare_cached("SELECT key, epoch FROM space WHERE id = ?1")?;
    let space = |row: &Row<'_>| Ok(Space { key: row.get(0)?, epoch: row.get_ref(1)?.as_str()?.into() });
    query.query_row([id.as_str()], space).optional()
}

/// Adds a space and answers its key; an error when the id is taken.
pub(super) fn insert_space(tx: &Tx<'_>, id: &AppId, epoch: &str) -> StoreResult<i64> {
    let sql = "INSERT INTO space (id, epoch) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING";
    if tx.execute(sql, [id.as_str(), epoch])? == 0 {
        return misuse(format!("there is an application or channel {id} already"));
    }
    Ok(tx.last_key())
}
