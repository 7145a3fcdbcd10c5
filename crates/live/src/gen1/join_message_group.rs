//! `JoinMessageGroup`.

use muster_core::service::Telling;

use super::{BroadCastType, Done, Envelope, audience, open_group, short::Short, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group, which must exist.
    group_id: GroupId,
    /// The user, at most 32 characters.
    user_id: Short<UserId, 32>,
    /// Who is told: 0 nobody (when not said), 1 the user, 2 the whole group.
    #[schemars(extend("default" = 0))]
    broad_cast_type: Option<BroadCastType>,
    /// Whether what is told carries the group's figures: joins, members, whether it is muted.
    #[serde(default)]
    broad_cast_statistics: bool,
}

pub(crate) struct JoinMessageGroup;

impl Operation for JoinMessageGroup {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Done>;
    const SPEC: Spec = spec(
        "JoinMessageGroup",
        "Makes a user a member of a group.",
        "将用户加入群组。",
        Level::Update,
    )
    .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("UserId", "{#UserId}")])
    .resources(&[wire::DOMAIN, wire::RTC])
    .quota(200)
    .notes(&[
        "The membership lasts until LeaveMessageGroup ends it, whether the user is connected or not.",
        "Joining twice changes nothing, and nobody is told of it.",
        "What is told is the system's message 1002, once and without an offset, to whoever is connected.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Done>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let audience = audience(request.broad_cast_type);
        let telling = Telling { audience, figures: request.broad_cast_statistics };
        call.state.muster.rosters().enrol(&group, &request.user_id.0, telling).await?;
        Envelope::of(Done { success: true })
    }
}
