//! `CloseMessageGroup`.

use super::{Done, Envelope, open_app, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
}

pub(crate) struct CloseMessageGroup;

impl Operation for CloseMessageGroup {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Done>;
    const SPEC: Spec = spec("CloseMessageGroup", "Closes a group.", "关闭群组。", Level::Delete)
        .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}")])
        .resources(&[wire::DOMAIN, wire::RTC])
        .notes(&[
            "The operation was public for two months of 2022; no page documents it.",
            "Everybody in the group is told and out of it, and from then on the group is not found.",
            "Closing a group again succeeds.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Done>> {
        let app = open_app(call, &request.app_id).await?;
        let groups = call.state.muster.groups();
        let group = groups.describe(&app, &request.group_id).await?;
        groups.delete(&app, &group.at.group, None).await?;
        Envelope::of(Done { success: true })
    }
}
