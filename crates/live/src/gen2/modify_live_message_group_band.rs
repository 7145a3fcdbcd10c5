//! `ModifyLiveMessageGroupBand`.

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
    /// Whether the whole group is muted. Stays as it is when not said.
    banned_all: Option<bool>,
    /// The users who are muted one by one, up to 30, in the place of those before. They stay when not said.
    #[serde(rename = "BannnedUsers")]
    bannned_users: Option<List<UserId, 0, 30>>,
    /// The users who may talk while the whole group is muted, up to 30, in the place of those before. They stay when not
    /// said.
    except_users: Option<List<UserId, 0, 30>>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Response {}

pub(crate) struct ModifyLiveMessageGroupBand;

impl Operation for ModifyLiveMessageGroupBand {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec(
        "ModifyLiveMessageGroupBand",
        "Sets who may talk in a group, in one call.",
        "一次设定群组内谁可以发言。",
        Level::Update,
    )
    .example(&[
        ("AppId", "{#AppId}"),
        ("GroupId", "{#GroupId}"),
        ("BannedAll", "true"),
        ("BannnedUsers", "{#UserId}"),
    ])
    .quota(10)
    .notes(&[
        "Everybody in the group is told (`mutechange`), when something changes.",
        "What is named is replaced, what is not named stays. A user in both lists is muted.",
        "`BannedAll=false` without `ExceptUsers` ends all exemptions, as UnbanLiveMessageGroup does.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let group = open_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        let change = MuteChange::Set {
            everybody: request.banned_all,
            muted: request.bannned_users.map(List::into_vec),
            spared: request.except_users.map(List::into_vec),
        };
        call.state.muster.mutes().change(&group, change).await?;
        Ok(Response {})
    }
}
