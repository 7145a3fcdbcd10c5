//! `RemoveLiveMessageGroupBand`.

use muster_core::mute::MuteChange;
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
    /// The users, 1 to 30.
    unbanned_users: List<UserId, 1, 30>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Response {}

pub(crate) struct RemoveLiveMessageGroupBand;

impl Operation for RemoveLiveMessageGroupBand {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec(
        "RemoveLiveMessageGroupBand",
        "Lifts the mutes of users of a group.",
        "解除群组内用户的禁言。",
        Level::Update,
    )
    .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("UnbannedUsers", "{#UserId}")])
    .quota(10)
    .notes(&[
        "Everybody in the group is told (`mutechange`), when something changes.",
        "Lifting a mute that is not there succeeds. A mute of the whole group stays.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let group = open_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        let change = MuteChange::Unmute { users: request.unbanned_users.into_vec() };
        call.state.muster.mutes().change(&group, change).await?;
        Ok(Response {})
    }
}
