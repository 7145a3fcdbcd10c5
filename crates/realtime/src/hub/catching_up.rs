//! What is done where notices may have been lost: the hub looks up in the store what they would have said.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use muster_core::{
    app::Generation,
    error::Error,
    id::{GroupRef, UserId},
    message::{Sequence, StreamRef},
    service::Standing,
    vital::Vital,
};

use super::{CHECK_EVERY, Connection, Feed, Hub, notices::READ_AT_ONCE};
use crate::protocol::{Disconnect, Unsubscribed};

/// Questions to the store under way at once, so that catching up leaves room for the callers.
const AT_ONCE: usize = 16;
/// Members looked up in one question.
const MEMBERS_AT_ONCE: usize = 200;
/// How long to wait for a store that cannot be read, before the second and each later attempt.
pub(super) const STORE_PAUSE: Duration = Duration::from_secs(1);
/// Attempts for one stream; the regular comparison of positions comes after them.
pub(super) const ATTEMPTS: usize = 30;

/// Compares the positions of followed groups with the store, for notices that nothing has followed.
pub(super) async fn check_positions(hub: Weak<Hub>) {
    let _vital = Vital::new("looks for notices that were lost");
    loop {
        tokio::time::sleep(CHECK_EVERY).await;
        let Some(hub) = hub.upgrade() else { return };
        for feed in hub.feeds.values().iter() {
            if matches!(feed.stream, StreamRef::Group(_)) {
                // What cannot be read now is compared the next time.
                let _ = hub.check_position(feed).await;
            }
        }
    }
}

/// Looks up everything that a lost notice could have said: new entries of any followed stream, comings and goings,
/// later logins, members taken out, applications switched off.
pub(super) async fn resume(hub: Arc<Hub>) {
    let feeds: Vec<_> = hub.feeds.values().iter().cloned().collect();
    tracing::info!(streams = feeds.len(), "notices may have been lost: looking up what they would have said");
    stream::iter(feeds).for_each_concurrent(AT_ONCE, |feed| catch_up(Arc::clone(&hub), feed)).await;
}

/// Looks up what notices of one stream could have said.
pub(super) async fn catch_up(hub: Arc<Hub>, feed: Arc<Feed>) {
    for _ in 0..ATTEMPTS {
        if hub.catch_up_once(&feed).await {
            return;
        }
        tokio::time::sleep(STORE_PAUSE).await;
    }
    tracing::warn!(channel = %feed.channel, "what lost notices said could not be looked up: the store does not answer");
}

impl Hub {
    async fn catch_up_once(self: &Arc<Self>, feed: &Arc<Feed>) -> bool {
        if !self.check_position(feed).await {
            return false;
        }
        match &feed.stream {
            StreamRef::Group(at) => {
                self.changed(at, Feed::recounted);
                self.check_members(at, feed).await
            }
            StreamRef::User(_, user) => self.check_login(user, feed).await,
        }
    }

    /// Brings a feed up to a position that a client says it has seen, on another node or before a notice was lost; `false` when
    /// the stream does not go as far.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn bring_up(self: &Arc<Self>, feed: &Arc<Feed>, to: Sequence) -> Result<bool, Error> {
        let delivery = self.muster.delivery();
        if delivery.top(&feed.stream).await?.is_none_or(|top| top.sequence < to) {
            return Ok(false);
        }
        while let Some(after) = feed.is_before(to) {
            let entries = delivery.entries(&feed.stream, after, READ_AT_ONCE).await?;
            let Some(aftermath) = feed.fill(after, &entries, self.ring_bounds()) else { return Ok(false) };
            self.counters.filled.add(entries.len() as u64);
            self.finish(feed, aftermath);
        }
        Ok(true)
    }

    async fn check_position(self: &Arc<Self>, feed: &Arc<Feed>) -> bool {
        match self.muster.delivery().top(&feed.stream).await {
            Ok(top) => {
                let aftermath = feed.reaches(top.map_or(0, |top| top.sequence), self.ring_bounds());
                self.finish(feed, aftermath);
                true
            }
            Err(error) => {
                tracing::debug!(%error, channel = %feed.channel, "a position could not be compared");
                false
            }
        }
    }

    /// Ends subscriptions whose membership the operator has ended. Only memberships of generation 1 end so; those of
    /// generation 2 end by an entry in the user's own stream.
    async fn check_members(self: &Arc<Self>, at: &GroupRef, feed: &Arc<Feed>) -> bool {
        let followers = feed.subscribers();
        let first_generation = |connection: &&Arc<Connection>| {
            connection.identity().is_some_and(|identity| identity.login.app().generation == Generation::One)
        };
        let followers: Vec<_> = followers.iter().filter(first_generation).collect();
        for part in followers.chunks(MEMBERS_AT_ONCE) {
            let users: Vec<UserId> = part
                .iter()
                .filter_map(|connection| connection.identity().map(|identity| identity.login.user().clone()))
                .collect();
            let members = match self.muster.delivery().members(at, &users).await {
                Ok(members) => members,
                Err(error) => {
                    tracing::debug!(%error, group = %at.group, "members could not be looked up");
                    return false;
                }
            };
            for (connection, member) in part.iter().zip(members) {
                if member.is_none() {
                    self.expel(connection, &at.group, Unsubscribed::TAKEN_OUT);
                }
            }
        }
        true
    }

    /// Closes connections of a user that a later login has replaced, and those of an application switched off.
    async fn check_login(self: &Arc<Self>, user: &UserId, feed: &Feed) -> bool {
        for connection in feed.subscribers() {
            let Some(identity) = connection.identity() else { continue };
            match self.muster.logins().standing(&identity.login, &identity.session).await {
                Ok(Standing::AppDisabled) => connection.outbox.close(Disconnect::REMOVED),
                Ok(Standing::Replaced | Standing::Ended) => self.give_way(&connection),
                Ok(Standing::Good) => {}
                Err(error) => {
                    tracing::debug!(%error, %user, "a login could not be looked up");
                    return false;
                }
            }
        }
        true
    }
}
