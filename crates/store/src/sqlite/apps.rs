//! Applications.

use std::sync::Arc;

use async_trait::async_trait;
use muster_core::{
    app::App,
    group::{Order, Page, Window},
    id::{AccountId, AppId},
    store::{AppCreated, AppFilter, Apps, StoreResult},
    time::Millis,
};
use rusqlite::params;

use super::{
    SqliteStore,
    fault::{fault, misuse},
    records::{self, APP_COLUMNS},
    spaces::{self, Space},
    writer::{Subject, Tx},
};
use crate::codes::{Code, json};

/// Letters and digits of the epoch of the streams of a space's users.
pub(super) const EPOCH_LENGTH: usize = 8;

/// Adds a space and answers its key; an error when the id is taken.
pub(super) fn insert_space(tx: &Tx<'_>, id: &AppId, epoch: &str) -> StoreResult<i64> {
    let sql = "INSERT INTO space (id, epoch) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING";
    if tx.execute(sql, [id.as_str(), epoch])? == 0 {
        return misuse(format!("there is an application or channel {id} already"));
    }
    Ok(tx.last_key())
}

fn create(tx: &mut Tx<'_>, app: &App, epoch: &str, limit: Option<u64>) -> StoreResult<Option<Space>> {
    if let Some(limit) = limit {
        let count: u64 = tx
            .read()
            .prepare_cached("SELECT count(*) FROM app WHERE account = ?1 AND generation = ?2")
            .and_then(|mut query| {
                let values = params![app.account.as_str(), app.generation.code()];
                query.query_row(values, |row| row.get(0))
            })
            .map_err(fault)?;
        if count >= limit {
            return Ok(None);
        }
    }
    let key = insert_space(tx, &app.id, epoch)?;
    insert_app(tx, key, app)?;
    Ok(Some(Space { key, epoch: epoch.into(), app: Some(Arc::new(app.clone())) }))
}

/// Adds an application to the space of this key.
pub(super) fn insert_app(tx: &Tx<'_>, key: i64, app: &App) -> StoreResult<()> {
    tx.execute(
        "INSERT INTO app (key, account, generation, data_center, name, sealed_key, retention_days, audit,
           callback_url, disabled, config, extension, created_at, modified_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            key,
            app.account.as_str(),
            app.generation.code(),
            app.data_center.code(),
            app.name,
            app.key.0,
            app.retention.code(),
            json(&app.audit),
            app.callback_url,
            app.disabled,
            json(&app.config),
            json(&app.extension),
            app.created_at.0,
            app.modified_at.0,
        ],
    )
    .map(|_| ())
}

#[async_trait]
impl Apps for SqliteStore {
    async fn create_app(&self, app: App, limit: Option<u64>) -> StoreResult<AppCreated> {
        self.open_still()?;
        let epoch = self.random.alphanumeric(EPOCH_LENGTH);
        let memory = Arc::clone(&self.memory);
        let id = app.id.clone();
        let run = move |tx: &mut Tx<'_>| tx.atomically(|tx| create(tx, &app, &epoch, limit));
        let settle = move |space: Option<Space>| match space {
            None => AppCreated::TooMany,
            Some(space) => {
                memory.spaces.put(id, space);
                AppCreated::Created
            }
        };
        self.writer.run(Subject::None, run, settle).await
    }

    async fn app(&self, id: &AppId) -> StoreResult<Option<Arc<App>>> {
        Ok(self.space(id).await?.and_then(|space| space.app))
    }

    async fn apps(
        &self,
        account: &AccountId,
        filter: AppFilter,
        order: Order,
        window: Window,
    ) -> StoreResult<Page<App>> {
        self.open_still()?;
        let direction = direction(order);
        let condition = "a.account = ?1 AND a.generation = ?2 AND (?3 IS NULL OR a.data_center = ?3)";
        let count = format!("SELECT count(*) FROM app a WHERE {condition}");
        let list = format!(
            "SELECT {APP_COLUMNS} FROM app a JOIN space s ON s.key = a.key
             WHERE {condition} ORDER BY a.key {direction} LIMIT ?4 OFFSET ?5"
        );
        let account = account.clone();
        self.readers
            .snapshot(move |connection| {
                let generation = filter.generation.code();
                let place = filter.data_center.map(Code::code);
                let values = params![account.as_str(), generation, place];
                let total = connection.prepare_cached(&count)?.query_row(values, |row| row.get(0))?;
                let (limit, skip) = bounds(window);
                let values = params![account.as_str(), generation, place, limit, skip];
                let entries = connection
                    .prepare_cached(&list)?
                    .query_map(values, records::app)?
                    .collect::<Result<_, _>>()?;
                Ok(Page { entries, total })
            })
            .await
    }

    async fn set_app_disabled(&self, id: &AppId, disabled: bool, at: Millis) -> StoreResult<Option<App>> {
        self.open_still()?;
        let memory = Arc::clone(&self.memory);
        let (id, known) = (id.clone(), id.clone());
        let run = move |tx: &mut Tx<'_>| {
            let rows = tx.execute(
                "UPDATE app SET disabled = ?2, modified_at = ?3 WHERE key = (SELECT key FROM space WHERE id = ?1)",
                params![id.as_str(), disabled, at.0],
            )?;
            let space = if rows > 0 { spaces::load(tx.read(), &id).map_err(fault)? } else { None };
            Ok(space)
        };
        let settle = move |changed: Option<Space>| {
            let space = changed?;
            let app = space.app.as_deref().cloned();
            memory.spaces.put(known, space);
            app
        };
        self.writer.run(Subject::None, run, settle).await
    }
}

/// SQL's word for an order.
pub(super) fn direction(order: Order) -> &'static str {
    match order {
        Order::Ascending => "ASC",
        Order::Descending => "DESC",
    }
}

/// A window as SQL's `LIMIT` and `OFFSET`.
pub(super) fn bounds(window: Window) -> (i64, i64) {
    let bound = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    (bound(window.limit as u64), bound(window.skip))
}
