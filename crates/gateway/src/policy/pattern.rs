//! Wildcards: `*` is any run of characters, the empty one included, `?` is one character.

/// Whether the whole text matches the pattern. With `fold`, ASCII letters match in any case.
///
/// Time is at most the product of the lengths: of all `*`, only the last is ever tried again.
pub fn matches(pattern: &str, text: &str, fold: bool) -> bool {
    let (mut rest_of_pattern, mut rest_of_text) = (pattern.chars(), text.chars());
    // Where the last `*` was: the pattern after it, and the text it has not taken yet.
    let mut star: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let mut pattern_ahead = rest_of_pattern.clone();
        let mut text_ahead = rest_of_text.clone();
        match (pattern_ahead.next(), text_ahead.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                star = Some((pattern_ahead.clone(), rest_of_text.clone()));
                rest_of_pattern = pattern_ahead;
                continue;
            }
            (Some(expected), Some(actual)) if expected == '?' || same(expected, actual, fold) => {
                (rest_of_pattern, rest_of_text) = (pattern_ahead, text_ahead);
                continue;
            }
            _ => {}
        }
        // A mismatch: the last star takes one character more.
        let Some((after_star, untaken)) = &mut star else { return false };
        if untaken.next().is_none() {
            return false;
        }
        (rest_of_pattern, rest_of_text) = (after_star.clone(), untaken.clone());
    }
}

fn same(a: char, b: char, fold: bool) -> bool {
    a == b || (fold && a.eq_ignore_ascii_case(&b))
}

/// A part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// This character.
    Letter(char),
    /// Any character.
    One,
    /// Any run of characters.
    Run,
    /// Any run of characters that an id may have: it holds no separator of resources.
    Id,
}

/// The parts of a pattern.
pub(super) fn pieces(pattern: &str) -> Vec<Piece> {
    let piece = |letter| match letter {
        '*' => Piece::Run,
        '?' => Piece::One,
        letter => Piece::Letter(letter),
    };
    pattern.chars().map(piece).collect()
}

/// Whether some text matches both patterns; ids are in the second alone. Time is the product of their lengths.
pub(super) fn overlap(a: &[Piece], b: &[Piece]) -> bool {
    // Whether the parts of `a` before `i` and those of `b` before `j` can match one text, row by row.
    let mut row = vec![true];
    for (j, right) in b.iter().enumerate() {
        row.push(row[j] && matches!(right, Piece::Run | Piece::Id));
    }
    for left in a {
        let mut next = vec![row[0] && *left == Piece::Run];
        for (j, right) in b.iter().enumerate() {
            next.push(match (left, right) {
                (Piece::Run, _) | (_, Piece::Run) => row[j + 1] || next[j],
                (Piece::Letter(letter), Piece::Id) => next[j] || row[j + 1] && !matches!(letter, ':' | '/'),
                (_, Piece::Id) => next[j] || row[j + 1],
                (Piece::Letter(a), Piece::Letter(b)) => row[j] && a == b,
                _ => row[j],
            });
        }
        row = next;
    }
    row.last() == Some(&true)
}
