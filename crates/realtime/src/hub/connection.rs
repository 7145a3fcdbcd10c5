//! One connection as the rest of the server sees it: its queue, who it is, and which groups it is in.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use muster_core::{
    bus::ConnectionKey,
    id::{GroupId, GroupRef, SessionRef},
    service::Login,
};
use tokio::sync::MutexGuard;

use super::{feed::Feed, outbox::Outbox};
use crate::{
    lock::{Mutex, locked},
    protocol::{Form, Unsubscribed},
    transport::TransportKind,
};

/// The number of a connection in this process.
pub(crate) type ConnectionId = u64;

/// Who a connection is, once it has logged in.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) login: Login,
    pub(crate) session: SessionRef,
    /// Whether the client acknowledges messages to its user.
    pub(crate) acknowledges: bool,
}

impl Identity {
    pub(crate) fn group(&self, group: &GroupId) -> GroupRef {
        GroupRef::new(self.login.app().id.clone(), group.clone())
    }
}

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    /// The way to its client.
    pub(crate) transport: TransportKind,
    /// How its messages are written.
    pub(crate) form: Form,
    /// What its client shows with commands that come in requests of their own; `None` where they come over the connection.
    pub(crate) key: Option<ConnectionKey>,
    pub(crate) outbox: Outbox,
    identity: OnceLock<Identity>,
    subscriptions: Mutex<Subscriptions>,
    /// Held while one of its memberships begins or ends in the store, so that an end that comes late sees what has
    /// begun since.
    turnstile: tokio::sync::Mutex<()>,
    /// Set while another login of the same user was told of before this one had finished.
    contested: AtomicBool,
}

#[derive(Debug, Default)]
struct Subscriptions {
    held: Vec<(GroupId, Arc<Feed>)>,
    /// The subscription being made, and why it has ended already if it has.
    entering: Option<(GroupId, Option<Unsubscribed>)>,
}

/// Why a connection may not begin a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CannotEnter {
    Held,
    TooMany,
}

impl Connection {
    /// A connection over WebSocket.
    pub(crate) fn new(id: ConnectionId, form: Form, queue_bytes: usize) -> Self {
        Self {
            id,
            transport: TransportKind::WebSocket,
            form,
            key: None,
            outbox: Outbox::new(queue_bytes),
            identity: OnceLock::new(),
            subscriptions: Mutex::default(),
            turnstile: tokio::sync::Mutex::default(),
            contested: AtomicBool::new(false),
        }
    }

    /// The same over another transport, and with what opens the way to it if it runs to the client alone.
    pub(crate) fn over(self, transport: TransportKind, key: Option<ConnectionKey>) -> Self {
        Self { transport, key, ..self }
    }

    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.identity.get()
    }

    pub(crate) fn identify(&self, identity: Identity) -> &Identity {
        self.identity.get_or_init(|| identity)
    }

    /// Waits until no membership of this connection is beginning or ending; none does while the guard is held.
    pub(crate) async fn turnstile(&self) -> MutexGuard<'_, ()> {
        self.turnstile.lock().await
    }

    /// Notes that another login of the user was told of while this one was on its way.
    pub(crate) fn contest(&self) {
        self.contested.store(true, Ordering::SeqCst);
    }

    /// Whether this login was contested since the last look.
    pub(crate) fn take_contested(&self) -> bool {
        self.contested.swap(false, Ordering::SeqCst)
    }

    /// Begins a subscription. Only the connection's own task does, one at a time.
    pub(crate) fn begin_entering(&self, group: &GroupId, limit: usize) -> Result<(), CannotEnter> {
        let mut subscriptions = locked(&self.subscriptions);
        if subscriptions.held.iter().any(|(held, _)| held == group) {
            return Err(CannotEnter::Held);
        }
        if subscriptions.held.len() >= limit {
            return Err(CannotEnter::TooMany);
        }
        subscriptions.entering = Some((group.clone(), None));
        Ok(())
    }

    /// Gives up the subscription being made.
    pub(crate) fn abandon_entering(&self) {
        locked(&self.subscriptions).entering = None;
    }

    /// Finishes the subscription being made, unless it was ended meanwhile: then why.
    pub(crate) fn finish_entering(&self, feed: &Arc<Feed>) -> Option<Unsubscribed> {
        let mut subscriptions = locked(&self.subscriptions);
        match subscriptions.entering.take() {
            Some((_, Some(why))) => Some(why),
            Some((group, None)) => {
                subscriptions.held.push((group, Arc::clone(feed)));
                None
            }
            None => None,
        }
    }

    /// Ends a subscription from outside; its feed if it was held. One being made ends as soon as it is made.
    pub(crate) fn end_subscription(&self, group: &GroupId, why: Unsubscribed) -> Option<Arc<Feed>> {
        let mut subscriptions = locked(&self.subscriptions);
        if let Some((entering, ended)) = &mut subscriptions.entering
            && entering == group
        {
            *ended = Some(why);
            return None;
        }
        subscriptions.remove(group)
    }

    /// Ends a subscription at the client's wish; its feed if it was held.
    pub(crate) fn unsubscribe(&self, group: &GroupId) -> Option<Arc<Feed>> {
        locked(&self.subscriptions).remove(group)
    }

    /// The feed of a group that this connection is subscribed to.
    pub(crate) fn subscribed(&self, group: &GroupId) -> Option<Arc<Feed>> {
        let subscriptions = locked(&self.subscriptions);
        subscriptions.held.iter().find(|(held, _)| held == group).map(|(_, feed)| Arc::clone(feed))
    }

    /// Ends all subscriptions, with the connection.
    pub(crate) fn take_subscriptions(&self) -> Vec<(GroupId, Arc<Feed>)> {
        std::mem::take(&mut locked(&self.subscriptions).held)
    }
}

impl Subscriptions {
    fn remove(&mut self, group: &GroupId) -> Option<Arc<Feed>> {
        let place = self.held.iter().position(|(held, _)| held == group)?;
        Some(self.held.swap_remove(place).1)
    }
}

#[cfg(test)]
mod tests {
    use muster_core::{id::AppId, message::StreamRef};

    use super::*;

    fn group(name: &str) -> GroupId {
        GroupId::new(name).unwrap()
    }

    fn feed(name: &str) -> Arc<Feed> {
        let at = GroupRef::new(AppId::new("a").unwrap(), group(name));
        Arc::new(Feed::new(StreamRef::Group(at)))
    }

    #[test]
    fn a_subscription_that_is_ended_while_it_is_made_does_not_stand() {
        let connection = Connection::new(1, Form::Json, 100);
        connection.begin_entering(&group("g"), 9).unwrap();
        assert!(connection.end_subscription(&group("other"), Unsubscribed::KICKED).is_none());
        assert!(connection.end_subscription(&group("g"), Unsubscribed::KICKED).is_none());
        assert_eq!(connection.finish_entering(&feed("g")), Some(Unsubscribed::KICKED));
        assert!(connection.subscribed(&group("g")).is_none());
        connection.begin_entering(&group("g"), 9).unwrap();
        assert_eq!(connection.finish_entering(&feed("g")), None);
        assert!(connection.end_subscription(&group("g"), Unsubscribed::KICKED).is_some());
    }

    #[test]
    fn a_group_is_entered_once_and_only_so_many_are() {
        let connection = Connection::new(1, Form::Json, 100);
        connection.begin_entering(&group("g"), 1).unwrap();
        connection.abandon_entering();
        connection.begin_entering(&group("g"), 1).unwrap();
        connection.finish_entering(&feed("g"));
        assert_eq!(connection.begin_entering(&group("g"), 1), Err(CannotEnter::Held));
        assert_eq!(connection.begin_entering(&group("h"), 1), Err(CannotEnter::TooMany));
        assert_eq!(connection.take_subscriptions().len(), 1);
        assert_eq!(connection.begin_entering(&group("h"), 1), Ok(()));
    }
}
