//! Remote procedure calls: the methods of the client SDK, under their names and with their fields.

use bytes::Bytes;
use muster_core::{
    group::Order,
    id::{GroupId, MessageId},
    message::{Body, StreamRef},
    roster::{JoinNumber, WalkQuery},
    service::Visit,
    store::walk_cursor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    Failure, Outcome, ReplyBody, Session,
    parameters::{OrId, parameters},
};
use crate::{
    events::{self, ImUser},
    protocol::{ErrorCode, ErrorReply, RpcRequest},
    rate::Class,
};

/// Users that a page of a list holds, at most and when nothing is said: the documentation's bound.
pub(super) const MAX_USERS: usize = 50;

/// What `ackMessage` is given.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Acknowledged {
    /// The message that has arrived.
    message_id: Box<str>,
}

/// What `deleteMessage` is given.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Doomed {
    /// The group that it was said to.
    group_id: Box<str>,
    /// Which message.
    message_id: Box<str>,
}

/// What the methods that need a group alone are given; the bare id of a group is as good as an object of it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupAlone {
    /// Which group.
    pub(super) group_id: String,
}

impl From<String> for GroupAlone {
    fn from(group_id: String) -> Self {
        Self { group_id }
    }
}

/// The same, or the group's bare id.
pub(super) type OfGroup = OrId<GroupAlone>;

/// What `listGroupUser` is given. The token has two spellings.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListUsers {
    /// Which group.
    group_id: String,
    /// 0 the earliest first, 1 the latest.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    sort_type: Option<i64>,
    /// What the page before has answered.
    #[serde(default, deserialize_with = "token")]
    #[schemars(with = "PageToken")]
    next_page_token: JoinNumber,
    /// The same in an older spelling.
    #[serde(default, rename = "nextpagetoken", deserialize_with = "token")]
    #[schemars(with = "PageToken")]
    old_next_page_token: JoinNumber,
    /// Users of the page, at most; as many as there may be when nothing is said.
    #[serde(default)]
    #[schemars(range(min = 1, max = MAX_USERS))]
    page_size: Option<i64>,
}

/// A place in a list as callers write it.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a page token is a number or its text")]
pub(crate) enum PageToken {
    /// As it was answered.
    Number(u64),
    /// -1 is the beginning.
    Negative(i64),
    /// The number as a text; an empty one is the beginning.
    Text(String),
    /// The beginning.
    #[default]
    Nothing,
}

/// What is said of a text that is none, as of what is of another type.
const A_PAGE_TOKEN: &str = "a page token is a number or its text";

/// A place in a list as callers write it: a number, its text, or nothing or -1 for the beginning.
pub(super) fn token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match PageToken::deserialize(deserializer)? {
        PageToken::Number(number) => Ok(number),
        PageToken::Text(text) if matches!(&*text, "" | "-1") => Ok(0),
        PageToken::Text(text) => text.parse().map_err(|_| serde::de::Error::custom(A_PAGE_TOKEN)),
        PageToken::Negative(-1) | PageToken::Nothing => Ok(0),
        PageToken::Negative(_) => Err(serde::de::Error::custom("a page token is -1 or more")),
    }
}

/// What `listGroupUser` answers.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserPage<'a> {
    /// Which group.
    group_id: &'a str,
    /// Where the next page begins; 0 when there is none.
    next_page_token: JoinNumber,
    /// The same in an older spelling.
    #[serde(rename = "nextpagetoken")]
    old_next_page_token: JoinNumber,
    /// Whether there is another page.
    has_more: bool,
    /// Who is there.
    user_list: Vec<ImUser<'a>>,
}

impl Session {
    /// Carries out a call. Those that say something went another way ([`Saying`](super::saying::Saying)).
    pub(super) async fn call(&self, request: &RpcRequest<'_>) -> Outcome {
        let data = request.data.as_deref().unwrap_or(b"{}");
        let result = match &*request.method {
            "ackMessage" => self.acknowledge_message(parameters(data)?).await?,
            "deleteMessage" => self.delete_message(parameters(data)?).await?,
            "queryGroup" => self.query_group(parameters(data)?).await?,
            "muteAll" | "cancelMuteAll" | "muteUser" | "cancelMuteUser" | "listMuteUsers" => {
                self.call_about_mutes(&request.method, data).await?
            }
            "listRecentMessage" | "listMessage" | "listHistoryMessage" => {
                self.call_about_messages(&request.method, data).await?
            }
            "sendMessageToGroupUsers" | "sendLike" | "getGroupStatistics" | "getGroupUserByIdList" => {
                self.call_of_first_generation(&request.method, data).await?
            }
            "createGroup" => self.create_group(parameters(data)?).await?,
            "closeGroup" => self.close_group(parameters(data)?).await?,
            "modifyGroup" => self.modify_group(parameters(data)?).await?,
            "listRecentGroupUser" => self.list_recent_group_user(parameters(data)?).await?,
            "listGroupUser" => self.list_group_user(parameters(data)?).await?,
            _ => return Err(ErrorCode::MethodNotFound.into()),
        };
        Ok(ReplyBody::Rpc(result))
    }

    async fn acknowledge_message(&self, told: Acknowledged) -> Result<Bytes, Failure> {
        let message = message_id(&told.message_id)?;
        let login = &self.identity()?.login;
        let own = StreamRef::User(login.app().id.clone(), login.user().clone());
        self.hub.acknowledge(&own, &message).await;
        Ok(nothing())
    }

    async fn delete_message(&self, doomed: Doomed) -> Result<Bytes, Failure> {
        let group = group_id(&doomed.group_id)?;
        let message = message_id(&doomed.message_id)?;
        self.pipeline.pace(&group, Class::Text)?;
        let visit = self.visit(&group).await?;
        self.hub.muster.messages().recall_for(&visit, &message).await?;
        Ok(nothing())
    }

    /// A group that a call names, as this user comes to it.
    pub(super) async fn visit(&self, group: &GroupId) -> Result<Visit<'_>, Failure> {
        Ok(self.hub.muster.groups().visit(&self.identity()?.login, group).await?)
    }

    async fn query_group(&self, OrId(of): OfGroup) -> Result<Bytes, Failure> {
        let groups = self.hub.muster.groups();
        let group = groups.open(self.identity()?.login.app(), &group_id(&of.group_id)?).await?;
        let tally = groups.tally(&group).await?;
        let mutes = self.hub.muster.mutes().known(&group).await?;
        Ok(events::group_info(&group, &tally, &mutes, self.hub.muster.now()))
    }

    async fn list_group_user(&self, list: ListUsers) -> Result<Bytes, Failure> {
        let group = group_id(&list.group_id)?;
        let limit = page_size(list.page_size, MAX_USERS, MAX_USERS)?;
        let order = order(list.sort_type)?;
        let after = Some(list.next_page_token.max(list.old_next_page_token)).filter(|&number| number > 0);
        let query = WalkQuery { order, after, limit };
        let visit = self.visit(&group).await?;
        let slice = self.hub.muster.rosters().walk_for(&visit, query).await?;
        let next = walk_cursor(&slice.entries).filter(|_| slice.more).unwrap_or(0);
        Ok(events::json(&UserPage {
            group_id: group.as_str(),
            next_page_token: next,
            old_next_page_token: next,
            has_more: slice.more,
            user_list: slice.entries.iter().map(ImUser::from).collect(),
        })
        .into())
    }
}

/// The result of a method that has nothing to say.
pub(super) fn nothing() -> Bytes {
    Bytes::from_static(b"{}")
}

pub(super) fn group_id(text: &str) -> Result<GroupId, ErrorReply> {
    GroupId::new(text).map_err(|error| ErrorReply::invalid(format!("groupId {error}")))
}

/// How many a page holds: `usual` when nothing is said.
pub(super) fn page_size(said: Option<i64>, usual: usize, most: usize) -> Result<usize, ErrorReply> {
    let Some(size) = said else { return Ok(usual) };
    usize::try_from(size)
        .ok()
        .filter(|size| (1..=most).contains(size))
        .ok_or_else(|| ErrorReply::invalid(format!("pageSize must be 1 to {most}")))
}

/// The direction of a list: ascending when nothing is said.
pub(super) fn order(said: Option<i64>) -> Result<Order, ErrorReply> {
    match said {
        None | Some(0) => Ok(Order::Ascending),
        Some(1) => Ok(Order::Descending),
        Some(_) => Err(ErrorReply::invalid("sortType must be 0 or 1")),
    }
}

fn message_id(text: &str) -> Result<MessageId, ErrorReply> {
    MessageId::new(text).map_err(|error| ErrorReply::invalid(format!("messageId {error}")))
}

/// What `data` is, of a call or a publication.
pub(super) fn body(text: &str) -> Result<Body, ErrorReply> {
    Body::new(text).map_err(|error| ErrorReply::invalid(format!("data {error}")))
}
