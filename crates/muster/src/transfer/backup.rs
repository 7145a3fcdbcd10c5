//! `muster backup` and `muster restore`: the embedded store, to one file and from one. A server may run meanwhile.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use muster_core::{seal::MasterKey, transfer::Counts};
use muster_store::sqlite::SqliteStore;
use serde_json::Value;

use super::report;
use crate::{
    admin::AdminCommand,
    config::Configuration,
    data::{DataDirectory, existing_master_key},
};

/// The command that has a backup written, by the server if one runs.
pub(crate) fn command(configuration: &Configuration, file: &Path) -> anyhow::Result<AdminCommand> {
    embedded(configuration)?;
    // The server may have been started in another directory.
    let file = std::path::absolute(file).with_context(|| format!("{}", file.display()))?;
    Ok(AdminCommand::Backup { file })
}

/// Says what a backup holds.
pub(crate) fn written(answer: &Value, json: bool) -> anyhow::Result<()> {
    let file: PathBuf = serde_json::from_value(answer["file"].clone())?;
    let counts: Counts = serde_json::from_value(answer["counts"].clone())?;
    report(&file, None, &counts, json, false)
}

/// Restores a backup into a data directory without a store.
pub(crate) fn restore(configuration: &Configuration, file: &Path, json: bool) -> anyhow::Result<()> {
    embedded(configuration)?;
    let mut data = DataDirectory::take(&configuration.data).context("stop the server first")?;
    data.sign(&format!("process {}, restoring", std::process::id()))?;
    let restored = SqliteStore::restore(file, data.path())?;
    let key_file = configuration.master_key_file(data.path());
    let key = existing_master_key(&key_file)?.as_ref().map(MasterKey::check_value);
    if let Some(check) = restored.master_check
        && key.as_ref() != Some(&check)
    {
        note(&format!(
            "the secrets in the backup are sealed under a master key that is not at {}: put it there before you start the \
             server, or name it with `--master-key`",
            key_file.display()
        ));
    }
    report(file, None, &restored.counts, json, false)
}

/// PostgreSQL has tools for this that know more.
fn embedded(configuration: &Configuration) -> anyhow::Result<()> {
    anyhow::ensure!(
        configuration.store.is_empty(),
        "backups of the embedded store alone are made and restored here: for PostgreSQL use pg_dump and pg_restore, or \
         `muster export` and `muster import`"
    );
    Ok(())
}

#[expect(clippy::print_stderr, reason = "what is still to be done, for whoever restores")]
fn note(line: &str) {
    eprintln!("muster: {line}");
}
