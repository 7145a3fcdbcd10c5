//! The lines of a file: format 4.
//!
//! A line is JSON, and has types of its own (`line/`): what the domain's types become has no effect on files. The first
//! line and the last two stand around the records; each of the others is a record, `{"<kind>":{…}}`. Files are kept as
//! backups, so whatever was written once is read for ever.
//!
//! # How the format may change
//!
//! | change | what it needs |
//! |---|---|
//! | a field is added | a default for when it is missing; versions that do not know it pass it over, so it must be of no harm when they import without it |
//! | an event is added | nothing: it is carried as it came, by the rules of [`form`](crate::event::form) |
//! | a kind of records or a choice is added; a field means something else, changes its type, or goes | a new [`FORMAT`], which versions that know only of lower ones refuse, and name the version to use. The types of the format before stay, and are turned into records by a conversion of their own |

mod access;
mod chat_message;
mod group;
mod record;
mod space;

use serde::{Deserialize, Serialize};

use self::record::RecordForm;
use super::{Counts, Record};
use crate::time::Millis;

/// The version of the form of files that is written here, and the highest that is read.
pub const FORMAT: u32 = 4;
/// The first version whose files end with an authentication code.
pub const FIRST_SIGNED_FORMAT: u32 = 2;
/// What the authentication code of a file is made for.
pub const FILE_PURPOSE: &str = "export file";

/// What a file says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    Header(HeaderForm),
    #[serde(rename = "end")]
    End(Counts),
    #[serde(rename = "code")]
    Code(String),
}

#[derive(Serialize, Deserialize)]
struct HeaderForm {
    format: u32,
    muster: String,
    written_at: i64,
    master_key_check: String,
}

impl From<Header> for HeaderForm {
    fn from(header: Header) -> Self {
        let Header { format, muster, written_at, master_key_check } = header;
        Self { format, muster, written_at: written_at.0, master_key_check }
    }
}

impl From<HeaderForm> for Header {
    fn from(form: HeaderForm) -> Self {
        let HeaderForm { format, muster, written_at, master_key_check } = form;
        Self { format, muster, written_at: Millis(written_at), master_key_check }
    }
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
        let error = match serde_json::from_slice::<RecordForm>(text) {
            Ok(form) => return Ok(Self::Record(Box::new(form.into()))),
            Err(error) => error,
        };
        match serde_json::from_slice(text) {
            Ok(Frame::Header(header)) => Ok(Self::Header(header.into())),
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
            Self::Header(header) => serde_json::to_writer(&mut *out, &Frame::Header(header.into()))?,
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
    pub fn write_line(self, out: &mut impl std::io::Write) -> std::io::Result<()> {
        serde_json::to_writer(&mut *out, &RecordForm::from(self))?;
        out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{event::Event, transfer::Kind};

    /// A file of format 1 with a record of each kind. It never changes: such files are kept as backups.
    const SAMPLE: &str = include_str!("format_1.jsonl");
    /// The same of format 2, with an event of a later version.
    const SIGNED: &str = include_str!("format_2.jsonl");
    /// The same of format 3, which added mutes and words.
    const WORDS: &str = include_str!("format_3.jsonl");
    /// The same of format 4, which added mutes of whole groups, roles, who was removed from a customer group, what was said
    /// there, files of channels, and who has been in a group.
    const LATEST: &str = include_str!("format_4.jsonl");

    #[test]
    fn files_of_each_format_are_read_and_written_the_same_line_by_line() {
        for (format, sample) in [(1, SAMPLE), (2, SIGNED), (3, WORDS), (4, LATEST)] {
            let (mut counts, mut written) = (Counts::default(), Vec::new());
            let (mut told, mut code) = (None, None);
            for line in sample.lines() {
                let line = Line::parse(line.as_bytes()).unwrap();
                match &line {
                    Line::Header(header) => assert_eq!(header.format, format),
                    Line::Record(record) => counts.add(record.kind(), 1),
                    Line::End(counts) => told = Some(counts.clone()),
                    Line::Code(text) => code = Some(text.clone()),
                }
                line.write(&mut written).unwrap();
            }
            assert_eq!(String::from_utf8(written).unwrap(), sample);
            assert_eq!(told, Some(counts.clone()));
            assert_eq!(code.is_some(), format >= FIRST_SIGNED_FORMAT);
            for kind in Kind::ALL {
                assert_eq!(counts.of(kind) > 0, format >= kind.since(), "{kind}");
            }
        }
    }

    #[test]
    fn records_of_a_file_come_in_the_order_of_their_kinds() {
        let kinds: Vec<_> = LATEST
            .lines()
            .filter_map(|line| match Line::parse(line.as_bytes()).unwrap() {
                Line::Record(record) => Some(Kind::ALL.iter().position(|&kind| kind == record.kind())),
                _ => None,
            })
            .collect();
        assert!(kinds.is_sorted(), "{kinds:?}");
    }

    #[test]
    fn an_event_of_tomorrow_goes_through_a_file_as_it_came() {
        let unknown = |line: &&str| match Line::parse(line.as_bytes()).unwrap() {
            Line::Record(record) => match *record {
                Record::Entry(entry) => matches!(entry.entry.event, Event::Unknown(_)),
                _ => false,
            },
            _ => false,
        };
        let found: Vec<_> = SIGNED.lines().filter(unknown).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains(r#""event":{"Muted":{"user":"u","until":18446744073709551615}}"#),
            "{found:?}"
        );
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for text in ["", "{", "{\"member\":{}}", "{\"future\":1}", "[]"] {
            assert!(Line::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
