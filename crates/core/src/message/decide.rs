//! What a message comes to in its group's stream.
//!
//! The rules of counts, of how many types a group may see, and of messages that are sent again stand here and nowhere
//! else: a store reads what stands, asks here, and writes what follows. Nothing here allocates or asks a database, so a
//! store may ask under a lock and once more when a transaction is done anew.

use super::{Draft, Sequence};
use crate::number::TypeCount;

/// What stands of a group's stream, as far as it matters to one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamState {
    /// Where a message stands under the id that the sender of this one has chosen.
    pub chosen: Option<Sequence>,
    /// The count of messages of its type; `None` when there was none yet.
    pub total: Option<TypeCount>,
    /// Types that there were messages of, without [`LIKES`](super::LIKES). It matters only where this is the first of its
    /// type.
    pub types: usize,
}

/// What a message comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was stored before, at this position: nothing changes.
    Repeated(Sequence),
    /// It would begin a type too many: nothing changes.
    TooManyTypes,
    /// It is counted, and this is the count of its type.
    Counted(TypeCount),
}

impl StreamState {
    /// What a message comes to where this stands.
    #[must_use]
    pub fn take(&self, draft: &Draft) -> Verdict {
        match (self.chosen, self.total) {
            (Some(sequence), _) if draft.once => Verdict::Repeated(sequence),
            (_, None) if self.types >= draft.max_types => Verdict::TooManyTypes,
            (_, total) => Verdict::Counted(total.unwrap_or_default().plus(draft.increment.get())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{MessageId, UserId},
        message::{Level, Message, Sender, Weight},
        number::RepeatCount,
        time::Millis,
    };

    fn draft(increment: u64, max_types: usize, once: bool) -> Draft {
        let message = Message {
            id: MessageId::new("m").unwrap(),
            kind: 1,
            body: "x".into(),
            sender: Sender { user: UserId::new("u").unwrap(), info: None },
            at: Millis(1),
            weight: Weight::LIKE,
            level: Level::NORMAL,
            repeat: RepeatCount::ONE,
            total: TypeCount::default(),
            cached: true,
        };
        Draft { message, increment: RepeatCount::new(increment).unwrap(), max_types, once }
    }

    #[test]
    fn a_type_is_counted_for_ever_and_a_new_one_only_below_the_bound() {
        let count = |number| Verdict::Counted(TypeCount::clamped(number));
        let of = |total: Option<u64>, types| StreamState {
            chosen: None,
            total: total.map(TypeCount::clamped),
            types,
        };
        let cases = [
            (of(None, 0), draft(1, 2, false), count(1)),
            (of(None, 1), draft(3, 2, false), count(3)),
            (of(None, 2), draft(1, 2, false), Verdict::TooManyTypes),
            (of(None, 0), draft(1, 0, false), Verdict::TooManyTypes),
            (of(Some(5), 2), draft(3, 2, false), count(8)),
            (of(Some(5), 9), draft(0, 2, false), count(5)),
            (of(Some(TypeCount::MAX.get()), 1), draft(1, 2, false), count(TypeCount::MAX.get())),
        ];
        for (state, draft, taken) in cases {
            assert_eq!(state.take(&draft), taken, "{state:?}");
        }
    }

    #[test]
    fn a_message_under_a_chosen_id_is_taken_once_whatever_its_type() {
        let state = StreamState { chosen: Some(7), total: None, types: 2 };
        assert_eq!(state.take(&draft(1, 2, true)), Verdict::Repeated(7));
        // Nobody has chosen this one's id.
        assert_eq!(state.take(&draft(1, 3, false)), Verdict::Counted(TypeCount::clamped(1)));
    }
}
