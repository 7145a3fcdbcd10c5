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

use super::{
    PostgresStore,
    database::Tx,
    fault::{Fault, misuse, retry},
    records::{self, APP_COLUMNS, all, bigint, bounds, direction, unsigned},
    values::{bytes, values},
};
use crate::codes::{Code, json};

/// Letters and digits of the epoch of the streams of a space's users.
pub(super) const EPOCH_LENGTH: usize = 8;

/// Adds a space; an error when the id is taken.
pub(super) async fn insert_space(tx: &Tx, id: &AppId, epoch: &str) -> Result<(), Fault> {
    let sql = "INSERT INTO space (app, epoch) VALUES ($1, $2) ON CONFLICT (app) DO NOTHING";
    if tx.execute(sql, values![id.as_str(), epoch]).await? == 0 {
        return misuse(format!("there is an application or channel {id} already"));
    }
    Ok(())
}

/// Counts one application more; how many there are then. Others wait until this transaction has ended.
pub(super) async fn count_one(tx: &Tx, app: &App) -> Result<i64, Fault> {
    let row = tx
        .query_opt(
            "INSERT INTO app_count AS c (account, generation, total) VALUES ($1, $2, 1)
             ON CONFLICT (account, generation) DO UPDATE SET total = c.total + 1 RETURNING total",
            values![app.account.as_str(), *app.generation.code()],
        )
        .await?;
    Ok(row.map_or(Ok(0), |row| row.try_get(0))?)
}

/// Adds an application to its space.
pub(super) async fn insert_app(tx: &Tx, app: &App) -> Result<(), Fault> {
    tx.execute(
        "INSERT INTO app (app, account, generation, data_center, name, sealed_key, retention_days, audit,
           callback_url, disabled, config, extension, created_at, modified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        values![
            app.id.as_str(),
            app.account.as_str(),
            *app.generation.code(),
            app.data_center.code(),
            bytes(app.name.as_deref()),
            app.key.0,
            *app.retention.code(),
            json(&app.audit),
            bytes(app.callback_url.as_deref()),
            app.disabled,
            json(&app.config),
            json(&app.extension),
            app.created_at.0,
            app.modified_at.0,
        ],
    )
    .await
    .map(|_| ())
}

impl PostgresStore {
    async fn try_create_app(&self, app: &App, epoch: &str, limit: Option<u64>) -> Result<AppCreated, Fault> {
        let tx = self.database.begin().await?;
        let total = count_one(&tx, app).await?;
        if limit.is_some_and(|limit| total > bigint(limit)) {
            tx.rollback().await?;
            return Ok(AppCreated::TooMany);
        }
        insert_space(&tx, &app.id, epoch).await?;
        insert_app(&tx, app).await?;
        tx.commit().await?;
        Ok(AppCreated::Created)
    }

    async fn read_app(&self, id: &AppId) -> Result<Option<App>, Fault> {
        let connection = self.database.reader().await?;
        let sql = format!("SELECT {APP_COLUMNS} FROM app a WHERE a.app = $1");
        connection.query_opt(&sql, values![id.as_str()]).await?.as_ref().map(records::app).transpose()
    }

    async fn list_apps(
        &self,
        account: &AccountId,
        filter: AppFilter,
        order: Order,
        window: Window,
    ) -> Result<Page<App>, Fault> {
        let condition =
            "a.account = $1 AND a.generation = $2 AND ($3::text IS NULL OR a.data_center = $3::text)";
        let tx = self.database.snapshot().await?;
        let (generation, place) = (*filter.generation.code(), filter.data_center.map(Code::code));
        let sql = format!("SELECT count(*) AS total FROM app a WHERE {condition}");
        let row = tx.query_opt(&sql, values![account.as_str(), generation, place]).await?;
        let total = row.map_or(Ok(0), |row| unsigned(&row, "total"))?;
        let sql = format!(
            "SELECT {APP_COLUMNS} FROM app a WHERE {condition} ORDER BY a.number {} LIMIT $4 OFFSET $5",
            direction(order)
        );
        let (limit, skip) = bounds(window);
        let rows = tx.query(&sql, values![account.as_str(), generation, place, limit, skip]).await?;
        tx.rollback().await?;
        Ok(Page { entries: all(&rows, records::app)?, total })
    }

    async fn try_set_app_disabled(
        &self,
        id: &AppId,
        disabled: bool,
        at: Millis,
    ) -> Result<Option<App>, Fault> {
        let tx = self.database.begin().await?;
        let sql = format!(
            "UPDATE app a SET disabled = $2, modified_at = $3 WHERE a.app = $1 RETURNING {APP_COLUMNS}"
        );
        let row = tx.query_opt(&sql, values![id.as_str(), disabled, at.0]).await?;
        tx.commit().await?;
        row.as_ref().map(records::app).transpose()
    }
}

#[async_trait]
impl Apps for PostgresStore {
    async fn create_app(&self, app: App, limit: Option<u64>) -> StoreResult<AppCreated> {
        let epoch = self.random.alphanumeric(EPOCH_LENGTH);
        retry(|| self.try_create_app(&app, &epoch, limit)).await
    }

    async fn app(&self, id: &AppId) -> StoreResult<Option<Arc<App>>> {
        self.database.open_still()?;
        if let Some(app) = self.apps.get(id) {
            return Ok(Some(app));
        }
        let ticket = self.apps.ticket(id);
        let app = self.read_app(id).await?.map(Arc::new);
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
        Ok(self.list_apps(account, filter, order, window).await?)
    }

    async fn set_app_disabled(&self, id: &AppId, disabled: bool, at: Millis) -> StoreResult<Option<App>> {
        let changed = retry(|| self.try_set_app_disabled(id, disabled, at)).await;
        // Also when it failed: it may have happened without an answer.
        self.apps.forget(id.clone());
        changed
    }
}
