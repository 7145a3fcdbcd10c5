//! How records stand in rows.

use std::sync::Arc;

use muster_core::{
    app::{App, Audit, DataCenter, Generation, Retention},
    chat::{BusinessNumber, Channel, ChatGroup, ChatGroupStatus, PhoneNumber},
    group::{Deletion, Group},
    id::{AppId, GroupId, GroupRef, InvalidId, UserId},
    seal::Sealed,
    time::Millis,
};
use rusqlite::Row;
use serde::{Serialize, de::DeserializeOwned};

use super::fault::Unreadable;

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

/// A value as JSON. Of the types stored so, none fails to serialise.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A value that stands as JSON.
pub(super) fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: &'static str) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?)
        .map_err(|error| Unreadable::new(column, &error).into())
}

/// A unit variant's name, and back.
pub(super) fn status_name(status: ChatGroupStatus) -> &'static str {
    match status {
        ChatGroupStatus::Active => "active",
        ChatGroupStatus::Inactive => "inactive",
        ChatGroupStatus::Suspended => "suspended",
        ChatGroupStatus::Creating => "creating",
        ChatGroupStatus::Deleting => "deleting",
        ChatGroupStatus::Updating => "updating",
    }
}

fn status(name: &str) -> rusqlite::Result<ChatGroupStatus> {
    use ChatGroupStatus::{Active, Creating, Deleting, Inactive, Suspended, Updating};
    [Active, Inactive, Suspended, Creating, Deleting, Updating]
        .into_iter()
        .find(|&status| status_name(status) == name)
        .ok_or_else(|| Unreadable::new("status", &name).into())
}

pub(super) fn generation_number(generation: Generation) -> i64 {
    match generation {
        Generation::One => 1,
        Generation::Two => 2,
    }
}

pub(super) fn data_center_name(place: DataCenter) -> &'static str {
    match place {
        DataCenter::Shanghai => "cn-shanghai",
        DataCenter::Singapore => "ap-southeast-1",
    }
}

/// Days of a retention.
pub(super) fn retention_days(retention: Retention) -> i64 {
    match retention {
        Retention::Days30 => 30,
        Retention::Days90 => 90,
        Retention::Days180 => 180,
    }
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
    let generation = match row.get::<_, i64>("generation")? {
        1 => Generation::One,
        2 => Generation::Two,
        other => return Err(Unreadable::new("generation", &other).into()),
    };
    let data_center = match row.get_ref("data_center")?.as_str()? {
        "cn-shanghai" => DataCenter::Shanghai,
        "ap-southeast-1" => DataCenter::Singapore,
        other => return Err(Unreadable::new("data center", &other).into()),
    };
    let retention = match row.get::<_, i64>("retention_days")? {
        30 => Retention::Days30,
        90 => Retention::Days90,
        180 => Retention::Days180,
        other => return Err(Unreadable::new("retention", &other).into()),
    };
    Ok(App {
        id: id(row, "id", AppId::new)?,
        account: id(row, "account", muster_core::id::AccountId::new)?,
        generation,
        name: row.get("name")?,
        key: Sealed(row.get("sealed_key")?),
        data_center,
        retention,
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
        status: status(row.get_ref("status")?.as_str()?)?,
        invite: row.get("code")?,
        created_at: millis(row, "created_at")?,
        modified_at: millis(row, "modified_at")?,
    })
}

/// A channel, of the tables `channel c` and `space s`.
pub(super) fn channel(row: &Row<'_>) -> rusqlite::Result<Channel> {
    Ok(Channel {
        id: id(row, "id", AppId::new)?,
        account: id(row, "account", muster_core::id::AccountId::new)?,
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
