//! Reading the file, on a thread of its own: it is unpacked and parsed while the store writes what came before.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, ErrorKind, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use flate2::bufread::MultiGzDecoder;
use muster_core::{
    hex::hex,
    seal::Signer,
    transfer::{BeyondBounds, Counts, FORMAT, Header, Line, LineError, Part, Record, Source, TransferError},
};
use tokio::sync::mpsc;

use super::{STANDARD, progress::Progress};

/// Bytes read at a time.
const BUFFER: usize = 256 << 10;
/// The longest line, in bytes; no record comes near it, and a file that is none of ours must not fill the memory.
const MAX_LINE: u64 = 64 << 20;
/// Records of a part, at most.
const PART_RECORDS: usize = 1_024;
/// Bytes of a part's lines, about.
const PART_BYTES: usize = 1 << 20;
/// Parts that wait for the store, at most.
const PARTS: usize = 4;
/// What a compressed file begins with (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("it cannot be read")]
    Io(#[source] io::Error),
    #[error("it is not a file that `muster export` wrote")]
    Foreign,
    #[error(
        "it has format {found}, and this version reads formats up to {FORMAT}: use muster {muster} or later"
    )]
    Newer { found: u32, muster: String },
    #[error("it ends early: it was cut off, or its export did not finish. Nothing was imported")]
    CutOff,
    #[error(
        "it was changed since it was written, for its authentication code is not the one that the master key gives. \
         Nothing was imported"
    )]
    Changed,
    #[error("line {number}: {why}")]
    Line { number: u64, why: LineError },
    #[error("line {number}: {why}")]
    Bounds { number: u64, why: BeyondBounds },
    #[error("line {number} is longer than {MAX_LINE} bytes")]
    TooLong { number: u64 },
    #[error("line {number}: a second file begins inside of it")]
    SecondHeader { number: u64 },
    #[error("something follows its last line {number}")]
    Beyond { number: u64 },
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        // So says a compressed file that has not its end.
        if error.kind() == ErrorKind::UnexpectedEof { Self::CutOff } else { Self::Io(error) }
    }
}

impl From<Fault> for TransferError {
    fn from(fault: Fault) -> Self {
        Self::Other(Box::new(fault))
    }
}

/// Counts what is read of a file.
struct Counted<R> {
    inner: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// The lines of a file.
struct Lines {
    input: Box<dyn BufRead + Send>,
    line: Vec<u8>,
    number: u64,
    /// Makes the authentication code of the lines, if the file has one.
    signer: Option<Signer>,
}

impl Lines {
    /// Reads the next line into `line`, without its end.
    fn next(&mut self) -> Result<(), Fault> {
        self.line.clear();
        self.number += 1;
        self.input.by_ref().take(MAX_LINE).read_until(b'\n', &mut self.line)?;
        if let Some(signer) = &mut self.signer {
            signer.update(&self.line);
        }
        match self.line.pop() {
            Some(b'\n') => Ok(()),
            _ if self.line.len() as u64 + 1 >= MAX_LINE => Err(Fault::TooLong { number: self.number }),
            _ => Err(Fault::CutOff),
        }
    }

    fn parsed(&mut self) -> Result<Line, Fault> {
        self.next()?;
        Line::parse(&self.line).map_err(|why| Fault::Line { number: self.number, why })
    }

    /// The header, which is the first line.
    fn header(&mut self) -> Result<Header, Fault> {
        let known = |error| match error {
            Fault::Line { .. } | Fault::TooLong { .. } => Fault::Foreign,
            other => other,
        };
        let Line::Header(header) = self.parsed().map_err(known)? else { return Err(Fault::Foreign) };
        if header.format > FORMAT {
            return Err(Fault::Newer { found: header.format, muster: header.muster });
        }
        Ok(header)
    }

    /// Reads the authentication code, if the file has one, and compares it. Whoever changes a file learns nothing from how
    /// long that takes.
    fn code(&mut self) -> Result<(), Fault> {
        let Some(signer) = self.signer.take() else { return Ok(()) };
        let code = hex(&signer.finish());
        match self.parsed()? {
            Line::Code(told) if told == code => Ok(()),
            _ => Err(Fault::Changed),
        }
    }

    /// The next records, and the counts when they are the last.
    fn part(&mut self) -> Result<(Vec<Record>, Option<Counts>), Fault> {
        let (mut records, mut bytes) = (Vec::new(), 0);
        while records.len() < PART_RECORDS && bytes < PART_BYTES {
            match self.parsed()? {
                Line::Record(record) => {
                    record.check().map_err(|why| Fault::Bounds { number: self.number, why })?;
                    records.push(*record);
                }
                Line::Header(_) => return Err(Fault::SecondHeader { number: self.number }),
                Line::Code(_) => return Err(Fault::Changed),
                Line::End(counts) => {
                    self.code()?;
                    // Reading to the end of a compressed file also checks its sum.
                    if !self.input.fill_buf()?.is_empty() {
                        return Err(Fault::Beyond { number: self.number });
                    }
                    return Ok((records, Some(counts)));
                }
            }
            bytes += self.line.len();
        }
        Ok((records, None))
    }
}

/// A file whose header was read.
pub(super) struct ExportReader {
    lines: Lines,
    /// The first line, as it stands in the file.
    first: Vec<u8>,
    bytes: Arc<AtomicU64>,
    length: Option<u64>,
}

impl ExportReader {
    /// Opens a file, compressed or not, and reads its header.
    pub(super) fn open(file: &Path) -> Result<(Header, Self), Fault> {
        let (input, length): (Box<dyn Read + Send>, _) = if file == Path::new(STANDARD) {
            (Box::new(io::stdin()), None)
        } else {
            let file = File::open(file)?;
            let length = file.metadata()?.len();
            (Box::new(file), Some(length))
        };
        let bytes = Arc::new(AtomicU64::new(0));
        let counted = Counted { inner: input, bytes: Arc::clone(&bytes) };
        let mut raw = BufReader::with_capacity(BUFFER, counted);
        let input: Box<dyn BufRead + Send> = if raw.fill_buf()?.starts_with(&GZIP) {
            Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(raw)))
        } else {
            Box::new(raw)
        };
        let mut lines = Lines { input, line: Vec::new(), number: 0, signer: None };
        let header = lines.header()?;
        let mut first = lines.line.clone();
        first.push(b'\n');
        Ok((header, Self { lines, first, bytes, length }))
    }

    /// Begins to read the records. The end is given only when `signer`, which a file with an authentication code needs,
    /// gives that code.
    pub(super) fn start(self, signer: Option<Signer>) -> io::Result<Parts> {
        let (send, receive) = mpsc::channel(PARTS);
        let mut lines = self.lines;
        lines.signer = signer.map(|mut signer| {
            signer.update(&self.first);
            signer
        });
        let read = move || {
            loop {
                let (part, end) = match lines.part() {
                    Ok((records, end)) => (Ok(records), end),
                    Err(fault) => (Err(fault), None),
                };
                let over = part.is_err() || end.is_some();
                // A store that has given up takes nothing more.
                let taken = send.blocking_send(part.map(Part::Records)).is_ok();
                let told = end.is_none_or(|counts| send.blocking_send(Ok(Part::End(counts))).is_ok());
                if over || !taken || !told {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("import-reader".into()).spawn(read)?;
        let progress = Progress::of_unknown();
        Ok(Parts { parts: receive, bytes: self.bytes, length: self.length, progress })
    }
}

/// The records of a file, as they are read.
pub(super) struct Parts {
    parts: mpsc::Receiver<Result<Part, Fault>>,
    bytes: Arc<AtomicU64>,
    length: Option<u64>,
    progress: Progress,
}

#[async_trait]
impl Source for Parts {
    async fn next(&mut self) -> Result<Part, TransferError> {
        let part = self.parts.recv().await.ok_or(Fault::CutOff)??;
        if let Part::Records(records) = &part {
            #[expect(clippy::cast_precision_loss, reason = "a percentage need not be exact")]
            let read = |length| self.bytes.load(Ordering::Relaxed) as f64 / length as f64;
            self.progress.advance(records.len() as u64, self.length.map(read));
        }
        Ok(part)
    }
}
