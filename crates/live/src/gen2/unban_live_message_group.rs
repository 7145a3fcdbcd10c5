//! `UnbanLiveMessageGroup`.

use muster_core::mute::MuteChange;

use super::{open_group, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Response {}

pub(crate) struct UnbanLiveMessageGroup;

impl Operation for UnbanLiveMessageGroup {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec("UnbanLiveMessageGroup", "Lifts the mute of a whole group.", Level::Update)
        .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}")])
        .quota(10)
        .notes(&[
            "Everybody in the group is told (`mutechange`), when something changes.",
            "Users who are muted one by one stay muted. Exemptions end.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let group = open_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        let change = MuteChange::UnmuteEverybody;
        call.state.muster.mutes().change(&group, change).await?;
        Ok(Response {})
    }
}
