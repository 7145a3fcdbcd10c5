//! The mark of the last commit: a small file beside the database, by which lost files are noticed.
//!
//! SQLite opens whatever it finds. Without its write-ahead log, or with a part of it, it tells of an earlier moment as if
//! nothing had been since; and a log is applied to any database file that lies beside it, also to an older copy. So every
//! transaction counts itself in the table `commits`, and after each commit the count is written here too, before anybody
//! is answered. At the next opening:
//!
//! * A database that has counted fewer commits than the mark has lost some that were acknowledged.
//! * A log beside a database file that, by itself, has another count than the mark knows was written for another file.
//!   That count changes only while the log is moved into the file, which the mark says beforehand.
//!
//! The mark is written without waiting for the disk: what it has to outlive is a removed, cut, flipped or exchanged file,
//! and a process that was killed. After a power failure it may be older than the database, which proves nothing against
//! that. Only before the log is moved does it wait for the disk. One write of 160 bytes into memory a commit is its price.

use std::{
    fs::File,
    io::{self, ErrorKind},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use muster_core::hex::hex;
use ring::digest;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, config::DbConfig};

use super::{DATABASE_FILE, fault::OpenError};

/// The file of the mark in the data directory.
pub const MARK_FILE: &str = "commit-mark";
/// What is appended to the database's name for its write-ahead log.
const LOG_SUFFIX: &str = "-wal";
/// Bytes of a log's header: a log that is not longer holds nothing.
const LOG_HEADER: u64 = 32;
/// What a page of a table's rows begins with, and where its first cell is told, by SQLite's description of the format.
const LEAF: u8 = 13;
const FIRST_CELL: usize = 8;
/// The row of `commits` in its page: 28 bytes under the key 1; a header of 4 bytes says nothing, 16 bytes, a number of 8.
const ROW: [u8; 6] = [28, 1, 4, 0, 44, 6];
/// Bytes of a mark's text, its end included.
const TEXT_BYTES: usize = 160;

/// How files of a data directory do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// There was a database, and there is none.
    #[error("the database {0} is gone, which this data directory had")]
    NoDatabase(PathBuf),
    /// Acknowledged commits are missing.
    #[error(
        "the database {path} lacks the last {commits} of its acknowledged transactions: its write-ahead log was removed, \
         cut short or damaged, or an older copy was put in its place"
    )]
    Missing {
        /// The database.
        path: PathBuf,
        /// How many.
        commits: u64,
        /// Whether what is left of the log reaches less far than the file does.
        stale_log: bool,
    },
    /// The log is of another file.
    #[error(
        "the write-ahead log beside {0} was not written for this file: was a copy put in its place? Applied to it the \
         log would undo that, or damage it"
    )]
    ForeignLog(PathBuf),
    /// It is another database than the mark's.
    #[error("the database {0} is not the one that this data directory had")]
    Other(PathBuf),
}

impl Loss {
    /// Whether the log must not be applied to the file.
    fn rejects_log(&self) -> bool {
        matches!(
            self,
            Self::ForeignLog(_)
                | Self::NoDatabase(_)
                | Self::Other(_)
                | Self::Missing { stale_log: true, .. }
        )
    }
}

/// Where the count of commits stands, and what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    /// Which database.
    store: [u8; 16],
    /// The page of its file that holds the count, and the length of its pages.
    page: u64,
    page_bytes: u64,
    /// The count at the last commit.
    commits: u64,
    /// The count in the file without its log.
    moved: u64,
    /// Whether the log is being moved: then the file's count is between the two.
    moving: bool,
}

impl Mark {
    fn text(&self) -> Vec<u8> {
        let Self { page, page_bytes, commits, moved, moving, .. } = self;
        let what = format!(
            "muster 1 store {} page {page} of {page_bytes} commits {commits} moved {moved} moving {}",
            hex(&self.store),
            u8::from(*moving)
        );
        let sum = digest::digest(&digest::SHA256, what.as_bytes());
        let mut text = format!("{what} sum {}", hex(&sum.as_ref()[..4]));
        while text.len() < TEXT_BYTES - 1 {
            text.push(' ');
        }
        text.push('\n');
        text.into_bytes()
    }

    /// Reads a text; `None` when it is none that was written whole.
    fn parse(text: &[u8]) -> Option<Self> {
        let words: Vec<&str> = std::str::from_utf8(text).ok()?.split_ascii_whitespace().collect();
        let &[
            "muster",
            "1",
            "store",
            store,
            "page",
            page,
            "of",
            page_bytes,
            "commits",
            commits,
            "moved",
            moved,
            ..,
        ] = words.as_slice()
        else {
            return None;
        };
        let bytes = |at: usize| u8::from_str_radix(store.get(2 * at..2 * at + 2)?, 16).ok();
        let mut id = [0; 16];
        for (at, byte) in id.iter_mut().enumerate() {
            *byte = bytes(at)?;
        }
        let mark = Self {
            store: id,
            page: page.parse().ok()?,
            page_bytes: page_bytes.parse().ok()?,
            commits: commits.parse().ok()?,
            moved: moved.parse().ok()?,
            moving: words.get(13) == Some(&"1"),
        };
        // Also that its sum is right.
        (mark.text() == text).then_some(mark)
    }

    /// The count in the database's file itself, without its log; `None` when it is not where it was.
    fn count_in(&self, database: &File) -> Option<u64> {
        let length =
            usize::try_from(self.page_bytes).ok().filter(|length| (512..=65_536).contains(length))?;
        let mut page = vec![0; length];
        database.read_exact_at(&mut page, self.page.checked_sub(1)?.checked_mul(self.page_bytes)?).ok()?;
        let cell = usize::from(u16::from_be_bytes([*page.get(FIRST_CELL)?, *page.get(FIRST_CELL + 1)?]));
        let row = page.get(cell..)?.strip_prefix(&ROW)?;
        let (store, count) = row.split_at_checked(16)?;
        let count = <[u8; 8]>::try_from(count.get(..8)?).ok()?;
        (page.first() == Some(&LEAF) && store == self.store).then(|| u64::from_be_bytes(count))
    }
}

/// The store and the count as a connection finds them, with the log.
struct Counted {
    store: Vec<u8>,
    commits: u64,
}

fn counted(connection: &Connection) -> rusqlite::Result<Option<Counted>> {
    let table = "SELECT 1 FROM sqlite_schema WHERE name = 'commits'";
    if connection.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Ok(None);
    }
    let sql = "SELECT store, count FROM commits";
    let row = |row: &rusqlite::Row<'_>| Ok(Counted { store: row.get(0)?, commits: row.get(1)? });
    connection.query_row(sql, [], row).optional()
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

/// The write-ahead log of a database.
pub(super) fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(LOG_SUFFIX);
    name.into()
}

/// What was found in a data directory before anything there was touched.
pub(super) struct Found {
    mark: Option<Mark>,
    /// Whether the log holds anything.
    log: bool,
}

/// Looks whether the files of a data directory belong together. Leaves all of them as they are.
///
/// # Errors
/// [`OpenError::Loss`] when they do not, and what keeps them from being read.
pub(super) fn examine(directory: &Path) -> Result<Found, OpenError> {
    let path = directory.join(DATABASE_FILE);
    let log = length(&log_of(&path)) > LOG_HEADER;
    let file = directory.join(MARK_FILE);
    let text = match std::fs::read(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found { mark: None, log }),
        Err(source) => return Err(OpenError::Io { path: file, source }),
    };
    let Some(mark) = Mark::parse(&text) else {
        tracing::warn!(
            path = %file.display(),
            "the mark of the last commit cannot be read: whether files were lost is not known. It is made anew"
        );
        return Ok(Found { mark: None, log });
    };
    if length(&path) == 0 {
        return Err(Loss::NoDatabase(path).into());
    }
    let database = File::open(&path).map_err(|source| OpenError::Io { path: path.clone(), source })?;
    let in_file = mark.count_in(&database);
    drop(database);
    let fits = match in_file {
        Some(count) if mark.moving => (mark.moved..=mark.commits).contains(&count),
        Some(count) => count == mark.moved,
        None => mark.moving,
    };
    if log && !fits {
        return Err(Loss::ForeignLog(path).into());
    }
    match with_log(&path)? {
        Some(counted) if counted.store != mark.store => Err(Loss::Other(path).into()),
        Some(counted) if counted.commits < mark.commits => Err(Loss::Missing {
            path,
            commits: mark.commits - counted.commits,
            stale_log: in_file.is_some_and(|count| count > counted.commits),
        }
        .into()),
        Some(_) => Ok(Found { mark: Some(mark), log }),
        None => Err(Loss::Other(path).into()),
    }
}

/// The count with the log.
fn with_log(path: &Path) -> Result<Option<Counted>, OpenError> {
    Ok(counted(&look(path)?)?)
}

/// A connection that leaves the log as it is, which another one would move when it closes.
pub(super) fn look(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

/// What SQLite finds wrong in a database, the first hundred.
pub(super) fn faults(path: &Path) -> Result<Vec<String>, OpenError> {
    let connection = look(path)?;
    let mut query = connection.prepare("PRAGMA integrity_check")?;
    let found = query.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

/// Takes the files of a data directory for what is there: a log that must not be applied is put aside, and the mark
/// forgotten. What was wrong, if anything was.
///
/// # Errors
/// What keeps the files from being read or renamed.
pub(super) fn accept(directory: &Path) -> Result<Option<Loss>, OpenError> {
    let loss = match examine(directory) {
        Ok(_) => return Ok(None),
        Err(OpenError::Loss(loss)) => loss,
        Err(error) => return Err(error),
    };
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| OpenError::Io { path, source }
    };
    let log = log_of(&directory.join(DATABASE_FILE));
    if loss.rejects_log() && log.exists() {
        let mut aside = log.clone().into_os_string();
        aside.push(".rejected");
        std::fs::rename(&log, &aside).map_err(at(&log))?;
    }
    let mark = directory.join(MARK_FILE);
    std::fs::remove_file(&mark).map_err(at(&mark))?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(at(directory))?;
    Ok(Some(loss))
}

/// The mark of an open database.
pub(super) struct CommitMark {
    file: File,
    /// Kept open as long as any connection: closing a file gives up the locks that its process has on it.
    database: File,
    mark: Mutex<Mark>,
    /// Held by whoever moves the log: the second of two would be turned away at once.
    moving: Mutex<()>,
    failing: AtomicBool,
}

impl CommitMark {
    /// Takes up the mark of a database that `writer` has open, and that was found like this.
    pub(super) fn take_up(directory: &Path, found: &Found, writer: &Connection) -> Result<Self, OpenError> {
        let path = directory.join(MARK_FILE);
        let at = |source| OpenError::Io { path: path.clone(), source };
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(at)?;
        let database = directory.join(DATABASE_FILE);
        let database =
            File::open(&database).map_err(|source| OpenError::Io { path: database.clone(), source })?;
        let known = found.mark.filter(|_| found.log);
        let mark = Self {
            file,
            database,
            mark: Mutex::new(current(writer, known)?),
            moving: Mutex::new(()),
            failing: AtomicBool::new(false),
        };
        // A full disk must not keep the store from being read.
        mark.note(mark.synchronise());
        mark.note(File::open(directory).and_then(|directory| directory.sync_all()));
        if !found.log
            && let Err(error) = mark.step_away(writer)
        {
            tracing::warn!(%error, "the opening of the store could not be noted in it");
        }
        Ok(mark)
    }

    /// Gives the file a count that no copy has, and the log one that the file has not: so a copy that was made while the
    /// store was closed, or rested, is told from the file that a later log belongs to.
    fn step_away(&self, writer: &Connection) -> rusqlite::Result<()> {
        let step = || {
            let step = writer.unchecked_transaction()?;
            let commits = step.query_row(COUNT_ONE, [], |row| row.get::<_, u64>(0))?;
            step.commit().map(|()| commits)
        };
        self.committed(step()?);
        let pragma = "PRAGMA wal_checkpoint(TRUNCATE)";
        self.while_moving(|| writer.query_row(pragma, [], |row| Ok(row.get::<_, i64>(0)? == 0)))?;
        self.committed(step()?);
        Ok(())
    }

    /// Notes the count of a commit, before anybody is told of it.
    pub(super) fn committed(&self, commits: u64) {
        let mut mark = self.locked();
        mark.commits = commits;
        self.note(self.write(&mark));
    }

    /// Moves the log by `checkpoint`, which answers whether the log begins anew.
    ///
    /// Only then is the whole log in the file and the file on the disk. What is moved while the log goes on may be lost
    /// by a power failure, and is in the log all the same: until it begins anew it belongs to each state of the file
    /// since it began.
    pub(super) fn while_moving<E>(&self, checkpoint: impl FnOnce() -> Result<bool, E>) -> Result<bool, E> {
        let _turn = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        self.locked().moving = true;
        self.note(self.synchronise());
        let begins_anew = checkpoint()?;
        let mut mark = self.locked();
        if begins_anew && let Some(moved) = mark.count_in(&self.database) {
            mark.moved = moved;
            mark.moving = false;
            self.note(self.write(&mark));
        }
        Ok(begins_anew)
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Mark> {
        self.mark.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mark: &Mark) -> io::Result<()> {
        self.file.write_all_at(&mark.text(), 0)
    }

    fn synchronise(&self) -> io::Result<()> {
        let mark = *self.locked();
        self.write(&mark)?;
        self.file.sync_data()
    }

    /// A mark that cannot be written is older than the database, which is allowed; but the operator should know.
    fn note(&self, written: io::Result<()>) {
        match written {
            Ok(()) => self.failing.store(false, Ordering::Relaxed),
            Err(error) if !self.failing.swap(true, Ordering::Relaxed) => {
                tracing::warn!(%error, "the mark of the last commit cannot be written: lost files might go unnoticed");
            }
            Err(_) => {}
        }
    }
}

/// Counts a transaction within it; answers the count.
pub(super) const COUNT_ONE: &str = "UPDATE commits SET count = count + 1 RETURNING count";

/// The mark of the database as it is. What is in its file without its log is known only from before.
fn current(writer: &Connection, known: Option<Mark>) -> Result<Mark, OpenError> {
    let sql = "SELECT store, count, (SELECT rootpage FROM sqlite_schema WHERE name = 'commits') FROM commits";
    let (store, commits, page) = writer.query_row(sql, [], |row| {
        Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, u64>(1)?, row.get::<_, u64>(2)?))
    })?;
    let page_bytes = writer.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let (moved, moving) = known.map_or((0, true), |known| (known.moved, known.moving));
    Ok(Mark { store, page, page_bytes, commits, moved, moving })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark =
        Mark { store: [0xa5; 16], page: 40, page_bytes: 4_096, commits: 1 << 48, moved: 7, moving: true };

    #[test]
    fn a_mark_is_read_as_it_was_written_and_a_changed_one_is_none() {
        let text = MARK.text();
        assert_eq!(text.len(), TEXT_BYTES);
        assert_eq!(Mark::parse(&text), Some(MARK));
        for at in 0..text.len() {
            let mut changed = text.clone();
            changed[at] ^= 1;
            assert_eq!(Mark::parse(&changed), None, "{at}");
            assert_eq!(Mark::parse(&text[..at]), None, "{at}");
        }
        let (page, most) = (u64::from(u32::MAX), u64::MAX >> 1);
        let longest = Mark { page, page_bytes: 65_536, commits: most, moved: most, ..MARK };
        assert_eq!(longest.text().len(), TEXT_BYTES);
    }
}
