//! `CreateMessageGroup`.

use std::collections::BTreeMap;

use muster_core::service::NewGroup;
use muster_gateway::parameter::StringMap;

use super::{Envelope, open_app, short::Short, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// Who makes the group, at most 36 characters.
    creator_id: Short<UserId, 36>,
    /// The caller's own fields, texts by name; the server keeps them and does not read them.
    extension: Option<StringMap>,
}

/// The group.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Made {
    /// The caller's own fields.
    extension: BTreeMap<String, String>,
    /// The group, an id made by the server.
    group_id: GroupId,
}

pub(crate) struct CreateMessageGroup;

impl Operation for CreateMessageGroup {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Made>;
    const SPEC: Spec = spec("CreateMessageGroup", "Makes a group.", "创建群组。", Level::Create)
        .example(&[("AppId", "{#AppId}"), ("CreatorId", "carl")]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Made>> {
        let app = open_app(call, &request.app_id).await?;
        let new = NewGroup {
            creator: Some(request.creator_id.0),
            extension: request.extension.unwrap_or_default().0,
            ..NewGroup::default()
        };
        let group = call.state.muster.groups().create(&app, new).await?.group;
        Envelope::of(Made { extension: group.extension, group_id: group.at.group })
    }
}
