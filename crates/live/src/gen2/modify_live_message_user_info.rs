//! `ModifyLiveMessageUserInfo`.

use muster_gateway::parameter::ByteText;

use super::{open_app, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The user.
    user_id: UserId,
    /// What is told of the user from now on, at most 512 bytes; nothing when it is empty or not said.
    user_meta_info: Option<ByteText<0, 512>>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// The groups where it was changed.
    success_list: Vec<Changed>,
    /// The groups where it could not be changed.
    fail_list: Vec<Unchanged>,
}

/// A group where it was changed.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct Changed {
    /// The group.
    group_id: GroupId,
    /// Always true.
    success: bool,
}

/// A group where it could not be changed: published, and never answered, for all groups are changed or none.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct Unchanged {
    /// Why, as a number.
    code: i32,
    /// The group.
    group_id: GroupId,
    /// Why, in words.
    reason: String,
    /// Always false.
    success: bool,
}

pub(crate) struct ModifyLiveMessageUserInfo;

impl Operation for ModifyLiveMessageUserInfo {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec(
        "ModifyLiveMessageUserInfo",
        "Changes what is told of a user in all groups that the user is in.", "修改用户在其所在全部群组中展示的信息。",
        Level::Update,
    )
    .resources(&["*"])
    .example(&[("AppId", "{#AppId}"), ("UserId", "{#UserId}"), ("UserMetaInfo", "new")])
    .notes(&[
        "Lists of the groups' users show it, and so does what the user says in the groups from then on.",
        "All groups are changed or none, so FailList is empty. A user who is in no group succeeds with two empty lists.",
        "It holds for the memberships of now: whoever joins a group later, or leaves and comes back, tells there what the \
         login says.",
        "A super group whose list is not shown is changed too; over several nodes SuccessList names it only when the \
         node that was asked counts the user.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let app = open_app(call, request.data_center, &request.app_id).await?;
        let info = request.user_meta_info.as_deref().filter(|text| !text.is_empty()).map(Into::into);
        let groups = call.state.muster.rosters().put_user_info(&app, &request.user_id, info).await?;
        let changed = |group_id| Changed { group_id, success: true };
        Ok(Response { success_list: groups.into_iter().map(changed).collect(), fail_list: Vec::new() })
    }
}
