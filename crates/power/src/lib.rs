//! For tests: disks that lose what was not synchronised, fill up, or fail.
//!
//! [`Disk::watch`] notes what SQLite does with the files of one directory: each write, cut and removal, and each time it
//! waits until they are on the disk, with what stands then in files beside them. [`Disk::after`] then tells what a power failure at any of these moments leaves:
//! what was synchronised, and of the rest what [`Rest`] says. [`Disk::fail`] makes writes fail, as a full or broken disk
//! does.
//!
//! SQLite itself reads and writes the real files all the time, so whatever is tested is the code that ships.

mod vfs;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Bytes that a disk writes whole or not at all.
const SECTOR: usize = 512;

/// What SQLite did with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    Write {
        file: PathBuf,
        offset: usize,
        bytes: Vec<u8>,
    },
    Cut {
        file: PathBuf,
        length: usize,
    },
    Remove {
        file: PathBuf,
    },
    Synchronise {
        file: PathBuf,
    },
    /// What a file held that SQLite does not write.
    Beside {
        file: PathBuf,
        bytes: Vec<u8>,
    },
}

/// How writes fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no room (ENOSPC).
    Full,
    /// The device is broken (EIO).
    Broken,
}

/// What becomes of writes that were not synchronised when the power fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// All of them are lost.
    Lost,
    /// All of them had come to the disk by themselves, as also when only the process is killed.
    Kept,
    /// Of each only the first sector came, and of every second one nothing: the disk has an order of its own.
    Torn,
}

#[derive(Debug, Default)]
struct State {
    events: Vec<Event>,
    beside: Vec<PathBuf>,
    /// The write, counted from 0, from which on writes fail.
    failing: Option<(usize, Fault)>,
    writes: usize,
}

/// What is known of the disk that a directory is on.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<State>>);

impl Disk {
    /// Watches what is done with files in a directory that are opened from now on. Of files `beside` them it is noted
    /// what they hold whenever SQLite waits for the disk.
    ///
    /// # Panics
    /// When SQLite does not take another way to the disk.
    #[must_use]
    pub fn watch(directory: &Path, beside: &[&str]) -> Self {
        vfs::install();
        let disk = Self::default();
        disk.state().beside = beside.iter().map(|name| directory.join(name)).collect();
        vfs::watch(directory.to_owned(), disk.clone());
        disk
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much was done so far: a moment that [`after`](Self::after) takes.
    #[must_use]
    pub fn moment(&self) -> usize {
        self.state().events.len()
    }

    /// The moments at which SQLite waited for the disk.
    #[must_use]
    pub fn synchronised(&self) -> Vec<usize> {
        let state = self.state();
        let waits = |event: &Event| matches!(event, Event::Synchronise { .. });
        state.events.iter().enumerate().filter(|(_, event)| waits(event)).map(|(at, _)| at + 1).collect()
    }

    /// Writes so far.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.state().writes
    }

    /// Makes the write of this number, and all after it, fail.
    pub fn fail(&self, from: usize, fault: Fault) {
        self.state().failing = Some((from, fault));
    }

    /// Lets writes succeed again.
    pub fn heal(&self) {
        self.state().failing = None;
    }

    /// The files, by path, that a power failure at a moment leaves. They were empty when the watching began.
    #[must_use]
    pub fn after(&self, moment: usize, rest: Rest) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.state();
        let events = &state.events[..moment];
        let mut files = BTreeMap::new();
        for (at, event) in events.iter().enumerate() {
            let later = &events[at + 1..];
            let sure = later.iter().any(|later| event.is_sure_after(later));
            apply(&mut files, event, if sure { Rest::Kept } else { rest }, at);
        }
        files
    }

    /// Notes an event; the fault when it is a write that fails.
    fn note(&self, event: Event) -> Result<(), Fault> {
        let mut state = self.state();
        if matches!(event, Event::Write { .. }) {
            state.writes += 1;
            if let Some((from, fault)) = state.failing
                && state.writes > from
            {
                return Err(fault);
            }
        }
        if matches!(event, Event::Synchronise { .. }) {
            let beside = state.beside.clone();
            let read = |file: PathBuf| Some(Event::Beside { bytes: std::fs::read(&file).ok()?, file });
            state.events.extend(beside.into_iter().filter_map(read));
        }
        state.events.push(event);
        Ok(())
    }
}

impl Event {
    /// Whether a later event makes sure that this one has come to the disk. What a directory holds is synchronised with
    /// the first file of it that is, as SQLite does for each log and journal that it makes.
    fn is_sure_after(&self, later: &Self) -> bool {
        let Self::Synchronise { file } = later else { return false };
        matches!(self, Self::Remove { .. }) || file == self.file()
    }

    fn file(&self) -> &Path {
        match self {
            Self::Write { file, .. }
            | Self::Cut { file, .. }
            | Self::Remove { file }
            | Self::Synchronise { file }
            | Self::Beside { file, .. } => file,
        }
    }
}

fn apply(files: &mut BTreeMap<PathBuf, Vec<u8>>, event: &Event, rest: Rest, at: usize) {
    if let Event::Beside { file, bytes } = event {
        // Perhaps newer than what the disk has: the hardest case.
        files.insert(file.clone(), bytes.clone());
        return;
    }
    if rest == Rest::Lost {
        return;
    }
    match event {
        Event::Write { file, offset, bytes } => {
            let torn = rest == Rest::Torn;
            let reach = if torn && at.is_multiple_of(2) {
                0
            } else if torn {
                bytes.len().min(SECTOR)
            } else {
                bytes.len()
            };
            let content = files.entry(file.clone()).or_default();
            if content.len() < offset + reach {
                content.resize(offset + reach, 0);
            }
            content[*offset..offset + reach].copy_from_slice(&bytes[..reach]);
        }
        Event::Cut { file, length } => files.entry(file.clone()).or_default().truncate(*length),
        Event::Remove { file } => {
            files.remove(file);
        }
        Event::Synchronise { .. } | Event::Beside { .. } => {}
    }
}
