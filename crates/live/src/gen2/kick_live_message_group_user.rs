//! `KickLiveMessageGroupUser`.

use muster_core::{
    app::DataCenter,
    id::{AppId, GroupId, GroupRef, UserId},
};
use muster_gateway::{Call, Failure, Level, Operation, Spec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{open_app, spec};
use crate::{Live, Services, error::failure};

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
        spec("KickLiveMessageGroupUser", "Removes a user from a group.", Level::None).notes(&[
            "The user and the others are told. Nothing keeps the user from joining again.",
            "A user who is not in the group answers ResourceNotExist; a kick that is sent again within ten minutes succeeds.",
        ]);

    async fn call(call: &Call<'_, Services>, request: Request) -> Result<Response, Failure> {
        open_app(call, request.data_center, &request.app_id).await?;
        let at = GroupRef::new(request.app_id, request.group_id);
        call.state.muster.rolls().kick(&at, &request.kickoff_user).await.map_err(failure)?;
        Ok(Response {})
    }
}
