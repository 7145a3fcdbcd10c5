//! `QueryMessageApp`.

use muster_core::service::AppSearch;

use super::{Envelope, PageNum, PageSize, Paging, SortType, app_row::AppRow, order, scope, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application that is looked for.
    app_id: Option<AppId>,
    /// The whole name of the applications that are looked for.
    app_name: Option<String>,
    /// The order by time of creation: 0 ascending (when not said), 1 descending.
    #[schemars(extend("default" = 0))]
    sort_type: Option<SortType>,
    /// The page, from 1 to 100000, 1 when not said.
    #[schemars(extend("default" = 1))]
    page_num: Option<PageNum>,
    /// Applications to a page, from 1 to 50, 20 when not said.
    #[schemars(extend("default" = 20))]
    page_size: Option<PageSize>,
}

/// A page of applications.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Apps {
    /// The applications.
    app_list: Vec<AppRow>,
    /// Whether there is a next page.
    has_more: bool,
    /// Applications on all pages.
    total_count: i32,
}

pub(crate) struct QueryMessageApp;

impl Operation for QueryMessageApp {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Vec<Apps>>;
    const SPEC: Spec = spec(
        "QueryMessageApp",
        "Finds applications by id or name.",
        "按 ID 或名称查找应用。",
        Level::Get,
    )
    .example(&[("AppName", "shop")])
    .resources(&[wire::DOMAIN])
    .notes(&[
        "The result is a list of one page.",
        "A name is found whole and as it is written. With neither id nor name all applications are found.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Vec<Apps>>> {
        let account = wire::account(call)?;
        let paging = Paging::new(request.page_num, request.page_size);
        let search = AppSearch { id: request.app_id, name: request.app_name };
        let apps = call.state.muster.apps();
        let page = apps.find(scope(&account), search, order(request.sort_type), paging.window).await?;
        Envelope::of(vec![Apps {
            has_more: paging.has_more(page.entries.len(), page.total),
            total_count: wire::int(page.total),
            app_list: page.entries.into_iter().map(Into::into).collect(),
        }])
    }
}
