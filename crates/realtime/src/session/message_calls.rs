//! Calls that read the messages of a group again, under the names and with the fields of the client SDK.

use bytes::Bytes;
use muster_core::{
    group::Slice,
    id::GroupId,
    message::{Entry, Event, HistoryQuery, Sequence},
    service::MAX_RECENT,
    time::Millis,
};
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    Failure, Session,
    calls::{group_id, order, page_size, parameters, token},
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

/// What `listRecentMessage` is given: an object, or the group's bare id.
struct ListRecent {
    group_id: String,
    seqnum: Sequence,
    page_size: Option<i64>,
}

impl<'de> Deserialize<'de> for ListRecent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Object {
            group_id: String,
            #[serde(default, deserialize_with = "token")]
            seqnum: Sequence,
            #[serde(default)]
            page_size: Option<i64>,
        }
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(group_id) => Ok(Self { group_id, seqnum: 0, page_size: None }),
            object => {
                let object: Object = serde_json::from_value(object).map_err(serde::de::Error::custom)?;
                let Object { group_id, seqnum, page_size } = object;
                Ok(Self { group_id, seqnum, page_size })
            }
        }
    }
}

/// What `listMessage` and `listHistoryMessage` are given. The token has two spellings.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMessages {
    group_id: String,
    #[serde(default, rename = "type")]
    kind: Option<i64>,
    #[serde(default)]
    sort_type: Option<i64>,
    #[serde(default, deserialize_with = "token")]
    next_page_token: Sequence,
    #[serde(default, rename = "nextpagetoken", deserialize_with = "token")]
    old_next_page_token: Sequence,
    #[serde(default)]
    page_size: Option<i64>,
    #[serde(default)]
    begin_time: Option<i64>,
    #[serde(default)]
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recent<'a> {
    group_id: &'a str,
    message_list: Vec<ImMessage<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessagePage<'a> {
    group_id: &'a str,
    next_page_token: Sequence,
    #[serde(rename = "nextpagetoken")]
    old_next_page_token: Sequence,
    has_more: bool,
    message_list: Vec<ImMessage<'a>>,
}

impl Session {
    /// Carries out one of these calls.
    pub(super) async fn call_about_messages(&self, method: &str, data: &[u8]) -> Result<Bytes, Failure> {
        if method == "listRecentMessage" {
            return self.list_recent(parameters(data)?).await;
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
