//! `GetMessageGroup`.

use std::collections::BTreeMap;

use super::{Envelope, NORMAL, open_group, spec};
use crate::{prelude::*, wire::text_or_empty};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The group.
    group_id: GroupId,
    /// The application.
    app_id: AppId,
}

/// A group.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Details {
    /// When it was made, in seconds.
    create_time: i64,
    /// Who made it.
    #[serde(serialize_with = "text_or_empty")]
    #[schemars(with = "String")]
    creator_id: Option<UserId>,
    /// The caller's own fields.
    extension: BTreeMap<String, String>,
    /// The group.
    group_id: GroupId,
    /// Whether everybody in it is muted.
    is_mute_all: bool,
    /// 1: normal.
    status: i32,
}

pub(crate) struct GetMessageGroup;

impl Operation for GetMessageGroup {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Details>;
    const SPEC: Spec =
        spec("GetMessageGroup", "Tells everything about a group.", "查询群组的详细信息。", Level::Get)
            .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}")]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Details>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let mutes = call.state.muster.mutes().of(&group).await?;
        Envelope::of(Details {
            create_time: group.created_at.seconds(),
            creator_id: group.creator.clone(),
            extension: group.extension.clone(),
            group_id: request.group_id,
            is_mute_all: mutes.everybody,
            status: NORMAL,
        })
    }
}
