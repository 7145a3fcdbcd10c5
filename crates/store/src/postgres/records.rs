//! How records stand in rows.

use muster_core::{
    group::{Deletion, Group, Window},
    id::{AppId, GroupId, GroupRef, InvalidId, UserId},
    time::Millis,
};
use tokio_postgres::Row;

use super::fault::Fault;
use crate::{codes::Unreadable, columns::JsonColumn};

/// The columns of [`group`], of the table `grp g`.
pub(super) const GROUP_COLUMNS: &str = "g.app, g.id, g.number, g.epoch, g.creator, g.admins, g.name, g.info, \
     g.extension, g.created_at, g.deleted_at, g.deleted_by";

/// An id that the store wrote.
pub(super) fn id<T>(row: &Row, column: &str, new: fn(&str) -> Result<T, InvalidId>) -> Result<T, Fault> {
    Ok(new(row.try_get(column)?).map_err(|error| Unreadable::new("id", &error))?)
}

/// An id that may be missing.
pub(super) fn optional_id<T>(
    row: &Row,
    column: &str,
    new: fn(&str) -> Result<T, InvalidId>,
) -> Result<Option<T>, Fault> {
    let text: Option<&str> = row.try_get(column)?;
    Ok(text.map(new).transpose().map_err(|error| Unreadable::new("id", &error))?)
}

/// A time.
pub(super) fn millis(row: &Row, column: &str) -> Result<Millis, Fault> {
    Ok(Millis(row.try_get(column)?))
}

/// A number that is never negative.
pub(super) fn unsigned(row: &Row, column: &str) -> Result<u64, Fault> {
    let number: i64 = row.try_get(column)?;
    Ok(u64::try_from(number).map_err(|error| Unreadable::new("count", &error))?)
}

/// A text that callers write freely: it stands as bytes, because it may hold what `text` does not, U+0000.
pub(super) fn text<'a>(row: &'a Row, column: &'static str) -> Result<Option<&'a str>, Fault> {
    let bytes: Option<&[u8]> = row.try_get(column)?;
    Ok(bytes.map(str::from_utf8).transpose().map_err(|error| Unreadable::new(column, &error))?)
}

/// The same where it must stay the caller's own.
fn owned(row: &Row, column: &'static str) -> Result<Option<String>, Fault> {
    Ok(text(row, column)?.map(str::to_owned))
}

/// A value that stands as JSON.
pub(super) fn from_json<T: JsonColumn>(row: &Row, column: &'static str) -> Result<T, Fault> {
    Ok(T::from_json(row.try_get(column)?).map_err(|error| Unreadable::new(column, &error))?)
}

/// An address, from the columns `app` and `id`.
pub(super) fn group_ref(row: &Row) -> Result<GroupRef, Fault> {
    Ok(GroupRef::new(id(row, "app", AppId::new)?, id(row, "id", GroupId::new)?))
}

/// A group, from [`GROUP_COLUMNS`].
pub(super) fn group(row: &Row) -> Result<Group, Fault> {
    let deletion = match row.try_get::<_, Option<i64>>("deleted_at")? {
        None => None,
        Some(at) => Some(Deletion { at: Millis(at), by: optional_id(row, "deleted_by", UserId::new)? }),
    };
    Ok(Group {
        at: group_ref(row)?,
        number: row.try_get("number")?,
        creator: optional_id(row, "creator", UserId::new)?,
        admins: from_json(row, "admins")?,
        name: owned(row, "name")?,
        info: owned(row, "info")?,
        extension: from_json(row, "extension")?,
        epoch: row.try_get("epoch")?,
        created_at: millis(row, "created_at")?,
        deletion,
    })
}

/// All rows of an answer, decoded.
pub(super) fn all<T, C: FromIterator<T>>(
    rows: &[Row],
    read: fn(&Row) -> Result<T, Fault>,
) -> Result<C, Fault> {
    rows.iter().map(read).collect()
}

/// A number as a `bigint`; one that is too large is larger than anything stored.
pub(super) fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A window as SQL's `LIMIT` and `OFFSET`.
pub(super) fn bounds(window: Window) -> (i64, i64) {
    (bigint(window.limit as u64), bigint(window.skip))
}
