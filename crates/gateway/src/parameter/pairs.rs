//! The decoded parameters of one request, sorted by name.

use std::borrow::Cow;

/// A name and its value.
pub(crate) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Parameters sorted by name in byte order, one value per name: the last one given.
///
/// The order is that of the V1 signature, and lets dotted names (`Page.Index`, `Page.Size`) be found
/// as one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters<'a> {
    pairs: Vec<Pair<'a>>,
}

impl<'a> Parameters<'a> {
    /// Sorts the pairs; of equal names the last wins, so query comes before body.
    pub fn new(mut pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>) -> Self {
        // A stable sort keeps equal names in the order given, so the last of a run is the last given.
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        Self { pairs }
    }

    /// The parameters of a list of texts.
    pub fn of(pairs: &[(&'a str, &'a str)]) -> Self {
        Self::new(pairs.iter().map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value))).collect())
    }

    /// The value of a name, empty ones included.
    pub fn get(&self, name: &str) -> Option<&str> {
        let index = self.pairs.binary_search_by(|pair| pair.0.as_ref().cmp(name)).ok()?;
        Some(&self.pairs[index].1)
    }

    /// The value of a name unless it is absent or empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Those that are not empty.
    pub(crate) fn filled(&self) -> Self {
        Self { pairs: self.pairs.iter().filter(|(_, value)| !value.is_empty()).cloned().collect() }
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    pub(crate) fn pairs(&self) -> &[Pair<'a>] {
        &self.pairs
    }
}
