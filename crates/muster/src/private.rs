//! Files that are for their owner alone: what the server writes, and the keys that it reads.

use std::{fs::Metadata, os::unix::fs::PermissionsExt as _, path::Path};

use rustix::{fs::Mode, process::umask};

/// The permissions of the group and of all others.
const OTHERS: u32 = 0o077;

/// Has every file and directory that the process makes from now on belong to its owner alone.
pub(crate) fn close_new_files() {
    umask(Mode::from_raw_mode(OTHERS));
}

/// The mode of what others than its owner may read or change, as four octal digits; `None` when they may not.
pub(crate) fn open_to_others(about: &Metadata) -> Option<String> {
    let mode = about.permissions().mode() & 0o7777;
    (mode & OTHERS != 0).then(|| format!("{mode:04o}"))
}

/// Warns of a file with secrets that others may read. It is used all the same: who mounts keys into containers cannot
/// always choose their mode.
pub(crate) fn warn_if_open(what: &str, path: &Path) {
    if let Some(mode) = std::fs::metadata(path).ok().as_ref().and_then(open_to_others) {
        let file = path.display();
        tracing::warn!(%file, mode, "others than its owner may read {what}: run `chmod 600` on it");
    }
}
