//! Spaces: what ids of groups and users are unique in. An application is one, and a channel of customer groups.

use std::sync::Arc;

use muster_core::{app::App, id::AppId, store::StoreResult};
use rusqlite::{Connection, OptionalExtension as _};

use super::{
    readers::Readers,
    records::{self, APP_COLUMNS},
};
use crate::bounded::Bounded;

/// Spaces kept in memory.
const KEPT: usize = 16_384;

/// A space as it is now; a change replaces it.
#[derive(Clone, Debug)]
pub(super) struct Space {
    pub(super) key: i64,
    /// The name of its users' streams.
    pub(super) epoch: Arc<str>,
    /// The application; none in a channel.
    pub(super) app: Option<Arc<App>>,
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

    /// Notes what a commit changed.
    pub(super) fn put(&self, id: AppId, space: Space) {
        self.kept.put(id, space, 1);
    }
}

/// Reads a space.
pub(super) fn load(connection: &Connection, id: &AppId) -> rusqlite::Result<Option<Space>> {
    let sql = format!(
        "SELECT s.key AS space_key, s.epoch, a.key AS app_key, {APP_COLUMNS}
         FROM space s LEFT JOIN app a ON a.key = s.key WHERE s.id = ?1"
    );
    let mut query = connection.prepare_cached(&sql)?;
    query
        .query_row([id.as_str()], |row| {
            let app = match row.get::<_, Option<i64>>("app_key")? {
                Some(_) => Some(Arc::new(records::app(row)?)),
                None => None,
            };
            let epoch = row.get_ref("epoch")?.as_str()?.into();
            Ok(Space { key: row.get("space_key")?, epoch, app })
        })
        .optional()
}
