//! `BatchGetOnlineUsers`.

use muster_gateway::parameter::List;

use super::{Envelope, open_group, spec};
use crate::{
    error::{Code, documented},
    prelude::*,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// The users asked for, 1 to 20, joined by commas.
    user_ids: List<UserId, 1, 20>,
}

/// What was asked for.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Found {
    /// The users asked for, in their order.
    online_users: Vec<UserRow>,
}

/// A user asked for.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct UserRow {
    /// When the user joined the group, in milliseconds; 0 for a user who is not in it.
    join_time: i64,
    /// Whether the user is connected and in the group.
    online: bool,
    /// The user.
    user_id: UserId,
}

pub(crate) struct BatchGetOnlineUsers;

impl Operation for BatchGetOnlineUsers {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Found>;
    const SPEC: Spec = spec(
        "BatchGetOnlineUsers",
        "Tells which of some users are online in a group.",
        "查询指定用户是否在群组内在线。",
        Level::Get,
    )
    .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("UserIds", "{#UserId}")])
    .resources(&[wire::DOMAIN, wire::RTC])
    .errors(&documented([
        Code::InputInvalid,
        Code::Forbidden,
        Code::NoAuth,
        Code::ResourceNotExist,
        Code::ServerError,
    ]))
    .notes(&["A member who is not connected is told with Online false and the time of joining."]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Found>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let found = call.state.muster.rosters().find(&group, &request.user_ids).await?;
        let rows = request.user_ids.into_iter().zip(found).map(|(user_id, member)| UserRow {
            join_time: member.as_ref().map_or(0, |member| member.joined_at.0),
            online: member.is_some_and(|member| member.connected),
            user_id,
        });
        Envelope::of(Found { online_users: rows.collect() })
    }
}
