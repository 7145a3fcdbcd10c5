//! `CreateLiveMessageGroup`.

use muster_core::{group::MAX_ADMINS, service::NewGroup};
use muster_gateway::parameter::{ByteText, List};

use super::{open_app, spec};
use crate::{
    error::{Code, documented},
    prelude::*,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group's id, chosen by the caller and unique in the application, at most 64 bytes.
    group_id: GroupId,
    /// Its name, at most 128 bytes.
    group_name: Option<ByteText<0, 128>>,
    /// A text about it, at most 32 KB.
    group_info: Option<ByteText<0, 32_768>>,
    /// At most 3 users with the creator's rights.
    administrators: Option<List<UserId, 0, MAX_ADMINS>>,
    /// Who makes the group.
    creator_id: Option<UserId>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// The group.
    group_id: GroupId,
    /// Whether a group of this id was there already.
    already_exists: bool,
    /// Whether that group was deleted: its id cannot be used again.
    already_delete: bool,
}

pub(crate) struct CreateLiveMessageGroup;

impl Operation for CreateLiveMessageGroup {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = spec("CreateLiveMessageGroup", "Makes a group.", "创建群组。", Level::Create).example(&[("AppId", "{#AppId}"), ("GroupId", "visitors"), ("GroupName", "Visitors"), ("CreatorId", "carl")])
        .errors(&documented([Code::InputInvalid, Code::ErrorTooManyGroups, Code::NoAuth, Code::ResourceNotExist, Code::ServerError]))
        .notes(&[
            "Making a group that is there already changes nothing, and succeeds with AlreadyExists true; if it was \
             deleted, AlreadyDelete is true as well, and the id is not usable.",
            "An application has at most 5,000 existing groups; deleted ones do not count.",
            "A group stays until it is deleted, whether anybody is in it or not.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let app = open_app(call, request.data_center, &request.app_id).await?;
        let new = NewGroup {
            id: Some(request.group_id),
            creator: request.creator_id,
            admins: request.administrators.map(List::into_vec).unwrap_or_default(),
            name: request.group_name.map(ByteText::into_string),
            info: request.group_info.map(ByteText::into_string),
            ..NewGroup::default()
        };
        let made = call.state.muster.groups().create(&app, new).await?;
        Ok(Response {
            already_exists: made.existed,
            already_delete: made.group.deletion.is_some(),
            group_id: made.group.at.group,
        })
    }
}
