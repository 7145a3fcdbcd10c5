//! `muster doctor`: whether what is in the data directory belongs together and is sound, and going on after a loss.

use anyhow::Context as _;
use muster_store::sqlite::{DATABASE_FILE, SqliteStore};
use serde_json::json;

use crate::{admin, config::Configuration, data::DataDirectory, foundation};

/// Looks at the embedded store's files, which no server may use meanwhile. With `accept_loss` it takes what is there for
/// what should be there.
pub(crate) fn run(configuration: &Configuration, accept_loss: bool, json: bool) -> anyhow::Result<()> {
    anyhow::ensure!(
        configuration.store.is_empty(),
        "there is nothing to look at here: PostgreSQL looks after its own files"
    );
    let directory = &configuration.data;
    foundation::must_hold_store(configuration, directory)?;
    let mut data = DataDirectory::take_existing(directory).context("stop the server first")?;
    data.sign(&format!("process {}, looking at the store", std::process::id()))?;
    let accepted = if accept_loss { SqliteStore::accept_loss(directory)? } else { None };
    let database = directory.join(DATABASE_FILE);
    let gone = accepted.is_some() && !database.exists();
    let faults = if gone { Vec::new() } else { SqliteStore::faults(directory)? };
    anyhow::ensure!(
        faults.is_empty(),
        "the database {} is damaged: restore a backup into an empty directory. {}",
        database.display(),
        faults.join("; ")
    );
    let found = match accepted {
        Some(loss) => format!("accepted: {loss}"),
        None => "whole".to_owned(),
    };
    Ok(admin::print(&json!({ "database": database.display().to_string(), "found": found }), json)?)
}
