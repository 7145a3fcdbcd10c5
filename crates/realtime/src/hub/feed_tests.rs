use muster_core::{
    id::{AppId, GroupId, GroupRef, MessageId},
    message::{Event, Level, Message, Sender, Weight},
    time::Millis,
};
use proptest::prelude::*;

use super::*;
use crate::protocol::Form;

const BOUNDS: RingBounds = RingBounds { entries: 8, bytes: 1 << 20 };
const REPLY: RecoveryBounds = RecoveryBounds { entries: 300, bytes: 1 << 20 };

pub(in crate::hub) fn stream() -> StreamRef {
    StreamRef::Group(GroupRef::new(AppId::new("a").unwrap(), GroupId::new("g").unwrap()))
}

pub(in crate::hub) fn entry(sequence: Sequence) -> Entry {
    let message = Message {
        id: MessageId::new(&format!("m{sequence}")).unwrap(),
        kind: 1,
        body: "x".into(),
        sender: Sender { user: UserId::new("u").unwrap(), info: None },
        at: Millis(0),
        weight: Weight::LIKE,
        level: Level::NORMAL,
        repeat: muster_core::number::RepeatCount::ONE,
        total: muster_core::number::TypeCount::clamped(sequence),
        cached: true,
    };
    Entry { sequence, at: Millis(0), event: Event::Message(message) }
}

pub(in crate::hub) fn encoded(sequence: Sequence) -> Encoded {
    Encoded::event("g:g", &stream(), &entry(sequence).event, Some(sequence))
}

fn placed(sequence: Sequence) -> Feed {
    let feed = Feed::new(stream());
    feed.place(Top { epoch: "e".into(), sequence }, BOUNDS);
    feed
}

pub(in crate::hub) fn connection(id: ConnectionId) -> Arc<Connection> {
    Arc::new(Connection::new(id, Form::Json, 1 << 20))
}

/// The offsets of the publications in a connection's queue.
pub(in crate::hub) fn heard(connection: &Connection) -> Vec<Sequence> {
    let mut batch = Vec::new();
    connection.outbox.take(&mut batch);
    let offset = |frame: &Frame| {
        let message: serde_json::Value = serde_json::from_slice(frame.as_bytes()).unwrap();
        message["push"]["pub"]["offset"].as_u64()
    };
    batch.iter().filter_map(offset).collect()
}

fn subscribed(feed: &Feed, id: ConnectionId) -> (Arc<Connection>, Sequence) {
    let connection = connection(id);
    let mut from = 0;
    let reply = |result: SubscribeResult, _: Option<&GroupMutes>| {
        from = result.offset;
        Form::Json.ping()
    };
    let outcome = feed.subscribe(&connection, &Wish::default(), None, REPLY, reply);
    assert_eq!(outcome, SubscribeOutcome::Done(None));
    (connection, from)
}

#[test]
fn whoever_subscribes_after_a_change_of_mutes_is_told_what_holds_at_its_position() {
    let feed = placed(0);
    let told = |id| {
        let mut told = None;
        let reply = |_, mutes: Option<&GroupMutes>| {
            told = mutes.map(|mutes| mutes.everybody);
            Form::Json.ping()
        };
        feed.subscribe(&connection(id), &Wish::default(), None, REPLY, reply);
        told
    };
    assert_eq!(told(1), None);
    for (sequence, everybody) in [(1, true), (2, false)] {
        let event = Event::MutesChanged(GroupMutes { everybody, ..GroupMutes::default() });
        let aftermath = feed.stored(Encoded::event("g:g", &stream(), &event, Some(sequence)), BOUNDS);
        assert!(matches!(&*aftermath.effects, [Effect::Mutes(mutes)] if mutes.everybody == everybody));
        assert_eq!(told(10 + sequence), Some(everybody));
    }
}

#[test]
fn what_was_heard_of_before_the_position_was_known_follows_it() {
    let feed = Feed::new(stream());
    for sequence in [4, 7, 6, 5] {
        feed.stored(encoded(sequence), BOUNDS);
    }
    let early = connection(1);
    let reply = |_, _: Option<&GroupMutes>| Form::Json.ping();
    assert_eq!(feed.subscribe(&early, &Wish::default(), None, REPLY, reply), SubscribeOutcome::Over);
    feed.place(Top { epoch: "e".into(), sequence: 5 }, BOUNDS);
    let (late, from) = subscribed(&feed, 2);
    assert_eq!(from, 7);
    feed.stored(encoded(8), BOUNDS);
    assert_eq!(heard(&late), [8]);
}

#[test]
fn a_feed_that_nobody_follows_ends_and_does_not_come_back() {
    let feed = placed(0);
    let (follower, _) = subscribed(&feed, 1);
    assert!(!feed.end_if_idle());
    assert!(feed.unsubscribe(follower.id) && !feed.unsubscribe(follower.id));
    assert!(feed.end_if_idle());
    let reply = |_, _: Option<&GroupMutes>| Form::Json.ping();
    assert_eq!(feed.subscribe(&connection(2), &Wish::default(), None, REPLY, reply), SubscribeOutcome::Over);
    assert!(!feed.arrive(&connection(3)));
}

#[test]
fn a_hole_asks_for_one_reading_at_a_time_until_nothing_is_missing() {
    let feed = placed(0);
    assert!(feed.stored(encoded(3), BOUNDS).fill);
    assert!(!feed.stored(encoded(5), BOUNDS).fill, "one is under way");
    assert_eq!(feed.missing_behind(), Some(0));
    assert!(feed.fill(0, &[entry(2)], BOUNDS).is_none(), "the store lost what is missing");
    assert!(!feed.fill(0, &[entry(1), entry(2)], BOUNDS).unwrap().fill);
    assert_eq!(feed.missing_behind(), Some(3));
    feed.stored(encoded(4), BOUNDS);
    assert_eq!(feed.missing_behind(), None);
    assert!(feed.stored(encoded(9), BOUNDS).fill, "a later hole is another reading");
}

#[test]
fn what_the_stream_says_while_the_store_is_read_is_read_too() {
    let bounds = RingBounds { entries: 2, ..BOUNDS };
    let feed = placed(0);
    let stored = |range: std::ops::RangeInclusive<Sequence>| {
        range.for_each(|sequence| drop(feed.stored(encoded(sequence), bounds)));
    };
    let back = connection(1);
    let back_with = |read: Option<&[Entry]>, reply: RecoveryBounds| {
        let wish = Wish { recover: true, ..Wish::default() };
        feed.subscribe(&back, &wish, read, reply, |_, _| Form::Json.ping())
    };
    let read: Vec<_> = (1..=4).map(entry).collect();
    stored(1..=4);
    assert_eq!(back_with(None, REPLY), SubscribeOutcome::ReadFirst);
    stored(5..=7);
    assert_eq!(back_with(Some(&read), REPLY), SubscribeOutcome::ReadFirst, "5 is in neither");
    let read: Vec<_> = (1..=7).map(entry).collect();
    assert_eq!(
        back_with(Some(&read[1..]), REPLY),
        SubscribeOutcome::Done(Some(false)),
        "the store has lost 1"
    );
    feed.unsubscribe(back.id);
    let few = RecoveryBounds { bytes: 10, ..REPLY };
    assert_eq!(back_with(Some(&read[..4]), few), SubscribeOutcome::Done(Some(false)), "it would be too much");
    feed.unsubscribe(back.id);
    assert_eq!(back_with(Some(&read), REPLY), SubscribeOutcome::Done(Some(true)));
}

#[derive(Clone, Debug)]
enum Step {
    /// A notice arrives.
    Notice(Sequence),
    /// The task that reads what is missing has its turn.
    Fill,
    /// Somebody subscribes.
    Subscribe,
    /// One of the subscribers leaves.
    Leave(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1..60_u64).prop_map(Step::Notice),
        2 => Just(Step::Fill),
        1 => Just(Step::Subscribe),
        1 => any::<usize>().prop_map(Step::Leave),
    ];
    prop::collection::vec(step, 1..200)
}

proptest! {
    #[test]
    fn every_subscriber_hears_a_contiguous_rising_stream(steps in steps()) {
        let feed = placed(0);
        let mut next_id = 1;
        let mut followers: Vec<(Arc<Connection>, Sequence)> = Vec::new();
        let mut known = 0;
        for step in steps {
            match step {
                Step::Notice(sequence) => {
                    known = known.max(sequence);
                    feed.stored(encoded(sequence), BOUNDS);
                }
                Step::Fill => {
                    if let Some(after) = feed.missing_behind() {
                        let read: Vec<_> = (after + 1..=known).take(5).map(entry).collect();
                        prop_assert!(feed.fill(after, &read, BOUNDS).is_some());
                    }
                }
                Step::Subscribe => {
                    followers.push(subscribed(&feed, next_id));
                    next_id += 1;
                }
                Step::Leave(which) if !followers.is_empty() => {
                    let (gone, from) = followers.swap_remove(which % followers.len());
                    feed.unsubscribe(gone.id);
                    let heard = heard(&gone);
                    prop_assert_eq!(&heard, &(from + 1..=from + heard.len() as u64).collect::<Vec<_>>());
                }
                Step::Leave(_) => {}
            }
        }
        while let Some(after) = feed.missing_behind() {
            let read: Vec<_> = (after + 1..=known).take(5).map(entry).collect();
            feed.fill(after, &read, BOUNDS);
        }
        for (follower, from) in followers {
            prop_assert_eq!(heard(&follower), (from + 1..=known).collect::<Vec<_>>());
        }
    }

    #[test]
    fn recovery_is_whole_or_not_at_all(top in 0..40_u64, offset in 0..45_u64, limit in 0..20_usize, ring in 0..10_usize) {
        let bounds = RingBounds { entries: ring, bytes: 1 << 20 };
        let feed = placed(0);
        let (_keeps_it_alive, _) = subscribed(&feed, 1);
        for sequence in 1..=top {
            feed.stored(encoded(sequence), bounds);
        }
        let wish = Wish { recover: true, epoch: "e".into(), offset, strict: false };
        let mut result = None;
        let mut read = None;
        loop {
            let reply = |given, _: Option<&GroupMutes>| {
                result = Some(given);
                Form::Json.ping()
            };
            match feed.subscribe(&connection(2), &wish, read.as_deref(), RecoveryBounds { entries: limit, ..REPLY }, reply) {
                SubscribeOutcome::ReadFirst => {
                    prop_assert!(read.is_none());
                    read = Some((offset + 1..=top).take(limit).map(entry).collect::<Vec<_>>());
                }
                SubscribeOutcome::Behind => {
                    prop_assert!(read.is_none() && offset > top);
                    read = Some(Vec::new());
                }
                outcome => {
                    let whole = offset <= top && top - offset <= limit as u64;
                    prop_assert_eq!(outcome, SubscribeOutcome::Done(Some(whole)));
                    let result = result.unwrap();
                    let offsets: Vec<_> = result.publications.iter().map(|p| p.offset).collect();
                    let expected: Vec<_> = if whole { (offset + 1..=top).collect() } else { vec![] };
                    prop_assert_eq!(offsets, expected);
                    prop_assert_eq!(result.offset, if whole { offset } else { top });
                    break;
                }
            }
        }
    }
}
