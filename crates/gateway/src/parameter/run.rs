//! Members of a dotted name, found in the sorted parameters without building a tree.

use super::decode::Reading;
use super::error::DecodeError;
use super::node::Node;
use super::pairs::Pair;

/// What all nodes of one attempt at decoding share.
pub(super) struct Scope<'p> {
    pub(super) all: &'p [Pair<'p>],
    /// How each parameter is to be taken, as far as that has turned out.
    pub(super) readings: &'p [Reading],
    /// How deep names and JSON text may nest.
    pub(super) depth: usize,
}

/// The parameters whose names share a dotted prefix: a stretch of all sorted parameters.
#[derive(Clone, Copy)]
pub(super) struct Run<'p> {
    scope: &'p Scope<'p>,
    start: usize,
    end: usize,
    /// Bytes of each name that are already consumed, the dot included.
    prefix: usize,
    level: usize,
}

impl<'p> Run<'p> {
    /// All parameters.
    pub(super) fn whole(scope: &'p Scope<'p>) -> Self {
        Self { scope, start: 0, end: scope.all.len(), prefix: 0, level: 0 }
    }

    pub(super) fn pairs(&self) -> &'p [Pair<'p>] {
        &self.scope.all[self.start..self.end]
    }

    fn rest(&self, pair: &'p Pair<'p>) -> &'p str {
        &pair.0[self.prefix..]
    }

    fn is_below(&self, pair: &'p Pair<'p>, name: &str) -> bool {
        self.rest(pair).strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
    }

    /// The member of that name: the parameter of exactly that name, else the run below it.
    pub(super) fn member(&self, name: &str) -> Result<Option<Node<'p>>, DecodeError> {
        let pairs = self.pairs();
        let mut at = pairs.partition_point(|pair| self.rest(pair) < name);
        if let Some(pair) = pairs.get(at)
            && self.rest(pair) == name
        {
            if let Some(leaf) = self.leaf(at) {
                return Ok(Some(leaf));
            }
            at += 1;
        }
        // Names such as `Page-x` sort between `Page` and `Page.Index`.
        while pairs.get(at).is_some_and(|pair| {
            self.rest(pair).strip_prefix(name).is_some_and(|rest| rest.as_bytes() < b".".as_slice())
        }) {
            at += 1;
        }
        let length = pairs[at..].iter().take_while(|pair| self.is_below(pair, name)).count();
        if length == 0 { Ok(None) } else { self.below(at, length, name.len() + 1).map(Some) }
    }

    /// The text of the parameter at a place of this run, unless it counts as absent.
    fn leaf(&self, at: usize) -> Option<Node<'p>> {
        let index = self.start + at;
        let text = self.scope.all[index].1.as_ref();
        let reading = self.scope.readings[index];
        let absent = matches!(reading, Reading::Absent | Reading::AbsentList);
        (!absent).then_some(Node::Text { scope: self.scope, text, index: Some(index) })
    }

    fn below(&self, at: usize, length: usize, consumed: usize) -> Result<Node<'p>, DecodeError> {
        let start = self.start + at;
        let run = Run {
            scope: self.scope,
            start,
            end: start + length,
            prefix: self.prefix + consumed,
            level: self.level + 1,
        };
        if run.level > self.scope.depth {
            return Err(DecodeError::invalid(format!("nested at most {} levels deep", self.scope.depth)));
        }
        Ok(Node::Run(run))
    }

    /// All members by the first segment of their names, in the order of the names.
    pub(super) fn members(&self) -> Result<Vec<(&'p str, Node<'p>)>, DecodeError> {
        let pairs = self.pairs();
        let mut members = Vec::new();
        let mut at = 0;
        while let Some(pair) = pairs.get(at) {
            let rest = self.rest(pair);
            let Segment { written, name } = Segment::first(rest);
            if written.len() == rest.len() {
                // An empty text is an absent member, whatever the type.
                members.extend(self.leaf(at).filter(|_| !pair.1.is_empty()).map(|node| (name, node)));
                at += 1;
                continue;
            }
            let length = pairs[at..].iter().take_while(|pair| self.is_below(pair, written)).count();
            members.push((name, self.below(at, length, written.len() + 1)?));
            at += length;
        }
        Ok(members)
    }

    /// Members of a list: their names are numbers, and the order is that of the numbers.
    pub(super) fn items(&self) -> Result<Vec<(usize, Node<'p>)>, DecodeError> {
        let mut items = Vec::new();
        for (name, node) in self.members()? {
            let number = name.parse().map_err(|_| DecodeError::invalid("a list"))?;
            items.push((number, node));
        }
        items.sort_by_key(|(number, _)| *number);
        Ok(items)
    }
}

/// The first part of a dotted name.
struct Segment<'p> {
    /// As it stands in the name.
    written: &'p str,
    /// What it names.
    name: &'p str,
}

impl<'p> Segment<'p> {
    /// The part up to the first dot, or, as an older SDK writes the keys of maps, `#<bytes>#` and so many bytes,
    /// dots or not.
    fn first(text: &'p str) -> Self {
        Self::counted(text).unwrap_or_else(|| {
            let name = text.split('.').next().unwrap_or(text);
            Self { written: name, name }
        })
    }

    fn counted(text: &'p str) -> Option<Self> {
        let (count, rest) = text.strip_prefix('#')?.split_once('#')?;
        let name = rest.get(..count.parse().ok()?)?;
        let written = &text[..text.len() - rest.len() + name.len()];
        let ends = matches!(text.as_bytes().get(written.len()), None | Some(b'.'));
        ends.then_some(Self { written, name })
    }
}
