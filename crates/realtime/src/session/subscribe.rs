//! Joining and leaving groups.

use std::sync::Arc;

use bytes::Bytes;
use muster_core::{
    error::Error,
    group::GroupTally,
    id::{GroupId, GroupRef},
    message::{Entry, StreamRef},
    mute::GroupMutes,
    roster::RosterState,
    service::OpenGroup,
    time::Millis,
};

use super::{Failure, ReplyBody, Session};
use crate::{
    events,
    hub::{CannotEnter, Feed, Identity, SubscribeOutcome, Wish},
    protocol::{Disconnect, ErrorCode, Reply, SubscribeRequest, SubscribeResult},
};

/// What a client finds on joining.
struct Found {
    group: OpenGroup,
    tally: GroupTally,
    mutes: Arc<GroupMutes>,
}

impl Found {
    /// The group as the client SDK sees it, with the mutes that have changed since it was found.
    fn info(&self, changed: Option<&GroupMutes>, now: Millis) -> Bytes {
        events::group_info(&self.group, &self.tally, changed.unwrap_or(&self.mutes), now)
    }
}

impl Session {
    /// Joins a group and follows its stream. The answer is queued here, at its place among the publications.
    pub(super) async fn subscribe(
        &self,
        id: u32,
        request: &SubscribeRequest<'_>,
    ) -> Result<Option<ReplyBody>, Failure> {
        if request.channel.is_empty() || !matches!(&*request.delta, "" | "fossil") {
            return Err(Disconnect::BAD_REQUEST.into());
        }
        if request.kind != 0 {
            return Err(ErrorCode::NotAvailable.into());
        }
        let group = Self::group_of(&request.channel)?;
        let limit = self.hub.config.channels_per_connection;
        self.connection.begin_entering(&group, limit).map_err(|cannot| match cannot {
            CannotEnter::Held => ErrorCode::AlreadySubscribed,
            CannotEnter::TooMany => ErrorCode::LimitExceeded,
        })?;
        let _guard = self.connection.turnstile().await;
        match self.enter(id, &group, request).await {
            Ok(feed) => {
                self.hub.counters.subscriptions.add(1);
                self.hub.counters.joins.add(1);
                if let Some(why) = self.connection.finish_entering(&feed) {
                    self.hub.leave_feed(&feed, self.connection.id);
                    self.hub.unsubscribed(&self.connection, &group, why);
                    // Who ended it may have come before the join: then nobody else ends the membership.
                    self.hub.part_soon(&self.connection, &group);
                }
                Ok(None)
            }
            Err(failure) => {
                self.connection.abandon_entering();
                Err(failure)
            }
        }
    }

    async fn enter(
        &self,
        id: u32,
        group: &GroupId,
        request: &SubscribeRequest<'_>,
    ) -> Result<Arc<Feed>, Failure> {
        let identity = self.identity()?;
        let at = identity.group(group);
        let wish = Wish {
            recover: request.recover,
            epoch: request.epoch.to_string(),
            offset: request.offset,
            strict: request.refuses_unrecovered(),
        };
        // The stream is followed first: nothing said after the join can be missed.
        let stream = StreamRef::Group(at.clone());
        loop {
            let feed = self.hub.follow(&stream).await?;
            match self.join(id, identity, &at, &feed, &wish).await {
                Ok(true) => return Ok(feed),
                Ok(false) => {}
                Err(failure) => {
                    self.hub.forget_if_idle(&feed);
                    return Err(failure);
                }
            }
        }
    }

    /// Joins and subscribes; `false` when the feed has ended meanwhile.
    async fn join(
        &self,
        id: u32,
        identity: &Identity,
        at: &GroupRef,
        feed: &Arc<Feed>,
        wish: &Wish,
    ) -> Result<bool, Failure> {
        let muster = &self.hub.muster;
        let entered = async {
            let visit = muster.groups().visit(&identity.login, &at.group).await?;
            muster.rosters().enter(&visit, &identity.session).await
        };
        let entrance = match entered.await {
            Ok(entrance) => entrance,
            Err(error) => {
                if let Error::Store(_) = error {
                    // It may have been done all the same, now or when the store comes to it.
                    self.hub.part_later(&self.connection, &at.group);
                }
                return Err(error.into());
            }
        };
        let admitted = async {
            let tellings = feed.tellings();
            let tally = muster.groups().tally(&entrance.group).await?;
            feed.resize(RosterState {
                count: tally.online,
                views: tally.views,
                super_group: tally.super_group,
            });
            let mutes = muster.mutes().known(&entrance.group).await?;
            let found = Found { group: entrance.group, tally, mutes };
            let follows = self.follow_on(id, feed, wish, &found).await?;
            if feed.tellings() != tellings {
                // The count in the reply may be older than what was told before the reply.
                self.hub.changed(at, Feed::recounted);
            }
            Ok(follows)
        };
        match admitted.await {
            Ok(admitted) => Ok(admitted),
            Err(failure) => {
                self.hub.take_back(&self.connection, &at.group).await;
                Err(failure)
            }
        }
    }

    async fn follow_on(
        &self,
        id: u32,
        feed: &Arc<Feed>,
        wish: &Wish,
        found: &Found,
    ) -> Result<bool, Failure> {
        let (bounds, form) = (self.hub.config.recovery(), self.connection.form);
        let mut read: Option<Vec<Entry>> = None;
        loop {
            let reply = |result: SubscribeResult, mutes: Option<&GroupMutes>| {
                let data = found.info(mutes, self.hub.muster.now());
                let result = SubscribeResult { data, ..result };
                form.reply(&Reply { id, body: ReplyBody::Subscribe(Box::new(result)) })
            };
            match feed.subscribe(&self.connection, wish, read.as_deref(), bounds, reply) {
                SubscribeOutcome::Done(recovered) => {
                    self.count_recovery(recovered);
                    return Ok(true);
                }
                SubscribeOutcome::ReadFirst => {
                    read = Some(self.missed(&feed.stream, wish.offset).await?);
                }
                SubscribeOutcome::Behind => {
                    if !self.hub.bring_up(feed, wish.offset).await? {
                        read = Some(Vec::new());
                    }
                }
                SubscribeOutcome::Unrecoverable => return Err(ErrorCode::Unrecoverable.into()),
                SubscribeOutcome::Contested | SubscribeOutcome::Over => return Ok(false),
            }
        }
    }

    /// Leaves a group. It never fails for the client: the SDKs take a failure for a broken connection.
    pub(super) async fn unsubscribe(&self, channel: &str) -> ReplyBody {
        if let Ok(group) = Self::group_of(channel)
            && let Some(feed) = self.connection.unsubscribe(&group)
        {
            self.hub.leave_feed(&feed, self.connection.id);
            self.hub.counters.subscriptions.subtract(1);
            self.hub.counters.leaves.add(1);
            self.hub.part(&self.connection, &group).await;
        }
        ReplyBody::Unsubscribe
    }
}
