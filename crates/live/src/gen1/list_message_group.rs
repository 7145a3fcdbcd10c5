//! `ListMessageGroup`.

use std::collections::BTreeMap;

use muster_core::group::{Group, GroupFilter};

use super::{Envelope, NORMAL, PageNum, PageSize, Paging, SortType, open_app, order, spec};
use crate::{error::Error, prelude::*, wire::text_or_empty};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The user whose groups are listed; all groups of the application when not said.
    user_id: Option<UserId>,
    /// The application. Mandatory, though the documentation marks it optional.
    app_id: Option<AppId>,
    /// The order by time of creation: 0 ascending (when not said), 1 descending.
    #[schemars(extend("default" = 0))]
    sort_type: Option<SortType>,
    /// The page, from 1 to 100000.
    page_num: PageNum,
    /// Groups to a page, from 1 to 50.
    page_size: PageSize,
}

/// A page of groups.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Groups {
    /// The groups.
    group_list: Vec<GroupRow>,
    /// Whether there is a next page.
    has_more: bool,
    /// Groups on all pages.
    total: i32,
}

/// A group.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct GroupRow {
    /// The application.
    app_id: AppId,
    /// When the group was made, in seconds.
    create_time: i64,
    /// Who made it.
    #[serde(serialize_with = "text_or_empty")]
    #[schemars(with = "String")]
    creator_id: Option<UserId>,
    /// The caller's own fields.
    extension: BTreeMap<String, String>,
    /// The group.
    group_id: GroupId,
    /// 1: normal.
    status: i32,
}

impl From<Group> for GroupRow {
    fn from(group: Group) -> Self {
        Self {
            app_id: group.at.app,
            create_time: group.created_at.seconds(),
            creator_id: group.creator,
            extension: group.extension,
            group_id: group.at.group,
            status: NORMAL,
        }
    }
}

pub(crate) struct ListMessageGroup;

impl Operation for ListMessageGroup {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Groups>;
    const SPEC: Spec = spec("ListMessageGroup", "Lists groups by page.", "按页查询群组列表。", Level::Get).example(&[("AppId", "{#AppId}"), ("PageNum", "1"), ("PageSize", "20")]).notes(&[
        "With UserId, the groups that the user is a member of; without, all groups of the application.",
        "AppId is optional by its schema, but the query works only with it; without it the answer is MissingAppId.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Groups>> {
        let id = request.app_id.ok_or(Error::Missing("AppId"))?;
        let app = open_app(call, &id).await?;
        let (order, paging) = (order(request.sort_type), Paging::new(request.page_num, request.page_size));
        let groups = call.state.muster.groups();
        let page = match request.user_id {
            Some(user) => groups.list_of(&app, &user, order, paging.window).await,
            None => groups.list(&app, GroupFilter::Existing, order, paging.window).await,
        }?;
        Envelope::of(Groups {
            has_more: paging.has_more(page.entries.len(), page.total),
            total: wire::int(page.total),
            group_list: page.entries.into_iter().map(Into::into).collect(),
        })
    }
}
