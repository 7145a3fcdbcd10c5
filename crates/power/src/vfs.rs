//! The way between SQLite and the disk.
//!
//! The functions here stand in front of those of SQLite's own VFS for Unix. A file is opened by that VFS, into the memory
//! that SQLite gave for it; then its table of functions is exchanged for a copy in which writing, cutting, synchronising and
//! closing are ours. All others stay, and find what they expect, since nothing else of the file is changed.
//!
//! Why the unsafe code is sound, in one place: SQLite calls these functions with a file that its own VFS has opened and
//! that is not closed yet, from one thread at a time (the contract of `sqlite3_io_methods`); the tables and the VFS live
//! for ever, for they are leaked; what is known of files is behind a lock.

use std::{
    collections::HashMap,
    ffi::{CStr, OsStr, c_char, c_int, c_void},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError},
};

use rusqlite::ffi::{
    SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_OK, sqlite3_file, sqlite3_filename, sqlite3_int64,
    sqlite3_io_methods, sqlite3_vfs, sqlite3_vfs_find, sqlite3_vfs_register,
};

use crate::{Disk, Event, Fault};

/// The table of functions of an open file as its VFS made it, and our copy.
#[derive(Clone, Copy)]
struct Tables {
    original: &'static sqlite3_io_methods,
    ours: &'static sqlite3_io_methods,
}

/// A file that is open.
struct Open {
    path: PathBuf,
    tables: Tables,
    disk: Disk,
}

#[derive(Default)]
struct Known {
    disks: HashMap<PathBuf, Disk>,
    /// By the address of the original table.
    tables: HashMap<usize, Tables>,
    /// By the address of the file.
    files: HashMap<usize, Open>,
    /// The address of SQLite's own VFS.
    original: usize,
}

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

fn known() -> MutexGuard<'static, Known> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has files in a directory watched that are opened from now on.
pub(crate) fn watch(directory: PathBuf, disk: Disk) {
    known().disks.insert(directory, disk);
}

/// Makes this the way to the disk, once.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: SQLite initialises itself; the VFS that it gives lives for ever.
        let original = unsafe { sqlite3_vfs_find(std::ptr::null()) };
        assert!(!original.is_null(), "SQLite has a VFS");
        known().original = original as usize;
        // SAFETY: it is not null, see above. A copy finds its private data by the same pointer.
        let copy = unsafe { *original };
        let ours = Box::leak(Box::new(sqlite3_vfs {
            pNext: std::ptr::null_mut(),
            zName: c"power".as_ptr(),
            xOpen: Some(open),
            xDelete: Some(delete),
            ..copy
        }));
        // SAFETY: it lives for ever, and has the functions that SQLite needs.
        let registered = unsafe { sqlite3_vfs_register(ours, 1) };
        assert_eq!(registered, SQLITE_OK, "SQLite takes the VFS");
    });
}

fn original() -> *mut sqlite3_vfs {
    known().original as *mut sqlite3_vfs
}

/// The path that SQLite names; `None` for a temporary file.
///
/// # Safety
/// `name` is null or a text of C.
unsafe fn path(name: *const c_char) -> Option<PathBuf> {
    if name.is_null() {
        return None;
    }
    // SAFETY: promised by the caller.
    let name = unsafe { CStr::from_ptr(name) };
    Some(Path::new(OsStr::from_bytes(name.to_bytes())).to_owned())
}

fn disk_of(known: &Known, path: &Path) -> Option<Disk> {
    known.disks.get(path.parent()?).cloned()
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let vfs = original();
    // SAFETY: SQLite's own VFS opens the file that SQLite wants it to.
    let opened = unsafe { (*vfs).xOpen.map_or(SQLITE_FULL, |open| open(vfs, name, file, flags, out)) };
    // SAFETY: SQLite gave the name.
    let Some(path) = (unsafe { path(name) }) else { return opened };
    let mut known = known();
    let Some(disk) = disk_of(&known, &path).filter(|_| opened == SQLITE_OK) else { return opened };
    // SAFETY: an opened file has a table, which lives as long as the VFS, for ever.
    let original = unsafe { &*(*file).pMethods };
    let address = std::ptr::from_ref(original) as usize;
    let tables = *known.tables.entry(address).or_insert_with(|| Tables { original, ours: table(original) });
    known.files.insert(file as usize, Open { path, tables, disk });
    // SAFETY: the table has the same functions, or ours, which end in them.
    unsafe { (*file).pMethods = tables.ours };
    opened
}

/// A copy of a table with our functions in it.
fn table(original: &'static sqlite3_io_methods) -> &'static sqlite3_io_methods {
    Box::leak(Box::new(sqlite3_io_methods {
        xWrite: Some(write),
        xTruncate: Some(truncate),
        xSync: Some(synchronise),
        xClose: Some(close),
        ..*original
    }))
}

/// Notes what is done with a file; its original table, or what SQLite is told instead of it being done.
fn note(
    file: *mut sqlite3_file,
    event: impl FnOnce(PathBuf) -> Event,
) -> Result<&'static sqlite3_io_methods, c_int> {
    let known = known();
    let Some(open) = known.files.get(&(file as usize)) else { return Err(SQLITE_IOERR_WRITE) };
    match open.disk.note(event(open.path.clone())) {
        Ok(()) => Ok(open.tables.original),
        Err(Fault::Full) => Err(SQLITE_FULL),
        Err(Fault::Broken) => Err(SQLITE_IOERR_WRITE),
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    length: c_int,
    offset: sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives so many bytes.
    let bytes =
        unsafe { std::slice::from_raw_parts(from.cast::<u8>(), usize::try_from(length).unwrap_or(0)) };
    let place = usize::try_from(offset).unwrap_or(0);
    match note(file, |file| Event::Write { file, offset: place, bytes: bytes.to_vec() }) {
        // SAFETY: what SQLite asked for.
        Ok(table) => unsafe {
            table.xWrite.map_or(SQLITE_IOERR_WRITE, |write| write(file, from, length, offset))
        },
        Err(code) => code,
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    let length = usize::try_from(size).unwrap_or(0);
    match note(file, |file| Event::Cut { file, length }) {
        // SAFETY: what SQLite asked for.
        Ok(table) => unsafe { table.xTruncate.map_or(SQLITE_IOERR_WRITE, |truncate| truncate(file, size)) },
        Err(code) => code,
    }
}

unsafe extern "C" fn synchronise(file: *mut sqlite3_file, _: c_int) -> c_int {
    // Noted alone: waiting for the machine's own disk would make the tests slow and prove nothing.
    note(file, |file| Event::Synchronise { file }).map_or_else(|code| code, |_| SQLITE_OK)
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let open = known().files.remove(&(file as usize));
    let Some(open) = open else { return SQLITE_OK };
    // SAFETY: what SQLite asked for; the file gets back the table that its VFS gave it.
    unsafe {
        (*file).pMethods = open.tables.original;
        open.tables.original.xClose.map_or(SQLITE_OK, |close| close(file))
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, directory: c_int) -> c_int {
    // SAFETY: SQLite gave the name.
    if let Some(path) = unsafe { path(name) }
        && let Some(disk) = { disk_of(&known(), &path) }
    {
        // A removal does not fail here.
        let _ = disk.note(Event::Remove { file: path });
    }
    let vfs = original();
    // SAFETY: what SQLite asked for.
    unsafe { (*vfs).xDelete.map_or(SQLITE_OK, |delete| delete(vfs, name, directory)) }
}
