//! Texts as they are compared: what looks the same to a reader is the same.

use std::iter::Peekable;

use unicode_normalization::UnicodeNormalization as _;

/// A text as it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Folded {
    /// Its words, with one space between those that are set apart.
    pub(super) text: String,
    /// Where, inside a word that was spelled out letter by letter, one letter ends and the next begins: places in `text`,
    /// rising. A word may begin and end there.
    seams: Vec<usize>,
}

impl Folded {
    /// Folds a text: compatibility forms and case are one ("ＢＡＤ" is "bad"), what cannot be seen is gone, and
    /// so is what stands between letters that are spelled out one by one, or between those of a script without spaces.
    pub(super) fn of(text: &str) -> Self {
        let mut folded = Self { text: String::with_capacity(text.len()), seams: Vec::new() };
        let lower =
            text.nfkc().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter });
        let mut letters = lower.nfkc().filter(|&letter| !is_unseen(letter)).peekable();
        let mut before: Option<Word> = None;
        while let Some(word) = Word::next(&mut letters, &mut folded.text, before) {
            if word.joined {
                folded.seams.push(word.begin);
            }
            before = Some(word);
        }
        folded
    }

    /// Whether a word may begin or end at this place of the text.
    pub(super) fn breaks(&self, place: usize) -> bool {
        let (before, behind) = self.text.split_at(place);
        let (Some(left), Some(right)) = (before.chars().next_back(), behind.chars().next()) else {
            return true;
        };
        let alike =
            (left.is_alphabetic() && right.is_alphabetic()) || (left.is_numeric() && right.is_numeric());
        !alike || sets_no_spaces(left) || sets_no_spaces(right) || self.seams.binary_search(&place).is_ok()
    }
}

/// A run of letters that is being folded.
#[derive(Clone, Copy)]
struct Word {
    begin: usize,
    last: char,
    /// One letter, which stands by itself.
    alone: bool,
    /// A letter that was spelled out behind another one.
    joined: bool,
}

impl Word {
    /// Appends the next word to `text`, set apart from the one before as it has to be.
    fn next(
        letters: &mut Peekable<impl Iterator<Item = char>>,
        text: &mut String,
        before: Option<Self>,
    ) -> Option<Self> {
        while letters.next_if(|&letter| separates(letter)).is_some() {}
        let first = letters.next()?;
        let second = letters.next_if(|&letter| !separates(letter));
        let alone = second.is_none() && first.is_alphabetic();
        let joined = before.is_some_and(|before| before.alone && alone);
        let spaceless = before.is_some_and(|before| sets_no_spaces(before.last) || sets_no_spaces(first));
        if before.is_some() && !joined && !spaceless {
            text.push(' ');
        }
        let begin = text.len();
        text.push(first);
        let mut last = first;
        let mut next = second;
        while let Some(letter) = next {
            text.push(letter);
            last = letter;
            next = letters.next_if(|&letter| !separates(letter));
        }
        Some(Self { begin, last, alone, joined })
    }
}

/// Whether a character stands between words: a space, or punctuation that is set between letters to hide a word.
/// Signs that words are made with (`c++`, `a$$`) are none.
fn separates(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '!' | '"' | '\'' | '(' | ')' | '*' | ',' | '-' | '.' | '/' | ':' | ';' | '?')
        || matches!(letter, '[' | '\\' | ']' | '^' | '_' | '`' | '{' | '|' | '}' | '~')
        || matches!(letter, '\u{b7}' | '\u{2010}'..='\u{205e}' | '\u{2e00}'..='\u{2e7f}' | '\u{30fb}')
        || matches!(letter, '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{3020}' | '\u{2500}'..='\u{25ff}')
}

/// Whether a character is not seen by itself: an invisible one, or a mark that is drawn over a letter and belongs to no
/// precomposed one (those are composed before).
fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{ffa0}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}'
            | '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    ) || (letter.is_control() && !letter.is_whitespace())
}

/// Whether a character belongs to a script that sets no spaces between words: Han, Kana, Thai, Lao, Khmer, Burmese.
fn sets_no_spaces(letter: char) -> bool {
    matches!(
        letter,
        '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}'
            | '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folded(text: &str) -> String {
        Folded::of(text).text
    }

    #[test]
    fn width_case_and_what_cannot_be_seen_make_no_difference() {
        for text in
            ["bad", "BAD", "ＢＡＤ", "b\u{200b}a\u{ad}d", "b\u{336}a\u{336}d\u{336}", "ⓑⓐⓓ", "b\u{0}ad"]
        {
            assert_eq!(folded(text), "bad", "{text:?}");
        }
        assert_eq!(folded("Καλός"), folded("ΚΑΛΌΣ"));
        assert_eq!(folded("café"), folded("cafe\u{301}"), "an accent that belongs to its letter stays");
        assert_ne!(folded("café"), folded("cafe"));
    }

    #[test]
    fn letters_that_are_spelled_out_are_a_word() {
        for text in ["b a d", "b.a.d", "b - a _ d", "*b*a*d*", "b\u{3000}a\u{2003}d"] {
            assert_eq!(folded(text), "bad", "{text:?}");
        }
        assert_eq!(folded("as good"), "as good");
        assert_eq!(folded("a good b"), "a good b");
    }

    #[test]
    fn scripts_without_spaces_have_none() {
        assert_eq!(folded("坏 词"), "坏词");
        assert_eq!(folded("坏。。词，好"), "坏词好");
        assert_eq!(folded("a 坏 b"), "a坏b");
    }

    #[test]
    fn words_end_where_a_reader_sees_it() {
        let text = Folded::of("class x b a d 坏词bad bad1");
        let at = |needle: &str, nth: usize| {
            text.text.match_indices(needle).nth(nth).map(|(at, _)| at).unwrap_or_default()
        };
        assert!(!text.breaks(at("ass", 0)), "inside a word");
        assert!(text.breaks(at("bad", 0)), "between letters spelled out: {}", text.text);
        assert!(text.breaks(at("bad", 1)), "behind a script without spaces");
        assert!(text.breaks(at("bad", 2) + 3), "before a digit");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing_more(text in "\\PC{0,40}") {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }

        #[test]
        fn every_place_can_be_asked_for(text in "\\PC{0,40}") {
            let folded = Folded::of(&text);
            for (place, _) in folded.text.char_indices() {
                folded.breaks(place);
            }
            folded.breaks(folded.text.len());
        }
    }
}
