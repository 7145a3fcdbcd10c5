//! One connection: its login, and the commands that it gives.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;

use super::{
    BadToken, Compat, Entering,
    channel::{Terms, Wish},
    config::ChannelOptions,
    member::Member,
    name,
    stream::Position,
    token::{Changes, Flag, Grant, is_jwt},
};
use crate::{
    counters::Counters,
    hub::Connection,
    protocol::{
        ConnectRequest, ConnectResult, Disconnect, ErrorCode, HistoryRequest, HistoryResult, Publication,
        Reply, ReplyBody, Request, SubRefreshRequest, SubscribeRequest, SubscribeResult,
    },
    rate::Rate,
    session::Failure,
};

/// One connection's place among the others; given back when it is dropped.
pub(crate) struct Seat {
    compat: Arc<Compat>,
    member: Arc<Member>,
}

/// A login, and what it is answered with beside what the token says.
pub(crate) struct Seating<'a> {
    pub(crate) connection: &'a Arc<Connection>,
    /// The command's id.
    pub(crate) id: u32,
    pub(crate) request: &'a ConnectRequest<'a>,
    /// What the client is told; its id too.
    pub(crate) welcome: ConnectResult,
}

impl From<BadToken> for Failure {
    fn from(bad: BadToken) -> Self {
        match bad {
            BadToken::Invalid => Disconnect::INVALID_TOKEN.into(),
            BadToken::Expired => ErrorCode::TokenExpired.into(),
        }
    }
}

impl Compat {
    /// Whether a connection with this token is one of these, whatever comes of it.
    pub(crate) fn takes(&self, token: &str) -> bool {
        is_jwt(token) || (token.is_empty() && self.admits_anybody())
    }

    fn admits_anybody(&self) -> bool {
        self.config.insecure || self.config.allow_anonymous_connect_without_token
    }

    /// Logs a connection in, subscribes it to what the server subscribes it to, and answers.
    pub(crate) fn seat(self: &Arc<Self>, seating: Seating<'_>) -> Result<Seat, Failure> {
        let Seating { connection, id, request, welcome } = seating;
        let token = match &*request.token {
            "" => super::token::ConnectToken::default(),
            token => self.verifier.connect(token, self.muster.now())?,
        };
        let expires = token.expires.filter(|_| !self.config.insecure);
        if expires.is_some_and(|at| at <= self.seconds()) {
            return Err(ErrorCode::TokenExpired.into());
        }
        let entering = self.by_the_server(&token.user, token.subs, request)?;
        if entering.len() > self.subscriptions {
            return Err(Disconnect::CHANNEL_LIMIT.into());
        }
        let (client, info) = (welcome.client.clone(), token.info);
        let member = Arc::new(Member::new(Arc::clone(connection), token.user, client, info, expires));
        let ttl = self.ttl(expires);
        // From here on it can be found, and dropping the seat takes it out again.
        self.members.add(&member);
        let seat = Seat { compat: Arc::clone(self), member };
        self.enter(&seat.member, entering, |subs| {
            let body = ReplyBody::Connect(Box::new(ConnectResult { subs, ttl, ..welcome }));
            connection.form.reply(&Reply { id, body })
        })?;
        Ok(seat)
    }

    /// The channels that a user is subscribed to by the server: those of the token, and its own.
    fn by_the_server(
        &self,
        user: &str,
        mut granted: BTreeMap<String, Grant>,
        request: &ConnectRequest<'_>,
    ) -> Result<Vec<Entering>, ErrorCode> {
        if self.config.subscribe_to_user_personal_channel && !user.is_empty() {
            granted.entry(name::personal(&self.config.personal_channel_namespace, user)).or_default();
        }
        let entering = granted.into_iter().map(|(channel, grant)| {
            let options = self.namespaces.options(&channel)?;
            let held = request.subs.get(&channel).cloned().flatten().unwrap_or_default();
            Ok(Entering {
                terms: terms(options, &grant.changes),
                options: Arc::clone(options),
                wish: Wish { recover: held.recover, offset: held.offset, epoch: held.epoch, strict: false },
                info: grant.info,
                data: grant.data,
                expires: None,
                channel,
            })
        });
        entering.collect()
    }
}

/// How a subscription stands by what its namespace and its token say.
fn terms(options: &ChannelOptions, changes: &Changes) -> Terms {
    Terms {
        presence: Flag::or(changes.presence, options.presence),
        announced: Flag::or(changes.join_leave, options.join_leave),
        told: Flag::or(changes.force_push_join_leave, options.force_push_join_leave),
        positioned: Flag::or(changes.force_positioning, options.force_positioning),
        recoverable: Flag::or(changes.force_recovery, options.force_recovery),
    }
}

/// Whom something is allowed to.
struct Allowed {
    client: bool,
    subscriber: bool,
    anonymous: bool,
}

impl Allowed {
    fn publish(options: &ChannelOptions) -> Self {
        Self {
            client: options.allow_publish_for_client,
            subscriber: options.allow_publish_for_subscriber,
            anonymous: options.allow_publish_for_anonymous,
        }
    }

    fn presence(options: &ChannelOptions) -> Self {
        Self {
            client: options.allow_presence_for_client,
            subscriber: options.allow_presence_for_subscriber,
            anonymous: options.allow_presence_for_anonymous,
        }
    }

    fn history(options: &ChannelOptions) -> Self {
        Self {
            client: options.allow_history_for_client,
            subscriber: options.allow_history_for_subscriber,
            anonymous: options.allow_history_for_anonymous,
        }
    }
}

impl Seat {
    /// Carries out a command; `None` when its answer is queued already, at its place among the publications.
    pub(crate) fn request(
        &self,
        id: u32,
        request: Request<'_>,
        said: (&Rate, u32),
        counters: &Counters,
    ) -> Result<Option<ReplyBody>, Failure> {
        let body = match request {
            Request::Subscribe(request) => {
                self.subscribe(id, &request)?;
                return Ok(None);
            }
            Request::Unsubscribe(channel) => {
                self.compat.leave(&self.member, &channel);
                ReplyBody::Unsubscribe
            }
            Request::Publish { channel, data } => {
                let (rate, per_second) = said;
                if !rate.admits(per_second) {
                    return Err(ErrorCode::TooManyRequests.into());
                }
                let data = data.map(|data| Bytes::from(data.into_owned())).ok_or(ErrorCode::BadRequest)?;
                let deliveries = self.publish(&channel, data)?;
                counters.messages_in.add(1);
                counters.deliveries.add(deliveries as u64);
                ReplyBody::Publish
            }
            Request::Presence(channel) => self.presence(&channel)?,
            Request::PresenceStats(channel) => self.presence_stats(&channel)?,
            Request::History(request) => self.history(&request)?,
            // There is no backend here that would be asked.
            Request::Rpc(_) => return Err(ErrorCode::NotAvailable.into()),
            Request::Send => return Err(Disconnect::NOT_AVAILABLE.into()),
            Request::Refresh(request) => self.refresh(&request.token)?,
            Request::SubRefresh(request) => self.refresh_subscription(&request)?,
            Request::Connect(_) | Request::Ping => return Err(Disconnect::BAD_REQUEST.into()),
        };
        Ok(Some(body))
    }

    fn subscribe(&self, id: u32, request: &SubscribeRequest<'_>) -> Result<(), Failure> {
        if request.channel.is_empty() || !matches!(&*request.delta, "" | "fossil") {
            return Err(Disconnect::BAD_REQUEST.into());
        }
        if request.kind != 0 {
            return Err(ErrorCode::NotAvailable.into());
        }
        let options = self.compat.namespaces.options(&request.channel)?;
        let (mut terms, grant, expires) = self.admitted(request, options)?;
        let reads = self.may(&Allowed::history(options), true);
        terms.positioned |= request.positioned && (options.allow_positioning || reads);
        terms.recoverable |= request.recoverable && (options.allow_recovery || reads);
        terms.told |= request.join_leave && options.join_leave && self.may(&Allowed::presence(options), true);
        let wish = Wish {
            recover: request.recover,
            offset: request.offset,
            epoch: request.epoch.to_string(),
            strict: request.refuses_unrecovered(),
        };
        let entering = Entering {
            channel: request.channel.to_string(),
            options: Arc::clone(options),
            terms,
            wish,
            info: grant.info,
            data: grant.data,
            expires,
        };
        let form = self.member.connection.form;
        self.compat.enter(&self.member, vec![entering], |mut results| {
            let result: SubscribeResult = results.pop().map(|(_, result)| result).unwrap_or_default();
            form.reply(&Reply { id, body: ReplyBody::Subscribe(Box::new(result)) })
        })?;
        Ok(())
    }

    /// Under which terms the user may subscribe: by a token, or by what the namespace says.
    fn admitted(
        &self,
        request: &SubscribeRequest<'_>,
        options: &ChannelOptions,
    ) -> Result<(Terms, Grant, Option<i64>), Failure> {
        if request.token.is_empty() {
            return match self.may_subscribe(&request.channel, options) {
                true => Ok((terms(options, &Changes::default()), Grant::default(), None)),
                false => Err(ErrorCode::PermissionDenied.into()),
            };
        }
        let token = self.compat.verifier.subscribe(&request.token, self.compat.muster.now());
        let token = token.map_err(|bad| match bad {
            BadToken::Invalid => ErrorCode::PermissionDenied,
            BadToken::Expired => ErrorCode::TokenExpired,
        })?;
        if token.channel != request.channel || !self.is_for_me(&token.user, &token.client) {
            return Err(Disconnect::INVALID_TOKEN.into());
        }
        if token.expires.is_some_and(|at| at <= self.compat.seconds()) {
            return Err(ErrorCode::TokenExpired.into());
        }
        Ok((terms(options, &token.grant.changes), token.grant, token.expires))
    }

    fn may_subscribe(&self, channel: &str, options: &ChannelOptions) -> bool {
        if name::is_private(channel) {
            return false;
        }
        let (user, known) = (&self.member.user, !self.member.user.is_empty());
        let limited = options.allow_user_limited_channels && name::names_users(channel);
        let open = match limited {
            true => known && name::names(channel, user),
            false => options.allow_subscribe_for_client && (known || options.allow_subscribe_for_anonymous),
        };
        open || self.compat.config.insecure
    }

    /// Whether a token is for this user, and this connection if it names one.
    fn is_for_me(&self, user: &str, client: &str) -> bool {
        user == self.member.user && (client.is_empty() || client == self.member.client)
    }

    fn may(&self, allowed: &Allowed, subscribed: bool) -> bool {
        let known = !self.member.user.is_empty() || allowed.anonymous;
        self.compat.config.insecure || (known && (allowed.client || (allowed.subscriber && subscribed)))
    }

    /// What the subscription to a channel says of this user; `None` when there is none.
    fn subscribed(&self, channel: &str) -> Option<Bytes> {
        self.member.subscriptions().get(channel).map(|subscription| subscription.info.clone())
    }

    fn publish(&self, channel: &str, data: Bytes) -> Result<usize, ErrorCode> {
        let options = self.compat.namespaces.options(channel)?;
        let subscribed = self.subscribed(channel);
        if !self.may(&Allowed::publish(options), subscribed.is_some()) {
            return Err(ErrorCode::PermissionDenied);
        }
        let info = self.member.client_info(subscribed.unwrap_or_default());
        let said = Publication { data, info: Some(Box::new(info)), ..Publication::default() };
        Ok(self.compat.publish(channel, options, &said, true)?.deliveries)
    }

    /// The options of a channel whose presence the user may see.
    fn seen(&self, channel: &str) -> Result<(), ErrorCode> {
        let options = self.compat.namespaces.options(channel)?;
        if !options.presence {
            return Err(ErrorCode::NotAvailable);
        }
        match self.may(&Allowed::presence(options), self.subscribed(channel).is_some()) {
            true => Ok(()),
            false => Err(ErrorCode::PermissionDenied),
        }
    }

    fn presence(&self, channel: &str) -> Result<ReplyBody, ErrorCode> {
        self.seen(channel)?;
        self.compat.presence(channel).map(ReplyBody::Presence)
    }

    fn presence_stats(&self, channel: &str) -> Result<ReplyBody, ErrorCode> {
        self.seen(channel)?;
        let (clients, users) = self.compat.presence_stats(channel);
        Ok(ReplyBody::PresenceStats { clients, users })
    }

    fn history(&self, request: &HistoryRequest<'_>) -> Result<ReplyBody, ErrorCode> {
        let options = self.compat.namespaces.options(&request.channel)?;
        if !options.has_history() {
            return Err(ErrorCode::NotAvailable);
        }
        if !self.may(&Allowed::history(options), self.subscribed(&request.channel).is_some()) {
            return Err(ErrorCode::PermissionDenied);
        }
        let since =
            request.since.as_ref().map(|since| Position { offset: since.offset, epoch: &since.epoch });
        let what = self.compat.reading(request.limit, since, request.reverse)?;
        let past = self.compat.history(&request.channel, options, what)?;
        let (publications, epoch, offset) = (past.publications, past.epoch, past.offset);
        Ok(ReplyBody::History(HistoryResult { publications, epoch, offset }))
    }

    fn refresh(&self, token: &str) -> Result<ReplyBody, Failure> {
        if token.is_empty() {
            return Err(Disconnect::BAD_REQUEST.into());
        }
        let read = self.compat.verifier.connect(token, self.compat.muster.now());
        let token = read.map_err(|bad| match bad {
            BadToken::Invalid => Disconnect::INVALID_TOKEN,
            BadToken::Expired => Disconnect::EXPIRED,
        })?;
        if token.user != self.member.user {
            return Err(Disconnect::INVALID_TOKEN.into());
        }
        let expires = token.expires.filter(|_| !self.compat.config.insecure);
        if expires.is_some_and(|at| at <= self.compat.seconds()) {
            return Err(Disconnect::EXPIRED.into());
        }
        self.member.expires_at(expires);
        Ok(ReplyBody::Refresh { ttl: self.compat.ttl(expires) })
    }

    fn refresh_subscription(&self, request: &SubRefreshRequest<'_>) -> Result<ReplyBody, Failure> {
        let token = self.compat.verifier.subscribe(&request.token, self.compat.muster.now());
        let token = token.map_err(|bad| match bad {
            BadToken::Invalid => Failure::from(Disconnect::INVALID_TOKEN),
            BadToken::Expired => ErrorCode::Expired.into(),
        })?;
        if token.channel != request.channel || !self.is_for_me(&token.user, &token.client) {
            return Err(Disconnect::INVALID_TOKEN.into());
        }
        if token.expires.is_some_and(|at| at <= self.compat.seconds()) {
            return Err(ErrorCode::Expired.into());
        }
        let mut held = self.member.subscriptions();
        let subscription = held.get_mut(&*request.channel).ok_or(ErrorCode::PermissionDenied)?;
        subscription.expires = token.expires;
        self.member.look_ahead(&held);
        Ok(ReplyBody::SubRefresh { ttl: self.compat.ttl(token.expires) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.compat.depart(&self.member);
    }
}
