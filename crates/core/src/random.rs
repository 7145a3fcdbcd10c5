//! Randomness, passed in: code that needs it takes a [`Random`], so that a test can repeat itself.

use crate::hex::hex;

/// Letters and digits, for ids that people may have to read aloud or put into a URL.
const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

const LETTERS: &[u8; 52] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A source of unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills `bytes` with bytes that nobody can predict.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Random + '_ {
    /// `length` letters and digits, each equally likely.
    #[must_use]
    pub fn alphanumeric(&self, length: usize) -> String {
        self.draw(length, ALPHANUMERIC)
    }

    /// `length` letters, each equally likely.
    #[must_use]
    pub fn letters(&self, length: usize) -> String {
        self.draw(length, LETTERS)
    }

    /// `length` lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self, length: usize) -> String {
        let mut bytes = vec![0; length.div_ceil(2)];
        self.fill(&mut bytes);
        let mut text = hex(&bytes);
        text.truncate(length);
        text
    }

    /// `length` decimal digits, the first of them not zero.
    #[must_use]
    pub fn digits(&self, length: usize) -> String {
        let mut text = self.draw(1, b"123456789");
        text.push_str(&self.draw(length.saturating_sub(1), b"0123456789"));
        text
    }

    fn draw(&self, length: usize, alphabet: &[u8]) -> String {
        // Bytes at or above the largest multiple of the alphabet's size would make its first letters likelier.
        let limit = 256 - 256 % alphabet.len();
        let mut text = String::with_capacity(length);
        let mut pool = [0; 64];
        while text.len() < length {
            self.fill(&mut pool);
            let fair = pool.iter().map(|&byte| usize::from(byte)).filter(|&byte| byte < limit);
            for byte in fair.take(length - text.len()) {
                text.push(char::from(alphabet[byte % alphabet.len()]));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Seeded;

    #[test]
    fn drawn_texts_have_the_length_and_alphabet_asked_for() {
        let seeded = Seeded::new(7);
        let random: &dyn Random = &seeded;
        assert_eq!(random.alphanumeric(70).len(), 70);
        assert_eq!(random.hex(7).len(), 7);
        assert!(random.letters(200).bytes().all(|b| b.is_ascii_alphabetic()));
        let account = random.digits(16);
        assert!(
            account.len() == 16 && account.bytes().all(|b| b.is_ascii_digit()) && !account.starts_with('0')
        );
    }
}
