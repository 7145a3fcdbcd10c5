//! What an operator does from the command line, beside a running server or without one.
//!
//! A command is data. With a server running, it goes to the server over a loopback port that only holders of a token
//! in the data directory may use, and takes effect at once; without one, the same code runs on the store itself.

mod channel;
mod execute;
mod print;

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

pub(crate) use channel::{AdminListener, send};
pub(crate) use execute::execute;
pub(crate) use print::{print, render};

/// An operator's command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AdminCommand {
    UserAdd { name: String },
    UserList,
    UserRemove { name: String },
    KeyAdd { user: String },
    RootKeyAdd,
    KeyList,
    KeySetActive { id: String, active: bool },
    KeyRemove { id: String },
    PolicyPut { name: String, document: String },
    PolicyList,
    PolicyShow { name: String },
    PolicyAttach { name: String, user: String },
    PolicyDetach { name: String, user: String },
    PolicyRemove { name: String },
    ChannelAdd { name: String },
    ChannelList,
    NumberAdd { digits: String, channel: String },
    NumberList,
    AppList,
    GroupList { app: String, page: u64, size: u16 },
    GroupShow { app: String, group: String },
    Members { app: String, group: String, page: u64, size: u16 },
    Token { app: String, user: String, admin: bool, ttl: u32 },
    Backup { file: PathBuf },
}

impl AdminCommand {
    /// Its name and what it is about, for the audit line: no documents, and nothing secret.
    pub(crate) fn about(&self) -> (&'static str, String) {
        let pair = |a: &str, b: &str| format!("{a}/{b}");
        match self {
            Self::UserAdd { name } => ("user add", name.clone()),
            Self::UserList => ("user list", String::new()),
            Self::UserRemove { name } => ("user remove", name.clone()),
            Self::KeyAdd { user } => ("key add", user.clone()),
            Self::RootKeyAdd => ("key add --root", String::new()),
            Self::KeyList => ("key list", String::new()),
            Self::KeySetActive { id, active: true } => ("key enable", id.clone()),
            Self::KeySetActive { id, active: false } => ("key disable", id.clone()),
            Self::KeyRemove { id } => ("key remove", id.clone()),
            Self::PolicyPut { name, .. } => ("policy put", name.clone()),
            Self::PolicyList => ("policy list", String::new()),
            Self::PolicyShow { name } => ("policy show", name.clone()),
            Self::PolicyAttach { name, user } => ("policy attach", pair(name, user)),
            Self::PolicyDetach { name, user } => ("policy detach", pair(name, user)),
            Self::PolicyRemove { name } => ("policy remove", name.clone()),
            Self::ChannelAdd { name } => ("channel add", name.clone()),
            Self::ChannelList => ("channel list", String::new()),
            Self::NumberAdd { digits, channel } => ("number add", pair(channel, digits)),
            Self::NumberList => ("number list", String::new()),
            Self::AppList => ("app list", String::new()),
            Self::GroupList { app, .. } => ("group list", app.clone()),
            Self::GroupShow { app, group } => ("group show", pair(app, group)),
            Self::Members { app, group, .. } => ("members", pair(app, group)),
            Self::Token { app, user, .. } => ("token", pair(app, user)),
            Self::Backup { file } => ("backup", file.display().to_string()),
        }
    }

    /// How long whoever gave the command waits for its outcome; `None` for as long as it takes.
    fn patience(&self) -> Option<Duration> {
        match self {
            Self::Backup { .. } => None,
            _ => Some(channel::PATIENCE),
        }
    }
}

/// What a command came to: a JSON value, or a sentence.
pub(crate) type Outcome = Result<serde_json::Value, String>;
