//! Applications: what groups, users and messages live in.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, AppId},
    seal::Sealed,
    time::Millis,
};

/// Which family of operations an application belongs to. The two do not see each other's applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Generation {
    /// The `…Message…` family.
    One,
    /// The `…LiveMessage…` family.
    Two,
}

/// Where an application says it lives. Calls must name the same place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DataCenter {
    /// Shanghai, also when nothing is named.
    #[default]
    #[serde(rename = "cn-shanghai")]
    Shanghai,
    /// Singapore.
    #[serde(rename = "ap-southeast-1")]
    Singapore,
}

/// How long an application's messages are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retention {
    /// 30 days.
    #[default]
    Days30,
    /// 90 days.
    Days90,
    /// 180 days.
    Days180,
}

impl Retention {
    /// The time that a message is kept, in milliseconds.
    #[must_use]
    pub fn millis(self) -> i64 {
        let days = match self {
            Self::Days30 => 30,
            Self::Days90 => 90,
            Self::Days180 => 180,
        };
        days * 86_400_000
    }
}

/// How messages are moderated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Audit {
    /// Not at all.
    #[default]
    Off,
    /// By the server's own rules.
    BuiltIn,
    /// By the service at this URL.
    Custom(String),
}

/// String maps that callers keep with an application or a group.
pub type StringMap = BTreeMap<String, String>;

/// An application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its id, made by the server.
    pub id: AppId,
    /// The account that owns it.
    pub account: AccountId,
    /// The family it belongs to.
    pub generation: Generation,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The key that login tokens are made with, sealed for `app:<id>`.
    pub key: Sealed,
    /// Where it lives.
    pub data_center: DataCenter,
    /// How long its messages are kept.
    pub retention: Retention,
    /// How its messages are moderated.
    pub audit: Audit,
    /// Where its events are told; nowhere without one.
    pub callback_url: Option<String>,
    /// Whether it is switched off.
    pub disabled: bool,
    /// The caller's settings (generation 1).
    pub config: StringMap,
    /// The caller's own fields (generation 1).
    pub extension: StringMap,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub modified_at: Millis,
    /// When it was deleted, if it was. Then nobody sees it any more, and its groups are purged; the record stays, so that
    /// its id is never given again.
    pub deleted_at: Option<Millis>,
}

impl App {
    /// Whether it is told of what its users do.
    #[must_use]
    pub fn hears_callbacks(&self) -> bool {
        self.generation == Generation::Two && self.callback_url.is_some()
    }
}

/// What is to become of an application; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppChange {
    /// Its name.
    pub name: Option<String>,
    /// How messages are moderated.
    pub audit: Option<Audit>,
    /// Where its events are told; nowhere when empty.
    pub callback_url: Option<String>,
    /// Whether it is switched off.
    pub disabled: Option<bool>,
    /// The caller's settings, all of them.
    pub config: Option<StringMap>,
    /// The caller's own fields, all of them.
    pub extension: Option<StringMap>,
}

impl AppChange {
    /// The application with the change, which is made at `at`.
    #[must_use]
    pub fn of(self, app: App, at: Millis) -> App {
        App {
            name: self.name.or(app.name),
            audit: self.audit.unwrap_or(app.audit),
            callback_url: match self.callback_url {
                Some(url) => Some(url).filter(|url| !url.is_empty()),
                None => app.callback_url,
            },
            disabled: self.disabled.unwrap_or(app.disabled),
            config: self.config.unwrap_or(app.config),
            extension: self.extension.unwrap_or(app.extension),
            modified_at: at,
            ..app
        }
    }
}

impl App {
    /// The purpose under which an application's key is sealed.
    #[must_use]
    pub fn key_purpose(id: &AppId) -> String {
        format!("app:{id}")
    }
}
