//! `muster export` and `muster import`: everything that lasts, to a file and from one, while no server runs on the store;
//! and backups of the embedded store.

pub(crate) mod backup;
mod progress;
mod read;
mod write;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use muster_core::{
    hex::hex,
    random::Random,
    seal::MasterKey,
    store::Store,
    time::Clock as _,
    transfer::{Counts, FILE_PURPOSE, FIRST_SIGNED_FORMAT, FORMAT, Header, Portable},
};

use self::{progress::Progress, read::ExportReader, write::ExportWriter};
use crate::{
    admin::{self, Printout},
    config::Configuration,
    data::{DataDirectory, existing_master_key},
    foundation::{self, Fresh},
    invocation::runtime,
    master::master_key,
    system::System,
};

/// The name that stands for standard output and input.
const STANDARD: &str = "-";

/// A store as it is opened here.
trait Carried: Store + Portable {}
impl<T: Store + Portable> Carried for T {}

/// Writes everything that lasts to a file.
pub(crate) fn export(configuration: &Configuration, file: &Path, json: bool) -> anyhow::Result<()> {
    foundation::must_hold_store(configuration, &configuration.data)?;
    // Over a database there may be no data directory, and then nobody to keep away from it.
    let _held = configuration.data.exists().then(|| take(configuration, "exporting")).transpose()?;
    let counts = runtime()?.block_on(async {
        let (store, key) = open(configuration, Fresh::Refuse).await?;
        let counted = write_all(&*store, &key, file).await;
        store.close().await?;
        counted
    })?;
    let done = Printout::Carried { file: file.to_owned(), format: Some(FORMAT), counts };
    if file == Path::new(STANDARD) {
        return Ok(std::io::stderr().write_all(admin::render(&done, json).as_bytes())?);
    }
    Ok(admin::print(&done, json)?)
}

async fn write_all(store: &dyn Carried, key: &MasterKey, file: &Path) -> anyhow::Result<Counts> {
    let expected = store.census().await?;
    let header = Header {
        format: FORMAT,
        muster: env!("CARGO_PKG_VERSION").to_owned(),
        written_at: System::new().now(),
        master_key_check: check_text(key),
    };
    let signer = key.signer(FILE_PURPOSE);
    let mut writer = ExportWriter::begin(file, header, signer, Progress::of_records(expected.total()))
        .with_context(|| format!("{} cannot be written", file.display()))?;
    let counts = store.export(&mut writer).await?;
    writer.finish(&counts).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(counts)
}

/// Reads a file into an empty store. One of a format that nothing protects from being edited is read only when the
/// operator says that it is `trusted`.
pub(crate) fn import(
    configuration: &Configuration,
    file: &Path,
    trusted: bool,
    json: bool,
) -> anyhow::Result<()> {
    let named = || format!("{}", file.display());
    let (header, reader) = ExportReader::open(file).with_context(named)?;
    let (key, key_file) = present_master_key(configuration)?;
    anyhow::ensure!(
        header.master_key_check == check_text(&key),
        "the master key {} is not the one that the secrets in {} are sealed under: copy the file `master.key` of the \
         server that wrote it, or name it with `--master-key`",
        key_file.display(),
        file.display()
    );
    let signed = header.format >= FIRST_SIGNED_FORMAT;
    anyhow::ensure!(
        signed || trusted,
        "{} has format {}, in which nothing tells whether the file was edited, for example to make a user's key the \
         account's own: if you know where it has been since it was written, import it with `--trust`",
        file.display(),
        header.format
    );
    let signer = signed.then(|| key.signer(FILE_PURPOSE));
    let _held = take(configuration, "importing")?;
    let counts = runtime()?.block_on(async {
        let (store, _) = open(configuration, Fresh::Make).await?;
        let counted = store.import(&mut reader.start(signer)?).await.with_context(named);
        store.close().await?;
        counted
    })?;
    Ok(admin::print(&Printout::Carried { file: file.to_owned(), format: Some(FORMAT), counts }, json)?)
}

/// Takes the data directory, and says to whoever wants it too what for.
fn take(configuration: &Configuration, purpose: &str) -> anyhow::Result<DataDirectory> {
    let mut data = DataDirectory::take(&configuration.data)
        .context("stop the server first: what it does meanwhile would be carried half")?;
    data.sign(&format!("process {}, {purpose}", std::process::id()))?;
    Ok(data)
}

/// The master key, which must be there before an import makes anything: one made now would open nothing.
fn present_master_key(configuration: &Configuration) -> anyhow::Result<(MasterKey, PathBuf)> {
    let file = configuration.master_key_file(&configuration.data);
    let key = existing_master_key(&file)?.with_context(|| {
        format!(
            "there is no master key at {}: copy the file `master.key` of the server whose data this is (mode 0600), or \
             name it with `--master-key`",
            file.display()
        )
    })?;
    Ok((key, file))
}

fn check_text(key: &MasterKey) -> String {
    hex(&key.check_value())
}

/// Opens the store that the configuration names, with the master key that it belongs to.
async fn open(configuration: &Configuration, fresh: Fresh) -> anyhow::Result<(Arc<dyn Carried>, MasterKey)> {
    let random: Arc<dyn Random> = Arc::new(System::new());
    let store: Arc<dyn Carried> = if configuration.store.is_empty() {
        Arc::new(foundation::open_sqlite(configuration, &configuration.data, random, fresh)?)
    } else {
        Arc::new(foundation::open_postgres(configuration, random, fresh).await?)
    };
    let key = master_key(&configuration.master_key_file(&configuration.data), &*store, None).await?;
    Ok((store, key))
}

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;
