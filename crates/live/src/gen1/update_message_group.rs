//! `UpdateMessageGroup`.

use muster_core::group::GroupChange;
use muster_gateway::parameter::StringMap;

use super::{Done, Envelope, open_group, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The group.
    group_id: GroupId,
    /// The application.
    app_id: AppId,
    /// The caller's own fields, which take the place of those there are; not said, they stay.
    extension: Option<StringMap>,
}

pub(crate) struct UpdateMessageGroup;

impl Operation for UpdateMessageGroup {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Done>;
    const SPEC: Spec = spec(
        "UpdateMessageGroup",
        "Changes the caller's fields of a group.",
        "修改群组的自定义字段。",
        Level::Update,
    )
    .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("Extension", "{\"room\":\"blue\"}")])
    .resources(&[wire::DOMAIN, wire::RTC])
    .notes(&["The map replaces the whole map; nothing is merged. Nobody is told."]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Done>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let change = GroupChange { extension: request.extension.map(|map| map.0), ..GroupChange::default() };
        call.state.muster.groups().modify(&group, change).await?;
        Envelope::of(Done { success: true })
    }
}
