//! The lines of a file.

use serde::{Deserialize, Serialize};

use super::{Counts, Record};
use crate::time::Millis;

/// The version of the form of files that is written here, and the highest that is read.
pub const FORMAT: u32 = 2;
/// The first version whose files end with an authentication code.
pub const FIRST_SIGNED_FORMAT: u32 = 2;
/// What the authentication code of a file is made for.
pub const FILE_PURPOSE: &str = "export file";

/// What a file says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the file's form.
    pub format: u32,
    /// The version of Muster that wrote it.
    pub muster: String,
    /// When it was written.
    pub written_at: Millis,
    /// The check value of the master key that its secrets are sealed under, in hexadecimal digits.
    pub master_key_check: String,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The first.
    Header(Header),
    /// One between.
    Record(Box<Record>),
    /// After the records: how many there were.
    End(Counts),
    /// The last: the authentication code of all lines before, under the master key, in hexadecimal digits.
    Code(String),
}

/// Lines that are no records.
#[derive(Serialize, Deserialize)]
enum Frame {
    #[serde(rename = "muster_export")]
    Header(Header),
    #[serde(rename = "end")]
    End(Counts),
    #[serde(rename = "code")]
    Code(String),
}

/// A line is none of a file of this form.
#[derive(Debug, thiserror::Error)]
#[error("it is not what this version writes: {0}")]
pub struct LineError(#[from] serde_json::Error);

impl Line {
    /// Reads a line, without its end.
    ///
    /// # Errors
    /// [`LineError`] when it is none.
    pub fn parse(text: &[u8]) -> Result<Self, LineError> {
        // Nearly every line is a record.
        let error = match serde_json::from_slice(text) {
            Ok(record) => return Ok(Self::Record(Box::new(record))),
            Err(error) => error,
        };
        match serde_json::from_slice(text) {
            Ok(Frame::Header(header)) => Ok(Self::Header(header)),
            Ok(Frame::End(counts)) => Ok(Self::End(counts)),
            Ok(Frame::Code(code)) => Ok(Self::Code(code)),
            Err(_) => Err(error.into()),
        }
    }

    /// Writes the line with its end.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(self, out: &mut impl std::io::Write) -> std::io::Result<()> {
        match self {
            Self::Header(header) => serde_json::to_writer(&mut *out, &Frame::Header(header))?,
            Self::Record(record) => return record.write_line(out),
            Self::End(counts) => serde_json::to_writer(&mut *out, &Frame::End(counts))?,
            Self::Code(code) => serde_json::to_writer(&mut *out, &Frame::Code(code))?,
        }
        out.write_all(b"\n")
    }
}

impl Record {
    /// Writes the record as a line.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_line(&self, out: &mut impl std::io::Write) -> std::io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::Kind;

    /// A file of format 1 with a record of each kind. It never changes: such files are kept as backups.
    const SAMPLE: &str = include_str!("format_1.jsonl");

    #[test]
    fn a_file_of_format_1_is_read_and_written_the_same_line_by_line() {
        let (mut counts, mut written) = (Counts::default(), Vec::new());
        let mut told = None;
        for line in SAMPLE.lines() {
            let line = Line::parse(line.as_bytes()).unwrap();
            match &line {
                Line::Header(header) => assert_eq!(header.format, 1),
                Line::Record(record) => counts.add(record.kind(), 1),
                Line::End(counts) => told = Some(counts.clone()),
                Line::Code(code) => panic!("{code}"),
            }
            line.write(&mut written).unwrap();
        }
        assert_eq!(String::from_utf8(written).unwrap(), SAMPLE);
        assert_eq!(told, Some(counts.clone()));
        for kind in Kind::ALL {
            assert!(counts.of(kind) > 0, "{kind}");
        }
    }

    #[test]
    fn records_of_a_file_come_in_the_order_of_their_kinds() {
        let kinds: Vec<_> = SAMPLE
            .lines()
            .filter_map(|line| match Line::parse(line.as_bytes()).unwrap() {
                Line::Record(record) => Some(Kind::ALL.iter().position(|&kind| kind == record.kind())),
                _ => None,
            })
            .collect();
        assert!(kinds.is_sorted(), "{kinds:?}");
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for text in ["", "{", "{\"member\":{}}", "{\"future\":1}", "[]"] {
            assert!(Line::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
