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
