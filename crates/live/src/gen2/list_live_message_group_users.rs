//! `ListLiveMessageGroupUsers`: the users in a group.
//!
//! The token is the join number of the last user told. Join numbers rise with each join and are never used again, so
//! a walk neither repeats nor skips a user who stays throughout, whoever joins or leaves meanwhile, and every page
//! costs the same.

use std::sync::Arc;

use muster_core::roster::{Member, WalkQuery};
use muster_gateway::parameter::Int;

use super::{SortType, after, open_group, spec};
use crate::{
    error::{Code, documented},
    prelude::*,
    wire::text_or_empty,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// Users to a page, from 10 to 50.
    page_size: Int<10, 50>,
    /// The order by time of joining: 1 ascending, 2 descending.
    sort_type: SortType,
    /// Where to go on; empty for the first page.
    next_page_token: Option<super::Token>,
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
    /// The users.
    user_list: Vec<UserRow>,
}

/// A user in the group.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct UserRow {
    /// The user.
    user_id: UserId,
    /// What the user said of itself at logon, or `ModifyLiveMessageUserInfo` has put in its place; empty when nothing.
    #[serde(serialize_with = "text_or_empty")]
    #[schemars(with = "String")]
    user_info: Option<Arc<str>>,
}

impl From<Member> for UserRow {
    fn from(member: Member) -> Self {
        Self { user_id: member.user, user_info: member.info }
    }
}

pub(crate) struct ListLiveMessageGroupUsers;

impl Operation for ListLiveMessageGroupUsers {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec("ListLiveMessageGroupUsers", "Lists the users in a group.", "查询群组内的用户列表。", Level::List).example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("PageSize", "10"), ("SortType", "1")])
        .errors(&documented([Code::InputInvalid, Code::NoAuth, Code::ResourceNotExist, Code::SuperLargeGroup, Code::ServerError]))
        .notes(&[
            "A group with more than 2,000 users becomes a super group: its list cannot be read until all users have \
             left it. The operator can have super groups listed all the same.",
            "A walk by token neither repeats nor skips a user who stays throughout.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let group = open_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        let query = WalkQuery {
            order: request.sort_type.into(),
            after: after(request.next_page_token).map(wire::count),
            limit: wire::length(wire::count(request.page_size)),
        };
        let found = call.state.muster.rosters().walk(&group, query).await?;
        let last = found.entries.last().filter(|_| found.more).map_or(0, |member| member.number);
        Ok(Response {
            group_id: request.group_id,
            next_page_token: wire::long(last),
            hasmore: found.more,
            user_list: found.entries.into_iter().map(Into::into).collect(),
        })
    }
}
