//! One stream as this process follows it: its position, its newest entries, and who listens.
//!
//! Notices of stored events arrive in any order, sometimes twice, sometimes not at all. A feed passes each on exactly
//! once, by position without a hole: what is early waits, and what stays missing is read from the store. A subscriber
//! is added and its reply queued in the same moment, under the feed's lock; so everything after the position in the
//! reply follows the reply, and nothing has to be merged afterwards.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, Shared};
use muster_core::{
    id::{MessageId, NodeId, UserId},
    message::{Entry, Sequence, StreamRef, Top},
    mute::GroupMutes,
    roster::RosterState,
};

use super::{
    CannotFollow,
    acknowledgements::Wanted,
    changes::{Changes, Gathered},
    connection::{Connection, ConnectionId},
    encoded::{Effect, Encoded, Told},
    ring::{Ring, RingBounds},
    subscribers::Subscribers,
};
use crate::{
    config::RecoveryBounds,
    events,
    lock::{Mutex, locked},
    protocol::{Frame, Publication, SubscribeResult},
    rate::Rate,
};

/// Early entries that a feed keeps; those beyond are read from the store.
const MAX_EARLY: usize = 1_024;

/// A stream that is followed.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) stream: StreamRef,
    pub(crate) channel: String,
    /// How fast its members talk.
    pub(crate) said: Rate,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    /// The task that looks for the position, while it does.
    placing: Option<Placing>,
    epoch: String,
    /// The last position passed on.
    last: Sequence,
    /// The highest position heard of.
    heard: Sequence,
    ring: Ring,
    early: BTreeMap<Sequence, Encoded>,
    /// Whether a task is reading what is missing.
    filling: bool,
    subscribers: Subscribers,
    /// Connections whose login is on its way.
    arrivals: Vec<Arc<Connection>>,
    changes: Option<Box<Changes>>,
    /// How often comings and goings were told, or found nobody to be told to.
    tellings: u64,
    /// Who may not talk, as of the last change that was passed on.
    mutes: Option<Arc<GroupMutes>>,
    /// Messages that the user whose stream it is is to acknowledge.
    wanted: Option<Box<Wanted>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// The position is not known yet.
    #[default]
    Placing,
    Live,
    /// Nobody follows it any more, or there is nothing left to follow. It does not come back: a new feed does.
    Over,
}

/// What a feed's position is waited for by. It is looked for once for all who follow, whoever of them goes away.
pub(super) type Placing = Shared<BoxFuture<'static, Result<(), CannotFollow>>>;

/// What a feed's owner has to do after something was put in.
#[derive(Debug, Default)]
pub(crate) struct Aftermath {
    /// What follows from the entries passed on.
    pub(crate) effects: Vec<Effect>,
    /// Whether to start reading what is missing.
    pub(crate) fill: bool,
    /// Publications put into queues.
    pub(crate) deliveries: u64,
    /// Who was subscribed to a group that has ended.
    pub(crate) orphans: Vec<Arc<Connection>>,
}

/// From where a client wants to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) recover: bool,
    pub(crate) epoch: String,
    pub(crate) offset: Sequence,
    /// Whether not to be recovered is not to be subscribed.
    pub(crate) strict: bool,
}

/// What became of a subscription.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SubscribeOutcome {
    /// It stands and its reply is queued; whether it was recovered, if that was wished.
    Done(Option<bool>),
    /// What was missed is not in memory: read it from the store behind the wished position and come again.
    ReadFirst,
    /// The client has seen more than was heard of here: bring the feed up to the wished position and come again.
    Behind,
    /// What was missed cannot be had, and the client does not want to go on without it.
    Unrecoverable,
    /// Another login of the user was told of meanwhile: sign in again.
    Contested,
    /// The feed has ended: look for the stream anew.
    Over,
}

impl Feed {
    pub(crate) fn new(stream: StreamRef) -> Self {
        let channel = events::channel_of(&stream);
        Self { stream, channel, said: Rate::default(), state: Mutex::default() }
    }

    /// What to wait for until the feed knows its position, which `begin` has looked for; `None` when nobody has to.
    pub(super) fn placing(&self, begin: impl FnOnce() -> Placing) -> Option<Placing> {
        let mut state = locked(&self.state);
        (state.phase == Phase::Placing).then(|| state.placing.get_or_insert_with(begin).clone())
    }

    /// Sets the position that the stream had at some time after the feed was made.
    pub(crate) fn place(&self, top: Top, bounds: RingBounds) -> Aftermath {
        let mut state = locked(&self.state);
        if state.phase == Phase::Placing {
            state.phase = Phase::Live;
            state.placing = None;
            state.epoch = top.epoch;
            state.last = top.sequence;
            state.early = state.early.split_off(&(top.sequence + 1));
        }
        state.advance(&self.channel, bounds)
    }

    /// Takes a stored event.
    pub(crate) fn stored(&self, entry: Encoded, bounds: RingBounds) -> Aftermath {
        let mut state = locked(&self.state);
        state.hold(entry);
        state.advance(&self.channel, bounds)
    }

    /// Hears that the stream reaches a position.
    pub(crate) fn reaches(&self, position: Sequence, bounds: RingBounds) -> Aftermath {
        let mut state = locked(&self.state);
        state.heard = state.heard.max(position);
        state.advance(&self.channel, bounds)
    }

    /// Passes on what is told once; to how many.
    pub(crate) fn tell(&self, told: &Told) -> u64 {
        locked(&self.state).subscribers.publish(&self.channel, told)
    }

    /// Passes on a notice of comings and goings; to how many.
    pub(crate) fn tell_changes(&self, told: &Told) -> u64 {
        let mut state = locked(&self.state);
        state.tellings += 1;
        state.subscribers.publish(&self.channel, told)
    }

    /// How many notices of comings and goings there were: who subscribes behind one has not heard it.
    pub(crate) fn tellings(&self) -> u64 {
        locked(&self.state).tellings
    }

    /// Behind which position something is missing still; the filling ends when nothing is.
    pub(crate) fn missing_behind(&self) -> Option<Sequence> {
        let mut state = locked(&self.state);
        state.filling = state.phase == Phase::Live && state.heard > state.last;
        state.filling.then_some(state.last)
    }

    /// The last position that was passed on, if it lies before this one.
    pub(crate) fn is_before(&self, position: Sequence) -> Option<Sequence> {
        let state = locked(&self.state);
        (state.phase == Phase::Live && state.last < position).then_some(state.last)
    }

    /// Takes what was read from the store behind `after`; `None` when the store does not have what is missing, and
    /// the stream cannot be followed on.
    pub(crate) fn fill(&self, after: Sequence, entries: &[Entry], bounds: RingBounds) -> Option<Aftermath> {
        let mut state = locked(&self.state);
        if state.last == after && entries.first().is_none_or(|first| first.sequence != after + 1) {
            return None;
        }
        for entry in entries {
            if entry.sequence > state.last && !state.early.contains_key(&entry.sequence) {
                let sequence = Some(entry.sequence);
                state.hold(Encoded::event(&self.channel, &self.stream, &entry.event, sequence));
            }
        }
        Some(state.advance(&self.channel, bounds))
    }

    /// Adds a subscriber and queues its reply, which `reply` writes: it is given who may not talk, if that has changed
    /// since the feed was placed, for what the subscriber is told must be as of its position. `read` is what the store has behind the wished
    /// position, once that was asked for; nothing, where it does not reach it.
    pub(crate) fn subscribe(
        &self,
        connection: &Arc<Connection>,
        wish: &Wish,
        read: Option<&[Entry]>,
        bounds: RecoveryBounds,
        reply: impl FnOnce(SubscribeResult, Option<&GroupMutes>) -> Frame,
    ) -> SubscribeOutcome {
        let mut state = locked(&self.state);
        if state.phase != Phase::Live {
            return SubscribeOutcome::Over;
        }
        let arriving = state.arrivals.iter().any(|arrival| arrival.id == connection.id);
        if arriving && connection.take_contested() {
            return SubscribeOutcome::Contested;
        }
        let missed = match self.missed(&state, wish, read, bounds) {
            Missed::Known(missed) => Some(missed),
            Missed::Stored => return SubscribeOutcome::ReadFirst,
            Missed::Ahead => return SubscribeOutcome::Behind,
            Missed::Lost => None,
        };
        let missed: Option<Vec<_>> = missed
            .map(|missed| missed.iter().filter_map(Encoded::publication).collect())
            .filter(|missed: &Vec<Publication>| bytes_of(missed) <= bounds.bytes);
        let recovered = wish.recover && missed.is_some();
        if wish.recover && wish.strict && !recovered {
            return SubscribeOutcome::Unrecoverable;
        }
        let result = SubscribeResult {
            recoverable: true,
            positioned: true,
            epoch: state.epoch.clone(),
            offset: if recovered { wish.offset } else { state.last },
            publications: missed.unwrap_or_default(),
            recovered,
            was_recovering: wish.recover,
            ..SubscribeResult::default()
        };
        connection.outbox.reply(reply(result, state.mutes.as_deref()));
        state.arrivals.retain(|arrival| arrival.id != connection.id);
        state.subscribers.add(connection);
        SubscribeOutcome::Done(wish.recover.then_some(recovered))
    }

    /// What a client has missed, as far as memory says it and what was `read`.
    fn missed(&self, state: &State, wish: &Wish, read: Option<&[Entry]>, bounds: RecoveryBounds) -> Missed {
        match (state.missed(wish, bounds.entries), read) {
            (Missed::Stored, Some(read)) => {
                let read = self.encode_up_to(read, state.ring.first());
                state.missed_with(wish.offset, read, bounds.bytes)
            }
            (Missed::Ahead, Some(_)) => Missed::Lost,
            (missed, _) => missed,
        }
    }

    fn encode_up_to(&self, read: &[Entry], ring_first: Option<Sequence>) -> Vec<Encoded> {
        let wanted = read.iter().take_while(|entry| ring_first.is_none_or(|first| entry.sequence < first));
        wanted.map(|entry| Encoded::past(&self.channel, &self.stream, entry)).collect()
    }

    /// Removes a subscriber; whether it was one.
    pub(crate) fn unsubscribe(&self, id: ConnectionId) -> bool {
        let mut state = locked(&self.state);
        state.arrivals.retain(|arrival| arrival.id != id);
        state.subscribers.remove(id)
    }

    /// Notes a connection whose login is on its way; `false` when the feed has ended.
    pub(crate) fn arrive(&self, connection: &Arc<Connection>) -> bool {
        let mut state = locked(&self.state);
        let open = state.phase != Phase::Over;
        if open {
            state.arrivals.push(Arc::clone(connection));
        }
        open
    }

    /// Ends the feed if nobody follows it.
    pub(crate) fn end_if_idle(&self) -> bool {
        let mut state = locked(&self.state);
        let idle = state.subscribers.is_empty() && state.arrivals.is_empty();
        if idle {
            state.end();
        }
        idle || state.phase == Phase::Over
    }

    /// Ends the feed; who followed it.
    pub(crate) fn end(&self) -> Vec<Arc<Connection>> {
        locked(&self.state).end()
    }

    /// Who follows it.
    pub(crate) fn subscribers(&self) -> Vec<Arc<Connection>> {
        locked(&self.state).subscribers.iter().cloned().collect()
    }

    /// Whose login is on its way.
    pub(crate) fn arrivals(&self) -> Vec<Arc<Connection>> {
        locked(&self.state).arrivals.clone()
    }

    /// Notes that a message is to be acknowledged to this node; whether it is already.
    pub(crate) fn want(&self, message: &MessageId, by: Option<&NodeId>) -> bool {
        locked(&self.state).wanted.get_or_insert_default().want(message, by)
    }

    /// Whether a message is to be acknowledged still.
    pub(crate) fn wants(&self, message: &MessageId) -> bool {
        locked(&self.state).wanted.as_ref().is_some_and(|wanted| wanted.wants(message))
    }

    /// Notes that a message is acknowledged; who has waited for that.
    pub(crate) fn acknowledge(&self, message: &MessageId) -> Vec<Option<NodeId>> {
        locked(&self.state).wanted.get_or_insert_default().acknowledge(message)
    }

    /// Notes a join; when to tell it, if nobody is going to yet.
    pub(crate) fn joined(&self, user: &UserId, info: Option<&Arc<str>>) -> Option<Duration> {
        locked(&self.state).changes.get_or_insert_default().joined(user, info)
    }

    /// Notes a leave; when to tell it, if nobody is going to yet.
    pub(crate) fn left(&self, user: &UserId) -> Option<Duration> {
        locked(&self.state).changes.get_or_insert_default().left(user)
    }

    /// Notes that the count changed by members whom nobody names; when to tell it, if nobody is going to yet.
    pub(crate) fn recounted(&self) -> Option<Duration> {
        locked(&self.state).changes.get_or_insert_default().recounted()
    }

    /// Notes the size of the group.
    pub(crate) fn resize(&self, size: RosterState) {
        locked(&self.state).changes.get_or_insert_default().resize(size);
    }

    /// Takes the comings and goings that are to be told; `None` when the feed has ended.
    pub(crate) fn take_changes(&self) -> Option<Gathered> {
        locked(&self.state).changes.as_mut().map(|changes| changes.take())
    }

    /// Notes that what was taken is told to a group of this size; when to tell what has happened since, if anything has.
    pub(crate) fn changes_told(&self, size: RosterState) -> Option<Duration> {
        let mut state = locked(&self.state);
        let changes = state.changes.as_mut()?;
        changes.resize(size);
        changes.told()
    }

    /// Takes back what could not be told; `false` when nobody is left to tell it to, and then it is forgotten.
    pub(crate) fn keep_changes(&self, untold: Gathered) -> bool {
        let mut state = locked(&self.state);
        if state.subscribers.is_empty() {
            state.changes = None;
            state.tellings += 1;
            return false;
        }
        state.changes.get_or_insert_default().put_back(untold);
        true
    }
}

fn bytes_of(publications: &[Publication]) -> usize {
    publications.iter().map(|publication| publication.data.len()).sum()
}

/// What a client has missed.
enum Missed {
    /// These entries, perhaps none.
    Known(Vec<Encoded>),
    /// More than is in memory: it is to be read.
    Stored,
    /// Nothing, if the stream goes as far as the client says: here it does not yet.
    Ahead,
    /// It cannot be said, or is too much.
    Lost,
}

impl State {
    /// Keeps an entry until its turn.
    fn hold(&mut self, entry: Encoded) {
        self.heard = self.heard.max(entry.sequence);
        let due = self.phase == Phase::Live && entry.sequence == self.last + 1;
        let fits = due || self.early.len() < MAX_EARLY;
        if self.phase != Phase::Over && entry.sequence > self.last && fits {
            self.early.insert(entry.sequence, entry);
        }
    }

    /// Passes on everything whose turn it is, in this channel.
    fn advance(&mut self, channel: &str, bounds: RingBounds) -> Aftermath {
        let mut aftermath = Aftermath::default();
        while self.phase == Phase::Live {
            let Some(entry) = self.early.remove(&(self.last + 1)) else { break };
            aftermath.deliveries += entry.told().map_or(0, |told| self.subscribers.publish(channel, told));
            self.last = entry.sequence;
            if let Some(effect) = entry.effect.clone() {
                match &effect {
                    Effect::Dissolved => aftermath.orphans = self.end(),
                    Effect::Mutes(mutes) => self.mutes = Some(Arc::clone(mutes)),
                    Effect::Removed(_) | Effect::Recalled(_) | Effect::Said(_) => {}
                }
                aftermath.effects.push(effect);
            }
            self.ring.push(entry, bounds);
        }
        if self.phase == Phase::Live && self.heard > self.last && !self.filling {
            self.filling = true;
            aftermath.fill = true;
        }
        aftermath
    }

    fn missed(&self, wish: &Wish, limit: usize) -> Missed {
        if !wish.recover {
            return Missed::Known(Vec::new());
        }
        let other = !wish.epoch.is_empty() && wish.epoch != self.epoch;
        if other {
            return Missed::Lost;
        }
        let Some(count) = self.last.checked_sub(wish.offset) else { return Missed::Ahead };
        if count > limit as u64 {
            return Missed::Lost;
        }
        if count == 0 || self.ring.first().is_some_and(|first| first <= wish.offset + 1) {
            return Missed::Known(self.ring.after(wish.offset).cloned().collect());
        }
        Missed::Stored
    }

    /// What was missed behind `after`, put together from entries read from the store and those in memory. Where the stream has
    /// gone on since and they leave a hole between them, the store is to be read once more.
    fn missed_with(&self, after: Sequence, read: Vec<Encoded>, bytes: usize) -> Missed {
        let mut whole = read;
        whole.retain(|entry| entry.sequence <= self.last);
        let begins =
            !whole.is_empty() && (after + 1..).zip(&whole).all(|(place, entry)| place == entry.sequence);
        whole.extend(self.ring.after(after).cloned());
        if (after + 1..=self.last).eq(whole.iter().map(|entry| entry.sequence)) {
            return Missed::Known(whole);
        }
        let fits = whole.iter().map(Encoded::len).sum::<usize>() <= bytes;
        if begins && fits { Missed::Stored } else { Missed::Lost }
    }

    fn end(&mut self) -> Vec<Arc<Connection>> {
        self.phase = Phase::Over;
        self.placing = None;
        self.ring.clear();
        self.early.clear();
        self.changes = None;
        self.subscribers.take()
    }
}

#[cfg(test)]
#[path = "feed_tests.rs"]
pub(super) mod tests;
