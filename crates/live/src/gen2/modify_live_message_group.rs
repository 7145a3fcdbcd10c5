//! `ModifyLiveMessageGroup`.

use muster_core::group::{GroupChange, MAX_ADMINS};
use muster_gateway::parameter::{ByteText, List};

use super::{open_group, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// Whether `AdminList` takes the place of the administrators there are.
    #[serde(default)]
    modify_admin: bool,
    /// At most 3 users with the creator's rights; none when empty.
    admin_list: Option<List<UserId, 0, MAX_ADMINS>>,
    /// Whether `GroupInfo` takes the place of the text there is.
    #[serde(default)]
    modify_info: bool,
    /// A text about the group, at most 32 KB; none when empty.
    group_info: Option<ByteText<0, 32_768>>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

/// Nothing but that it is done.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Response {}

pub(crate) struct ModifyLiveMessageGroup;

impl Operation for ModifyLiveMessageGroup {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec(
        "ModifyLiveMessageGroup",
        "Changes a group's administrators or text.",
        "修改群组的管理员或扩展信息。",
        Level::Update,
    )
    .example(&[
        ("AppId", "{#AppId}"),
        ("GroupId", "{#GroupId}"),
        ("ModifyInfo", "true"),
        ("GroupInfo", "open until six"),
    ])
    .notes(&[
        "A value counts only when its flag is true; then an empty one clears what was there.",
        "Everybody in the group is told what it is now (event infochange), unless nothing changed.",
        "The name and the creator cannot be changed.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let group = open_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        let admins = request.admin_list.map(List::into_vec).unwrap_or_default();
        let info = request.group_info.map(ByteText::into_string).unwrap_or_default();
        let change = GroupChange {
            admins: request.modify_admin.then_some(admins),
            info: request.modify_info.then_some(info),
            extension: None,
        };
        call.state.muster.groups().modify(&group, change).await?;
        Ok(Response {})
    }
}
