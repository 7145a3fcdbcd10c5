//! How far the streams are that this process has published to.
//!
//! A node that misses a notice finds out when the next one of the stream comes. Nothing comes after the last one of a
//! burst; so the sender tells the position again, some times and ever later.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use muster_core::message::{Sequence, StreamRef};

/// Streams remembered at a time; some 10 MB. What is beyond is confessed as lost.
pub(super) const MAX_HINTS: usize = 65_536;

/// Rounds after the last publish in which a position is told. A round takes a second: a lost last notice is noticed
/// within one, and one that was lost together with its hint within six.
const TOLD_IN_ROUNDS: [u8; 3] = [1, 2, 6];

/// The round after which a stream is forgotten.
const LAST_ROUND: u8 = 6;

#[derive(Debug)]
struct Hint {
    position: Sequence,
    rounds: u8,
}

/// Streams with news.
#[derive(Debug, Default)]
pub(super) struct Hints(Mutex<HashMap<StreamRef, Hint>>);

impl Hints {
    /// Notes that `stream` has reached `position`. False when there is no room for another stream.
    pub(super) fn note(&self, stream: &StreamRef, position: Sequence) -> bool {
        let mut hints = self.lock();
        if let Some(hint) = hints.get_mut(stream) {
            hint.position = hint.position.max(position);
            hint.rounds = 0;
        } else if hints.len() < MAX_HINTS {
            hints.insert(stream.clone(), Hint { position, rounds: 0 });
        } else {
            return false;
        }
        true
    }

    /// Ends a round: the positions to be told now.
    pub(super) fn round(&self) -> Vec<(StreamRef, Sequence)> {
        let mut due = Vec::new();
        let mut hints = self.lock();
        hints.retain(|stream, hint| {
            hint.rounds += 1;
            if TOLD_IN_ROUNDS.contains(&hint.rounds) {
                due.push((stream.clone(), hint.position));
            }
            hint.rounds < LAST_ROUND
        });
        // A burst over many streams would keep its memory for good.
        if hints.capacity() > 4 * hints.len().max(1024) {
            hints.shrink_to_fit();
        }
        due
    }

    /// Lets every position be told again from the beginning: those told of late may have been lost.
    pub(super) fn renew(&self) {
        self.lock().values_mut().for_each(|hint| hint.rounds = 0);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StreamRef, Hint>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use muster_core::id::{AppId, UserId};

    use super::*;

    fn stream(user: &str) -> StreamRef {
        StreamRef::User(AppId::new("a").unwrap(), UserId::new(user).unwrap())
    }

    #[test]
    fn a_position_is_told_after_one_two_and_six_rounds_and_then_forgotten() {
        let hints = Hints::default();
        assert!(hints.note(&stream("u"), 7));
        let told: Vec<_> = (1..=8).filter(|_| hints.round() == [(stream("u"), 7)]).collect();
        assert_eq!(told, [1, 2, 6]);
    }

    #[test]
    fn the_highest_position_counts_whatever_the_order() {
        let hints = Hints::default();
        for position in [3, 5, 4] {
            hints.note(&stream("u"), position);
        }
        assert_eq!(hints.round(), [(stream("u"), 5)]);
    }

    #[test]
    fn news_begin_the_rounds_again() {
        let hints = Hints::default();
        hints.note(&stream("u"), 1);
        (0..3).for_each(|_| drop(hints.round()));
        hints.note(&stream("u"), 2);
        assert_eq!(hints.round(), [(stream("u"), 2)]);
        hints.round();
        assert!(hints.round().is_empty());
        hints.renew();
        assert_eq!(hints.round(), [(stream("u"), 2)]);
    }

    #[test]
    fn no_more_streams_than_the_bound_are_remembered() {
        let hints = Hints::default();
        assert!((0..MAX_HINTS).all(|n| hints.note(&stream(&n.to_string()), 1)));
        assert!(!hints.note(&stream("more"), 1));
        assert!(hints.note(&stream("0"), 2));
    }
}
