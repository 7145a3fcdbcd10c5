//! Percent-encoding as signatures want it, and its reading as clients write it.

use std::borrow::Cow;

/// What a byte becomes when encoded once, and whether it stays as it is.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the loop ends below 256")]
        let value = byte as u8;
        table[byte] = is_unreserved(value);
        byte += 1;
    }
    table
};

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends the text with everything but `A-Z a-z 0-9 - _ . ~` encoded.
pub(crate) fn encode_into(out: &mut Vec<u8>, text: &str) {
    encode(out, text, b"%");
}

/// Appends what encoding the text twice gives: each `%` of the first round is `%25` in the second.
pub(crate) fn encode_twice_into(out: &mut Vec<u8>, text: &str) {
    encode(out, text, b"%25");
}

fn encode(out: &mut Vec<u8>, text: &str, escape: &[u8]) {
    let mut rest = text.as_bytes();
    loop {
        let plain = rest.iter().take_while(|byte| UNRESERVED[usize::from(**byte)]).count();
        out.extend_from_slice(&rest[..plain]);
        let Some(byte) = rest.get(plain) else { return };
        out.extend_from_slice(escape);
        out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        rest = &rest[plain + 1..];
    }
}

/// Whether encoding leaves the text as it is.
pub(crate) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| UNRESERVED[usize::from(byte)])
}

/// Reads a name or value of a query or form: `+` and `%20` are spaces, a `%` without two hexadecimal
/// digits is itself. `None` when the bytes meant are not UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, tail) {
            (b'+', _) => decoded.push(b' '),
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                decoded.push(digit(*high) << 4 | digit(*low));
                rest = after;
            }
            _ => decoded.push(*byte),
        }
    }
    String::from_utf8(decoded).ok()
}

fn digit(hex: u8) -> u8 {
    match hex {
        b'0'..=b'9' => hex - b'0',
        _ => (hex | 0x20) - b'a' + 10,
    }
}

/// Why a query or form could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PairsFault {
    /// There are more than allowed.
    TooMany,
    /// The name or value of this parameter, as it is written, is not UTF-8.
    NotText(String),
}

/// Appends the pairs of a query or form in their order, until there are `limit`. Only names and
/// values that hold an escape are copied.
pub(crate) fn read_pairs<'a>(
    text: &'a str,
    limit: usize,
    pairs: &mut Vec<(Cow<'a, str>, Cow<'a, str>)>,
) -> Result<(), PairsFault> {
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        if pairs.len() == limit {
            return Err(PairsFault::TooMany);
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (part(name), part(value)) {
            (Some(name), Some(value)) => pairs.push((name, value)),
            _ => return Err(PairsFault::NotText(name.to_owned())),
        }
    }
    Ok(())
}

fn part(text: &str) -> Option<Cow<'_, str>> {
    let escaped = text.bytes().any(|byte| matches!(byte, b'+' | b'%'));
    if escaped { decode(text).map(Cow::Owned) } else { Some(Cow::Borrowed(text)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        encode_into(&mut out, text);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(encoded("aZ09-_.~ *+/中"), "aZ09-_.~%20%2A%2B%2F%E4%B8%AD");
    }

    #[test]
    fn plus_and_percent_20_are_spaces() {
        assert_eq!(decode("a+b%20c%2b").expect("text"), "a b c+");
    }

    #[test]
    fn a_percent_sign_without_digits_is_itself() {
        assert_eq!(decode("100%+%zz%4").expect("text"), "100% %zz%4");
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_refused() {
        assert_eq!(decode("%ff"), None);
        let fault = read_pairs("a=%ff", 9, &mut Vec::new()).expect_err("it should be refused");
        assert_eq!(fault, PairsFault::NotText("a".into()));
    }

    #[test]
    fn a_query_is_read_in_order_and_no_further_than_its_limit() {
        let mut pairs = Vec::new();
        assert_eq!(read_pairs("b=1&&a&=x&c=1=2", 9, &mut pairs), Ok(()));
        let expected = [("b", "1"), ("a", ""), ("", "x"), ("c", "1=2")];
        assert_eq!(pairs, expected.map(|(name, value)| (Cow::from(name), Cow::from(value))));
        assert_eq!(read_pairs("a=1&b=2", 1, &mut Vec::new()), Err(PairsFault::TooMany));
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(text in "\\PC{0,40}") {
            let once = encoded(&text);
            prop_assert_eq!(decode(&once).expect("text"), &*text);
            let mut twice = Vec::new();
            encode_twice_into(&mut twice, &text);
            prop_assert_eq!(String::from_utf8(twice).expect("ASCII"), encoded(&once));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[%&=+a中]{0,40}") {
            let _ = read_pairs(&text, 100, &mut Vec::new());
        }
    }
}
