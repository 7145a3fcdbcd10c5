//! What programs written for Centrifugo find here: its tokens, its channels with their namespaces, and its server API.
//!
//! A connection whose token is a JWT is one of these, and knows nothing of applications, groups and their messages, as
//! those know nothing of its channels. What is said in channels lives in the memory of this process.
//!
//! - [`CompatConfig`] is `[realtime.compat]`;
//! - a [`Seat`] carries out the commands of one connection;
//! - [`ServerApi`] is what backends call;
//! - [`Compat`] holds the channels, and everybody who is connected.

mod api;
mod channel;
mod config;
mod lifetime;
mod member;
mod name;
mod payload;
mod seat;
mod stream;
mod token;

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use muster_core::{figure::Figure, service::Muster};

pub use api::{ApiAnswer, ServerApi};
pub use config::{ChannelOptions, CompatConfig, Secret};
pub use lifetime::{Lifetime, NoLifetime};
pub(crate) use seat::{Seat, Seating};

use crate::{
    config::RealtimeConfig,
    hub::Shards,
    protocol::{ClientInfo, ErrorCode, Frame, Publication, Push, PushBody, SubscribeResult, Unsubscribed},
};
use channel::{Channel, Moment, Open, Past, Published, Subscriber, Terms, Wish};
use member::{Member, Members, Subscription};
use name::Namespaces;
use stream::{Ledger, Position, Reading};
use token::{BadToken, Verifier};

/// How often it is looked for what has ended.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked for histories that have, in those looks: it takes a look at every channel.
const CHANNELS_EVERY: u32 = 10;
/// Milliseconds after which it is looked again whether a channel can be forgotten to make room.
const LOOK_AGAIN: i64 = 1_000;
/// Letters in the name of a stream.
const EPOCH_LETTERS: usize = 8;

/// The channels of this process, and everybody who is connected to them.
pub(crate) struct Compat {
    muster: Arc<Muster>,
    config: CompatConfig,
    /// Subscriptions that one connection may have.
    subscriptions: usize,
    /// Seconds that a client has to come with a new token after the old one has ended.
    grace: i64,
    /// The most publications that a reply holds.
    most: usize,
    /// The most bytes of them.
    bytes: usize,
    namespaces: Namespaces,
    verifier: Verifier,
    channels: Shards<String, Arc<Channel>>,
    /// How many channels there are.
    count: AtomicUsize,
    /// When it was last looked for channels that can be forgotten to make room, in milliseconds since 1970.
    made_room: AtomicI64,
    ledger: Arc<Ledger>,
    members: Members,
}

/// A channel that a connection is to be subscribed to.
struct Entering {
    channel: String,
    options: Arc<ChannelOptions>,
    terms: Terms,
    wish: Wish,
    /// What the channel's subscribers are told of this one.
    info: bytes::Bytes,
    /// What its application is told.
    data: bytes::Bytes,
    /// When the subscription ends, in seconds since 1970.
    expires: Option<i64>,
}

impl Compat {
    pub(crate) fn new(muster: Arc<Muster>, config: &RealtimeConfig) -> Self {
        let compat = config.compat.clone();
        let bounds = config.recovery();
        Self {
            muster,
            subscriptions: config.channels_per_connection,
            grace: config.refresh_grace_seconds.into(),
            most: bounds.entries,
            bytes: bounds.bytes,
            namespaces: Namespaces::of(&compat),
            verifier: Verifier::new(compat.hmac_secret_key.bytes(), compat.info_bytes),
            channels: Shards::default(),
            count: AtomicUsize::new(0),
            made_room: AtomicI64::new(0),
            ledger: Arc::new(Ledger::new(compat.history_bytes)),
            members: Members::default(),
            config: compat,
        }
    }

    /// What is held.
    pub(crate) fn figures(&self) -> [Figure; 3] {
        let channels = self.count.load(Ordering::Relaxed) as u64;
        [
            Figure::gauge(
                "compat_clients",
                "Connections with tokens of Centrifugo now",
                self.members.count(),
            ),
            Figure::gauge("compat_channels", "Channels of such connections now", channels),
            Figure::gauge(
                "compat_history_bytes",
                "Bytes of the histories of such channels",
                self.ledger.used(),
            ),
        ]
    }

    /// Whether backends may call.
    pub(crate) fn has_api(&self) -> bool {
        !self.config.api_key.is_empty()
    }

    /// Ends what has ended, for as long as the process runs.
    pub(crate) async fn keep_swept(compat: Weak<Self>) {
        let mut ticks = tokio::time::interval(SWEEP_EVERY);
        for look in 1_u32.. {
            ticks.tick().await;
            let Some(compat) = compat.upgrade() else { return };
            compat.end_overdue();
            if look % CHANNELS_EVERY == 0 {
                compat.forget_idle(true);
            }
        }
    }

    /// Ends connections and subscriptions whose tokens have ended.
    fn end_overdue(&self) {
        let then = self.seconds().saturating_sub(self.grace);
        for member in self.members.overdue(then) {
            for channel in member.expire(then) {
                self.end_subscription(&member, &channel, Unsubscribed::EXPIRED);
            }
        }
    }

    fn seconds(&self) -> i64 {
        self.muster.now().seconds()
    }

    /// Does something with a channel in its own time.
    fn during<T>(&self, work: impl FnOnce(&Moment<'_>) -> T) -> T {
        work(&Moment {
            now: self.muster.now(),
            ledger: &self.ledger,
            epoch: &|| self.muster.random().letters(EPOCH_LETTERS),
            most: self.most,
            bytes: self.bytes,
        })
    }

    /// Subscribes a connection to channels, all or none. `answer` writes what is queued for it, at its place in each of
    /// them.
    fn enter(
        &self,
        member: &Arc<Member>,
        mut entering: Vec<Entering>,
        answer: impl FnOnce(Vec<(String, SubscribeResult)>) -> Frame,
    ) -> Result<(), ErrorCode> {
        let mut held = member.subscriptions();
        if entering.iter().any(|one| held.contains_key(&one.channel)) {
            return Err(ErrorCode::AlreadySubscribed);
        }
        if held.len() + entering.len() > self.subscriptions {
            return Err(ErrorCode::LimitExceeded);
        }
        // Whoever takes several locks takes them in this order.
        entering.sort_by(|one, other| one.channel.cmp(&other.channel));
        loop {
            let channels = entering.iter().map(|one| self.channel(&one.channel, &one.options));
            let channels: Vec<Arc<Channel>> = channels.collect::<Result<_, _>>()?;
            let open: Option<Vec<Open<'_>>> = channels.iter().map(|channel| channel.open()).collect();
            let Some(mut open) = open else { continue };
            let mut results = Vec::with_capacity(entering.len());
            for (channel, one) in open.iter_mut().zip(&entering) {
                let result = self.during(|moment| channel.admit(&one.wish, one.terms, moment))?;
                let ttl = self.ttl(one.expires);
                results
                    .push((one.channel.clone(), SubscribeResult { data: one.data.clone(), ttl, ..result }));
            }
            member.connection.outbox.reply(answer(results));
            for ((open, channel), one) in open.iter_mut().zip(&channels).zip(&entering) {
                let info = member.client_info(one.info.clone());
                open.enter(Subscriber { connection: Arc::clone(&member.connection), info, terms: one.terms });
                let subscription = Subscription {
                    channel: Arc::clone(channel),
                    info: one.info.clone(),
                    expires: one.expires,
                };
                held.insert(one.channel.clone(), subscription);
            }
            member.look_ahead(&held);
            return Ok(());
        }
    }

    /// Seconds that are left until then.
    fn ttl(&self, expires: Option<i64>) -> Option<u32> {
        let left = expires?.saturating_sub(self.seconds()).max(1);
        Some(u32::try_from(left).unwrap_or(u32::MAX))
    }

    /// Ends a subscription, if there is one; whether there was.
    fn leave(&self, member: &Member, channel: &str) -> bool {
        let mut held = member.subscriptions();
        let Some(Subscription { channel, .. }) = held.remove(channel) else { return false };
        member.look_ahead(&held);
        self.part(member, &channel);
        true
    }

    /// Takes a connection out of a channel, and forgets the channel if nothing of it is left.
    fn part(&self, member: &Member, channel: &Arc<Channel>) {
        if let Some(mut open) = channel.open() {
            open.leave(member.connection.id);
        }
        self.forget_if_idle(channel, true);
    }

    /// Ends a subscription from outside, and tells the client.
    fn end_subscription(&self, member: &Member, channel: &str, why: Unsubscribed) {
        if self.leave(member, channel) {
            let push = Push { channel, body: PushBody::Unsubscribe(why) };
            member.connection.outbox.reply(member.connection.form.push(&push));
        }
    }

    /// Takes a connection out of everything.
    fn depart(&self, member: &Member) {
        self.members.remove(member);
        let held = std::mem::take(&mut *member.subscriptions());
        for Subscription { channel, .. } in held.into_values() {
            self.part(member, &channel);
        }
    }

    /// Publishes into a channel.
    fn publish(
        &self,
        channel: &str,
        options: &Arc<ChannelOptions>,
        said: &Publication,
        kept: bool,
    ) -> Result<Published, ErrorCode> {
        let kept = kept && options.has_history();
        if !kept && self.channels.get(&channel.to_owned()).is_none() {
            return Ok(Published::default());
        }
        loop {
            let found = self.channel(channel, options)?;
            if let Some(mut open) = found.open() {
                return Ok(self.during(|moment| open.publish(said.clone(), kept, moment)));
            }
        }
    }

    /// Which part of a history is meant: up to so many, all for less than 0, and none for 0.
    fn reading<'a>(
        &self,
        limit: i32,
        since: Option<Position<'a>>,
        reverse: bool,
    ) -> Result<Reading<'a>, ErrorCode> {
        if reverse && since.is_some_and(|since| since.offset == 0) {
            return Err(ErrorCode::BadRequest);
        }
        let limit = usize::try_from(limit).map_or(self.most, |limit| limit.min(self.most));
        Ok(Reading { limit, bytes: self.bytes, since, reverse })
    }

    /// Reads a channel's history.
    fn history(
        &self,
        channel: &str,
        options: &Arc<ChannelOptions>,
        what: Reading<'_>,
    ) -> Result<Past, ErrorCode> {
        loop {
            let found = self.channel(channel, options)?;
            if let Some(mut open) = found.open() {
                return self
                    .during(|moment| open.history(what, moment))
                    .unwrap_or(Err(ErrorCode::NotAvailable));
            }
        }
    }

    fn remove_history(&self, channel: &str) {
        if let Some(channel) = self.channels.get(&channel.to_owned())
            && let Some(mut open) = channel.open()
        {
            open.clear();
        }
    }

    /// Who is in a channel.
    fn presence(&self, channel: &str) -> Result<Vec<ClientInfo>, ErrorCode> {
        let most = self.config.presence_clients;
        let Some(channel) = self.channels.get(&channel.to_owned()) else { return Ok(Vec::new()) };
        channel.open().map_or(Ok(Vec::new()), |open| open.presence(most).ok_or(ErrorCode::NotAvailable))
    }

    /// How many connections and users are in a channel.
    fn presence_stats(&self, channel: &str) -> (u64, u64) {
        let channel = self.channels.get(&channel.to_owned());
        channel.and_then(|channel| channel.open().map(|open| open.presence_stats())).unwrap_or_default()
    }

    /// A channel, made when there is none.
    fn channel(&self, name: &str, options: &Arc<ChannelOptions>) -> Result<Arc<Channel>, ErrorCode> {
        let name = name.to_owned();
        if let Some(channel) = self.channels.get(&name) {
            return Ok(channel);
        }
        if self.count.load(Ordering::Relaxed) >= self.config.channels && !self.make_room() {
            return Err(ErrorCode::LimitExceeded);
        }
        Ok(self.channels.get_or_insert(&name, || {
            self.count.fetch_add(1, Ordering::Relaxed);
            let (bytes, told) = (self.config.channel_history_bytes, self.config.join_leave_clients);
            Arc::new(Channel::new(&name, options, bytes, told))
        }))
    }

    /// Forgets channels of which nothing but their position is left; whether there is room now. It takes a look at every
    /// channel, and so is done now and then at most.
    fn make_room(&self) -> bool {
        let now = self.muster.now().0;
        let last = self.made_room.load(Ordering::Relaxed);
        let due = now.saturating_sub(last) >= LOOK_AGAIN
            && self.made_room.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        due && self.forget_idle(false) > 0
    }

    /// Forgets channels that nobody is in and of which nothing is kept; unless they are to be remembered, also those of
    /// which nothing but their position is. How many.
    fn forget_idle(&self, remember: bool) -> usize {
        self.channels.values().iter().filter(|channel| self.forget_if_idle(channel, remember)).count()
    }

    fn forget_if_idle(&self, channel: &Arc<Channel>, remember: bool) -> bool {
        let now = self.muster.now();
        let idle = |found: &Arc<Channel>| Arc::ptr_eq(found, channel) && found.end_if_idle(now, remember);
        let mut forgotten = false;
        self.channels.remove_if(&channel.name, idle, || {
            self.count.fetch_sub(1, Ordering::Relaxed);
            forgotten = true;
        });
        forgotten
    }
}
