//! Calls that read the messages of a group again, under the names and with the fields of the client SDK.

use bytes::Bytes;
use muster_core::{
    group::Slice,
    id::GroupId,
    message::{Entry, Event, HistoryQuery, Sequence},
    service::MAX_RECENT,
    time::Millis,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Failure, Session,
    calls::{PageToken, group_id, order, page_size, token},
    parameters::{OrId, parameters},
};
use crate::{
    events::{self, ImMessage},
    protocol::ErrorReply,
};

/// Messages of a page, when nothing is said and at most: the documented figures.
const MESSAGES: usize = 10;
const MAX_MESSAGES: usize = 30;
/// The last second that a list may begin or end with: that of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

/// What `listRecentMessage` is given; the bare id of a group is as good as an object of it alone.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListRecent {
    /// Which group.
    group_id: String,
    /// The position behind which the list begins.
    #[serde(default, deserialize_with = "token")]
    #[schemars(with = "PageToken")]
    seqnum: Sequence,
    /// Messages in the answer, at most.
    #[serde(default)]
    #[schemars(range(min = 1, max = MAX_RECENT))]
    page_size: Option<i64>,
}

impl From<String> for ListRecent {
    fn from(group_id: String) -> Self {
        Self { group_id, seqnum: 0, page_size: None }
    }
}

/// What `listMessage` and `listHistoryMessage` are given. The token has two spellings.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListMessages {
    /// Which group.
    group_id: String,
    /// Messages of this type alone; else of every type.
    #[serde(default, rename = "type")]
    kind: Option<i64>,
    /// 0 the earliest first, 1 the latest.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    sort_type: Option<i64>,
    /// What the page before has answered.
    #[serde(default, deserialize_with = "token")]
    #[schemars(with = "PageToken")]
    next_page_token: Sequence,
    /// The same in an older spelling.
    #[serde(default, rename = "nextpagetoken", deserialize_with = "token")]
    #[schemars(with = "PageToken")]
    old_next_page_token: Sequence,
    /// Messages of the page, at most; 10 when nothing is said.
    #[serde(default)]
    #[schemars(range(min = 1, max = MAX_MESSAGES))]
    page_size: Option<i64>,
    /// The first second that counts, since 1970; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0, max = LAST_SECOND))]
    begin_time: Option<i64>,
    /// The last second that counts, likewise.
    #[serde(default)]
    #[schemars(range(min = 0, max = LAST_SECOND))]
    end_time: Option<i64>,
}

impl ListMessages {
    fn query(&self) -> Result<HistoryQuery, ErrorReply> {
        Ok(HistoryQuery {
            order: order(self.sort_type)?,
            after: Some(self.next_page_token.max(self.old_next_page_token)).filter(|&place| place > 0),
            skip: 0,
            kind: self.kind,
            from: second("beginTime", self.begin_time)?,
            // A second lasts until its last millisecond.
            until: second("endTime", self.end_time)?.map(|at| at + 999),
            limit: page_size(self.page_size, MESSAGES, MAX_MESSAGES)?,
        })
    }
}

/// A time that a list begins or ends with; 0, like nothing, is no bound.
fn second(field: &str, second: Option<i64>) -> Result<Option<Millis>, ErrorReply> {
    match second {
        None | Some(0) => Ok(None),
        Some(second @ 1..=LAST_SECOND) => Ok(Some(Millis::from_seconds(second))),
        Some(_) => Err(ErrorReply::invalid(format!("{field} must be a time in seconds since 1970"))),
    }
}

/// What `listRecentMessage` answers.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Recent<'a> {
    /// Which group.
    group_id: &'a str,
    /// The newest messages, the oldest of them first.
    message_list: Vec<ImMessage<'a>>,
}

/// What `listMessage` and `listHistoryMessage` answer.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessagePage<'a> {
    /// Which group.
    group_id: &'a str,
    /// Where the next page begins; 0 when there is none.
    next_page_token: Sequence,
    /// The same in an older spelling.
    #[serde(rename = "nextpagetoken")]
    old_next_page_token: Sequence,
    /// Whether there is another page.
    has_more: bool,
    /// The messages.
    message_list: Vec<ImMessage<'a>>,
}

impl Session {
    /// Carries out one of these calls.
    pub(super) async fn call_about_messages(&self, method: &str, data: &[u8]) -> Result<Bytes, Failure> {
        if method == "listRecentMessage" {
            let OrId(list) = parameters(data)?;
            return self.list_recent(list).await;
        }
        let list: ListMessages = parameters(data)?;
        let (group, query) = (group_id(&list.group_id)?, list.query()?);
        let visit = self.visit(&group).await?;
        let messages = self.hub.muster.messages();
        let found = match method {
            "listMessage" => messages.history_for(&visit, query).await?,
            _ => messages.replay(&visit, query).await?,
        };
        let found = self.within_reply(found);
        let next = found.entries.last().filter(|_| found.more).map_or(0, |entry| entry.sequence);
        Ok(events::json(&MessagePage {
            group_id: group.as_str(),
            next_page_token: next,
            old_next_page_token: next,
            has_more: found.more,
            message_list: messages_of(&group, &found.entries),
        })
        .into())
    }

    async fn list_recent(&self, list: ListRecent) -> Result<Bytes, Failure> {
        let group = group_id(&list.group_id)?;
        let limit = page_size(list.page_size, MAX_RECENT, MAX_RECENT)?;
        let visit = self.visit(&group).await?;
        let mut recent = self.hub.muster.messages().recent(&visit, list.seqnum, limit).await?;
        // Where not all of them fit the newest count.
        recent.reverse();
        let mut recent = self.within_reply(Slice { entries: recent, more: false }).entries;
        recent.reverse();
        let message_list = messages_of(&group, &recent);
        Ok(events::json(&Recent { group_id: group.as_str(), message_list }).into())
    }

    /// The first of these messages that a reply may hold, and always one.
    fn within_reply(&self, mut found: Slice<Entry>) -> Slice<Entry> {
        let mut room = self.hub.config.reply_bytes;
        let fitting = found.entries.iter().take_while(|entry| {
            let left = room.checked_sub(body_bytes(entry));
            room = left.unwrap_or(0);
            left.is_some()
        });
        let fitting = fitting.count().max(1);
        if fitting < found.entries.len() {
            found.entries.truncate(fitting);
            found.more = true;
        }
        found
    }
}

fn body_bytes(entry: &Entry) -> usize {
    match &entry.event {
        Event::Message(message) => message.body.len(),
        _ => 0,
    }
}

/// The messages among entries of a group's stream.
fn messages_of<'a>(group: &'a GroupId, entries: &'a [Entry]) -> Vec<ImMessage<'a>> {
    let message = |entry: &'a Entry| match &entry.event {
        Event::Message(message) => Some(ImMessage::of(Some(group), message, entry.sequence)),
        _ => None,
    };
    entries.iter().filter_map(message).collect()
}
