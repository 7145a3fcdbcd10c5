//! Writing the file. It has its name only when it is whole and on the disk.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use flate2::{Compression, write::GzEncoder};
use muster_core::{
    hex::hex,
    seal::Signer,
    transfer::{Counts, Header, Line, Record, Sink, TransferError},
};

use super::{STANDARD, progress::Progress};
use crate::data::directory_of;

/// Bytes gathered before they are written: large enough that the system calls do not count.
const BUFFER: usize = 256 << 10;

/// Where the bytes go.
enum Target {
    File(BufWriter<File>),
    Standard(io::Stdout),
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Standard(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Standard(out) => out.flush(),
        }
    }
}

/// What becomes of the bytes on the way.
enum Form {
    Plain(Target),
    // The fastest level: a third larger than the default's output, in a quarter of its time.
    Gzip(GzEncoder<Target>),
}

impl Form {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(target) => target.write_all(bytes),
            Self::Gzip(encoder) => encoder.write_all(bytes),
        }
    }

    fn finish(self) -> io::Result<Target> {
        let mut target = match self {
            Self::Plain(target) => target,
            Self::Gzip(encoder) => encoder.finish()?,
        };
        target.flush()?;
        Ok(target)
    }
}

/// A file that is not whole yet, under another name. Removed unless it gets its own.
struct Draft {
    path: PathBuf,
    kept: bool,
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "an unfinished export could not be removed");
        }
    }
}

/// A file that an export writes.
pub(super) struct ExportWriter {
    form: Form,
    /// The lines to write next.
    lines: Vec<u8>,
    signer: Signer,
    place: Option<(Draft, PathBuf)>,
    progress: Progress,
}

impl ExportWriter {
    /// Begins a file with its header. It is readable by its owner alone: it holds what the store holds.
    /// `signer` makes its authentication code.
    pub(super) fn begin(file: &Path, header: Header, signer: Signer, progress: Progress) -> io::Result<Self> {
        let (target, place) = if file == Path::new(STANDARD) {
            (Target::Standard(io::stdout()), None)
        } else {
            let mut name = file.as_os_str().to_owned();
            name.push(".part");
            let path = PathBuf::from(name);
            let out = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&path)?;
            let draft = Draft { path, kept: false };
            (Target::File(BufWriter::with_capacity(BUFFER, out)), Some((draft, file.to_owned())))
        };
        let form = match file.extension() {
            Some(extension) if extension == "gz" => Form::Gzip(GzEncoder::new(target, Compression::fast())),
            _ => Form::Plain(target),
        };
        let mut writer = Self { form, lines: Vec::new(), signer, place, progress };
        Line::Header(header).write(&mut writer.lines)?;
        writer.pass_on()?;
        Ok(writer)
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.signer.update(&self.lines);
        self.form.write_all(&self.lines)?;
        self.lines.clear();
        Ok(())
    }

    fn write(&mut self, records: Vec<Record>) -> io::Result<()> {
        for record in records {
            record.write_line(&mut self.lines)?;
        }
        self.pass_on()
    }

    /// Ends the file with the counts of its records and its authentication code, and gives it its name once it is on the disk.
    pub(super) fn finish(mut self, counts: &Counts) -> io::Result<()> {
        Line::End(counts.clone()).write(&mut self.lines)?;
        self.pass_on()?;
        Line::Code(hex(&self.signer.finish())).write(&mut self.lines)?;
        self.form.write_all(&self.lines)?;
        let target = self.form.finish()?;
        if let (Target::File(file), Some((mut draft, path))) = (target, self.place) {
            file.get_ref().sync_all()?;
            std::fs::rename(&draft.path, &path)?;
            draft.kept = true;
            File::open(directory_of(&path))?.sync_all()?;
        }
        Ok(())
    }
}

#[async_trait]
impl Sink for ExportWriter {
    async fn put(&mut self, records: Vec<Record>) -> Result<(), TransferError> {
        let count = records.len() as u64;
        self.write(records).map_err(|error| TransferError::Other(Box::new(error)))?;
        self.progress.advance(count, None);
        Ok(())
    }
}
