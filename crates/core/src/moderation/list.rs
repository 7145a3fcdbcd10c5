//! A list that was made ready to look for all its entries at once.

use aho_corasick::AhoCorasick;
use regex::{Regex, RegexBuilder};

use super::fold::Folded;

/// How long an entry may be, in bytes.
pub const MAX_ENTRY_BYTES: usize = 256;

/// How much memory the program of one pattern may take, in bytes: a bound on what a repeated repetition comes to.
const PATTERN_BYTES: usize = 256 * 1024;

/// Why a text is no entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEntry {
    /// It is too long.
    #[error("an entry has at most {MAX_ENTRY_BYTES} bytes, not {0}")]
    TooLong(usize),
    /// Nothing of it would be looked for.
    #[error("nothing is left of {0:?} without spaces and punctuation: write a pattern between slashes")]
    Empty(String),
    /// It finds every text.
    #[error("the pattern {0} is found in every text")]
    Everything(String),
    /// It is no pattern.
    #[error("{entry} is not a pattern: {fault}")]
    NoPattern {
        /// The entry.
        entry: String,
        /// Why.
        fault: String,
    },
}

/// One entry, read.
enum Entry {
    /// A word as it is compared.
    Word(String),
    /// A pattern.
    Pattern(Regex),
}

impl Entry {
    fn read(text: &str) -> Result<Self, BadEntry> {
        if text.len() > MAX_ENTRY_BYTES {
            return Err(BadEntry::TooLong(text.len()));
        }
        let inner = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        let Some(pattern) = inner.filter(|pattern| !pattern.is_empty()) else {
            let word = Folded::of(text).text;
            return if word.is_empty() {
                Err(BadEntry::Empty(text.to_owned()))
            } else {
                Ok(Self::Word(word))
            };
        };
        let built = RegexBuilder::new(pattern).case_insensitive(true).size_limit(PATTERN_BYTES).build();
        let pattern = built
            .map_err(|fault| BadEntry::NoPattern { entry: text.to_owned(), fault: in_a_line(&fault) })?;
        if pattern.is_match("") {
            Err(BadEntry::Everything(text.to_owned()))
        } else {
            Ok(Self::Pattern(pattern))
        }
    }
}

/// What is wrong with a pattern, without the picture that the library draws of it.
fn in_a_line(fault: &regex::Error) -> String {
    match fault {
        regex::Error::CompiledTooBig(limit) => format!("it needs more than {limit} bytes"),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or(&text);
            last.strip_prefix("error: ").unwrap_or(last).to_owned()
        }
    }
}

/// A list of words and patterns.
#[derive(Debug)]
pub struct WordList {
    words: AhoCorasick,
    /// The entry that each word of `words` stands for.
    entries: Vec<Box<str>>,
    patterns: Vec<(Regex, Box<str>)>,
}

impl WordList {
    /// Whether a text may be an entry.
    ///
    /// # Errors
    /// Why not.
    pub fn check(entry: &str) -> Result<(), BadEntry> {
        Entry::read(entry).map(drop)
    }

    /// Makes a list ready. An entry that is none here (a later version may know more) is passed over, and told.
    ///
    /// # Errors
    /// The words together are more than can be looked for at once (some hundred million letters).
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let (mut words, mut meant, mut patterns) = (Vec::new(), Vec::new(), Vec::new());
        for text in entries {
            match Entry::read(text) {
                Ok(Entry::Word(word)) => {
                    words.push(word);
                    meant.push(text.into());
                }
                Ok(Entry::Pattern(pattern)) => patterns.push((pattern, text.into())),
                Err(fault) => tracing::warn!(%fault, "an entry of a word list is passed over"),
            }
        }
        let words = AhoCorasick::new(words).map_err(|fault| fault.to_string())?;
        Ok(Self { words, entries: meant, patterns })
    }

    /// The first entry that a text holds.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&str> {
        let folded = Folded::of(text);
        let word = self
            .words
            .find_overlapping_iter(&folded.text)
            .find(|found| folded.breaks(found.start()) && folded.breaks(found.end()))
            .and_then(|found| self.entries.get(found.pattern().as_usize()));
        let pattern =
            || self.patterns.iter().find(|(pattern, _)| pattern.is_match(text)).map(|(_, entry)| entry);
        word.or_else(pattern).map(|entry| &**entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> WordList {
        WordList::of(entries.iter().copied()).expect("a list")
    }

    #[test]
    fn a_word_is_found_however_it_is_written_and_never_inside_another() {
        let list = list(&["ass", "Bad Word", "坏词", "c++"]);
        for text in ["you ass!", "ASS", "a.s.s", "ａｓｓ", "so: a s s", "坏ass词"] {
            assert_eq!(list.find(text), Some("ass"), "{text}");
        }
        assert_eq!(list.find("a bad   word."), Some("Bad Word"));
        assert_eq!(list.find("这是坏 词吗"), Some("坏词"));
        assert_eq!(list.find("I write C++."), Some("c++"));
        for text in ["a class of grass", "as soon as", "badword", "c", "", "好词"] {
            assert_eq!(list.find(text), None, "{text}");
        }
    }

    #[test]
    fn a_longer_word_does_not_hide_a_shorter_one() {
        let list = list(&["bad", "badger bad"]);
        assert_eq!(list.find("badger is bad"), Some("bad"));
        assert_eq!(list.find("badger"), None);
    }

    #[test]
    fn a_pattern_is_found_anywhere() {
        let list = list(&["/b[ae]d+/", "/\\d{11}/"]);
        assert_eq!(list.find("embedded"), Some("/b[ae]d+/"));
        assert_eq!(list.find("call 13912345678"), Some("/\\d{11}/"));
        assert_eq!(list.find("call 1391234567"), None);
    }

    #[test]
    fn an_entry_that_would_find_nothing_or_everything_is_refused() {
        assert_eq!(WordList::check(" . - "), Err(BadEntry::Empty(" . - ".into())));
        assert_eq!(WordList::check("//"), Err(BadEntry::Empty("//".into())));
        assert_eq!(WordList::check("/x*/"), Err(BadEntry::Everything("/x*/".into())));
        assert_eq!(WordList::check(&"x".repeat(257)), Err(BadEntry::TooLong(257)));
        let fault = WordList::check("/(/").expect_err("no pattern").to_string();
        assert_eq!(fault, "/(/ is not a pattern: unclosed group");
        let fault = WordList::check("/((a{9}){99}){99}/").expect_err("too large").to_string();
        assert!(fault.contains("needs more than 262144 bytes"), "{fault}");
    }

    #[test]
    fn an_empty_list_finds_nothing() {
        assert_eq!(list(&[]).find("anything"), None);
    }
}
