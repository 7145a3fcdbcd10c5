//! `ListMuteGroupUser`.

use super::{Envelope, PageNum, PageSize, Paging, open_group, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// The page, from 1 to 100000.
    page_num: PageNum,
    /// Users to a page, from 1 to 50.
    page_size: PageSize,
    /// Who asks: the group's creator, if said.
    operator_user_id: Option<UserId>,
}

/// A page of muted users.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Muted {
    /// Whether there is a next page.
    has_more: bool,
    /// Users on all pages.
    total: i32,
    /// The users.
    user_list: Vec<UserRow>,
}

/// A muted user.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct UserRow {
    /// The user.
    user_id: UserId,
}

pub(crate) struct ListMuteGroupUser;

impl Operation for ListMuteGroupUser {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Muted>;
    const SPEC: Spec = spec("ListMuteGroupUser", "Lists the members of a group who are muted one by one.", "查询群组内被逐个禁言的成员。", Level::Get)
        .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("PageNum", "1"), ("PageSize", "20")])
        .resources(&[wire::DOMAIN, wire::RTC])
        .notes(&[
            "The users are in the order of their ids. A mute whose time has passed is not listed; a mute of the whole group lists nobody.",
            "An OperatorUserId that is not the group's creator answers NoAuth.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Muted>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let muster = &call.state.muster;
        let muted = muster.mutes().list_as(&group, request.operator_user_id.as_ref()).await?;
        let paging = Paging::new(request.page_num, request.page_size);
        let shown = paging.part(&muted);
        Envelope::of(Muted {
            has_more: paging.has_more(shown.len(), muted.len() as u64),
            total: wire::int(muted.len() as u64),
            user_list: shown.iter().map(|user| UserRow { user_id: user.clone() }).collect(),
        })
    }
}
