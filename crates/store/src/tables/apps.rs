//! Applications.

use std::sync::Arc;

use async_trait::async_trait;
use muster_core::{
    app::{App, AppChange},
    group::{Order, Page, Window},
    id::{AccountId, AppId},
    limits::has_room,
    message::Positions,
    seal::Sealed,
    store::{Also, AppCreated, AppFilter, Apps, StoreResult},
    time::Millis,
    transfer::{AppRecord, Kind, Record, TransferError},
};

use super::{
    Carried, Change, Database, Reading, Row, Tables, Transaction, Tried, Turn, Value, direction, misuse,
    table::{Stored, Table, find, insert, select, total},
    value::values,
};
use crate::codes::{Code as _, Unreadable, json};

pub(super) const APPS: Carried = Carried::of::<App>();

impl Stored for App {
    const TABLE: Table = Table {
        name: "app",
        what: "application",
        columns: &[
            "app",
            "account",
            "generation",
            "data_center",
            "name",
            "sealed_key",
            "retention_days",
            "audit",
            "callback_url",
            "disabled",
            "config",
            "extension",
            "created_at",
            "modified_at",
            "deleted_at",
        ],
        order: &["number"],
        parents: &[],
        group: None,
        kind: Kind::App,
    };

    fn values(&self) -> Vec<Value> {
        values![
            self.id.as_str(),
            self.account.as_str(),
            *self.generation.code(),
            self.data_center.code(),
            Value::free(self.name.as_deref()),
            &*self.key.0,
            *self.retention.code(),
            json(&self.audit),
            Value::free(self.callback_url.as_deref()),
            self.disabled,
            json(&self.config),
            json(&self.extension),
            self.created_at,
            self.modified_at,
            self.deleted_at.map(|at| at.0),
        ]
        .to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            id: row.id("app", AppId::new)?,
            account: row.id("account", AccountId::new)?,
            generation: row.numbered("generation")?,
            name: row.optional_text("name")?.map(str::to_owned),
            key: Sealed(row.bytes("sealed_key")?.to_vec()),
            data_center: row.named("data_center")?,
            retention: row.numbered("retention_days")?,
            audit: row.json("audit")?,
            callback_url: row.optional_text("callback_url")?.map(str::to_owned),
            disabled: row.flag("disabled")?,
            config: row.json("config")?,
            extension: row.json("extension")?,
            created_at: row.millis("created_at")?,
            modified_at: row.millis("modified_at")?,
            deleted_at: row.optional_number("deleted_at")?.map(Millis),
        })
    }

    fn record(self, reading: &mut dyn Reading) -> Tried<Record> {
        let user_epoch = reading.epoch(&self.id)?.unwrap_or_default();
        Ok(Record::App(AppRecord { app: self, user_epoch }))
    }

    fn of_record(record: Record, tx: &mut dyn Transaction) -> Result<Option<Self>, TransferError> {
        let Record::App(AppRecord { app, user_epoch }) = record else { return Ok(None) };
        tx.add_space(&app.id, &user_epoch)?;
        Ok(Some(app))
    }

    fn name(&self) -> String {
        self.id.to_string()
    }
}

/// Adds an application; `false` when its account has as many as it may have.
fn create(tx: &mut dyn Transaction, app: &App, epoch: &str, limit: Option<u64>) -> Tried<bool> {
    tx.take_turn(Turn::Directory)?;
    let sql = "SELECT count(*) AS total FROM app
        WHERE account = $1 AND generation = $2 AND deleted_at IS NULL";
    let held = total(tx, sql, values![app.account.as_str(), *app.generation.code()])?;
    if !has_room(held, limit) {
        return Ok(false);
    }
    tx.add_space(&app.id, epoch)?;
    if insert(tx, app)? {
        return Ok(true);
    }
    misuse(format!("there is an application {} already", app.id))
}

fn list(
    reading: &mut dyn Reading,
    account: &AccountId,
    filter: &AppFilter,
    order: Order,
    window: Window,
) -> Tried<Page<App>> {
    let condition =
        "t.account = $1 AND t.generation = $2 AND t.deleted_at IS NULL AND ($3 IS NULL OR t.data_center = $3)
        AND ($4 IS NULL OR t.app = $4) AND ($5 IS NULL OR t.name = $5)";
    let (account, generation) = (account.as_str(), *filter.generation.code());
    let place = Value::choice(filter.data_center);
    let id = Value::from(filter.id.as_ref().map(AppId::as_str));
    let name = Value::free(filter.name.as_deref());
    let sql = format!("SELECT count(*) AS total FROM app t WHERE {condition}");
    let total = total(reading, &sql, values![account, generation, place.clone(), id.clone(), name.clone()])?;
    let tail = format!("WHERE {condition} ORDER BY t.number {} LIMIT $6 OFFSET $7", direction(order));
    let (limit, skip) = (Value::count(window.limit as u64), Value::count(window.skip));
    let entries = select(reading, &tail, values![account, generation, place, id, name, limit, skip])?;
    Ok(Page { entries, total })
}

fn of_id(reading: &mut dyn Reading, id: &AppId) -> Tried<Option<App>> {
    find(reading, "WHERE t.app = $1 AND t.deleted_at IS NULL", values![id.as_str()])
}

/// Notes that something of an application has changed. The time rises with each change, whatever the clock says, so that
/// it tells one state from the next.
pub(super) fn touch(tx: &mut dyn Transaction, app: &AppId, at: Millis) -> Tried<()> {
    let sql = "UPDATE app SET modified_at = CASE WHEN modified_at < $2 THEN $2 ELSE modified_at + 1 END WHERE app = $1";
    tx.execute(sql, values![app.as_str(), at]).map(drop)
}

/// Changes an application. Its row is taken first, so that of two changes at once neither undoes the other.
fn change_in(
    tx: &mut dyn Transaction,
    id: &AppId,
    change: &AppChange,
    at: Millis,
) -> Tried<Change<Option<App>>> {
    touch(tx, id, at)?;
    let Some(there) = of_id(tx, id)? else { return Ok(Change { answer: None, made: false }) };
    let app = change.clone().of(there.clone(), there.modified_at);
    let made = app != there;
    if made {
        let sql = "UPDATE app SET name = $2, audit = $3, disabled = $4, config = $5, extension = $6,
            callback_url = $7 WHERE app = $1";
        let (audit, config, extension) = (json(&app.audit), json(&app.config), json(&app.extension));
        let (name, url) = (Value::free(app.name.as_deref()), Value::free(app.callback_url.as_deref()));
        tx.execute(sql, values![id.as_str(), name, audit, app.disabled, config, extension, url])?;
    }
    Ok(Change { answer: Some(app), made })
}

/// Deletes an application, with its words; whether there was one.
fn delete(tx: &mut dyn Transaction, id: &AppId, at: Millis) -> Tried<bool> {
    let sql = "UPDATE app SET deleted_at = $2 WHERE app = $1 AND deleted_at IS NULL";
    let deleted = tx.execute(sql, values![id.as_str(), at])? > 0;
    if deleted {
        tx.execute("DELETE FROM word WHERE app = $1", values![id.as_str()])?;
    }
    Ok(deleted)
}

#[async_trait]
impl<D: Database> Apps for Tables<D> {
    async fn create_app(&self, app: App, limit: Option<u64>, also: Also) -> StoreResult<AppCreated> {
        let epoch = self.epoch();
        let step = move |tx: &mut dyn Transaction| create(tx, &app, &epoch, limit).map(Change::when);
        let (created, positions) = self.database.write_also(also, step).await?;
        Ok(if created { AppCreated::Created(positions) } else { AppCreated::TooMany })
    }

    async fn app(&self, id: &AppId) -> StoreResult<Option<Arc<App>>> {
        self.database.open_still()?;
        if let Some(app) = self.apps.get(id) {
            return Ok(Some(app));
        }
        let (ticket, wanted) = (self.apps.ticket(id), id.clone());
        let app = self.database.read(move |reading| of_id(reading, &wanted)).await?.map(Arc::new);
        if let Some(app) = &app {
            self.apps.fill(id.clone(), Arc::clone(app), ticket);
        }
        Ok(app)
    }

    async fn apps(
        &self,
        account: &AccountId,
        filter: AppFilter,
        order: Order,
        window: Window,
    ) -> StoreResult<Page<App>> {
        let account = account.clone();
        self.database.snapshot(move |reading| list(reading, &account, &filter, order, window)).await
    }

    async fn change_app(
        &self,
        id: &AppId,
        change: AppChange,
        at: Millis,
        also: Also,
    ) -> StoreResult<Option<(App, Positions)>> {
        let wanted = id.clone();
        let step = move |tx: &mut dyn Transaction| change_in(tx, &wanted, &change, at);
        let changed = self.database.write_also(also, step).await;
        // Also when it failed: it may have happened without an answer.
        self.apps.forget(id.clone());
        let (app, positions) = changed?;
        Ok(app.map(|app| (app, positions)))
    }

    async fn delete_app(&self, id: &AppId, at: Millis, also: Also) -> StoreResult<Option<Positions>> {
        let wanted = id.clone();
        let deleted = self.database.write_if(also, move |tx| delete(tx, &wanted, at)).await;
        // Also when it failed: it may have happened without an answer.
        self.apps.forget(id.clone());
        deleted
    }
}
