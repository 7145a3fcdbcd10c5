//! `JoinMessageGroup`.

use muster_core::id::{AppId, GroupId, GroupRef, UserId};
use muster_gateway::{Call, Failure, Level, Operation, Spec};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Answer, BroadCastType, Done, open_app, short::Short, spec};
use crate::{Live, Services, error::failure, wire};

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
    /// Whether what is told carries the group's figures. They are always carried.
    #[expect(
        dead_code,
        reason = "checked and documented, and without effect: notices always carry the figures"
    )]
    #[serde(default)]
    broad_cast_statistics: bool,
}

pub(crate) struct JoinMessageGroup;

impl Operation for JoinMessageGroup {
    type Product = Live;
    type Request = Request;
    type Response = Answer<Done>;
    const SPEC: Spec = spec("JoinMessageGroup", "Makes a user a member of a group.", Level::Update)
        .resources(&[wire::DOMAIN, wire::RTC])
        .quota(200)
        .notes(&[
            "The membership lasts until LeaveMessageGroup ends it, whether the user is connected or not.",
            "Joining twice changes nothing.",
        ]);

    async fn call(call: &Call<'_, Services>, request: Request) -> Result<Answer<Done>, Failure> {
        let app = open_app(call, &request.app_id).await?;
        let at = GroupRef::new(request.app_id, request.group_id);
        let announce = request.broad_cast_type == Some(BroadCastType::Group);
        call.state.muster.rolls().enrol(&app, &at, &request.user_id.0, announce).await.map_err(failure)?;
        Answer::of(Done { success: true })
    }
}
