//! Request ids: upper-case UUID text, made from injected randomness.

use std::fmt;

/// The id of one request, for example `A1D75BEA-1329-416F-B29C-76F3F2001234`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId([u8; 36]);

const UPPER: &[u8; 16] = b"0123456789ABCDEF";

impl RequestId {
    /// Makes the text of a version 4 UUID from 16 random bytes.
    pub fn from_random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (index, byte) in bytes.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                at += 1;
            }
            text[at] = UPPER[usize::from(byte >> 4)];
            text[at + 1] = UPPER[usize::from(byte & 15)];
            at += 2;
        }
        Self(text)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_an_upper_case_version_4_uuid() {
        assert_eq!(RequestId::from_random([0xab; 16]).as_str(), "ABABABAB-ABAB-4BAB-ABAB-ABABABABABAB");
        assert_eq!(RequestId::from_random([0; 16]).as_str(), "00000000-0000-4000-8000-000000000000");
    }
}
