//! `LeaveMessageGroup`.

use muster_core::service::Telling;

use super::{BroadCastType, Done, Envelope, audience, open_group, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// The user.
    user_id: UserId,
    /// Who is told: 0 nobody (when not said), 1 the user, 2 the whole group.
    #[schemars(extend("default" = 0))]
    broad_cast_type: Option<BroadCastType>,
    /// Whether what is told carries the group's figures: joins, members, whether it is muted.
    #[serde(default)]
    broad_cast_statistics: bool,
}

pub(crate) struct LeaveMessageGroup;

impl Operation for LeaveMessageGroup {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Done>;
    const SPEC: Spec = spec("LeaveMessageGroup", "Ends a user's membership of a group.", "使用户退出群组。", Level::Update)
        .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("UserId", "{#UserId}")])
        .resources(&[wire::DOMAIN, wire::RTC])
        .notes(&[
            "Taking out a user who is not in the group succeeds.",
            "What is told is the system's message 1003, once and without an offset, to whoever is connected; to the user before the subscription ends.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Done>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let audience = audience(request.broad_cast_type);
        let telling = Telling { audience, figures: request.broad_cast_statistics };
        call.state.muster.rosters().release(&group, &request.user_id, telling).await?;
        Envelope::of(Done { success: true })
    }
}
