//! How records stand in rows.

use muster_core::{
    app::App,
    chat::{BusinessNumber, Channel, ChatGroup, PhoneNumber},
    group::{Deletion, Group, Order, Window},
    id::{AccountId, AppId, GroupId, GroupRef, InvalidId, UserId},
    seal::Sealed,
    time::Millis,
};
use serde::de::DeserializeOwned;
use tokio_postgres::Row;

use super::fault::Fault;
use crate::codes::{Code, Unreadable};

/// The columns of [`group`], of the table `grp g`.
pub(super) const GROUP_COLUMNS: &str = "g.app, g.id, g.number, g.epoch, g.creator, g.admins, g.name, g.info, \
     g.extension, g.created_at, g.deleted_at, g.deleted_by";

/// The columns of [`app`], of the table `app a`.
pub(super) const APP_COLUMNS: &str = "a.app, a.account, a.generation, a.data_center, a.name, a.sealed_key, \
     a.retention_days, a.audit, a.callback_url, a.disabled, a.config, a.extension, a.created_at, a.modified_at";

/// The columns of [`chat_group`], of the tables `chat_group c` and `invite i`.
pub(super) const CHAT_GROUP_COLUMNS: &str = "c.app, c.id, c.number, c.subject, c.description, c.picture, c.status, \
     i.code, c.created_at, c.modified_at";

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
pub(super) fn from_json<T: DeserializeOwned>(row: &Row, column: &'static str) -> Result<T, Fault> {
    let text = row.try_get(column)?;
    Ok(serde_json::from_str(text).map_err(|error| Unreadable::new(column, &error))?)
}

/// A choice that stands as a text.
fn named<T: Code<Stored = str>>(row: &Row, column: &str) -> Result<T, Fault> {
    let code: &str = row.try_get(column)?;
    Ok(T::from_code(code).ok_or_else(|| Unreadable::new(T::NAME, &code))?)
}

/// A choice that stands as a number.
fn numbered<T: Code<Stored = i64>>(row: &Row, column: &str) -> Result<T, Fault> {
    let code: i64 = row.try_get(column)?;
    Ok(T::from_code(&code).ok_or_else(|| Unreadable::new(T::NAME, &code))?)
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

/// An application, from [`APP_COLUMNS`].
pub(super) fn app(row: &Row) -> Result<App, Fault> {
    Ok(App {
        id: id(row, "app", AppId::new)?,
        account: id(row, "account", AccountId::new)?,
        generation: numbered(row, "generation")?,
        name: owned(row, "name")?,
        key: Sealed(row.try_get("sealed_key")?),
        data_center: named(row, "data_center")?,
        retention: numbered(row, "retention_days")?,
        audit: from_json(row, "audit")?,
        callback_url: owned(row, "callback_url")?,
        disabled: row.try_get("disabled")?,
        config: from_json(row, "config")?,
        extension: from_json(row, "extension")?,
        created_at: millis(row, "created_at")?,
        modified_at: millis(row, "modified_at")?,
    })
}

fn phone(row: &Row, column: &str) -> Result<PhoneNumber, Fault> {
    let digits = row.try_get(column)?;
    Ok(PhoneNumber::new(digits).map_err(|error| Unreadable::new("phone number", &error))?)
}

/// A customer group, from [`CHAT_GROUP_COLUMNS`].
pub(super) fn chat_group(row: &Row) -> Result<ChatGroup, Fault> {
    Ok(ChatGroup {
        at: group_ref(row)?,
        number: phone(row, "number")?,
        subject: owned(row, "subject")?.unwrap_or_default(),
        description: owned(row, "description")?,
        picture: owned(row, "picture")?,
        status: named(row, "status")?,
        invite: row.try_get("code")?,
        created_at: millis(row, "created_at")?,
        modified_at: millis(row, "modified_at")?,
    })
}

/// A channel, of the table `channel`.
pub(super) fn channel(row: &Row) -> Result<Channel, Fault> {
    Ok(Channel {
        id: id(row, "app", AppId::new)?,
        account: id(row, "account", AccountId::new)?,
        name: row.try_get("name")?,
        created_at: millis(row, "created_at")?,
    })
}

/// A business number, of the table `number`.
pub(super) fn business_number(row: &Row) -> Result<BusinessNumber, Fault> {
    Ok(BusinessNumber {
        number: phone(row, "number")?,
        channel: id(row, "app", AppId::new)?,
        created_at: millis(row, "created_at")?,
    })
}

/// All rows of an answer, decoded.
pub(super) fn all<T, C: FromIterator<T>>(
    rows: &[Row],
    read: fn(&Row) -> Result<T, Fault>,
) -> Result<C, Fault> {
    rows.iter().map(read).collect()
}

/// SQL's word for an order.
pub(super) fn direction(order: Order) -> &'static str {
    match order {
        Order::Ascending => "ASC",
        Order::Descending => "DESC",
    }
}

/// A number as a `bigint`; one that is too large is larger than anything stored.
pub(super) fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A window as SQL's `LIMIT` and `OFFSET`.
pub(super) fn bounds(window: Window) -> (i64, i64) {
    (bigint(window.limit as u64), bigint(window.skip))
}
