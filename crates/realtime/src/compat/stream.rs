//! A channel's history: its newest publications, at positions without a gap.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use muster_core::time::Millis;

use super::config::ChannelOptions;
use crate::protocol::{ClientInfo, Publication};

/// What a publication takes beside what is in it.
const ENTRY_BYTES: usize = 96;

/// How much of a history may be kept, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keeping {
    entries: usize,
    bytes: usize,
    ttl: i64,
    meta_ttl: i64,
}

impl Keeping {
    /// What the options say, if they say that anything is kept at all.
    pub(super) fn of(options: &ChannelOptions, bytes: usize) -> Option<Self> {
        options.has_history().then(|| Self {
            entries: options.history_size,
            bytes,
            ttl: options.history_ttl.millis(),
            meta_ttl: options.history_meta_ttl.millis().max(options.history_ttl.millis()),
        })
    }
}

/// The bytes that all histories take together.
#[derive(Debug)]
pub(super) struct Ledger {
    used: AtomicUsize,
    limit: usize,
}

impl Ledger {
    pub(super) fn new(limit: usize) -> Self {
        Self { used: AtomicUsize::new(0), limit }
    }

    /// What they take now.
    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed) as u64
    }

    fn is_over(&self) -> bool {
        self.used.load(Ordering::Relaxed) > self.limit
    }
}

/// A place in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position<'a> {
    pub(super) offset: u64,
    /// The stream's name; empty when it is not known.
    pub(super) epoch: &'a str,
}

/// Which part of a history is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    /// The most publications.
    pub(super) limit: usize,
    /// The most bytes of them, and always one publication.
    pub(super) bytes: usize,
    pub(super) since: Option<Position<'a>>,
    /// Newest first.
    pub(super) reverse: bool,
}

/// The position that was shown is of another stream, or of what is no longer kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unrecoverable;

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) epoch: String,
    /// The position of the newest publication; 0 before the first.
    pub(super) top: u64,
    entries: VecDeque<Publication>,
    bytes: usize,
    /// When what is kept ends.
    expires: Millis,
    /// When epoch and position end.
    forgotten: Millis,
    ledger: Arc<Ledger>,
}

impl Stream {
    pub(super) fn new(epoch: String, keeping: Keeping, ledger: Arc<Ledger>, now: Millis) -> Self {
        let forgotten = later(now, keeping.meta_ttl);
        Self { epoch, top: 0, entries: VecDeque::new(), bytes: 0, expires: now, forgotten, ledger }
    }

    /// Gives a publication its position, and keeps it for as long as there is room.
    pub(super) fn append(&mut self, publication: &mut Publication, keeping: Keeping, now: Millis) {
        self.expire(now);
        self.top += 1;
        publication.offset = self.top;
        self.expires = later(now, keeping.ttl);
        self.touch(keeping, now);
        let bytes = size(publication);
        self.entries.push_back(publication.clone());
        self.bytes += bytes;
        self.ledger.used.fetch_add(bytes, Ordering::Relaxed);
        while self.entries.len() > keeping.entries
            || (!self.entries.is_empty() && (self.bytes > keeping.bytes || self.ledger.is_over()))
        {
            self.drop_oldest();
        }
    }

    /// Notes that epoch and position are in use.
    pub(super) fn touch(&mut self, keeping: Keeping, now: Millis) {
        self.forgotten = later(now, keeping.meta_ttl);
    }

    /// Lets go of what has outlived its keeping.
    pub(super) fn expire(&mut self, now: Millis) {
        if self.expires <= now {
            self.clear();
        }
    }

    /// Whether epoch and position have outlived their keeping.
    pub(super) fn is_forgotten(&self, now: Millis) -> bool {
        self.forgotten <= now && self.entries.is_empty()
    }

    /// Whether it holds no publication.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Lets go of all publications; positions go on.
    pub(super) fn clear(&mut self) {
        self.entries = VecDeque::new();
        self.ledger.used.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = 0;
    }

    /// Everything behind a position: all of it, or nothing.
    pub(super) fn recover(
        &self,
        from: Position<'_>,
        most: usize,
        bytes: usize,
    ) -> Result<Vec<Publication>, Unrecoverable> {
        if !self.is_of(from.epoch) {
            return Err(Unrecoverable);
        }
        let missed = self.top.checked_sub(from.offset).ok_or(Unrecoverable)?;
        let missed = usize::try_from(missed).map_err(|_| Unrecoverable)?;
        if missed > self.entries.len() || missed > most {
            return Err(Unrecoverable);
        }
        let missed = self.entries.range(self.entries.len() - missed..);
        if missed.clone().map(|one| one.data.len()).sum::<usize>() > bytes {
            return Err(Unrecoverable);
        }
        Ok(missed.cloned().collect())
    }

    /// A part of the history.
    pub(super) fn read(&self, what: Reading<'_>) -> Result<Vec<Publication>, Unrecoverable> {
        let mut range = 0..self.entries.len();
        if let Some(since) = what.since {
            if !self.is_of(since.epoch) {
                return Err(Unrecoverable);
            }
            let first = self.top - self.entries.len() as u64;
            let before = |offset: u64| {
                usize::try_from(offset.saturating_sub(first)).map_or(range.end, |at| at.min(range.end))
            };
            range = if what.reverse {
                0..before(since.offset.saturating_sub(1))
            } else {
                before(since.offset)..range.end
            };
        }
        let chosen = self.entries.range(range);
        let mut left = what.bytes;
        let mut fits = |one: &&Publication| {
            let first = left == what.bytes;
            let fits = first || one.data.len() <= left;
            left = left.saturating_sub(one.data.len().max(1));
            fits
        };
        Ok(match what.reverse {
            true => chosen.rev().take(what.limit).take_while(&mut fits).cloned().collect(),
            false => chosen.take(what.limit).take_while(&mut fits).cloned().collect(),
        })
    }

    /// Whether this is the stream that a client means.
    fn is_of(&self, epoch: &str) -> bool {
        epoch.is_empty() || epoch == self.epoch
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.entries.pop_front() {
            let bytes = size(&oldest);
            self.bytes -= bytes;
            self.ledger.used.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.clear();
    }
}

fn later(now: Millis, by: i64) -> Millis {
    Millis(now.0.saturating_add(by))
}

/// The memory that a kept publication takes, about.
fn size(publication: &Publication) -> usize {
    let of_client = |info: &ClientInfo| {
        info.user.len() + info.client.len() + info.conn_info.len() + info.chan_info.len() + ENTRY_BYTES
    };
    ENTRY_BYTES + publication.data.len() + publication.info.as_deref().map_or(0, of_client)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::compat::lifetime::Lifetime;

    const NOW: Millis = Millis(1_000_000);

    fn keeping(entries: usize, bytes: usize) -> Keeping {
        let options = ChannelOptions {
            history_size: entries,
            history_ttl: Lifetime::seconds(10),
            history_meta_ttl: Lifetime::seconds(100),
            ..ChannelOptions::default()
        };
        Keeping::of(&options, bytes).unwrap()
    }

    fn filled(count: u64, keeping: Keeping, ledger: &Arc<Ledger>) -> Stream {
        let mut stream = Stream::new("e".into(), keeping, Arc::clone(ledger), NOW);
        for number in 1..=count {
            let mut said = Publication { data: Bytes::from(number.to_string()), ..Publication::default() };
            stream.append(&mut said, keeping, NOW);
            assert_eq!(said.offset, number);
        }
        stream
    }

    fn ledger(limit: usize) -> Arc<Ledger> {
        Arc::new(Ledger::new(limit))
    }

    fn offsets(publications: &[Publication]) -> Vec<u64> {
        publications.iter().map(|one| one.offset).collect()
    }

    #[test]
    fn what_was_missed_is_recovered_whole_or_not_at_all() {
        let stream = filled(5, keeping(3, 10_000), &ledger(10_000));
        let from =
            |offset, epoch| stream.recover(Position { offset, epoch }, 300, 1_000).map(|all| offsets(&all));
        assert_eq!(from(2, "e"), Ok(vec![3, 4, 5]));
        assert_eq!(from(4, ""), Ok(vec![5]));
        assert_eq!(from(5, "e"), Ok(vec![]));
        for (offset, epoch) in [(1, "e"), (6, "e"), (u64::MAX, "e"), (4, "other")] {
            assert_eq!(from(offset, epoch), Err(Unrecoverable), "{offset} {epoch}");
        }
        let position = Position { offset: 2, epoch: "e" };
        assert_eq!(stream.recover(position, 2, 1_000), Err(Unrecoverable), "more than the bound on entries");
        assert_eq!(stream.recover(position, 300, 2), Err(Unrecoverable), "more than the bound on bytes");
    }

    #[test]
    fn a_history_is_read_both_ways_and_behind_a_position() {
        let stream = filled(6, keeping(4, 10_000), &ledger(10_000));
        let read = |limit, since: Option<u64>, reverse| {
            let since = since.map(|offset| Position { offset, epoch: "e" });
            offsets(&stream.read(Reading { limit, bytes: 1_000, since, reverse }).unwrap())
        };
        assert_eq!(read(10, None, false), [3, 4, 5, 6]);
        assert_eq!(read(2, None, false), [3, 4]);
        assert_eq!(read(2, None, true), [6, 5]);
        assert_eq!(read(2, Some(4), false), [5, 6]);
        assert_eq!(read(9, Some(5), true), [4, 3]);
        assert_eq!(read(9, Some(1), false), [3, 4, 5, 6], "from the oldest that is kept");
        assert_eq!(read(9, Some(6), false), [] as [u64; 0]);
        assert_eq!(read(9, Some(u64::MAX), false), [] as [u64; 0]);
        assert_eq!(read(9, Some(2), true), [] as [u64; 0]);
        assert_eq!(read(0, None, false), [] as [u64; 0]);
        let little = Reading { limit: 9, bytes: 2, since: None, reverse: false };
        assert_eq!(offsets(&stream.read(little).unwrap()), [3, 4]);
        let other = Reading { since: Some(Position { offset: 4, epoch: "x" }), ..little };
        assert_eq!(stream.read(other), Err(Unrecoverable));
    }

    #[test]
    fn publications_end_before_their_positions_do() {
        let ledger = ledger(10_000);
        let keeping = keeping(4, 10_000);
        let mut stream = filled(2, keeping, &ledger);
        stream.expire(Millis(NOW.0 + 9_999));
        assert!(!stream.is_empty());
        stream.expire(Millis(NOW.0 + 10_000));
        assert!(stream.is_empty() && !stream.is_forgotten(Millis(NOW.0 + 99_999)));
        assert!(stream.is_forgotten(Millis(NOW.0 + 100_000)));
        assert_eq!(ledger.used.load(Ordering::Relaxed), 0);
        let mut said = Publication::default();
        stream.append(&mut said, keeping, Millis(NOW.0 + 50_000));
        assert_eq!(said.offset, 3);
        assert_eq!(stream.recover(Position { offset: 1, epoch: "e" }, 300, 1_000), Err(Unrecoverable));
    }

    #[test]
    fn bytes_are_bounded_for_one_history_and_for_all() {
        let keeping = keeping(1_000, 5 * (ENTRY_BYTES + 1));
        let all = ledger(8 * (ENTRY_BYTES + 1));
        let first = filled(9, keeping, &all);
        assert_eq!(first.entries.len(), 5);
        let second = filled(9, keeping, &all);
        assert_eq!(
            (first.entries.len(), second.entries.len()),
            (5, 3),
            "the one that grows gives up its own"
        );
        drop((first, second));
        assert_eq!(all.used.load(Ordering::Relaxed), 0);
        let none = filled(3, keeping, &ledger(0));
        assert!(none.is_empty() && none.top == 3);
    }

    proptest! {
        #[test]
        fn what_is_recovered_is_contiguous_and_ends_at_the_top(
            count in 0_u64..50, size in 1_usize..20, offset in 0_u64..60, most in 0_usize..30,
        ) {
            let stream = filled(count, keeping(size, 10_000), &ledger(100_000));
            let recovered = stream.recover(Position { offset, epoch: "e" }, most, 10_000);
            let missed = count.checked_sub(offset).filter(|&missed| missed <= size.min(most) as u64);
            prop_assert_eq!(
                recovered.map(|all| offsets(&all)),
                missed.map(|_| (offset + 1..=count).collect::<Vec<_>>()).ok_or(Unrecoverable)
            );
        }

        #[test]
        fn a_walk_in_pages_sees_each_kept_publication_once(count in 0_u64..50, size in 1_usize..20, page in 1_usize..7) {
            let stream = filled(count, keeping(size, 10_000), &ledger(100_000));
            let (mut walked, mut since) = (Vec::new(), Position { offset: 0, epoch: "e" });
            loop {
                let what = Reading { limit: page, bytes: 1_000, since: Some(since), reverse: false };
                let found = offsets(&stream.read(what).unwrap());
                let Some(&last) = found.last() else { break };
                walked.extend(found);
                since.offset = last;
            }
            prop_assert_eq!(walked, (1.max((count + 1).saturating_sub(size as u64))..=count).collect::<Vec<_>>());
        }
    }
}
