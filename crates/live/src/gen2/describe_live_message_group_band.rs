//! `DescribeLiveMessageGroupBand`.

use super::{OfGroup, open_group, spec};
use crate::prelude::*;

/// Who may talk in a group.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// The group.
    group_id: GroupId,
    /// The users who are muted one by one.
    banned_user_list: Vec<UserId>,
    /// The users who may talk while the whole group is muted.
    unbanned_user_list: Vec<UserId>,
    /// Whether the whole group is muted.
    #[serde(rename = "IsbannedAll")]
    is_banned_all: bool,
}

pub(crate) struct DescribeLiveMessageGroupBand;

impl Operation for DescribeLiveMessageGroupBand {
    type Product = Live;
    type Request = OfGroup;
    type Response = Response;
    const SPEC: Spec = spec(
        "DescribeLiveMessageGroupBand",
        "Tells who may talk in a group.",
        "查询群组内谁可以发言。",
        Level::Get,
    )
    .example(OfGroup::EXAMPLE)
    .notes(&["Both lists are in the order of the users' ids."]);

    async fn call(call: &Call<'_>, request: OfGroup) -> Result<Response> {
        let group = open_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        let muster = &call.state.muster;
        let (mutes, now) = (muster.mutes().of(&group).await?, muster.now());
        Ok(Response {
            group_id: request.group_id,
            banned_user_list: mutes.muted(now).cloned().collect(),
            unbanned_user_list: mutes.spared(now).cloned().collect(),
            is_banned_all: mutes.everybody,
        })
    }
}
