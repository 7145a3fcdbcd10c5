//! Calls of generation 1 alone, under the names and with the fields of its client SDK.

use std::sync::Arc;

use bytes::Bytes;
use muster_core::{
    id::{GroupId, UserId},
    mute::Silence,
    number::RepeatCount,
    roster::Member,
    service::MemberWord,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Failure, Session,
    calls::{GroupAlone, body, group_id},
    parameters::parameters,
    saying::SentMessage,
};
use crate::{
    events,
    protocol::{ErrorCode, ErrorReply},
    rate::Class,
};

/// Users in one call, at most.
const MAX_USERS: usize = 200;
/// For how many seconds a client gathers likes before it tells of more.
const LIKE_INTERVAL: u32 = 1;

/// Receivers of one message, at most: the client SDK's bound.
const MAX_RECEIVERS: usize = 100;

/// What `sendMessageToGroupUsers` is given.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OutgoingToUsers {
    /// Which group.
    group_id: String,
    /// Its type.
    #[serde(rename = "type")]
    kind: i64,
    /// What it says, at most 15 KiB.
    data: Box<str>,
    /// Who hears it, of the members of the group: 1 to 100.
    receiver_id_list: Vec<String>,
    /// Whether it is said in spite of mutes.
    #[serde(default)]
    skip_mute_check: Option<bool>,
    /// Whether it asks to be spared moderation; granted to who runs the group.
    #[serde(default)]
    skip_audit: Option<bool>,
}

/// What `sendLike` is given.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Likes {
    /// Which group.
    group_id: String,
    /// How many likes.
    #[schemars(range(min = 1))]
    count: u64,
    /// Who is told; 0 nobody, 1 who likes it, 2 the group.
    #[serde(default)]
    #[schemars(range(min = 0, max = 2))]
    broad_cast_type: Option<u8>,
}

/// What `sendLike` answers.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Liked {
    /// How many likes the group has by now.
    like_count: u64,
    /// For how many seconds a client should gather likes before it tells of more.
    interval_second: u32,
}

/// What `getGroupStatistics` answers.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figures<'a> {
    /// Which group.
    group_id: &'a str,
    /// Likes of the group.
    like_count: u64,
    /// Joins since the group was made.
    pv: u64,
    /// Different users among them.
    uv: u64,
    /// Members present.
    online_count: u64,
}

/// What `getGroupUserByIdList` is given.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsersById {
    /// Which group.
    group_id: String,
    /// Whom: 1 to 200.
    user_id_list: Vec<String>,
}

/// What `getGroupUserByIdList` answers.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KnownUsers {
    /// Those who are in the group, in the order asked for.
    user_list: Vec<KnownUser>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct KnownUser {
    user_id: String,
    /// Always empty: logins of this generation tell none.
    user_nick: &'static str,
    /// Always empty: logins of this generation tell none.
    user_avatar: &'static str,
    /// What the user says of itself.
    user_extension: String,
    /// Whether the user may not talk.
    is_mute: bool,
    /// What mutes the user: `group`, `user`, or both.
    mute_by: Vec<&'static str>,
}

impl KnownUser {
    fn new(member: &Member, silence: Silence) -> Self {
        let by = [(silence.with_group, "group"), (silence.alone, "user")];
        let mute_by: Vec<_> = by.into_iter().filter_map(|(holds, what)| holds.then_some(what)).collect();
        Self {
            user_id: member.user.to_string(),
            user_nick: "",
            user_avatar: "",
            user_extension: member.info.as_ref().map(Arc::to_string).unwrap_or_default(),
            is_mute: !mute_by.is_empty(),
            mute_by,
        }
    }
}

impl Session {
    /// Carries out one of these calls.
    pub(super) async fn call_of_first_generation(&self, method: &str, data: &[u8]) -> Result<Bytes, Failure> {
        if !self.is_first_generation()? {
            return Err(ErrorCode::NotAvailable.into());
        }
        match method {
            "sendLike" => self.send_like(&parameters(data)?).await,
            "sendMessageToGroupUsers" => self.send_to_users(&parameters(data)?).await,
            "getGroupStatistics" => self.group_statistics(parameters(data)?).await,
            _ => self.users_by_id(&parameters(data)?).await,
        }
    }

    async fn send_like(&self, likes: &Likes) -> Result<Bytes, Failure> {
        let group = group_id(&likes.group_id)?;
        let times = RepeatCount::of_messages(likes.count)
            .map_err(|error| ErrorReply::invalid(format!("count {error}")))?;
        let audience = Self::audience(likes.broad_cast_type)?;
        self.must_be_in(&group)?;
        self.pipeline.pace(&group, Class::Like)?;
        let visit = self.visit(&group).await?;
        let by = visit.login().user().clone();
        let like_count = self.hub.muster.messages().like(visit.group(), Some(by), times, audience).await?;
        Ok(events::json(&Liked { like_count, interval_second: LIKE_INTERVAL }).into())
    }

    async fn group_statistics(&self, of: GroupAlone) -> Result<Bytes, Failure> {
        let group = group_id(&of.group_id)?;
        let visit = self.visit(&group).await?;
        let groups = self.hub.muster.groups();
        // Before the joins, which are never fewer.
        let uv = groups.visitors(visit.group()).await?;
        let tally = groups.tally(visit.group()).await?;
        let figures = Figures {
            group_id: group.as_str(),
            like_count: tally.likes,
            pv: tally.views,
            uv,
            online_count: tally.online,
        };
        Ok(events::json(&figures).into())
    }

    async fn users_by_id(&self, asked: &UsersById) -> Result<Bytes, Failure> {
        let group = group_id(&asked.group_id)?;
        let users = users_of("userIdList", &asked.user_id_list, MAX_USERS)?;
        let visit = self.visit(&group).await?;
        let muster = &self.hub.muster;
        let members = muster.rosters().find(visit.group(), &users).await?;
        let silences = muster.mutes().silences(visit.group(), &users).await?;
        let known = members.iter().zip(silences);
        let user_list = known.filter_map(|(member, silence)| Some(KnownUser::new(member.as_ref()?, silence)));
        Ok(events::json(&KnownUsers { user_list: user_list.collect() }).into())
    }

    async fn send_to_users(&self, outgoing: &OutgoingToUsers) -> Result<Bytes, Failure> {
        let group = group_id(&outgoing.group_id)?;
        let receivers = users_of("receiverIdList", &outgoing.receiver_id_list, MAX_RECEIVERS)?;
        let word = MemberWord {
            kind: outgoing.kind,
            body: body(&outgoing.data)?,
            skips_mutes: outgoing.skip_mute_check == Some(true),
            skip_audit: outgoing.skip_audit == Some(true),
        };
        self.pipeline.pace(&group, Class::Text)?;
        let visit = self.visit(&group).await?;
        let sent = self.hub.muster.messages().say_to_members(&visit, &receivers, word).await?;
        self.hub.counters.messages_in.add(1);
        Ok(events::json(&SentMessage { message_id: sent.id.as_str() }).into())
    }

    fn must_be_in(&self, group: &GroupId) -> Result<(), ErrorReply> {
        match self.connection.subscribed(group) {
            Some(_) => Ok(()),
            None => Err(ErrorCode::NotJoined.into()),
        }
    }
}

/// The users that a list names, if it holds 1 to `most`.
fn users_of(list: &str, names: &[String], most: usize) -> Result<Vec<UserId>, ErrorReply> {
    if names.is_empty() || names.len() > most {
        return Err(ErrorReply::invalid(format!("{list} must hold 1 to {most} users")));
    }
    let user = |name: &String| {
        UserId::new(name).map_err(|error| ErrorReply::invalid(format!("{list}: an id {error}")))
    };
    names.iter().map(user).collect()
}
