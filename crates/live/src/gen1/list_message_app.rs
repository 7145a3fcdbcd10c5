//! `ListMessageApp`.

use super::{Envelope, PageNum, PageSize, Paging, SortType, app_row::AppRow, order, scope, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The order by time of creation: 0 ascending (when not said), 1 descending.
    #[schemars(extend("default" = 0))]
    sort_type: Option<SortType>,
    /// The page, from 1 to 100000.
    page_num: PageNum,
    /// Applications to a page, from 1 to 50.
    page_size: PageSize,
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
    total: i32,
}

pub(crate) struct ListMessageApp;

impl Operation for ListMessageApp {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Apps>;
    const SPEC: Spec = spec(
        "ListMessageApp",
        "Lists the account's applications by page.",
        "按页查询账号下的应用列表。",
        Level::Get,
    )
    .example(&[("PageNum", "1"), ("PageSize", "20")])
    .resources(&[wire::DOMAIN]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Apps>> {
        let account = wire::account(call)?;
        let paging = Paging::new(request.page_num, request.page_size);
        let apps = call.state.muster.apps();
        let page = apps.list(scope(&account), order(request.sort_type), paging.window).await?;
        Envelope::of(Apps {
            has_more: paging.has_more(page.entries.len(), page.total),
            total: wire::int(page.total),
            app_list: page.entries.into_iter().map(Into::into).collect(),
        })
    }
}
