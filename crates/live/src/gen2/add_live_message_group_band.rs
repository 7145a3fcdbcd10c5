//! `AddLiveMessageGroupBand`.

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
    /// The users, 1 to 30. They need not be in the group.
    banned_users: List<UserId, 1, 30>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Response {}

pub(crate) struct AddLiveMessageGroupBand;

impl Operation for AddLiveMessageGroupBand {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec("AddLiveMessageGroupBand", "Mutes users of a group one by one.", "逐个禁言群组内的用户。", Level::Update)
        .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("BannedUsers", "{#UserId}")])
        .quota(10)
        .notes(&[
            "Everybody in the group is told (`mutechange`), when something changes.",
            "The group's creator and its administrators may be named, and talk all the same.",
            "A user who was spared by the mute of the whole group is spared no more.",
            "A group has at most 500 mutes and exemptions together, unless the operator of the server says otherwise.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let group = open_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        let change = MuteChange::Mute { users: request.banned_users.into_vec(), until: None };
        call.state.muster.mutes().change(&group, change).await?;
        Ok(Response {})
    }
}
