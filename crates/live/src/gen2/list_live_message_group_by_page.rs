//! `ListLiveMessageGroupByPage`.

use muster_core::group::Window;
use muster_gateway::parameter::Int;

use super::{GroupStatus, SortType, group_row::GroupRow, open_app, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The order by time of creation: 1 ascending, 2 descending.
    sort_type: SortType,
    /// The page, from 1 to 10000, 1 when not said.
    #[schemars(extend("default" = 1))]
    page_number: Option<Int<1, 10_000>>,
    /// Groups to a page, from 1 to 50, 20 when not said.
    #[schemars(extend("default" = 20))]
    page_size: Option<Int<1, 50>>,
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
    /// Groups on all pages.
    total_count: i32,
    /// The page.
    page_number: i32,
    /// Groups to a page.
    page_size: i32,
    /// The groups.
    group_list: Vec<GroupRow>,
}

pub(crate) struct ListLiveMessageGroupByPage;

impl Operation for ListLiveMessageGroupByPage {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec(
        "ListLiveMessageGroupByPage",
        "Lists the groups of an application by page.",
        "按页码翻页，查询应用的群组列表。",
        Level::List,
    )
    .example(&[("AppId", "{#AppId}"), ("SortType", "1")])
    .methods(&["GET"]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let app = open_app(call, request.data_center, &request.app_id).await?;
        let number = request.page_number.map_or(1, wire::count);
        let size = request.page_size.map_or(20, wire::count);
        let filter = request.group_status.map(Into::into).unwrap_or_default();
        let (order, window) = (request.sort_type.into(), Window::page(number, wire::length(size)));
        let page = call.state.muster.groups().list(&app, filter, order, window).await?;
        Ok(Response {
            total_count: wire::int(page.total),
            page_number: wire::int(number),
            page_size: wire::int(size),
            group_list: page.entries.into_iter().map(Into::into).collect(),
        })
    }
}
