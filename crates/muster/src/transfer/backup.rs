//! `muster backup` and `muster restore`: the embedded store, to one file and from one. A server may run meanwhile.

use std::path::Path;

use anyhow::Context as _;
use muster_core::seal::MasterKey;
use muster_store::sqlite::SqliteStore;

use crate::{
    admin::{self, Printout},
    config::Configuration,
    data::{DataDirectory, existing_master_key},
};

/// Restores a backup into a data directory without a store.
pub(crate) fn restore(configuration: &Configuration, file: &Path, json: bool) -> anyhow::Result<()> {
    only_embedded(configuration)?;
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
    let done = Printout::Carried { file: file.to_owned(), format: None, counts: restored.counts };
    Ok(admin::print(&done, json)?)
}

/// Refuses a store that is not the embedded one: PostgreSQL has tools for this that know more.
pub(crate) fn only_embedded(configuration: &Configuration) -> anyhow::Result<()> {
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
