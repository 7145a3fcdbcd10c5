//! `KickLiveMessageGroupUser`.

use super::{open_group, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// The user to be removed.
    kickoff_user: UserId,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Response {}

pub(crate) struct KickLiveMessageGroupUser;

impl Operation for KickLiveMessageGroupUser {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec =
        spec("KickLiveMessageGroupUser", "Removes a user from a group.", "将用户移出群组。", Level::None).example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("KickoffUser", "{#UserId}")]).notes(&[
            "The user and the others are told. Nothing keeps the user from joining again.",
            "A user who is not in the group answers ResourceNotExist; a kick that is sent again within ten minutes succeeds.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let group = open_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        call.state.muster.rosters().kick(&group, &request.kickoff_user).await?;
        Ok(Response {})
    }
}
