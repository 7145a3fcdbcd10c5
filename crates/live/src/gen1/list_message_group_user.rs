//! `ListMessageGroupUser`: the members of a group, by page.
//!
//! A page is found by rank: the last page of a large group costs what the first one costs.

use muster_core::roster::{Member, PageQuery};

use super::{Envelope, PageNum, PageSize, Paging, SortType, open_group, order, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// The order by time of joining: 0 ascending (when not said), 1 descending.
    #[schemars(extend("default" = 0))]
    sort_type: Option<SortType>,
    /// The page, from 1 to 100000, 1 when not said.
    #[schemars(extend("default" = 1))]
    page_num: Option<PageNum>,
    /// Members to a page, from 1 to 50, 20 when not said.
    #[schemars(extend("default" = 20))]
    page_size: Option<PageSize>,
}

/// A page of members.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Members {
    /// Whether there is a next page.
    has_more: bool,
    /// Members on all pages.
    total: i32,
    /// The members.
    user_list: Vec<MemberRow>,
}

/// A member.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct MemberRow {
    /// When the user joined, in milliseconds.
    join_time: i64,
    /// The user.
    user_id: UserId,
}

impl From<Member> for MemberRow {
    fn from(member: Member) -> Self {
        Self { join_time: member.joined_at.0, user_id: member.user }
    }
}

pub(crate) struct ListMessageGroupUser;

impl Operation for ListMessageGroupUser {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Members>;
    const SPEC: Spec = spec(
        "ListMessageGroupUser",
        "Lists the members of a group by page.",
        "按页查询群组的成员列表。",
        Level::Get,
    )
    .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}")])
    .notes(&["A page beyond the last one is empty."]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Members>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let paging = Paging::new(request.page_num, request.page_size);
        let query = PageQuery { order: order(request.sort_type), window: paging.window };
        let page = call.state.muster.rosters().page(&group, query).await?;
        Envelope::of(Members {
            has_more: paging.has_more(page.entries.len(), page.total),
            total: wire::int(page.total),
            user_list: page.entries.into_iter().map(Into::into).collect(),
        })
    }
}
