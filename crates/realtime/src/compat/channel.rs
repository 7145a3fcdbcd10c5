//! A channel: its history, and who is subscribed to it.
//!
//! Everything that happens in a channel happens under its lock, in which nobody waits: a publication has its position and
//! is in all queues before the next one begins, and a subscriber's answer is queued before anything that follows it.

use std::{
    collections::HashMap,
    sync::{Arc, TryLockError},
};

use muster_core::time::Millis;

use super::{
    config::ChannelOptions,
    stream::{Keeping, Ledger, Position, Reading, Stream},
};
use crate::{
    hub::{Connection, ConnectionId},
    lock::{Mutex, MutexGuard, locked},
    protocol::{ClientInfo, ErrorCode, Form, Frame, Publication, Push, PushBody, SubscribeResult},
};

pub(super) struct Channel {
    pub(super) name: String,
    keeping: Option<Keeping>,
    /// Subscribers up to which joins and leaves are told.
    told_up_to: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    stream: Option<Stream>,
    subscribers: HashMap<ConnectionId, Subscriber>,
    /// How many connections each user has among those whose presence is known.
    present: HashMap<String, usize>,
    /// Set when nobody finds it any more: whoever has found it looks again.
    over: bool,
}

/// Who is subscribed, and how.
pub(super) struct Subscriber {
    pub(super) connection: Arc<Connection>,
    pub(super) info: ClientInfo,
    pub(super) terms: Terms,
}

/// How a subscription stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    /// It is seen in the channel.
    pub(super) presence: bool,
    /// Its coming and going is told.
    pub(super) announced: bool,
    /// It is told who comes and goes.
    pub(super) told: bool,
    pub(super) positioned: bool,
    pub(super) recoverable: bool,
}

/// What a subscriber wants of the past.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish {
    pub(super) recover: bool,
    pub(super) offset: u64,
    pub(super) epoch: String,
    /// It would rather have no subscription than one that was not recovered.
    pub(super) strict: bool,
}

/// What time it is, and what streams are made of.
pub(super) struct Moment<'a> {
    pub(super) now: Millis,
    pub(super) ledger: &'a Arc<Ledger>,
    /// Draws the name of a stream.
    pub(super) epoch: &'a dyn Fn() -> String,
    /// The most publications that a reply holds.
    pub(super) most: usize,
    /// The most bytes of them.
    pub(super) bytes: usize,
}

/// What came of a publication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Published {
    /// Its position; 0 for one that was told once.
    pub(super) offset: u64,
    pub(super) epoch: String,
    /// Connections that it was queued for.
    pub(super) deliveries: usize,
}

/// A part of a channel's past, and where the channel is now.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) publications: Vec<Publication>,
    pub(super) epoch: String,
    pub(super) offset: u64,
}

/// A channel with its lock held.
pub(super) struct Open<'a> {
    channel: &'a Channel,
    state: MutexGuard<'a, State>,
}

impl Channel {
    pub(super) fn new(name: &str, options: &ChannelOptions, history_bytes: usize, told_up_to: usize) -> Self {
        let keeping = Keeping::of(options, history_bytes);
        Self { name: name.to_owned(), keeping, told_up_to, state: Mutex::default() }
    }

    /// Takes the lock; `None` when the channel is over and another of its name may have begun.
    pub(super) fn open(&self) -> Option<Open<'_>> {
        let state = locked(&self.state);
        (!state.over).then_some(Open { channel: self, state })
    }

    /// Ends the channel if nobody is in it and nothing of it is to be remembered.
    pub(super) fn end_if_idle(&self, now: Millis, remember: bool) -> bool {
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(state)) => state.into_inner(),
            // It is in use.
            Err(TryLockError::WouldBlock) => return false,
        };
        if let Some(stream) = &mut state.stream {
            stream.expire(now);
        }
        let idle = |stream: &Stream| if remember { stream.is_forgotten(now) } else { stream.is_empty() };
        state.over = state.subscribers.is_empty() && state.stream.as_ref().is_none_or(idle);
        state.over
    }
}

impl Open<'_> {
    /// What a subscriber under these terms would find, and be sent of what it missed.
    pub(super) fn admit(
        &mut self,
        wish: &Wish,
        terms: Terms,
        moment: &Moment<'_>,
    ) -> Result<SubscribeResult, ErrorCode> {
        let mut result = SubscribeResult::default();
        if !terms.positioned && !terms.recoverable {
            return Ok(result);
        }
        let Some(stream) = self.stream(moment) else { return Ok(result) };
        result.positioned = true;
        result.recoverable = terms.recoverable;
        result.epoch.clone_from(&stream.epoch);
        result.offset = stream.top;
        if wish.recover && terms.recoverable {
            result.was_recovering = true;
            let from = Position { offset: wish.offset, epoch: &wish.epoch };
            match stream.recover(from, moment.most, moment.bytes) {
                Ok(publications) => {
                    result.recovered = true;
                    result.offset = wish.offset;
                    result.publications = publications;
                }
                Err(_) if wish.strict => return Err(ErrorCode::Unrecoverable),
                Err(_) => {}
            }
        }
        Ok(result)
    }

    /// Puts a subscriber in, whose answer is queued, and tells of it.
    pub(super) fn enter(&mut self, subscriber: Subscriber) {
        if subscriber.terms.presence {
            *self.state.present.entry(subscriber.info.user.clone()).or_default() += 1;
        }
        let (info, announced) = (subscriber.info.clone(), subscriber.terms.announced);
        self.state.subscribers.insert(subscriber.connection.id, subscriber);
        if announced {
            self.tell_of(PushBody::Join(&info));
        }
    }

    /// Takes a subscriber out and tells of it; whether it was there.
    pub(super) fn leave(&mut self, id: ConnectionId) -> bool {
        let Some(Subscriber { info, terms, .. }) = self.state.subscribers.remove(&id) else { return false };
        if terms.presence
            && let Some(connections) = self.state.present.get_mut(&info.user)
        {
            *connections -= 1;
            if *connections == 0 {
                self.state.present.remove(&info.user);
            }
        }
        if terms.announced {
            self.tell_of(PushBody::Leave(&info));
        }
        true
    }

    /// Tells all subscribers, and keeps it if the channel has a history and `kept` says so.
    pub(super) fn publish(&mut self, mut said: Publication, kept: bool, moment: &Moment<'_>) -> Published {
        let mut published = Published::default();
        if let (true, Some(keeping)) = (kept, self.channel.keeping)
            && let Some(stream) = self.stream(moment)
        {
            stream.append(&mut said, keeping, moment.now);
            published.offset = said.offset;
            published.epoch.clone_from(&stream.epoch);
        }
        published.deliveries = self.tell(PushBody::Publication(&said), |_| true);
        published
    }

    /// Reads the history; `None` when the channel has none.
    pub(super) fn history(
        &mut self,
        what: Reading<'_>,
        moment: &Moment<'_>,
    ) -> Option<Result<Past, ErrorCode>> {
        let stream = self.stream(moment)?;
        let (epoch, offset) = (stream.epoch.clone(), stream.top);
        let read = stream.read(what).map_err(|_| ErrorCode::Unrecoverable);
        Some(read.map(|publications| Past { publications, epoch, offset }))
    }

    /// Lets go of the history.
    pub(super) fn clear(&mut self) {
        if let Some(stream) = &mut self.state.stream {
            stream.clear();
        }
    }

    /// Who is there; `None` for more than so many.
    pub(super) fn presence(&self, most: usize) -> Option<Vec<ClientInfo>> {
        let present = self.state.subscribers.values().filter(|one| one.terms.presence);
        let present: Vec<_> = present.take(most + 1).map(|one| one.info.clone()).collect();
        (present.len() <= most).then_some(present)
    }

    /// How many connections and users are there.
    pub(super) fn presence_stats(&self) -> (u64, u64) {
        let clients: usize = self.state.present.values().sum();
        (clients as u64, self.state.present.len() as u64)
    }

    /// The stream, made when there is none; `None` when the channel keeps none.
    fn stream(&mut self, moment: &Moment<'_>) -> Option<&mut Stream> {
        let keeping = self.channel.keeping?;
        let make = || Stream::new((moment.epoch)(), keeping, Arc::clone(moment.ledger), moment.now);
        let stream = self.state.stream.get_or_insert_with(make);
        stream.expire(moment.now);
        stream.touch(keeping, moment.now);
        Some(stream)
    }

    fn tell_of(&self, body: PushBody<'_>) {
        if self.state.subscribers.len() <= self.channel.told_up_to {
            self.tell(body, |one| one.terms.told);
        }
    }

    /// Puts a push into the queues of all whom it is for, written once a form; how many those are.
    fn tell(&self, body: PushBody<'_>, whom: impl Fn(&Subscriber) -> bool) -> usize {
        let push = Push { channel: &self.channel.name, body };
        let mut frames: [Option<Frame>; Form::ALL.len()] = [const { None }; Form::ALL.len()];
        let mut told = 0;
        for subscriber in self.state.subscribers.values().filter(|one| whom(one)) {
            let form = subscriber.connection.form;
            let frame = frames[form as usize].get_or_insert_with(|| form.push(&push));
            subscriber.connection.outbox.publish(frame.clone());
            told += 1;
        }
        told
    }
}
