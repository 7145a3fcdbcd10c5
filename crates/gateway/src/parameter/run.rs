//! Members of a dotted name, found in the sorted parameters without building a tree.

use super::error::DecodeError;
use super::node::Node;
use super::pairs::Pair;

/// What all nodes of one attempt at decoding share.
pub(super) struct Scope<'p> {
    pub(super) all: &'p [Pair<'p>],
    /// Indices of parameters that turned out to mean absent.
    pub(super) absent: &'p [usize],
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
        (!self.scope.absent.contains(&index)).then_some(Node::Text {
            scope: self.scope,
            text,
            index: Some(index),
        })
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
            match rest.split_once('.') {
                None => {
                    members.extend(self.leaf(at).map(|node| (rest, node)));
                    at += 1;
                }
                Some((segment, _)) => {
                    let length = pairs[at..].iter().take_while(|pair| self.is_below(pair, segment)).count();
                    members.push((segment, self.below(at, length, segment.len() + 1)?));
                    at += length;
                }
            }
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
