//! The hub's queues, sequencer and departures with the turns of their threads in many orders: see
//! [`interleaved`](crate::lock::interleaved).

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use muster_core::{
    id::GroupId,
    message::{Entry, Sequence, Top},
};
use shuttle::{future::block_on, thread};

use super::{
    Connection, ConnectionId, Feed, SubscribeOutcome, Wish,
    departures::unless_in,
    feed::tests::{connection, encoded, entry, heard, stream},
    feeds::Feeds,
    outbox::Outbox,
    ring::RingBounds,
};
use crate::{
    config::RecoveryBounds,
    lock::{Mutex, interleaved::in_any_order, locked},
    protocol::{Disconnect, Form, Frame, SubscribeResult, Unsubscribed},
};

fn frame(text: &str) -> Frame {
    text.to_owned().into()
}

/// Takes everything out of a queue until its end, as a connection's task does; it hangs if nobody wakes it.
fn write_all(outbox: &Outbox) -> (Vec<String>, Disconnect) {
    let (mut written, mut batch) = (Vec::new(), Vec::new());
    block_on(async {
        loop {
            outbox.filled().await;
            let end = outbox.take(&mut batch);
            let bytes = batch.iter().map(Frame::len).sum();
            written
                .extend(batch.drain(..).map(|frame| String::from_utf8(frame.as_bytes().to_vec()).unwrap()));
            outbox.written(bytes);
            if let Some(why) = end {
                return (written, why);
            }
        }
    })
}

#[test]
fn a_queue_hands_out_everything_once_and_in_each_callers_order() {
    in_any_order(|| {
        let outbox = Arc::new(Outbox::new(1_000));
        let writer = {
            let outbox = Arc::clone(&outbox);
            thread::spawn(move || write_all(&outbox))
        };
        let callers: Vec<_> = ["a", "b"]
            .map(|name| {
                let outbox = Arc::clone(&outbox);
                thread::spawn(move || {
                    outbox.publish(frame(&format!("{name}1")));
                    outbox.reply(frame(&format!("{name}2")));
                    outbox.publish(frame(&format!("{name}3")));
                })
            })
            .into();
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        outbox.close(Disconnect::SHUTDOWN);
        let (written, why) = writer.join().unwrap();
        assert_eq!(why, Disconnect::SHUTDOWN);
        for name in ["a", "b"] {
            let of: Vec<_> = written.iter().filter(|text| text.starts_with(name)).cloned().collect();
            assert_eq!(of, [1, 2, 3].map(|number| format!("{name}{number}")));
        }
        assert_eq!(written.len(), 6);
    });
}

#[test]
fn a_command_waits_for_room_and_for_nothing_else_and_a_flush_for_what_was_put_in_before_it() {
    in_any_order(|| {
        let outbox = Arc::new(Outbox::new(4));
        let commander = {
            let outbox = Arc::clone(&outbox);
            thread::spawn(move || {
                let mut begun = 0;
                while begun < 4 && block_on(outbox.room()) {
                    outbox.reply(frame("abc"));
                    begun += 1;
                }
                let flushed = block_on(outbox.flushed()).is_ok();
                outbox.close(Disconnect::REMOVED);
                (begun, flushed)
            })
        };
        let (written, why) = write_all(&outbox);
        assert_eq!((written.len(), why), (4, Disconnect::REMOVED));
        assert_eq!(commander.join().unwrap(), (4, true));
    });
}

#[test]
fn whoever_waits_for_room_or_for_a_flush_hears_of_the_end() {
    in_any_order(|| {
        let outbox = Arc::new(Outbox::new(1));
        outbox.reply(frame("never written"));
        let commander = {
            let outbox = Arc::clone(&outbox);
            thread::spawn(move || (block_on(outbox.room()), block_on(outbox.flushed()).is_err()))
        };
        outbox.abandon();
        assert_eq!(commander.join().unwrap(), (false, true));
    });
}

const RING: RingBounds = RingBounds { entries: 2, bytes: 1 << 20 };
const REPLY: RecoveryBounds = RecoveryBounds { entries: 300, bytes: 1 << 20 };

/// The store, the bus and the hub of one stream.
#[derive(Default)]
struct Scene {
    feeds: Feeds,
    log: Mutex<Vec<Entry>>,
    /// Feeds that have begun and not ended: at most one.
    followed: AtomicUsize,
    next_connection: AtomicUsize,
}

impl Scene {
    fn top(&self) -> Top {
        Top { epoch: "e".into(), sequence: locked(&self.log).len() as Sequence }
    }

    fn entries(&self, after: Sequence) -> Vec<Entry> {
        locked(&self.log).iter().filter(|entry| entry.sequence > after).cloned().collect()
    }

    /// Stores a message and tells of it, as any number of callers do at once.
    fn say(self: &Arc<Self>) {
        let sequence = {
            let mut log = locked(&self.log);
            let sequence = log.len() as Sequence + 1;
            log.push(entry(sequence));
            sequence
        };
        if let Some(feed) = self.feeds.get(&stream())
            && feed.stored(encoded(sequence), RING).fill
        {
            let scene = Arc::clone(self);
            thread::spawn(move || scene.fill(&feed));
        }
    }

    /// Reads what is missing until nothing is.
    fn fill(&self, feed: &Feed) {
        while let Some(after) = feed.missing_behind() {
            feed.fill(after, &self.entries(after), RING).expect("the log has no hole");
        }
    }

    fn begin(&self) -> Arc<Feed> {
        let feed = self.feeds.get_or_begin(&stream(), || {
            assert_eq!(self.followed.fetch_add(1, Ordering::SeqCst), 0);
        });
        if feed.place(self.top(), RING).fill {
            self.fill(&feed);
        }
        feed
    }

    fn forget(&self, feed: &Feed) {
        self.feeds.forget_if_idle(feed, || {
            self.followed.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

/// Who follows the stream, goes away and comes back.
#[derive(Default)]
struct Follower {
    /// Behind which position, once it is known, and what was seen since.
    from: Option<Sequence>,
    seen: Vec<Sequence>,
}

impl Follower {
    fn position(&self) -> Option<Sequence> {
        self.seen.last().copied().or(self.from)
    }

    fn follow(&mut self, scene: &Scene) -> (Arc<Feed>, Arc<Connection>) {
        let connection = connection(scene.next_connection.fetch_add(1, Ordering::SeqCst) as ConnectionId);
        let mut read = None;
        loop {
            let feed = scene.begin();
            let wish = Wish {
                recover: self.from.is_some(),
                offset: self.position().unwrap_or_default(),
                ..Wish::default()
            };
            let mut result = None;
            let reply = |given: SubscribeResult, _: Option<&_>| {
                result = Some(given);
                Form::Json.ping()
            };
            match feed.subscribe(&connection, &wish, read.as_deref(), REPLY, reply) {
                SubscribeOutcome::Done(recovered) => {
                    assert_eq!(recovered, self.from.map(|_| true));
                    let result = result.expect("a reply was queued");
                    self.from.get_or_insert(result.offset);
                    self.seen.extend(result.publications.iter().map(|publication| publication.offset));
                    return (feed, connection);
                }
                SubscribeOutcome::ReadFirst => read = Some(scene.entries(wish.offset)),
                SubscribeOutcome::Over => {}
                // What one follower has seen another feed of the stream may not have heard of.
                SubscribeOutcome::Behind => {
                    while feed.is_before(wish.offset).is_some() {
                        scene.fill(&feed);
                    }
                }
                outcome => panic!("{outcome:?}"),
            }
        }
    }

    /// Follows, is cut off at some time, and follows again. What arrives after its last look it has not seen.
    fn follow_twice(mut self, scene: &Scene) -> (Self, Arc<Feed>, Arc<Connection>) {
        let (feed, connection) = self.follow(scene);
        self.seen.extend(heard(&connection));
        thread::yield_now();
        feed.unsubscribe(connection.id);
        scene.forget(&feed);
        let (feed, connection) = self.follow(scene);
        (self, feed, connection)
    }
}

#[test]
fn who_follows_leaves_and_comes_back_while_others_talk_hears_everything_once_and_in_order() {
    in_any_order(|| {
        let scene = Arc::<Scene>::default();
        scene.say();
        let followers: Vec<_> = (0..2)
            .map(|_| {
                let scene = Arc::clone(&scene);
                thread::spawn(move || Follower::default().follow_twice(&scene))
            })
            .collect();
        let talkers: Vec<_> = (0..2)
            .map(|_| {
                let scene = Arc::clone(&scene);
                thread::spawn(move || (0..3).for_each(|_| scene.say()))
            })
            .collect();
        talkers.into_iter().for_each(|talker| talker.join().unwrap());
        for (mut follower, feed, connection) in followers.into_iter().map(|follower| follower.join().unwrap())
        {
            scene.fill(&feed);
            follower.seen.extend(heard(&connection));
            let from = follower.from.unwrap();
            assert_eq!(follower.seen, (from + 1..=7).collect::<Vec<_>>());
            feed.unsubscribe(connection.id);
            scene.forget(&feed);
        }
        assert_eq!(scene.followed.load(Ordering::SeqCst), 0);
        assert!(scene.feeds.get(&stream()).is_none());
    });
}

/// A membership as the store has it, and the session that begins and ends it.
struct Membership {
    connection: Arc<Connection>,
    feed: Arc<Feed>,
    group: GroupId,
    member: Mutex<bool>,
}

impl Membership {
    fn new() -> Arc<Self> {
        let (group, member) = (GroupId::new("g").unwrap(), Mutex::new(false));
        Arc::new(Self { connection: connection(1), feed: Arc::new(Feed::new(stream())), group, member })
    }

    /// Joins; the end that came in between, if one did.
    fn join(&self) -> Option<Unsubscribed> {
        self.connection.begin_entering(&self.group, 9).unwrap();
        let _guard = block_on(self.connection.turnstile());
        *locked(&self.member) = true;
        self.connection.finish_entering(&self.feed)
    }

    /// Ends the membership in the store, if the connection is not in the group then.
    fn part(&self) {
        let end = async {
            *locked(&self.member) = false;
            Ok(())
        };
        block_on(unless_in(&self.connection, &self.group, end)).unwrap();
    }
}

#[test]
fn an_end_that_comes_late_leaves_a_later_membership_alone_and_none_outlasts_its_subscription() {
    in_any_order(|| {
        let membership = Membership::new();
        let late = {
            let membership = Arc::clone(&membership);
            thread::spawn(move || membership.part())
        };
        let expelling = {
            let membership = Arc::clone(&membership);
            thread::spawn(move || {
                if membership.connection.end_subscription(&membership.group, Unsubscribed::KICKED).is_some() {
                    membership.part();
                }
            })
        };
        if membership.join().is_some() {
            membership.part();
        }
        late.join().unwrap();
        expelling.join().unwrap();
        let subscribed = membership.connection.subscribed(&membership.group).is_some();
        assert_eq!(subscribed, *locked(&membership.member));
    });
}

#[test]
fn a_subscription_that_ends_with_its_connection_and_from_outside_ends_once() {
    in_any_order(|| {
        let membership = Membership::new();
        membership.join();
        let departing = {
            let membership = Arc::clone(&membership);
            thread::spawn(move || membership.connection.take_subscriptions().len())
        };
        let expelled = membership.connection.end_subscription(&membership.group, Unsubscribed::KICKED);
        assert_eq!(departing.join().unwrap() + usize::from(expelled.is_some()), 1);
    });
}
