//! The data directory: who may use it, and the master key in it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{ErrorKind, Read as _, Seek as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use muster_core::{
    random::Random,
    seal::{MASTER_KEY_BYTES, MasterKey},
};

use crate::private::open_to_others;

/// A data directory that this process alone may change, until it is dropped.
#[derive(Debug)]
pub(crate) struct DataDirectory {
    path: PathBuf,
    lock: File,
}

/// Why a data directory is not ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unavailable {
    /// Another process has it.
    #[error("the data directory {path} is in use by {holder}")]
    Held {
        /// The directory.
        path: PathBuf,
        /// What the holder wrote about itself.
        holder: String,
    },
    /// The machine refused.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl DataDirectory {
    /// Makes the directory if it is not there, and takes it for this process.
    pub(crate) fn take(path: &Path) -> Result<Self, Unavailable> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("the data directory {} cannot be made", path.display()))?;
        Self::take_existing(path)
    }

    /// Takes a directory that is there for this process.
    pub(crate) fn take_existing(path: &Path) -> Result<Self, Unavailable> {
        must_be_private(path)?;
        let file = path.join("lock");
        let mut lock = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .mode(0o600)
            .open(&file)
            .with_context(|| format!("{} cannot be opened", file.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = lock.read_to_string(&mut holder);
                let holder = match holder.trim() {
                    "" => "another process".to_owned(),
                    text => text.to_owned(),
                };
                Err(Unavailable::Held { path: path.to_owned(), holder })
            }
            Err(TryLockError::Error(error)) => Err(Unavailable::Failed(
                anyhow::Error::new(error).context("the data directory cannot be locked"),
            )),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Says who holds the directory, for whoever finds it held.
    pub(crate) fn sign(&mut self, holder: &str) -> anyhow::Result<()> {
        self.lock.set_len(0)?;
        self.lock.rewind()?;
        self.lock.write_all(holder.as_bytes())?;
        Ok(())
    }
}

/// Reads the master key in a file, or makes one, readable by its owner alone; whether it was made here. Of several
/// processes that do this at once one makes it, and all have the same.
pub(crate) fn master_key_or_new(path: &Path, random: &dyn Random) -> anyhow::Result<(MasterKey, bool)> {
    if let Some(key) = existing_master_key(path)? {
        return Ok((key, false));
    }
    let mut bytes = [0; MASTER_KEY_BYTES];
    random.fill(&mut bytes);
    match write_draft(path, &bytes).and_then(|draft| {
        draft.persist_noclobber(path).map_err(|error| error.error)?;
        File::open(directory_of(path))?.sync_all()
    }) {
        Ok(()) => Ok((MasterKey::new(&bytes), true)),
        // Another process has made it at this moment.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok((read_key(path)?, false)),
        Err(error) => {
            Err(anyhow::Error::new(error)
                .context(format!("the master key {} cannot be made", path.display())))
        }
    }
}

/// Reads the master key in a file; `None` when there is no such file.
pub(crate) fn existing_master_key(path: &Path) -> anyhow::Result<Option<MasterKey>> {
    match read_key(path) {
        Ok(key) => Ok(Some(key)),
        Err(error)
            if error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == ErrorKind::NotFound) =>
        {
            Ok(None)
        }
        Err(error) => Err(error.context(format!("the master key {} cannot be used", path.display()))),
    }
}

fn read_key(path: &Path) -> anyhow::Result<MasterKey> {
    let mut file = File::open(path)?;
    if let Some(mode) = open_to_others(&file.metadata()?) {
        bail!("others may read it (mode {mode}): run `chmod 600` on it");
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let bytes = <[u8; MASTER_KEY_BYTES]>::try_from(bytes)
        .map_err(|bytes| anyhow::anyhow!("it has {} bytes instead of {MASTER_KEY_BYTES}", bytes.len()))?;
    Ok(MasterKey::new(&bytes))
}

/// Refuses a data directory that anybody may write to: who does could put another master key or database into it. That
/// others may see what is in it, or that a group shares it, is only said.
fn must_be_private(path: &Path) -> anyhow::Result<()> {
    let about = std::fs::metadata(path)
        .with_context(|| format!("the data directory {} cannot be seen", path.display()))?;
    let Some(mode) = open_to_others(&about) else { return Ok(()) };
    if about.permissions().mode() & 0o002 != 0 {
        bail!(
            "anybody may write to the data directory {} (mode {mode}): run `chmod 700` on it",
            path.display()
        );
    }
    tracing::warn!(
        directory = %path.display(),
        mode,
        "others than its owner may look into the data directory: run `chmod 700` on it"
    );
    Ok(())
}

/// The directory that a file is in; it is synchronised after the file got its name.
pub(crate) fn directory_of(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file that its owner alone may read, whole or not at all, in the place of one that is there.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    write_draft(path, bytes)?.persist(path).map_err(|error| error.error)?;
    File::open(directory_of(path))?.sync_all()
}

/// Writes what is to have this path beside it, for its owner alone, and on the disk before it is moved there: so a
/// crash leaves a whole file or none.
fn write_draft(path: &Path, bytes: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
    let mut draft = tempfile::NamedTempFile::new_in(directory_of(path))?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use muster_core::testing::Seeded;

    use super::*;

    #[test]
    fn a_directory_has_one_holder_who_is_named_to_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let mut first = DataDirectory::take(directory.path()).unwrap();
        first.sign("process 42, serving 127.0.0.1:7070").unwrap();
        let refused = DataDirectory::take(directory.path()).unwrap_err();
        assert!(refused.to_string().contains("process 42, serving 127.0.0.1:7070"), "{refused}");
        drop(first);
        assert!(DataDirectory::take(directory.path()).is_ok());
    }

    #[test]
    fn a_directory_that_anybody_may_write_to_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let set =
            |mode| std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        for mode in [0o777, 0o1777, 0o702] {
            set(mode);
            let refused = DataDirectory::take(directory.path()).unwrap_err();
            assert!(refused.to_string().contains("chmod 700"), "{refused}");
        }
        for mode in [0o700, 0o750, 0o755, 0o770] {
            set(mode);
            DataDirectory::take(directory.path()).unwrap();
        }
    }

    #[test]
    fn a_master_key_is_made_once_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        let (first, made) = master_key_or_new(&path, &Seeded::new(1)).unwrap();
        let (again, made_again) = master_key_or_new(&path, &Seeded::new(2)).unwrap();
        assert_eq!((made, made_again), (true, false));
        assert_eq!(first.check_value(), again.check_value());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let refused = master_key_or_new(&path, &Seeded::new(3)).unwrap_err();
        assert!(format!("{refused:#}").contains("chmod 600"), "{refused:#}");
    }
}
