//! What a client says: what it asks for, and how it begins.

use std::pin::pin;

use futures_util::{FutureExt as _, future::BoxFuture};
use muster_core::{
    error::Error,
    id::{GroupId, MessageId, UserId},
    message::Level,
    number::RepeatCount,
    service::{MemberMessage, Sent, Speaker, Storage, UserWord},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Failure, Outcome, Session, calls, parameters::parameters, payload_text, pipeline::Shared};
use crate::{
    events,
    hub::Identity,
    protocol::{ErrorReply, ReplyBody, Request},
    rate::Class,
};

/// Whom something is said to: the stream that keeps its order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum To {
    Group(GroupId),
    User(UserId),
}

/// Something that a client says.
#[derive(Debug)]
pub(super) struct Saying {
    what: What,
    /// The command that it came with, which decides about the answer.
    by: By,
}

#[derive(Debug)]
enum What {
    ToGroup(GroupId, MemberMessage),
    ToUser(UserId, UserWord),
}

#[derive(Clone, Copy, Debug)]
enum By {
    Publish,
    Call,
}

/// What `sendGroupMessage` is given.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outgoing {
    /// Which group.
    group_id: Box<str>,
    /// Its type: up to 10000 the system's, above the application's own.
    #[serde(rename = "type")]
    kind: i64,
    /// What it says, at most 15 KiB.
    data: Box<str>,
    /// How much the sender makes of it: 0 normal, 1 high.
    #[serde(default)]
    level: Option<i64>,
    /// Whether it is told once and not stored.
    #[serde(default)]
    no_storage: Option<bool>,
    /// How many equal messages it stands for.
    #[serde(default)]
    #[schemars(range(min = 1, max = i32::MAX))]
    repeat_count: Option<u64>,
    /// Whether it is said also by who is muted.
    #[serde(default)]
    skip_mute_check: Option<bool>,
    /// Whether it asks to be spared moderation; granted to those who run the group.
    #[serde(default)]
    skip_audit: Option<bool>,
}

/// What `sendC2cMessage` is given. Programs add members of a group's message, which mean nothing here.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OutgoingC2c {
    /// To whom.
    receiver_id: Box<str>,
    /// Its type: up to 10000 the system's, above the application's own.
    #[serde(rename = "type")]
    kind: i64,
    /// What it says, at most 15 KiB.
    data: Box<str>,
    /// How much the sender makes of it: 0 normal, 1 high.
    #[serde(default)]
    level: Option<i64>,
    /// Whether it asks to be spared moderation; granted to logins with the role `admin`.
    #[serde(default)]
    skip_audit: Option<bool>,
}

/// What the calls that send answer.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SentMessage<'a> {
    /// The message's id.
    pub(super) message_id: &'a str,
}

impl Saying {
    /// What a command says to somebody; `None` when it asks for something else.
    pub(super) fn of(request: &Request<'_>) -> Option<Result<Self, ErrorReply>> {
        match request {
            Request::Publish { channel, data } => Some(published(channel, data.as_deref())),
            Request::Rpc(call) => {
                let data = call.data.as_deref().unwrap_or(b"{}");
                match &*call.method {
                    "sendGroupMessage" => Some(parameters(data).and_then(|outgoing| to_group(&outgoing))),
                    "sendC2cMessage" => Some(parameters(data).and_then(|outgoing| to_user(&outgoing))),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whom it is said to.
    pub(super) fn to(&self) -> To {
        match &self.what {
            What::ToGroup(group, _) => To::Group(group.clone()),
            What::ToUser(receiver, _) => To::User(receiver.clone()),
        }
    }

    /// Whether it is told once and takes no place in its stream.
    pub(super) fn is_told_once(&self) -> bool {
        matches!(&self.what, What::ToGroup(_, message) if message.storage == Storage::Ephemeral)
    }
}

fn published(channel: &str, data: Option<&[u8]>) -> Result<Saying, ErrorReply> {
    let group = Session::group_of(channel)?;
    let Some(text) = data.and_then(payload_text) else {
        return Err(ErrorReply::invalid("data is missing"));
    };
    let message = MemberMessage::of(calls::body(&text)?);
    Ok(Saying { what: What::ToGroup(group, message), by: By::Publish })
}

fn to_group(outgoing: &Outgoing) -> Result<Saying, ErrorReply> {
    let group = calls::group_id(&outgoing.group_id)?;
    let message = MemberMessage {
        kind: outgoing.kind,
        body: calls::body(&outgoing.data)?,
        level: outgoing.level.map_or(Level::NORMAL, Level),
        repeat: outgoing.repeat_count.map_or(Ok(RepeatCount::ONE), repeat)?,
        storage: if outgoing.no_storage == Some(true) { Storage::Ephemeral } else { Storage::Stored },
        skips_mutes: outgoing.skip_mute_check == Some(true),
        skip_audit: outgoing.skip_audit == Some(true),
    };
    Ok(Saying { what: What::ToGroup(group, message), by: By::Call })
}

fn to_user(outgoing: &OutgoingC2c) -> Result<Saying, ErrorReply> {
    let receiver = UserId::new(&outgoing.receiver_id)
        .map_err(|error| ErrorReply::invalid(format!("receiverId {error}")))?;
    let word = UserWord {
        kind: outgoing.kind,
        body: calls::body(&outgoing.data)?,
        level: outgoing.level.map_or(Level::NORMAL, Level),
        skip_audit: outgoing.skip_audit == Some(true),
    };
    Ok(Saying { what: What::ToUser(receiver, word), by: By::Call })
}

fn repeat(number: u64) -> Result<RepeatCount, ErrorReply> {
    RepeatCount::of_messages(number).map_err(|error| ErrorReply::invalid(format!("repeatCount {error}")))
}

impl By {
    /// The answer to what was taken.
    fn answer(self, id: &MessageId) -> ReplyBody {
        match self {
            Self::Publish => ReplyBody::Publish,
            Self::Call => ReplyBody::Rpc(events::json(&SentMessage { message_id: id.as_str() }).into()),
        }
    }
}

/// What is left of something that has begun: until it is durable and told.
pub(super) type Durable = BoxFuture<'static, Outcome>;

/// One stream as its lane says something to it.
pub(super) struct Said<'a> {
    identity: &'a Identity,
    /// Who speaks, as long as one message begins right behind the other: the store is asked once for all of these.
    speaker: Option<Speaker<'a>>,
}

impl<'a> Said<'a> {
    pub(super) fn new(identity: &'a Identity) -> Self {
        Self { identity, speaker: None }
    }

    /// Notes that time has passed: whoever was a member may be none any more.
    pub(super) fn paused(&mut self) {
        self.speaker = None;
    }

    /// Begins to say something: the rules are asked now, and it has its place in the stream when this returns.
    pub(super) async fn begin(&mut self, shared: &Shared, saying: Saying) -> Result<Durable, Failure> {
        let Saying { what, by } = saying;
        match what {
            What::ToGroup(group, message) => {
                shared.pace()?;
                shared.pace_group(&group, Class::of(message.level.weight()))?;
                self.begin_to_group(shared, &group, message, by).await
            }
            What::ToUser(receiver, word) => {
                shared.pace()?;
                let messages = shared.hub.muster.messages();
                let begun = messages.begin_saying_to(&self.identity.login, &receiver, word).await?;
                Ok(begun.map(move |sent| answer(sent, by)).boxed())
            }
        }
    }

    async fn begin_to_group(
        &mut self,
        shared: &Shared,
        group: &GroupId,
        message: MemberMessage,
        by: By,
    ) -> Result<Durable, Failure> {
        let muster = &shared.hub.muster;
        let speaker = match self.speaker.take() {
            Some(speaker) => speaker,
            None => {
                let visit = muster.groups().visit(&self.identity.login, group).await?;
                muster.messages().speaker(visit).await?
            }
        };
        let messages = muster.messages();
        let mut waited = false;
        let begun = {
            let mut beginning = pin!(messages.begin_saying(&speaker, message));
            std::future::poll_fn(|context| {
                let begun = beginning.as_mut().poll(context);
                waited |= begun.is_pending();
                begun
            })
            .await?
        };
        if !waited {
            self.speaker = Some(speaker);
        }
        Ok(begun.map(move |sent| answer(sent, by)).boxed())
    }
}

fn answer(sent: Result<Sent, Error>, by: By) -> Outcome {
    Ok(by.answer(&sent?.id))
}
