//! From a notice of the bus to the connections that it concerns.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use muster_core::{
    bus::{Letter, Listener, Notice, Receipt},
    id::{AppId, GroupId, GroupRef, SessionRef, UserId},
    message::{Sequence, StreamRef},
};

use super::{
    Connection, Encoded, Feed, Hub,
    catching_up::{catch_up, resume},
    encoded::{Effect, Told},
    feed::Aftermath,
};
use crate::{
    events,
    protocol::{Disconnect, Push, PushBody, Unsubscribed},
};

/// How long a missing entry may be on its way before it is read from the store: senders that finish together are told
/// of within this, whatever the order.
const LATE_AFTER: Duration = Duration::from_millis(20);
/// How long to wait for a store that cannot be read.
const STORE_PAUSE: Duration = Duration::from_millis(500);
/// Entries read from the store at a time.
pub(super) const READ_AT_ONCE: usize = 300;
/// How long at most, where that has lasted: what waits for a count alone asks less and less often.
const LONGEST_STORE_PAUSE: Duration = Duration::from_secs(10);

/// The bus's way to the hub. It does not keep the hub alive: the hub keeps the bus alive.
pub(super) struct BusListener(pub(super) Weak<Hub>);

impl Listener for BusListener {
    fn notice(&self, notice: &Notice) {
        if let Some(hub) = self.0.upgrade() {
            hub.take_notice(notice);
        }
    }

    fn letter(&self, letter: &Letter) -> Option<Receipt> {
        let hub = self.0.upgrade()?;
        match letter {
            Letter::Notice(notice) => {
                hub.take_notice(notice);
                Some(Receipt::Taken)
            }
            Letter::Commands { connection, commands } => Some(hub.inboxes.put(connection, commands.clone())),
        }
    }

    fn reached(&self, stream: &StreamRef, position: Sequence) {
        if let Some(hub) = self.0.upgrade()
            && let Some(feed) = hub.feed(stream)
        {
            let aftermath = feed.reaches(position, hub.ring_bounds());
            hub.finish(&feed, aftermath);
        }
    }

    fn followed(&self, group: &GroupRef) {
        if let Some(hub) = self.0.upgrade()
            && let Some(feed) = hub.feed(&StreamRef::Group(group.clone()))
        {
            let task = Arc::clone(&hub);
            hub.runtime.spawn(catch_up(task, feed));
        }
    }

    fn resumed(&self) {
        if let Some(hub) = self.0.upgrade() {
            hub.runtime.spawn(resume(Arc::clone(&hub)));
        }
    }
}

pub(super) fn take(hub: &Arc<Hub>, notice: &Notice) {
    match notice {
        Notice::Published { stream, sequence, event, .. } => {
            if let Some(feed) = hub.feed(stream) {
                let encoded = Encoded::event(&feed.channel, stream, event, *sequence);
                hub.publish(&feed, encoded);
            }
        }
        Notice::Joined { group, user, info } => {
            hub.changed(group, |feed| feed.joined(user, info.as_ref()));
        }
        Notice::Left { group, user } => hub.changed(group, |feed| feed.left(user)),
        Notice::Recounted { group } => hub.changed(group, Feed::recounted),
        Notice::TakenOut { group, user } => hub.take_out(group, user),
        Notice::SignedIn { app, user, session } => hub.signed_in(app, user, session),
        Notice::AcknowledgementWanted { app, user, message, by } => {
            hub.want(app, user, message, by.as_ref());
        }
        // The calls that wait for it hear of it by themselves.
        Notice::Acknowledged { .. } => {}
        Notice::UserInfoPut { app, user, info } => {
            hub.muster.delivery().info_put(app, user, info.as_ref());
        }
        Notice::AppDisabled { app } => hub.close_app(app),
        Notice::DirectoryChanged => {}
    }
}

impl Hub {
    fn publish(self: &Arc<Self>, feed: &Arc<Feed>, encoded: Encoded) {
        if encoded.sequence == 0 {
            self.counters.deliveries.add(encoded.told().map_or(0, |told| feed.tell(told)));
            if let Some(Effect::Said(message)) = &encoded.effect {
                self.said(feed, message);
            }
        } else {
            let aftermath = feed.stored(encoded, self.ring_bounds());
            self.finish(feed, aftermath);
        }
    }

    /// Does what follows from entries that a feed has passed on. No lock of the feed is held.
    pub(super) fn finish(self: &Arc<Self>, feed: &Arc<Feed>, aftermath: Aftermath) {
        self.counters.deliveries.add(aftermath.deliveries);
        if aftermath.fill {
            self.runtime.spawn(fill(Arc::clone(self), Arc::clone(feed)));
        }
        for effect in aftermath.effects {
            match (effect, &feed.stream) {
                (Effect::Removed(group), StreamRef::User(..)) => {
                    for connection in feed.subscribers() {
                        if self.expel(&connection, &group, Unsubscribed::KICKED) {
                            // Whoever removed the user could not end this where only this node knows who is in.
                            self.part_soon(&connection, &group);
                        }
                    }
                }
                (Effect::Dissolved, StreamRef::Group(at)) => {
                    for connection in &aftermath.orphans {
                        self.expel(connection, &at.group, Unsubscribed::GROUP_CLOSED);
                    }
                    self.muster.delivery().ended(at);
                    self.forget_if_idle(feed);
                }
                (Effect::Said(message), StreamRef::User(..)) => self.said(feed, &message),
                // Also where the notice of it was lost, and it was read from the store.
                (Effect::Mutes(_), StreamRef::Group(at)) => self.muster.mutes().forget(at),
                _ => {}
            }
        }
    }

    /// Ends a connection's subscription to a group from outside, if it has one.
    pub(super) fn expel(&self, connection: &Connection, group: &GroupId, why: Unsubscribed) -> bool {
        let Some(feed) = connection.end_subscription(group, why) else { return false };
        self.leave_feed(&feed, connection.id);
        self.unsubscribed(connection, group, why);
        true
    }

    /// Tells a client that its subscription has ended.
    pub(crate) fn unsubscribed(&self, connection: &Connection, group: &GroupId, why: Unsubscribed) {
        let channel = events::group_channel(group);
        let push = Push { channel: &channel, body: PushBody::Unsubscribe(why) };
        connection.outbox.reply(connection.form.push(&push));
        self.counters.subscriptions.subtract(1);
        self.counters.leaves.add(1);
    }

    /// Notes a change of a group's members, and tells it when it is time.
    pub(crate) fn changed(self: &Arc<Self>, at: &GroupRef, note: impl FnOnce(&Feed) -> Option<Duration>) {
        let Some(feed) = self.feed(&StreamRef::Group(at.clone())) else { return };
        if let Some(delay) = note(&feed) {
            self.runtime.spawn(tell_members(Arc::clone(self), at.clone(), feed, delay));
        }
    }

    fn signed_in(self: &Arc<Self>, app: &AppId, user: &UserId, session: &SessionRef) {
        let Some(feed) = self.feed(&StreamRef::User(app.clone(), user.clone())) else { return };
        let other = |connection: &&Arc<Connection>| {
            connection.identity().is_some_and(|identity| identity.session != *session)
        };
        // A login on its way cannot know whether it came before or after: it signs in once more.
        feed.arrivals().iter().filter(other).for_each(|connection| connection.contest());
        // The notice may be late: a login that stands here may be later than the one that it speaks of.
        if feed.subscribers().iter().any(|connection| other(&connection)) {
            self.runtime.spawn(catch_up(Arc::clone(self), feed));
        }
    }

    fn take_out(&self, at: &GroupRef, user: &UserId) {
        let Some(feed) = self.feed(&StreamRef::User(at.app.clone(), user.clone())) else { return };
        for connection in feed.subscribers() {
            self.expel(&connection, &at.group, Unsubscribed::TAKEN_OUT);
        }
    }

    fn close_app(&self, app: &AppId) {
        for connection in self.connections.values().iter() {
            if connection.identity().is_some_and(|identity| identity.login.app().id == *app) {
                connection.outbox.close(Disconnect::REMOVED);
            }
        }
    }

    /// Ends a feed whose stream has lost entries: its followers come back and learn that they cannot be recovered.
    fn give_up(&self, feed: &Feed) {
        tracing::error!(channel = %feed.channel, "entries of a stream are missing in the store");
        for connection in feed.end() {
            match &feed.stream {
                StreamRef::Group(at) => {
                    self.expel(&connection, &at.group, Unsubscribed::INSUFFICIENT_STATE);
                }
                StreamRef::User(..) => connection.outbox.close(Disconnect::INSUFFICIENT_STATE),
            }
        }
        self.forget_if_idle(feed);
    }
}

/// Reads what stays missing until nothing is.
async fn fill(hub: Arc<Hub>, feed: Arc<Feed>) {
    let mut pause = LATE_AFTER;
    loop {
        tokio::time::sleep(pause).await;
        let Some(after) = feed.missing_behind() else { return };
        match hub.muster.delivery().entries(&feed.stream, after, READ_AT_ONCE).await {
            Ok(entries) => {
                let Some(aftermath) = feed.fill(after, &entries, hub.ring_bounds()) else {
                    return hub.give_up(&feed);
                };
                hub.counters.filled.add(entries.len() as u64);
                hub.finish(&feed, aftermath);
                pause = Duration::ZERO;
            }
            Err(error) => {
                tracing::warn!(%error, channel = %feed.channel, "missing messages could not be read");
                pause = STORE_PAUSE;
            }
        }
    }
}

/// Tells the members of a group who came and went, once that has been gathered, until nothing is untold. A store that
/// cannot count them is asked again for as long as somebody is there to be told.
async fn tell_members(hub: Arc<Hub>, at: GroupRef, feed: Arc<Feed>, delay: Duration) {
    let (mut delay, mut pause) = (delay, STORE_PAUSE);
    loop {
        tokio::time::sleep(delay).await;
        let Some(gathered) = feed.take_changes() else { return };
        // Read after the names were taken: the count is never older than they are.
        let next = match hub.muster.delivery().roster(&at).await {
            Ok(size) => {
                let data = events::member_change(&at, size, &gathered.names(size));
                hub.counters.deliveries.add(feed.tell_changes(&Told::new(&feed.channel, data, 0)));
                pause = STORE_PAUSE;
                feed.changes_told(size)
            }
            Err(error) => {
                tracing::warn!(%error, group = %at.group, "the members of a group could not be counted");
                let due = pause;
                pause = (2 * pause).min(LONGEST_STORE_PAUSE);
                feed.keep_changes(gathered).then_some(due)
            }
        };
        let Some(next) = next else { return };
        delay = next;
    }
}
