//! How records stand in rows.

use std::sync::Arc;

use muster_core::{
    group::{Deletion, Group, Window},
    id::{AppId, GroupId, GroupRef, InvalidId, UserId},
    time::Millis,
};
use rusqlite::Row;

use crate::{codes::Unreadable, columns::JsonColumn};

/// The columns of [`group`], of the tables `"group" g` and `space s`.
pub(super) const GROUP_COLUMNS: &str = "g.key, s.id AS space_id, g.id, g.epoch, g.creator, g.admins, g.name, g.info, \
     g.extension, g.created_at, g.deleted_at, g.deleted_by";

/// An id that the store wrote.
pub(super) fn id<T>(
    row: &Row<'_>,
    column: &str,
    new: fn(&str) -> Result<T, InvalidId>,
) -> rusqlite::Result<T> {
    new(row.get_ref(column)?.as_str()?).map_err(|error| Unreadable::new("id", &error).into())
}

/// An id that may be missing.
pub(super) fn optional_id<T>(
    row: &Row<'_>,
    column: &str,
    new: fn(&str) -> Result<T, InvalidId>,
) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)?.as_str_or_null()? {
        None => Ok(None),
        Some(text) => new(text).map(Some).map_err(|error| Unreadable::new("id", &error).into()),
    }
}

/// A text that is shared from here on.
pub(super) fn text(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Arc<str>>> {
    Ok(row.get_ref(column)?.as_str_or_null()?.map(Arc::from))
}

pub(super) fn millis(row: &Row<'_>, column: &str) -> rusqlite::Result<Millis> {
    row.get(column).map(Millis)
}

/// A value that stands as JSON.
pub(super) fn from_json<T: JsonColumn>(row: &Row<'_>, column: &'static str) -> rusqlite::Result<T> {
    T::from_json(row.get_ref(column)?.as_str()?).map_err(|error| Unreadable::new(column, &error).into())
}

pub(super) fn group(row: &Row<'_>) -> rusqlite::Result<Group> {
    let deletion = match row.get::<_, Option<i64>>("deleted_at")? {
        None => None,
        Some(at) => Some(Deletion { at: Millis(at), by: optional_id(row, "deleted_by", UserId::new)? }),
    };
    Ok(Group {
        at: GroupRef::new(id(row, "space_id", AppId::new)?, id(row, "id", GroupId::new)?),
        number: row.get("key")?,
        creator: optional_id(row, "creator", UserId::new)?,
        admins: from_json(row, "admins")?,
        name: row.get("name")?,
        info: row.get("info")?,
        extension: from_json(row, "extension")?,
        epoch: row.get("epoch")?,
        created_at: millis(row, "created_at")?,
        deletion,
    })
}

/// A window as SQL's `LIMIT` and `OFFSET`.
pub(super) fn bounds(window: Window) -> (i64, i64) {
    let bound = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    (bound(window.limit as u64), bound(window.skip))
}
