//! Logging in.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use muster_core::{
    error::Error,
    id::{SessionId, SessionRef, UserId},
    message::StreamRef,
    mute::GroupMutes,
    service::{Login, LoginError},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Failure, Session, Stage};
use crate::{
    events,
    hub::{CannotFollow, Feed, Identity, SubscribeOutcome, Wish},
    protocol::{
        ConnectRequest, ConnectResult, Disconnect, ErrorCode, Frame, RecoverRequest, Reply, ReplyBody,
        SubscribeResult,
    },
};

/// The least time after which a client over HTTP streaming or SSE tries a login again; twice as long is the most, which is
/// below the 5 s that the SDKs wait for an answer.
const CALL_BACK: Duration = Duration::from_secs(1);

/// What the application is told on connecting.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Welcome<'a> {
    /// The application.
    app_id: &'a str,
    /// Who has logged in.
    user_id: &'a str,
    /// The server's time in milliseconds since 1970.
    server_time: i64,
}

/// What a client says of itself on connecting, beside who it is. What is not understood is passed over: applications may say
/// there what they like.
#[derive(Default, Deserialize, JsonSchema)]
pub(crate) struct Offer {
    /// Whether it calls `ackMessage` for each message to its user.
    #[serde(default)]
    acknowledges: bool,
}

impl Offer {
    fn of(request: &ConnectRequest<'_>) -> Self {
        request.data.as_deref().and_then(|data| serde_json::from_slice(data).ok()).unwrap_or_default()
    }
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Refused(_) => ErrorCode::AuthFail.into(),
            LoginError::Expired => ErrorCode::TokenExpired.into(),
            LoginError::Failed(error) => error.into(),
        }
    }
}

impl From<CannotFollow> for Failure {
    fn from(error: CannotFollow) -> Self {
        match error {
            CannotFollow::NoStream => ErrorCode::NoGroup.into(),
            CannotFollow::Failed(error) => Self::Error(super::failure::reply_of(&error)),
        }
    }
}

impl Session {
    /// Logs in. After a refusal the client goes by itself; nothing else that it says counts.
    pub(super) async fn connect(
        &mut self,
        id: u32,
        request: &ConnectRequest<'_>,
    ) -> Result<Option<ReplyBody>, Failure> {
        let logged_in = match self.compat_for(request) {
            Some(compat) => self.take_seat(&compat, id, request),
            None => self.log_in(id, request).await,
        };
        match logged_in {
            Ok(()) => {
                self.stage = Stage::Live;
                self.hub.counters.logins.add(1);
                Ok(None)
            }
            Err(failure) => {
                self.stage = Stage::Refused;
                self.hub.counters.logins_refused.add(1);
                let tries_again = failure.calls_back() && !self.connection.outbox.has_ended();
                if tries_again && self.connection.key.is_some() {
                    tokio::time::sleep(self.call_back_after()).await;
                }
                Err(failure)
            }
        }
    }

    async fn log_in(&mut self, id: u32, request: &ConnectRequest<'_>) -> Result<(), Failure> {
        let login = self.bearer_of(&request.token).await?;
        self.lasts_as(&login);
        let muster = &self.hub.muster;
        let client = self.draw_client_id();
        let session = SessionId::new(&client).map_err(|error| Error::Invalid(error.to_string()))?;
        let session = SessionRef { node: muster.nodes().id(), session };
        let acknowledges = Offer::of(request).acknowledges;
        let own = StreamRef::User(login.app().id.clone(), login.user().clone());
        let identity = self.connection.identify(Identity { login, session, acknowledges });
        let wish = wish_for(&own_channel(identity.login.user()), request);
        loop {
            let feed = self.hub.follow(&own).await.map_err(|error| match error {
                CannotFollow::NoStream => Failure::from(ErrorCode::AuthFail),
                failed @ CannotFollow::Failed(_) => failed.into(),
            })?;
            if feed.arrive(&self.connection) && self.settle(id, &client, identity, &feed, &wish).await? {
                return Ok(());
            }
        }
    }

    pub(super) fn note_refusal(&self, error: &LoginError, token: &str) {
        if let LoginError::Refused(why) = error {
            self.hub.refusals.log(*why, token, self.peer);
        }
    }

    /// Signs in, unless the client has hung up: it may be back by now, and this login would end the one that it came back with.
    async fn sign_in(&self, identity: &Identity, back: bool) -> Result<(), Failure> {
        let signed_in = self.hub.sign_in(&self.connection, identity, back).await?;
        if signed_in { Ok(()) } else { Err(Disconnect::STALE.into()) }
    }

    /// Signs in and follows the user's stream; `false` when the feed has ended meanwhile.
    async fn settle(
        &self,
        id: u32,
        client: &str,
        identity: &Identity,
        feed: &Arc<Feed>,
        wish: &Wish,
    ) -> Result<bool, Failure> {
        let mut read = None;
        self.sign_in(identity, wish.recover).await?;
        loop {
            let reply = |result, _: Option<&GroupMutes>| self.welcome(id, client, &identity.login, result);
            let bounds = self.hub.config.recovery();
            match feed.subscribe(&self.connection, wish, read.as_deref(), bounds, reply) {
                SubscribeOutcome::Done(recovered) => {
                    self.count_recovery(recovered);
                    return Ok(true);
                }
                SubscribeOutcome::Contested => {
                    self.sign_in(identity, wish.recover).await?;
                }
                SubscribeOutcome::ReadFirst => {
                    read = Some(self.missed(&feed.stream, wish.offset).await?);
                }
                SubscribeOutcome::Behind => {
                    if !self.hub.bring_up(feed, wish.offset).await? {
                        read = Some(Vec::new());
                    }
                }
                SubscribeOutcome::Unrecoverable | SubscribeOutcome::Over => return Ok(false),
            }
        }
    }

    fn welcome(&self, id: u32, client: &str, login: &Login, own: SubscribeResult) -> Frame {
        let welcome = Welcome {
            app_id: login.app().id.as_str(),
            user_id: login.user().as_str(),
            server_time: self.hub.muster.now().0,
        };
        let result = ConnectResult {
            data: Bytes::from(events::json(&welcome)),
            subs: vec![(own_channel(login.user()), own)],
            ttl: Some(self.ttl_of(login)),
            ..self.greeting(client)
        };
        self.connection.form.reply(&Reply { id, body: ReplyBody::Connect(Box::new(result)) })
    }

    /// What every connection is told, whoever it is.
    pub(super) fn greeting(&self, client: &str) -> ConnectResult {
        let key = self.connection.key.as_ref();
        ConnectResult {
            client: client.to_owned(),
            version: concat!("muster ", env!("CARGO_PKG_VERSION")).to_owned(),
            ping: if self.pings { self.hub.config.ping_seconds } else { 0 },
            pong: self.pings,
            session: key.map(|key| key.as_str().to_owned()).unwrap_or_default(),
            node: key.map(|_| self.hub.muster.nodes().id().to_string()).unwrap_or_default(),
            ..ConnectResult::default()
        }
    }

    /// How long a refusal is kept from a client that tries again when it is told, at random so that those who came together
    /// do not come back together: npm `centrifuge` 5.7.4 waits before it tries again over WebSocket alone.
    fn call_back_after(&self) -> Duration {
        let mut random = [0; 2];
        self.hub.muster.random().fill(&mut random);
        CALL_BACK + CALL_BACK * u32::from(u16::from_le_bytes(random)) / (u32::from(u16::MAX) + 1)
    }

    pub(super) fn draw_client_id(&self) -> String {
        let mut bytes = [0; 16];
        self.hub.muster.random().fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    pub(super) fn count_recovery(&self, recovered: Option<bool>) {
        match recovered {
            Some(true) => self.hub.counters.recovered.add(1),
            Some(false) => self.hub.counters.unrecovered.add(1),
            None => {}
        }
    }
}

fn own_channel(user: &UserId) -> String {
    format!("u:{user}")
}

fn wish_for(channel: &str, request: &ConnectRequest<'_>) -> Wish {
    let held = request.subs.get(channel).cloned().flatten();
    let RecoverRequest { recover, epoch, offset } = held.unwrap_or_default();
    Wish { recover, epoch, offset, strict: false }
}
