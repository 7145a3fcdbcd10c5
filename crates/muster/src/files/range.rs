//! Parts of files (RFC 9110, sections 13 and 14): one range a request. A request for several is answered with the whole, as is
//! one that is none.

use axum::{
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use http_range_header::{RangeUnsatisfiableError, parse_range_header};
use muster_core::chat_file::ChatFile;

use super::text;

/// What of a file is answered.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// These bytes, both ends among them.
    Bytes {
        first: usize,
        last: usize,
    },
    /// Nothing: none of the bytes that are asked for exist.
    Outside,
    /// Nothing: whoever asks has it.
    Known,
}

/// A file, or the part of it that is asked for.
pub(super) fn of(file: &ChatFile, method: &Method, asked: &HeaderMap) -> Response {
    let size = file.bytes.len();
    let tag = tag(file);
    let common = [(header::ACCEPT_RANGES, "bytes"), (header::ETAG, &*tag)];
    let ranged = |range: String| [(header::CONTENT_RANGE, range)];
    match part(size, &tag, method, asked) {
        Part::Whole => (common, file.bytes.clone()).into_response(),
        Part::Bytes { first, last } => {
            let range = ranged(format!("bytes {first}-{last}/{size}"));
            (StatusCode::PARTIAL_CONTENT, common, range, file.bytes.slice(first..=last)).into_response()
        }
        Part::Outside => {
            (StatusCode::RANGE_NOT_SATISFIABLE, common, ranged(format!("bytes */{size}"))).into_response()
        }
        Part::Known => (StatusCode::NOT_MODIFIED, common).into_response(),
    }
}

/// What tells a file from one that is put in its place: a strong validator, for the time of putting rises with each.
fn tag(file: &ChatFile) -> String {
    format!("\"{:x}-{:x}\"", file.put_at.0, file.bytes.len())
}

fn part(size: usize, tag: &str, method: &Method, asked: &HeaderMap) -> Part {
    let known = text(asked, &header::IF_NONE_MATCH);
    let is_known = |one: &str| matches!(one.trim(), "*") || one.trim().trim_start_matches("W/") == tag;
    if known.split(',').any(is_known) {
        return Part::Known;
    }
    // A range says something of a GET alone. With `If-Range` it holds for the file that was read before, which a date does
    // not name: two files may have one second.
    let before = text(asked, &header::IF_RANGE);
    if method != Method::GET || !(before.is_empty() || before == tag) {
        return Part::Whole;
    }
    let Ok(ranges) = parse_range_header(text(asked, &header::RANGE)) else { return Part::Whole };
    match ranges.validate(size as u64).as_deref() {
        Ok([range]) => match (usize::try_from(*range.start()), usize::try_from(*range.end())) {
            (Ok(first), Ok(last)) => Part::Bytes { first, last },
            _ => Part::Whole,
        },
        Err(RangeUnsatisfiableError::Unsatisfiable) => Part::Outside,
        Ok(_) | Err(_) => Part::Whole,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const TAG: &str = "\"a-64\"";

    /// What is answered of 100 bytes.
    fn asked(method: &Method, headers: &[(header::HeaderName, &'static str)]) -> Part {
        let pairs = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        part(100, TAG, method, &pairs.collect())
    }

    fn bytes(range: &'static str) -> Part {
        asked(&Method::GET, &[(header::RANGE, range)])
    }

    #[test]
    fn a_range_is_answered_as_far_as_there_is_something() {
        assert_eq!(bytes("bytes=0-1"), Part::Bytes { first: 0, last: 1 });
        assert_eq!(bytes("bytes=99-"), Part::Bytes { first: 99, last: 99 });
        assert_eq!(bytes("bytes=90-1000"), Part::Bytes { first: 90, last: 99 });
        assert_eq!(bytes("bytes=-10"), Part::Bytes { first: 90, last: 99 });
        assert_eq!(bytes("bytes=-1000"), Part::Bytes { first: 0, last: 99 });
        for outside in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(bytes(outside), Part::Outside, "{outside}");
        }
        for whole in ["", "bytes=", "bytes=9-1", "bytes=a-b", "lines=0-1", "bytes=0-1,5-6", "bytes=0-1 2"] {
            assert_eq!(bytes(whole), Part::Whole, "{whole}");
        }
        assert_eq!(part(0, TAG, &Method::GET, &HeaderMap::new()), Part::Whole);
    }

    #[test]
    fn a_range_holds_for_the_file_that_was_read_before_and_for_a_get() {
        let range = (header::RANGE, "bytes=0-1");
        let first = Part::Bytes { first: 0, last: 1 };
        assert_eq!(asked(&Method::GET, &[range.clone(), (header::IF_RANGE, TAG)]), first);
        for other in ["\"b-64\"", "W/\"a-64\"", "Sat, 28 Nov 2026 09:00:00 GMT"] {
            assert_eq!(
                asked(&Method::GET, &[range.clone(), (header::IF_RANGE, other)]),
                Part::Whole,
                "{other}"
            );
        }
        assert_eq!(asked(&Method::HEAD, &[range]), Part::Whole);
    }

    #[test]
    fn who_has_a_file_is_told_so() {
        for known in [TAG, "\"b\", \"a-64\"", "W/\"a-64\"", "*"] {
            assert_eq!(asked(&Method::GET, &[(header::IF_NONE_MATCH, known)]), Part::Known, "{known}");
        }
        assert_eq!(asked(&Method::GET, &[(header::IF_NONE_MATCH, "\"b\"")]), Part::Whole);
    }
}
