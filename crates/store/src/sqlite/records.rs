//! How records stand in rows.

use std::sync::Arc;

use muster_core::{
    app::{App, Audit},
    chat::{BusinessNumber, Channel, ChatGroup, PhoneNumber},
    group::{Deletion, Group},
    id::{AccountId, AppId, GroupId, GroupRef, InvalidId, UserId},
    seal::Sealed,
    time::Millis,
};
use rusqlite::Row;
use serde::de::DeserializeOwned;

use crate::codes::{Code, Unreadable};

/// The columns of [`group`], of the tables `"group" g` and `space s`.
pub(super) const GROUP_COLUMNS: &str = "g.key, s.id AS space_id, g.id, g.epoch, g.creator, g.admins, g.name, g.info, \
     g.extension, g.created_at, g.deleted_at, g.deleted_by";

/// The columns of [`app`], of the tables `app a` and `space s`.
pub(super) const APP_COLUMNS: &str = "s.id, a.account, a.generation, a.data_center, a.name, a.sealed_key, \
     a.retention_days, a.audit, a.callback_url, a.disabled, a.config, a.extension, a.created_at, a.modified_at";

/// The columns of [`chat_group`], of the tables `chat_group c`, `"group" g`, `space s` and `invite i`.
pub(super) const CHAT_GROUP_COLUMNS: &str = "s.id AS space_id, g.id, c.number, c.subject, c.description, c.picture, \
     c.status, i.code, c.created_at, c.modified_at";

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
pub(super) fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: &'static str) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?)
        .map_err(|error| Unreadable::new(column, &error).into())
}

/// A choice that stands as a text.
fn named<T: Code<Stored = str>>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let code = row.get_ref(column)?.as_str()?;
    T::from_code(code).ok_or_else(|| Unreadable::new(T::NAME, &code).into())
}

/// A choice that stands as a number.
fn numbered<T: Code<Stored = i64>>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let code = row.get(column)?;
    T::from_code(&code).ok_or_else(|| Unreadable::new(T::NAME, &code).into())
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

pub(super) fn app(row: &Row<'_>) -> rusqlite::Result<App> {
    Ok(App {
        id: id(row, "id", AppId::new)?,
        account: id(row, "account", AccountId::new)?,
        generation: numbered(row, "generation")?,
        name: row.get("name")?,
        key: Sealed(row.get("sealed_key")?),
        data_center: named(row, "data_center")?,
        retention: numbered(row, "retention_days")?,
        audit: from_json::<Audit>(row, "audit")?,
        callback_url: row.get("callback_url")?,
        disabled: row.get("disabled")?,
        config: from_json(row, "config")?,
        extension: from_json(row, "extension")?,
        created_at: millis(row, "created_at")?,
        modified_at: millis(row, "modified_at")?,
    })
}

fn phone(row: &Row<'_>, column: &str) -> rusqlite::Result<PhoneNumber> {
    PhoneNumber::new(row.get_ref(column)?.as_str()?)
        .map_err(|error| Unreadable::new("phone number", &error).into())
}

pub(super) fn chat_group(row: &Row<'_>) -> rusqlite::Result<ChatGroup> {
    Ok(ChatGroup {
        at: GroupRef::new(id(row, "space_id", AppId::new)?, id(row, "id", GroupId::new)?),
        number: phone(row, "number")?,
        subject: row.get("subject")?,
        description: row.get("description")?,
        picture: row.get("picture")?,
        status: named(row, "status")?,
        invite: row.get("code")?,
        created_at: millis(row, "created_at")?,
        modified_at: millis(row, "modified_at")?,
    })
}

/// A channel, of the tables `channel c` and `space s`.
pub(super) fn channel(row: &Row<'_>) -> rusqlite::Result<Channel> {
    Ok(Channel {
        id: id(row, "id", AppId::new)?,
        account: id(row, "account", AccountId::new)?,
        name: row.get("name")?,
        created_at: millis(row, "created_at")?,
    })
}

/// A business number, of the tables `business_number n` and `space s`.
pub(super) fn business_number(row: &Row<'_>) -> rusqlite::Result<BusinessNumber> {
    Ok(BusinessNumber {
        number: phone(row, "number")?,
        channel: id(row, "id", AppId::new)?,
        created_at: millis(row, "created_at")?,
    })
}
