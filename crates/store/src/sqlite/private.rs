//! Files for their owner alone, whatever the process would make otherwise: they hold what the store holds.

use std::{
    fs::{DirBuilder, File, Permissions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use super::mark::log_of;

/// Makes a directory, with those above it, if it is not there.
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes an empty file if there is none. SQLite gives what it makes beside a database the database's mode.
pub(super) fn make_file(path: &Path) -> io::Result<()> {
    File::options().create(true).truncate(false).write(true).mode(0o600).open(path).map(|_| ())
}

/// Takes a database, and what is beside it, from others, if an earlier version made it for them too.
pub(super) fn close_database(path: &Path) {
    for path in [path, &log_of(path)] {
        let Ok(about) = path.metadata() else { continue };
        if about.permissions().mode() & 0o077 != 0
            && let Err(error) = std::fs::set_permissions(path, Permissions::from_mode(0o600))
        {
            tracing::warn!(path = %path.display(), %error, "others may read a file of the store");
        }
    }
}
