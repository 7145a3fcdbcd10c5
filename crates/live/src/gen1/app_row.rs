//! An application as this generation tells it.

use std::collections::BTreeMap;

use muster_core::{app::App, id::AppId, service::KnownApp};
use schemars::JsonSchema;
use serde::Serialize;

use super::NORMAL;

/// An application.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AppRow {
    /// The caller's settings.
    app_config: BTreeMap<String, String>,
    /// The application.
    app_id: AppId,
    /// Its name.
    app_name: String,
    /// When it was made, in seconds.
    create_time: i64,
    /// The caller's own fields.
    extension: BTreeMap<String, String>,
    /// 1: normal.
    status: i32,
}

impl From<KnownApp> for AppRow {
    fn from(app: KnownApp) -> Self {
        let app: App = app.into_app();
        Self {
            app_config: app.config,
            app_id: app.id,
            app_name: app.name.unwrap_or_default(),
            create_time: app.created_at.seconds(),
            extension: app.extension,
            status: NORMAL,
        }
    }
}
