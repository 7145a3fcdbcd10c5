//! `DeleteLiveMessageGroup`.

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
    /// Who deletes it; later told as `Deletor`.
    operator_id: Option<UserId>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// The group that is deleted, or was never there.
    group_id: GroupId,
}

pub(crate) struct DeleteLiveMessageGroup;

impl Operation for DeleteLiveMessageGroup {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec("DeleteLiveMessageGroup", "Deletes a group.", Level::Delete).notes(&[
        "Everybody in the group is told and out of it.",
        "Deleting a group that does not exist succeeds.",
        "A deleted group is listed, and its messages can be read, for 30 days.",
    ]);

    async fn call(call: &Call<'_, Services>, request: Request) -> Result<Response, Failure> {
        open_app(call, request.data_center, &request.app_id).await?;
        let at = GroupRef::new(request.app_id, request.group_id);
        call.state.muster.groups().delete(&at, request.operator_id).await.map_err(failure)?;
        Ok(Response { group_id: at.group })
    }
}
