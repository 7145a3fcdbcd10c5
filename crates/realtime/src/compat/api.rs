//! What backends call: Centrifugo's server API over HTTP, as far as channels go.
//!
//! Each call is a `POST` of JSON to `/api/<method>`, with the key as `X-API-Key`. It is answered with status 200 and
//! `{"result": …}` or `{"error": {"code", "message"}}`. Members of a request that are not known are passed over.

use std::{collections::BTreeMap, sync::Arc};

use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Compat, member::Member, payload, stream::Position};
use crate::{
    counters::Counters,
    protocol::{ClientInfo, Disconnect, ErrorCode, Publication, Unsubscribed},
};

/// The server API of a hub with `[realtime.compat]`.
pub struct ServerApi<'a> {
    pub(crate) compat: &'a Arc<Compat>,
    pub(crate) counters: &'a Counters,
}

/// How a call is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiAnswer {
    /// With this JSON.
    Json(Vec<u8>),
    /// There is no such method.
    NoMethod,
    /// The body is not the JSON object that the method takes; why.
    Malformed(String),
}

/// What a method comes to.
type Answer<T> = Result<T, ErrorCode>;

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome<T> {
    Result(T),
    Error { code: u32, message: &'static str },
}

impl<T> From<Answer<T>> for Outcome<T> {
    fn from(answer: Answer<T>) -> Self {
        match answer {
            Ok(result) => Self::Result(result),
            Err(error) => Self::Error { code: error.number(), message: error.text() },
        }
    }
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PublishRequest<'a> {
    channel: String,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    b64data: String,
    skip_history: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BroadcastRequest<'a> {
    channels: Vec<String>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    b64data: String,
    skip_history: bool,
}

#[derive(Serialize)]
struct PublishResult {
    #[serde(skip_serializing_if = "is_zero")]
    offset: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    epoch: String,
}

#[derive(Serialize)]
struct BroadcastResult {
    responses: Vec<Outcome<PublishResult>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ChannelRequest {
    channel: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct HistoryRequest {
    channel: String,
    limit: i32,
    since: Option<Since>,
    reverse: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Since {
    offset: u64,
    epoch: String,
}

#[derive(Serialize)]
struct HistoryResult<'a> {
    publications: Vec<PublicationResult<'a>>,
    epoch: &'a str,
    offset: u64,
}

#[derive(Serialize)]
struct PublicationResult<'a> {
    data: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<ClientResult<'a>>,
    offset: u64,
}

#[derive(Serialize)]
struct ClientResult<'a> {
    user: &'a str,
    client: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    conn_info: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chan_info: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct PresenceResult<'a> {
    presence: BTreeMap<&'a str, ClientResult<'a>>,
}

#[derive(Serialize)]
struct PresenceStatsResult {
    num_clients: u64,
    num_users: u64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct UnsubscribeRequest {
    channel: String,
    user: String,
    client: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct DisconnectRequest {
    user: String,
    client: String,
    whitelist: Vec<String>,
    disconnect: Option<WithCode>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WithCode {
    code: u16,
}

impl ServerApi<'_> {
    /// Whether a caller with this key may call.
    #[must_use]
    pub fn admits(&self, key: &str) -> bool {
        let ours = self.compat.config.api_key.bytes();
        // Comparing what both keys make of them takes as long whatever is wrong with the key.
        let sealed = |key: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, ours), key);
        let key_of_ours = hmac::Key::new(hmac::HMAC_SHA256, ours);
        !ours.is_empty() && hmac::verify(&key_of_ours, ours, sealed(key.as_bytes()).as_ref()).is_ok()
    }

    /// The most bytes that the body of a call may have.
    #[must_use]
    pub fn body_bytes(&self) -> usize {
        self.compat.config.api_body_bytes
    }

    /// Carries out a method, which is the last part of its path.
    #[must_use]
    pub fn call(&self, method: &str, body: &[u8]) -> ApiAnswer {
        match method {
            "publish" => answered(body, |request| self.publish(&request)),
            "broadcast" => answered(body, |request| self.broadcast(&request)),
            "history" => self.history(body),
            "history_remove" => answered(body, |request| self.remove_history(&request)),
            "presence" => self.presence(body),
            "presence_stats" => answered(body, |request| self.presence_stats(&request)),
            "unsubscribe" => answered(body, |request| self.unsubscribe(&request)),
            "disconnect" => answered(body, |request| self.disconnect(&request)),
            _ => ApiAnswer::NoMethod,
        }
    }

    fn publish(&self, request: &PublishRequest<'_>) -> Answer<PublishResult> {
        let said = said(request.data, &request.b64data)?;
        self.publish_to(&request.channel, &said, !request.skip_history)
    }

    fn broadcast(&self, request: &BroadcastRequest<'_>) -> Answer<BroadcastResult> {
        if request.channels.is_empty() {
            return Err(ErrorCode::BadRequest);
        }
        let said = said(request.data, &request.b64data)?;
        let kept = !request.skip_history;
        let responses = request.channels.iter().map(|channel| self.publish_to(channel, &said, kept).into());
        Ok(BroadcastResult { responses: responses.collect() })
    }

    fn publish_to(&self, channel: &str, said: &Publication, kept: bool) -> Answer<PublishResult> {
        let options = self.compat.namespaces.options(channel)?;
        let published = self.compat.publish(channel, options, said, kept)?;
        self.counters.deliveries.add(published.deliveries as u64);
        Ok(PublishResult { offset: published.offset, epoch: published.epoch })
    }

    fn history(&self, body: &[u8]) -> ApiAnswer {
        let request: HistoryRequest = match read(body) {
            Ok(request) => request,
            Err(answer) => return answer,
        };
        let past = || {
            let options = self.compat.namespaces.options(&request.channel)?;
            if !options.has_history() {
                return Err(ErrorCode::NotAvailable);
            }
            let since =
                request.since.as_ref().map(|since| Position { offset: since.offset, epoch: &since.epoch });
            let what = self.compat.reading(request.limit, since, request.reverse)?;
            self.compat.history(&request.channel, options, what)
        };
        let past = past();
        written(past.as_ref().map_err(|error| *error).map(|past| HistoryResult {
            publications: past.publications.iter().map(PublicationResult::from).collect(),
            epoch: &past.epoch,
            offset: past.offset,
        }))
    }

    fn remove_history(&self, request: &ChannelRequest) -> Answer<Nothing> {
        let options = self.compat.namespaces.options(&request.channel)?;
        if !options.has_history() {
            return Err(ErrorCode::NotAvailable);
        }
        self.compat.remove_history(&request.channel);
        Ok(Nothing {})
    }

    fn presence(&self, body: &[u8]) -> ApiAnswer {
        let request: ChannelRequest = match read(body) {
            Ok(request) => request,
            Err(answer) => return answer,
        };
        let present = self.seen(&request.channel).and_then(|()| self.compat.presence(&request.channel));
        written(present.as_ref().map_err(|error| *error).map(|present| PresenceResult {
            presence: present.iter().map(|info| (info.client.as_str(), ClientResult::from(info))).collect(),
        }))
    }

    fn presence_stats(&self, request: &ChannelRequest) -> Answer<PresenceStatsResult> {
        self.seen(&request.channel)?;
        let (num_clients, num_users) = self.compat.presence_stats(&request.channel);
        Ok(PresenceStatsResult { num_clients, num_users })
    }

    fn seen(&self, channel: &str) -> Answer<()> {
        let options = self.compat.namespaces.options(channel)?;
        if options.presence { Ok(()) } else { Err(ErrorCode::NotAvailable) }
    }

    fn unsubscribe(&self, request: &UnsubscribeRequest) -> Answer<Nothing> {
        if !request.channel.is_empty() {
            self.compat.namespaces.options(&request.channel)?;
        }
        for member in self.meant(&request.user, &request.client)? {
            let all = || member.subscriptions().keys().cloned().collect();
            let channels = if request.channel.is_empty() { all() } else { vec![request.channel.clone()] };
            for channel in channels {
                self.compat.end_subscription(&member, &channel, Unsubscribed::TAKEN_OUT);
            }
        }
        Ok(Nothing {})
    }

    fn disconnect(&self, request: &DisconnectRequest) -> Answer<Nothing> {
        let code = request.disconnect.as_ref().map_or(Disconnect::FORCED.code, |disconnect| disconnect.code);
        if !(3000..5000).contains(&code) {
            return Err(ErrorCode::BadRequest);
        }
        for member in self.meant(&request.user, &request.client)? {
            if !request.whitelist.contains(&member.client) {
                member.connection.outbox.close(Disconnect { code, ..Disconnect::FORCED });
            }
        }
        Ok(Nothing {})
    }

    /// The connections that a request means: a user's, or one.
    fn meant(&self, user: &str, client: &str) -> Answer<Vec<Arc<Member>>> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        match (given(user), given(client)) {
            (None, None) => Err(ErrorCode::BadRequest),
            (user, client) => Ok(self.compat.members.of(user.as_deref(), client.as_deref())),
        }
    }
}

/// What is published by the operator: nobody's word.
fn said(plain: Option<&RawValue>, encoded: &str) -> Answer<Publication> {
    let data = payload::given(plain.map(RawValue::get), encoded).ok_or(ErrorCode::BadRequest)?;
    Ok(Publication { data, ..Publication::default() })
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, ApiAnswer> {
    payload::object(body).map_err(|error| ApiAnswer::Malformed(error.to_string()))
}

fn answered<'a, Q: Deserialize<'a>, A: Serialize>(
    body: &'a [u8],
    method: impl FnOnce(Q) -> Answer<A>,
) -> ApiAnswer {
    match read(body) {
        Ok(request) => written(method(request)),
        Err(answer) => answer,
    }
}

fn written<T: Serialize>(answer: Answer<T>) -> ApiAnswer {
    #[expect(clippy::expect_used, reason = "texts, numbers and JSON always have a JSON form")]
    ApiAnswer::Json(serde_json::to_vec(&Outcome::from(answer)).expect("an answer is JSON"))
}

impl<'a> From<&'a Publication> for PublicationResult<'a> {
    fn from(publication: &'a Publication) -> Self {
        Self {
            data: raw(&publication.data),
            info: publication.info.as_deref().map(ClientResult::from),
            offset: publication.offset,
        }
    }
}

impl<'a> From<&'a ClientInfo> for ClientResult<'a> {
    fn from(info: &'a ClientInfo) -> Self {
        Self {
            user: &info.user,
            client: &info.client,
            conn_info: raw(&info.conn_info),
            chan_info: raw(&info.chan_info),
        }
    }
}

fn raw(json: &[u8]) -> Option<&RawValue> {
    serde_json::from_slice(json).ok()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls takes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
