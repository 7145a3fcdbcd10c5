//! `ListMessage`.

use std::sync::Arc;

use muster_core::{
    id::MessageId,
    message::{Entry, Event, HistoryQuery, Message},
};
use muster_gateway::parameter::Int;

use super::{Envelope, PageNum, PageSize, Paging, SortType, open_group, order, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The group.
    group_id: GroupId,
    /// The application.
    app_id: AppId,
    /// Only messages of this type.
    r#type: Option<Int>,
    /// The order by time of sending: 0 ascending (when not said), 1 descending.
    #[schemars(extend("default" = 0))]
    sort_type: Option<SortType>,
    /// The page, from 1 to 100000.
    page_num: PageNum,
    /// Messages to a page, from 1 to 50.
    page_size: PageSize,
}

/// A page of messages.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Messages {
    /// Whether there is a next page.
    has_more: bool,
    /// The messages.
    message_list: Vec<MessageRow>,
}

/// A message.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct MessageRow {
    /// What it says.
    data: Arc<str>,
    /// The group.
    group_id: GroupId,
    /// Its id.
    message_id: MessageId,
    /// Who sent it.
    sender_id: UserId,
    /// Its type; the nearest number of 32 bits to what a client has said.
    r#type: i32,
}

pub(crate) struct ListMessage;

impl Operation for ListMessage {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Messages>;
    const SPEC: Spec = spec("ListMessage", "Lists the stored messages of a group by page.", "按页查询群组已存储的消息。", Level::Get)
        .example(&[
            ("AppId", "{#AppId}"),
            ("GroupId", "{#GroupId}"),
            ("PageNum", "1"),
            ("PageSize", "20"),
        ])
        .notes(&[
            "Messages to some users of the group alone, and messages that were taken back, are not listed.",
            "A page beyond the last one is empty. Pages move while messages are sent: those in ascending order do not.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Messages>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let window = Paging::new(request.page_num, request.page_size).window;
        let query = HistoryQuery {
            order: order(request.sort_type),
            after: None,
            skip: window.skip,
            kind: request.r#type.map(Int::get),
            from: None,
            until: None,
            limit: window.limit,
        };
        let found = call.state.muster.messages().history(&group, query).await?;
        let row = |entry| row(entry, &request.group_id);
        Envelope::of(Messages {
            has_more: found.more,
            message_list: found.entries.into_iter().filter_map(row).collect(),
        })
    }
}

/// A stored event as a row, if it is a message.
fn row(entry: Entry, group: &GroupId) -> Option<MessageRow> {
    let Event::Message(Message { id, kind, body, sender, .. }) = entry.event else { return None };
    Some(MessageRow {
        data: body,
        group_id: group.clone(),
        message_id: id,
        sender_id: sender.user,
        r#type: i32::try_from(kind).unwrap_or(if kind < 0 { i32::MIN } else { i32::MAX }),
    })
}
