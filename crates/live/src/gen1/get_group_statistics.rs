//! `GetGroupStatistics`.

use super::{Envelope, open_group, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
}

/// A group's figures.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Figures {
    /// Likes since the group was made.
    like_count: i64,
    /// Members present.
    online_count: i64,
    /// Joins since the group was made.
    #[serde(rename = "PV")]
    views: i64,
    /// Different users among them.
    #[serde(rename = "UV")]
    visitors: i64,
}

pub(crate) struct GetGroupStatistics;

impl Operation for GetGroupStatistics {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Figures>;
    const SPEC: Spec = spec("GetGroupStatistics", "Tells a group's figures.", "查询群组的统计数据。", Level::Get)
        .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}")])
        .resources(&[wire::DOMAIN, wire::RTC])
        .notes(&[
            "The operation was public for some days of 2022; no page documents it.",
            "OnlineCount are the members, those who are not connected included: ListMessageGroupUser counts the same.",
            "UV counts every user who was ever a member once. Of joins before the version that began to count them, it knows \
             the members of then.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Figures>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let groups = call.state.muster.groups();
        // Before the joins, which are never fewer.
        let visitors = groups.visitors(&group).await?;
        let tally = groups.tally(&group).await?;
        Envelope::of(Figures {
            like_count: wire::long(tally.likes),
            online_count: wire::long(tally.online),
            views: wire::long(tally.views),
            visitors: wire::long(visitors),
        })
    }
}
