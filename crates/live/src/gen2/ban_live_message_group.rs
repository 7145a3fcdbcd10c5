//! `BanLiveMessageGroup`.

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
    /// The users who may talk all the same, up to 30, in the place of those before. They stay when not said.
    except_users: Option<List<UserId, 0, 30>>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Response {}

pub(crate) struct BanLiveMessageGroup;

impl Operation for BanLiveMessageGroup {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec("BanLiveMessageGroup", "Mutes a whole group.", "对整个群组禁言。", Level::Update)
        .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("ExceptUsers", "{#UserId}")])
        .quota(10)
        .notes(&[
            "Everybody in the group is told (`mutechange`), when something changes.",
            "The group's creator and its administrators talk all the same, and so does what the API sends.",
            "A user named here who was muted alone is spared from then on, and is not muted alone any more.",
            "A group has at most 500 mutes and exemptions together, unless the operator of the server says otherwise.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let group = open_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        let change = MuteChange::MuteEverybody { sparing: request.except_users.map(List::into_vec) };
        call.state.muster.mutes().change(&group, change).await?;
        Ok(Response {})
    }
}
