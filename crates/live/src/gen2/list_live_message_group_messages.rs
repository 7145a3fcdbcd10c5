//! `ListLiveMessageGroupMessages`.

use std::sync::Arc;

use muster_core::{
    id::MessageId,
    message::{Entry, Event, HistoryQuery, Message},
    time::Millis,
};
use muster_gateway::parameter::{Int, Long};

use super::{SortType, after, known_group, spec};
use crate::{prelude::*, wire::text_or_empty};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// Messages to a page, from 10 to 50.
    page_size: Int<10, 50>,
    /// The order by time of sending: 1 ascending, 2 descending.
    sort_type: SortType,
    /// Where to go on; empty for the first page.
    next_page_token: Option<super::Token>,
    /// Only messages of this type.
    msg_type: Option<Long>,
    /// Only messages sent at or after this time, in seconds.
    begin_time: Option<wire::Seconds>,
    /// Only messages sent at or before this time, in seconds.
    end_time: Option<wire::Seconds>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// The group.
    group_id: GroupId,
    /// Where to go on, 0 when there is nothing more.
    next_page_token: i64,
    /// Whether there are more.
    hasmore: bool,
    /// The messages.
    message_list: Vec<MessageRow>,
}

/// A message.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct MessageRow {
    /// Its id.
    msg_tid: MessageId,
    /// Its type.
    msg_type: i64,
    /// What it says.
    body: Arc<str>,
    /// Who sent it.
    sender: SenderRow,
    /// Its place in the group's order of messages.
    seq_number: i64,
    /// When it was sent, in seconds.
    timestamp: i64,
    /// The running count of its type when it was sent.
    total_messages: i64,
}

/// Who sent a message.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct SenderRow {
    /// The user.
    user_id: UserId,
    /// What is told of the sender, empty when nothing.
    #[serde(serialize_with = "text_or_empty")]
    #[schemars(with = "String")]
    user_info: Option<Arc<str>>,
}

pub(crate) struct ListLiveMessageGroupMessages;

impl Operation for ListLiveMessageGroupMessages {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec(
        "ListLiveMessageGroupMessages",
        "Lists the stored messages of a group.",
        "查询群组已存储的消息。",
        Level::List,
    )
    .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("PageSize", "10"), ("SortType", "1")])
    .notes(&[
        "Messages sent with NoStorage are not kept and do not show.",
        "The messages of a deleted group can be read for 30 days.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let group = known_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        let query = HistoryQuery {
            order: request.sort_type.into(),
            after: after(request.next_page_token).map(wire::count),
            skip: 0,
            kind: request.msg_type.map(Long::get),
            from: request.begin_time.map(|second| Millis::from_seconds(second.get())),
            // A second lasts until its last millisecond.
            until: request.end_time.map(|second| Millis::from_seconds(second.get()) + 999),
            limit: wire::length(wire::count(request.page_size)),
        };
        let found = call.state.muster.messages().history(&group, query).await?;
        let last = found.entries.last().filter(|_| found.more).map_or(0, |entry| entry.sequence);
        Ok(Response {
            group_id: request.group_id,
            next_page_token: wire::long(last),
            hasmore: found.more,
            message_list: found.entries.into_iter().filter_map(row).collect(),
        })
    }
}

/// A stored event as a row, if it is a message.
fn row(entry: Entry) -> Option<MessageRow> {
    let Event::Message(Message { id, kind, body, sender, at, total, .. }) = entry.event else { return None };
    Some(MessageRow {
        msg_tid: id,
        msg_type: kind,
        body,
        sender: SenderRow { user_id: sender.user, user_info: sender.info },
        seq_number: wire::long(entry.sequence),
        timestamp: at.seconds(),
        total_messages: wire::long(total.get()),
    })
}
