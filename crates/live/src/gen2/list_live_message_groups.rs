//! `ListLiveMessageGroups`.

use super::{GroupStatus, SortType, after, group_row::GroupRow, open_app, spec};
use crate::prelude::*;

/// Groups to a page. The documentation names no number.
const PAGE: usize = 100;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The order by time of creation: 1 ascending, 2 descending.
    sort_type: SortType,
    /// Where to go on; empty or -1 for the first page.
    next_page_token: Option<super::Token>,
    /// Which groups: 0 all (when not said), 1 existing, 2 deleted.
    #[schemars(extend("default" = 0))]
    group_status: Option<GroupStatus>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// Whether there are more.
    hasmore: bool,
    /// Where to go on, as a text, only when there are more.
    #[serde(rename = "NextpageToken", skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// The groups.
    group_list: Vec<GroupRow>,
}

pub(crate) struct ListLiveMessageGroups;

impl Operation for ListLiveMessageGroups {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec(
        "ListLiveMessageGroups",
        "Lists the groups of an application by token.",
        "按令牌翻页，查询应用的群组列表。",
        Level::List,
    )
    .example(&[("AppId", "{#AppId}"), ("SortType", "1")])
    .notes(&[
        "A page holds at most 100 groups.",
        "The token goes in as the integer NextPageToken and comes out as the text NextpageToken.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let app = open_app(call, request.data_center, &request.app_id).await?;
        let filter = request.group_status.map(Into::into).unwrap_or_default();
        let (order, after) = (request.sort_type.into(), after(request.next_page_token));
        let groups = call.state.muster.groups();
        let found = groups.walk(&app, filter, order, after, PAGE).await?;
        let last = found.entries.last().filter(|_| found.more).map(|group| group.number.to_string());
        Ok(Response {
            hasmore: found.more,
            next_page_token: last,
            group_list: found.entries.into_iter().map(Into::into).collect(),
        })
    }
}
