//! Nonces while the server is not running: an orderly stop writes down what was remembered, and the next start reads
//! it, so that a request that was captured before is refused after.
//!
//! After a crash there is no such file. Then requests stamped before the start are refused: a client whose clock is
//! behind is told that its time is expired, until its clock has passed the start.

use std::{
    fs,
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use muster_gateway::{LocalReplayGuard, NonceRecord};

/// The file in the data directory.
const FILE: &str = "nonces.json";

/// A guard for a server that starts `now` (milliseconds since 1970) over a data directory; `fresh` when the store was
/// made by this start, and nothing was accepted before.
///
/// The file is removed before anything is accepted: after a crash it would tell only part of what was.
pub(crate) fn resume(guard: &LocalReplayGuard, directory: &Path, now: i64, fresh: bool) {
    let path = directory.join(FILE);
    let record = read(&path);
    let removed = match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    let resumed = removed.is_ok() && record.is_some_and(|record| guard.resume(&record));
    if resumed || fresh {
        return;
    }
    tracing::info!(
        "the nonces of the last run are not known: requests stamped before this start are refused"
    );
    guard.refuse_before(now);
}

fn read(path: &Path) -> Option<NonceRecord> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Writes down what the guard remembers. When that fails, the next start goes on as after a crash.
pub(crate) fn keep(guard: &LocalReplayGuard, directory: &Path) {
    if let Err(error) = write(&guard.record(), directory) {
        tracing::warn!(%error, "the nonces could not be written down");
    }
}

fn write(record: &NonceRecord, directory: &Path) -> std::io::Result<()> {
    let unfinished: PathBuf = directory.join(format!("{FILE}.new"));
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(&serde_json::to_vec(record)?)?;
    file.sync_all()?;
    fs::rename(&unfinished, directory.join(FILE))
}

#[cfg(test)]
mod tests {
    use muster_gateway::{Answer, NonceVerdict, ReplayGuard as _, StampedNonce};

    use super::*;

    const NOW: i64 = 1_795_168_800_000;

    fn admit(guard: &LocalReplayGuard, nonce: &str, stamped: i64) -> NonceVerdict {
        match guard.admit(&StampedNonce { access_key: "k", nonce, stamped, now: NOW + 1_000 }) {
            Answer::Now(verdict) => verdict,
            Answer::Later(_) => panic!("memory answers at once"),
        }
    }

    fn started(directory: &Path, fresh: bool) -> LocalReplayGuard {
        let guard = LocalReplayGuard::new(100, 900);
        resume(&guard, directory, NOW, fresh);
        guard
    }

    #[test]
    fn a_captured_request_is_refused_after_an_orderly_stop_and_after_a_crash() {
        let directory = tempfile::tempdir().unwrap();
        let first = started(directory.path(), true);
        assert_eq!(
            admit(&first, "captured", NOW - 60_000),
            NonceVerdict::Fresh,
            "nothing was accepted before"
        );
        keep(&first, directory.path());
        let second = started(directory.path(), false);
        assert_eq!(admit(&second, "captured", NOW - 60_000), NonceVerdict::Used);
        assert_eq!(admit(&second, "new", NOW - 60_000), NonceVerdict::Fresh, "a clock that is behind");
        // It crashes: what it wrote down before is gone.
        let third = started(directory.path(), false);
        assert_eq!(admit(&third, "new", NOW - 60_000), NonceVerdict::TooOld);
        assert_eq!(admit(&third, "newer", NOW), NonceVerdict::Fresh);
    }

    #[test]
    fn what_cannot_be_read_counts_as_a_crash() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(FILE), "{\"floor\":").unwrap();
        let guard = started(directory.path(), false);
        assert_eq!(admit(&guard, "a", NOW - 60_000), NonceVerdict::TooOld);
        assert!(!directory.path().join(FILE).exists());
    }
}
