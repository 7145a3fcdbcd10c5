//! Channels of customer groups and the numbers that are bound to them: their tables, and the steps that change them.

use muster_core::{
    chat::{
        BusinessNumber, Channel, ChannelChange, ChannelFace, PhoneNumber, Webhook, WebhookChange,
        WebhookOwner,
    },
    id::{AccountId, AppId},
    limits::has_room,
    message::Positions,
    store::{ChannelDeleted, NumberAdded},
    time::Millis,
    transfer::{ChannelRecord, Kind, Record, TransferError},
};

use super::{
    Carried, Change, Reading, Row, Transaction, Tried, Turn, Value,
    table::{Parent, Stored, Table, exists, insert, record_of, total},
    value::values,
};
use crate::codes::Unreadable;

pub(super) const CHANNELS: Carried = Carried::of::<Channel>();
/// What belongs to a channel hangs on it.
pub(super) const CHANNEL: Parent =
    Parent { table: "channel", what: "channel of the", columns: &[("app", "app")] };
pub(super) const NUMBERS: Carried = Carried::of::<BusinessNumber>();

impl Stored for Channel {
    const TABLE: Table = Table {
        name: "channel",
        what: "channel",
        columns: &[
            "app",
            "account",
            "name",
            "created_at",
            "description",
            "contact_mail",
            "country",
            "address",
            "deleted_at",
            "status_url",
            "inbound_url",
            "silent",
        ],
        order: &["number"],
        parents: &[],
        group: None,
        kind: Kind::Channel,
    };

    fn values(&self) -> Vec<Value> {
        let face = &self.face;
        values![
            self.id.as_str(),
            self.account.as_str(),
            Value::free(&*face.name),
            self.created_at,
            Value::free(&*face.description),
            Value::free(&*face.contact_mail),
            Value::free(&*face.country),
            Value::free(&*face.address),
            self.deleted_at.map(|at| at.0),
            &self.webhook.status_url,
            &self.webhook.inbound_url,
            i64::from(self.webhook.silent),
        ]
        .to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.id("app", AppId::new)?,
            account: row.id("account", AccountId::new)?,
            face: ChannelFace {
                name: row.text("name")?.to_owned(),
                description: row.text("description")?.to_owned(),
                contact_mail: row.text("contact_mail")?.to_owned(),
                country: row.text("country")?.to_owned(),
                address: row.text("address")?.to_owned(),
            },
            webhook: webhook(row)?,
            created_at: row.millis("created_at")?,
            deleted_at: row.optional_number("deleted_at")?.map(Millis),
        })
    }

    fn record(self, reading: &mut dyn Reading) -> Tried<Record> {
        let user_epoch = reading.epoch(&self.id)?.unwrap_or_default();
        Ok(Record::Channel(ChannelRecord { channel: self, user_epoch }))
    }

    fn of_record(record: Record, tx: &mut dyn Transaction) -> Result<Option<Self>, TransferError> {
        let Record::Channel(ChannelRecord { channel, user_epoch }) = record else { return Ok(None) };
        tx.add_space(&channel.id, &user_epoch)?;
        Ok(Some(channel))
    }

    fn name(&self) -> String {
        self.id.to_string()
    }
}

fn webhook(row: &Row) -> Result<Webhook, Unreadable> {
    Ok(Webhook {
        status_url: row.text("status_url")?.to_owned(),
        inbound_url: row.text("inbound_url")?.to_owned(),
        silent: row.number("silent")? != 0,
    })
}

pub(super) fn phone(row: &Row, column: &'static str) -> Result<PhoneNumber, Unreadable> {
    PhoneNumber::new(row.text(column)?).map_err(|error| Unreadable::new("phone number", &error))
}

impl Stored for BusinessNumber {
    const TABLE: Table = Table {
        name: "number",
        what: "business number",
        columns: &["number", "app", "created_at", "status_url", "inbound_url", "silent"],
        order: &["place"],
        parents: &[CHANNEL],
        group: None,
        kind: Kind::BusinessNumber,
    };

    fn values(&self) -> Vec<Value> {
        values![
            self.number.as_str(),
            self.channel.as_str(),
            self.created_at,
            &self.webhook.status_url,
            &self.webhook.inbound_url,
            i64::from(self.webhook.silent),
        ]
        .to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            number: phone(row, "number")?,
            channel: row.id("app", AppId::new)?,
            webhook: webhook(row)?,
            created_at: row.millis("created_at")?,
        })
    }

    record_of!(BusinessNumber);

    fn name(&self) -> String {
        self.number.to_string()
    }
}

/// Takes the turn of a channel; `false` when there is none of this id, or it was deleted. Until the transaction has ended
/// it is not deleted then.
pub(super) fn take(tx: &mut dyn Transaction, id: &AppId) -> Tried<bool> {
    Ok(tx.take_turn(Turn::Space(id))? && exists(tx, THERE, values![id.as_str()])?)
}

/// Binds a number.
pub(super) fn bind(tx: &mut dyn Transaction, number: &BusinessNumber) -> Tried<Change<NumberAdded>> {
    if !take(tx, &number.channel)? {
        return Ok(Change::nothing(NumberAdded::NoChannel));
    }
    Ok(match insert(tx, number)? {
        true => Change::made(NumberAdded::Bound(Positions::new())),
        false => Change::nothing(NumberAdded::Taken),
    })
}

/// The channel `$1`, unless it was deleted.
const THERE: &str = "channel WHERE app = $1 AND deleted_at IS NULL";

/// Adds a channel, if its account has fewer than `limit`.
pub(super) fn create(
    tx: &mut dyn Transaction,
    channel: &Channel,
    epoch: &str,
    limit: Option<u64>,
) -> Tried<bool> {
    tx.take_turn(Turn::Directory)?;
    let sql = "SELECT count(*) AS total FROM channel WHERE account = $1 AND deleted_at IS NULL";
    if !has_room(total(tx, sql, values![channel.account.as_str()])?, limit) {
        return Ok(false);
    }
    tx.add_space(&channel.id, epoch)?;
    insert(tx, channel)
}

/// Changes what is said of a channel, where something is to be changed.
pub(super) fn change(tx: &mut dyn Transaction, id: &AppId, change: &ChannelChange) -> Tried<bool> {
    let values = values![
        id.as_str(),
        Value::free(change.name.as_deref()),
        Value::free(change.description.as_deref()),
        Value::free(change.contact_mail.as_deref()),
        Value::free(change.country.as_deref()),
        Value::free(change.address.as_deref()),
    ];
    let sql = "UPDATE channel SET name = coalesce($2, name), description = coalesce($3, description),
          contact_mail = coalesce($4, contact_mail), country = coalesce($5, country), address = coalesce($6, address)
        WHERE app = $1 AND deleted_at IS NULL";
    Ok(tx.execute(sql, values)? > 0)
}

/// Changes a webhook; whether its channel or number is there.
pub(super) fn change_webhook(
    tx: &mut dyn Transaction,
    of: &WebhookOwner,
    change: &WebhookChange,
) -> Tried<bool> {
    let set = "SET status_url = coalesce($1, status_url), inbound_url = coalesce($2, inbound_url),
        silent = coalesce($3, silent)";
    let mut values =
        values![change.status_url.as_deref(), change.inbound_url.as_deref(), change.silent.map(i64::from),]
            .to_vec();
    let sql = match of {
        WebhookOwner::Channel(id) => {
            values.push(id.as_str().into());
            format!("UPDATE channel {set} WHERE app = $4 AND deleted_at IS NULL")
        }
        WebhookOwner::Number(number, channel) => {
            values.extend([Value::from(number.as_str()), Value::from(channel.as_str())]);
            format!("UPDATE number {set} WHERE number = $4 AND app = $5")
        }
    };
    Ok(tx.execute(&sql, &values)? > 0)
}

/// Deletes a channel that has no groups, and lets go of its numbers.
pub(super) fn delete(tx: &mut dyn Transaction, id: &AppId, now: Millis) -> Tried<Change<ChannelDeleted>> {
    let of = values![id.as_str()];
    if !take(tx, id)? {
        return Ok(Change::nothing(ChannelDeleted::NoChannel));
    }
    if exists(tx, "chat_group WHERE app = $1", of)? {
        return Ok(Change::nothing(ChannelDeleted::Occupied));
    }
    tx.execute("DELETE FROM number WHERE app = $1", of)?;
    tx.execute("UPDATE channel SET deleted_at = $2 WHERE app = $1", values![id.as_str(), now])?;
    Ok(Change::made(ChannelDeleted::Done(Positions::new())))
}
