//! `CheckLiveMessageUsersInGroup`.

use muster_gateway::parameter::List;

use super::{open_group, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// The users asked for, 1 to 10.
    user_ids: List<UserId, 1, 10>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// The users asked for, in their order.
    users: Vec<UserRow>,
}

/// A user asked for.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct UserRow {
    /// The user.
    user_id: UserId,
    /// Whether the user is in the group.
    online: bool,
}

pub(crate) struct CheckLiveMessageUsersInGroup;

impl Operation for CheckLiveMessageUsersInGroup {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec(
        "CheckLiveMessageUsersInGroup",
        "Tells which of some users are in a group.",
        "查询指定用户是否在群组内。",
        Level::None,
    )
    .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("UserIds", "{#UserId}")])
    .read_only()
    .notes(&["Works for super groups too."]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let group = open_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        let found = call.state.muster.rosters().find(&group, &request.user_ids).await?;
        let rows = request.user_ids.into_iter().zip(found);
        let users = rows.map(|(user_id, member)| UserRow { user_id, online: member.is_some() }).collect();
        Ok(Response { users })
    }
}
