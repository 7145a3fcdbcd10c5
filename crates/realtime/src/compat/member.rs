//! A connection as channels see it, and all of them by name.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use bytes::Bytes;

use super::channel::Channel;
use crate::{
    hub::Connection,
    lock::{Mutex, MutexGuard, locked},
    protocol::{ClientInfo, Disconnect},
};

/// The end of what does not end.
const NEVER: i64 = i64::MAX;

pub(super) struct Member {
    pub(super) connection: Arc<Connection>,
    pub(super) user: String,
    /// The connection's id.
    pub(super) client: String,
    /// What the token says of its bearer.
    pub(super) info: Bytes,
    /// When the connection ends, in seconds since 1970.
    expires: AtomicI64,
    /// When the first of it and its subscriptions ends.
    soonest: AtomicI64,
    subscriptions: Mutex<BTreeMap<String, Subscription>>,
}

/// A channel that a connection is subscribed to.
pub(super) struct Subscription {
    pub(super) channel: Arc<Channel>,
    /// What the subscription says of its holder.
    pub(super) info: Bytes,
    /// When it ends, in seconds since 1970; `None` for with the connection.
    pub(super) expires: Option<i64>,
}

impl Member {
    pub(super) fn new(
        connection: Arc<Connection>,
        user: String,
        client: String,
        info: Bytes,
        expires: Option<i64>,
    ) -> Self {
        let expires = expires.unwrap_or(NEVER);
        Self {
            connection,
            user,
            client,
            info,
            expires: AtomicI64::new(expires),
            soonest: AtomicI64::new(expires),
            subscriptions: Mutex::default(),
        }
    }

    /// Who it is, in a channel of which the subscription says this.
    pub(super) fn client_info(&self, chan_info: Bytes) -> ClientInfo {
        ClientInfo {
            user: self.user.clone(),
            client: self.client.clone(),
            conn_info: self.info.clone(),
            chan_info,
        }
    }

    /// Its subscriptions. A channel's lock may be taken while this is held, never the other way.
    pub(super) fn subscriptions(&self) -> MutexGuard<'_, BTreeMap<String, Subscription>> {
        locked(&self.subscriptions)
    }

    /// Lets the connection end then; `None` for never.
    pub(super) fn expires_at(&self, expires: Option<i64>) {
        self.expires.store(expires.unwrap_or(NEVER), Ordering::Relaxed);
        self.look_ahead(&self.subscriptions());
    }

    /// Notes when the first of it and its subscriptions ends.
    pub(super) fn look_ahead(&self, subscriptions: &BTreeMap<String, Subscription>) {
        let of_subscriptions = subscriptions.values().filter_map(|one| one.expires).min().unwrap_or(NEVER);
        let soonest = of_subscriptions.min(self.expires.load(Ordering::Relaxed));
        self.soonest.store(soonest, Ordering::Relaxed);
    }

    /// Whether something of it has ended by `then`.
    pub(super) fn is_overdue(&self, then: i64) -> bool {
        self.soonest.load(Ordering::Relaxed) <= then
    }

    /// Ends what has ended by `then` and was not refreshed; the channels of subscriptions that are to end.
    pub(super) fn expire(&self, then: i64) -> Vec<String> {
        if self.expires.load(Ordering::Relaxed) <= then {
            self.connection.outbox.close(Disconnect::EXPIRED);
            return Vec::new();
        }
        let over = |one: &Subscription| one.expires.is_some_and(|at| at <= then);
        let subscriptions = self.subscriptions();
        subscriptions.iter().filter(|(_, one)| over(one)).map(|(name, _)| name.clone()).collect()
    }
}

/// Everybody who is connected, by the connection's id and by the user.
#[derive(Default)]
pub(super) struct Members(Mutex<Names>);

#[derive(Default)]
struct Names {
    clients: HashMap<String, Arc<Member>>,
    users: HashMap<String, Vec<Arc<Member>>>,
}

impl Members {
    pub(super) fn add(&self, member: &Arc<Member>) {
        let mut names = locked(&self.0);
        names.clients.insert(member.client.clone(), Arc::clone(member));
        names.users.entry(member.user.clone()).or_default().push(Arc::clone(member));
    }

    pub(super) fn remove(&self, member: &Member) {
        let mut names = locked(&self.0);
        names.clients.remove(&member.client);
        if let Some(of_user) = names.users.get_mut(&member.user) {
            of_user.retain(|one| one.client != member.client);
            if of_user.is_empty() {
                names.users.remove(&member.user);
            }
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        locked(&self.0).clients.len() as u64
    }

    /// The connections of a user, or that of this id if it is the user's.
    pub(super) fn of(&self, user: Option<&str>, client: Option<&str>) -> Vec<Arc<Member>> {
        let names = locked(&self.0);
        match (user, client) {
            (_, Some(client)) => {
                let found = names.clients.get(client).cloned();
                found.into_iter().filter(|one| user.is_none_or(|user| user == one.user)).collect()
            }
            (Some(user), None) => names.users.get(user).cloned().unwrap_or_default(),
            (None, None) => Vec::new(),
        }
    }

    /// Those of whom something has ended by `then` and was not refreshed.
    pub(super) fn overdue(&self, then: i64) -> Vec<Arc<Member>> {
        locked(&self.0).clients.values().filter(|one| one.is_overdue(then)).cloned().collect()
    }
}
