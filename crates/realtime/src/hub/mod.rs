//! The hub: every connection of this process, every stream that they follow, and the way from a notice to their
//! queues.
//!
//! A stream that somebody here follows has a [`Feed`](feed::Feed): a group's is followed by the connections in the
//! group, a user's by the user's own. Feeds are found by name in 64 shards; a lock is held for a look-up, or while a
//! publication's shared bytes are put into queues, never across a write or an await. Joining and leaving take the same
//! time in a group of any size.

mod acknowledgements;
mod catching_up;
mod changes;
mod connection;
mod departures;
mod encoded;
mod feed;
mod feeds;
mod inbox;
#[cfg(test)]
mod interleavings;
mod logins;
mod notices;
mod outbox;
mod ring;
mod shards;
mod subscribers;
#[cfg(test)]
mod whole_interleavings;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use muster_core::{
    bus::{ConnectionKey, Notice},
    callback::LogoffReason,
    error::Error,
    figure::Figure,
    id::{AppId, GroupId, NodeId, UserId},
    message::StreamRef,
    service::Muster,
    time::Millis,
};
use tokio::{runtime::Handle, sync::mpsc::UnboundedSender, time::Instant};

pub(crate) use changes::SMALL_GROUP;
pub(crate) use connection::{CannotEnter, Connection, ConnectionId, Identity};
pub(crate) use encoded::Encoded;
pub(crate) use feed::{Feed, SubscribeOutcome, Wish};
pub(crate) use inbox::{Inbox, Inboxes};
pub(crate) use shards::Shards;

use crate::{
    compat::{Compat, ServerApi},
    config::{InvalidConfig, RealtimeConfig},
    counters::Counters,
    lobby::Lobby,
    protocol::{Disconnect, Form},
    refusals::Refusals,
    transport::TransportKind,
};
use departures::{Departure, part_from, part_unless_in};
use feed::Placing;
use feeds::Feeds;
use ring::RingBounds;

/// Connections that a drain closes at a time.
const DRAIN_BATCH: usize = 128;
/// How often a drain looks whether the connections are gone.
const DRAIN_LOOK: Duration = Duration::from_millis(10);
/// How often the positions of followed groups are compared with the store: the bound on how late a message can be
/// whose notice was lost, in a group that says nothing more.
const CHECK_EVERY: Duration = Duration::from_secs(40);

/// Hexadecimal digits of the secret that opens the way to a connection: 128 bits.
const KEY_DIGITS: usize = 32;

/// All realtime connections of a process.
pub struct Hub {
    pub(crate) muster: Arc<Muster>,
    pub(crate) config: RealtimeConfig,
    pub(crate) counters: Counters,
    /// Where tasks run that a notice starts: a bus may call from a thread of its own.
    runtime: Handle,
    feeds: Feeds,
    connections: Shards<ConnectionId, Arc<Connection>>,
    /// Where commands go that come apart from their connection.
    pub(crate) inboxes: Arc<Inboxes>,
    next_connection: AtomicU64,
    draining: AtomicBool,
    departures: UnboundedSender<Departure>,
    pub(crate) lobby: Arc<Lobby>,
    pub(crate) refusals: Refusals,
    /// Where connections with tokens of Centrifugo belong; `None` when there are none.
    pub(crate) compat: Option<Arc<Compat>>,
}

/// Why a stream cannot be followed.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum CannotFollow {
    #[error("there is no such stream")]
    NoStream,
    #[error(transparent)]
    Failed(Arc<Error>),
}

impl Hub {
    /// Starts a hub that listens on the bus of `muster`. Must be called inside a runtime.
    ///
    /// # Errors
    /// [`InvalidConfig`].
    pub fn start(muster: Arc<Muster>, config: RealtimeConfig) -> Result<Arc<Self>, InvalidConfig> {
        config.check()?;
        let (departures, departing) = tokio::sync::mpsc::unbounded_channel();
        let compat = config.compat.enabled.then(|| Arc::new(Compat::new(Arc::clone(&muster), &config)));
        let lobby = Arc::new(Lobby::new(config.login_budget_bytes));
        let inboxes = Arc::new(Inboxes::new(config.inbox_bytes));
        let hub = Arc::new(Self {
            muster,
            config,
            counters: Counters::default(),
            runtime: Handle::current(),
            feeds: Feeds::default(),
            connections: Shards::default(),
            inboxes,
            next_connection: AtomicU64::new(1),
            draining: AtomicBool::new(false),
            departures,
            lobby,
            refusals: Refusals::new(),
            compat,
        });
        if let Some(compat) = &hub.compat {
            hub.runtime.spawn(Compat::keep_swept(Arc::downgrade(compat)));
        }
        hub.muster.listen(Arc::new(notices::BusListener(Arc::downgrade(&hub))));
        hub.runtime.spawn(departures::see_off(Arc::clone(&hub.muster), departing));
        hub.runtime.spawn(catching_up::check_positions(Arc::downgrade(&hub)));
        Ok(hub)
    }

    /// Whether a page of this origin may connect; `None` is a client that names none.
    #[must_use]
    pub fn admits_origin(&self, origin: Option<&str>) -> bool {
        self.config.admits_origin(origin)
    }

    /// What backends of programs written for Centrifugo call; `None` when there are none, or the operator has given no key.
    #[must_use]
    pub fn server_api(&self) -> Option<ServerApi<'_>> {
        let compat = self.compat.as_ref().filter(|compat| compat.has_api())?;
        Some(ServerApi { compat, counters: &self.counters })
    }

    /// What is held for programs written for Centrifugo; nothing where there are none.
    #[must_use]
    pub fn channel_figures(&self) -> Vec<Figure> {
        self.compat.as_ref().map(|compat| compat.figures().to_vec()).unwrap_or_default()
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.muster.now()
    }

    /// What was counted so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether another connection would be taken now.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let most = self.config.max_connections as u64;
        !self.is_draining() && (most == 0 || self.counters.connections.get() < most)
    }

    /// Sends every client elsewhere (close 3001) and takes no new one; returns when all are gone or `deadline` is over.
    /// They are sent in batches, so that those who take them in are not met by all at once, and the last batch at half of
    /// the time. Memberships stay as they are: they end with the process.
    pub async fn drain(&self, deadline: Duration) {
        self.draining.store(true, Ordering::SeqCst);
        let until = Instant::now() + deadline;
        let connections = self.connections.values();
        let batches = u32::try_from(connections.chunks(DRAIN_BATCH).count()).unwrap_or(u32::MAX);
        let pause = self.config.drain_pause(DRAIN_BATCH).min(deadline / 2 / batches.max(1));
        for (place, batch) in connections.chunks(DRAIN_BATCH).enumerate() {
            if place > 0 {
                tokio::time::sleep(pause).await;
            }
            for connection in batch {
                connection.outbox.close(Disconnect::SHUTDOWN);
            }
        }
        while self.counters.connections.get() > 0 && Instant::now() < until {
            tokio::time::sleep(DRAIN_LOOK).await;
        }
    }

    /// Sends every client elsewhere whose session hangs on `node` (close 3001): the others have ended what it held.
    pub async fn abandon(&self, node: &NodeId) {
        for batch in self.connections.values().chunks(DRAIN_BATCH) {
            for connection in batch {
                if connection.identity().is_some_and(|identity| identity.session.node == *node) {
                    connection.outbox.close(Disconnect::SHUTDOWN);
                }
            }
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Takes a new connection in, over this transport and with messages in this form, or says why not.
    pub(crate) fn admit(&self, transport: TransportKind, form: Form) -> Result<Arc<Connection>, Disconnect> {
        if !self.has_room() {
            return Err(if self.is_draining() { Disconnect::SHUTDOWN } else { Disconnect::FULL });
        }
        let id = self.next_connection.fetch_add(1, Ordering::Relaxed);
        let key = transport.is_one_way().then(|| ConnectionKey::new(&self.muster.random().hex(KEY_DIGITS)));
        let connection = Connection::new(id, form, self.config.queue_bytes).over(transport, key);
        let connection = Arc::new(connection);
        self.connections.insert(id, Arc::clone(&connection));
        self.counters.opened(transport, form);
        if self.is_draining() {
            // The drain may have passed before the connection could be seen.
            connection.outbox.close(Disconnect::SHUTDOWN);
        }
        Ok(connection)
    }

    /// Takes a connection out: it is told nothing more, and after the grace period its user is out of its groups and logged
    /// off for this reason.
    pub(crate) fn depart(&self, connection: &Connection, reason: LogoffReason) {
        self.connections.remove(&connection.id);
        connection.outbox.abandon();
        let mut groups = Vec::new();
        for (group, feed) in connection.take_subscriptions() {
            self.leave_feed(&feed, connection.id);
            groups.push(group);
        }
        self.counters.subscriptions.subtract(groups.len() as u64);
        self.counters.leaves.add(groups.len() as u64);
        if let Some(identity) = connection.identity() {
            let own = StreamRef::User(identity.login.app().id.clone(), identity.login.user().clone());
            if let Some(feed) = self.feed(&own) {
                self.leave_feed(&feed, connection.id);
            }
            if !self.is_draining() {
                self.see_off(Departure::of_all(identity, groups, reason, self.config.grace()));
            }
        }
    }

    /// Ends a membership that a connection had, unless it is in the group again; one that cannot be ended now is ended
    /// later.
    pub(crate) async fn part(&self, connection: &Arc<Connection>, group: &GroupId) {
        let parted = part_unless_in(&self.muster, connection, group, false).await;
        self.settle(parted, connection, group);
    }

    /// Takes back a join, while the connection's turnstile is held; later, if it cannot be done now.
    pub(crate) async fn take_back(&self, connection: &Arc<Connection>, group: &GroupId) {
        let parted = part_from(&self.muster, connection, group, false).await;
        self.settle(parted, connection, group);
    }

    fn settle(&self, parted: Result<(), Error>, connection: &Arc<Connection>, group: &GroupId) {
        if let Err(error) = parted {
            tracing::debug!(%error, %group, "a member could not leave at once");
            if let Some(departure) = Departure::of_one(connection, group, self.config.grace()) {
                self.see_off(departure.again());
            }
        }
    }

    /// Does as [`Hub::part`] in a task of its own, once what is beginning or ending for the connection is done.
    pub(crate) fn part_soon(self: &Arc<Self>, connection: &Arc<Connection>, group: &GroupId) {
        let (hub, connection, group) = (Arc::clone(self), Arc::clone(connection), group.clone());
        self.runtime.spawn(async move { hub.part(&connection, &group).await });
    }

    /// Ends a membership that a connection has or may have, after the grace period, unless it is in the group then.
    pub(crate) fn part_later(&self, connection: &Arc<Connection>, group: &GroupId) {
        if let Some(departure) = Departure::of_one(connection, group, self.config.grace()) {
            self.see_off(departure);
        }
    }

    fn see_off(&self, departure: Departure) {
        // It fails only when the runtime is going down, and then memberships end with the process.
        let _ = self.departures.send(departure);
    }

    /// The feed of a stream, if somebody follows it.
    pub(crate) fn feed(&self, stream: &StreamRef) -> Option<Arc<Feed>> {
        self.feeds.get(stream)
    }

    /// Begins to follow a stream, or goes on; the feed knows its position, or has ended.
    pub(crate) async fn follow(self: &Arc<Self>, stream: &StreamRef) -> Result<Arc<Feed>, CannotFollow> {
        let feed = self.feeds.get_or_begin(stream, || {
            if let StreamRef::Group(group) = stream {
                self.muster.delivery().follow(group);
            }
        });
        if let Some(placing) = feed.placing(|| self.place(Arc::clone(&feed))) {
            placing.await?;
        }
        Ok(feed)
    }

    /// Looks for a feed's position in a task of its own: it waits for the store alone, and for none of those who follow.
    fn place(self: &Arc<Self>, feed: Arc<Feed>) -> Placing {
        let hub = Arc::clone(self);
        let task = self.runtime.spawn(async move {
            let top = match hub.muster.delivery().top(&feed.stream).await {
                Ok(Some(top)) => top,
                Ok(None) => return hub.cannot_follow(&feed, CannotFollow::NoStream),
                Err(error) => return hub.cannot_follow(&feed, CannotFollow::Failed(Arc::new(error))),
            };
            if let StreamRef::Group(group) = &feed.stream {
                // What was read before the position was may be older than it.
                hub.muster.mutes().forget(group);
            }
            let aftermath = feed.place(top, hub.ring_bounds());
            hub.finish(&feed, aftermath);
            Ok(())
        });
        // It is cut short only when the runtime is going down.
        async move { task.await.unwrap_or(Err(CannotFollow::NoStream)) }.boxed().shared()
    }

    fn cannot_follow(&self, feed: &Feed, why: CannotFollow) -> Result<(), CannotFollow> {
        self.forget_if_idle(feed);
        Err(why)
    }

    /// Removes a subscriber from a feed, and the feed when it was the last.
    pub(crate) fn leave_feed(&self, feed: &Feed, id: ConnectionId) {
        feed.unsubscribe(id);
        self.forget_if_idle(feed);
    }

    /// Forgets a feed that nobody follows.
    pub(crate) fn forget_if_idle(&self, feed: &Feed) {
        self.feeds.forget_if_idle(feed, || {
            if let StreamRef::Group(group) = &feed.stream {
                self.muster.delivery().unfollow(group);
            }
        });
    }

    pub(crate) fn ring_bounds(&self) -> RingBounds {
        RingBounds { entries: self.config.ring_entries, bytes: self.config.ring_bytes }
    }

    /// The connections of a user on this node.
    pub(crate) fn connections_of(&self, app: &AppId, user: &UserId) -> Vec<Arc<Connection>> {
        let own = StreamRef::User(app.clone(), user.clone());
        self.feed(&own).map(|feed| feed.subscribers()).unwrap_or_default()
    }

    /// Takes a notice, as the bus brings it.
    pub(crate) fn take_notice(self: &Arc<Self>, notice: &Notice) {
        notices::take(self, notice);
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("connections", &self.counters.connections.get()).finish_non_exhaustive()
    }
}
