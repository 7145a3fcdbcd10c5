//! The newest entries of a stream, so that a returning client is served from memory.

use std::collections::VecDeque;

use muster_core::message::Sequence;

use super::encoded::{Effect, Encoded};

/// A contiguous run of entries that ends where the stream does.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    entries: VecDeque<Encoded>,
    bytes: usize,
}

/// How much a ring may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RingBounds {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
}

impl Ring {
    /// Adds the next entry; the oldest go when there are too many. One that takes a message back takes it out of here.
    pub(crate) fn push(&mut self, mut entry: Encoded, bounds: RingBounds) {
        if let Some(Effect::Recalled(tombstone)) =
            entry.effect.take_if(|effect| matches!(effect, Effect::Recalled(_)))
        {
            self.replace(*tombstone);
        }
        entry.pass_on();
        self.bytes += entry.len();
        self.entries.push_back(entry);
        while self.entries.len() > bounds.entries || self.bytes > bounds.bytes {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.len();
        }
    }

    /// Puts an entry in the place of the one at its position, if that is held.
    fn replace(&mut self, entry: Encoded) {
        let place = self.first().and_then(|first| entry.sequence.checked_sub(first));
        let held = place.and_then(|place| self.entries.get_mut(usize::try_from(place).ok()?));
        if let Some(held) = held {
            self.bytes = self.bytes - held.len() + entry.len();
            *held = entry;
        }
    }

    /// The position of the oldest entry held.
    pub(crate) fn first(&self) -> Option<Sequence> {
        self.entries.front().map(|entry| entry.sequence)
    }

    /// The entries behind `after`, oldest first. Their positions are contiguous, so the place is found by counting.
    pub(crate) fn after(&self, after: Sequence) -> impl Iterator<Item = &Encoded> {
        let skip = self.first().map_or(0, |first| (after + 1).saturating_sub(first));
        self.entries.iter().skip(usize::try_from(skip).unwrap_or(usize::MAX))
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
