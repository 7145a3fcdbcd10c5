//! `DeleteLiveMessageGroup`.

use super::{open_app, spec};
use crate::prelude::*;

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
    const SPEC: Spec = spec("DeleteLiveMessageGroup", "Deletes a group.", "删除群组。", Level::Delete)
        .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}")])
        .notes(&[
            "Everybody in the group is told and out of it.",
            "Deleting a group that does not exist succeeds.",
            "A deleted group is listed, and its messages can be read, for 30 days.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let app = open_app(call, request.data_center, &request.app_id).await?;
        call.state.muster.groups().delete(&app, &request.group_id, request.operator_id).await?;
        Ok(Response { group_id: request.group_id })
    }
}
