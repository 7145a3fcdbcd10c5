//! `CancelMuteAllGroupUser`.

use muster_core::mute::MuteChange;

use super::{BroadCastType, Done, Envelope, audience, open_group, operator, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// Who does it: the group's creator. Must be said.
    operator_user_id: Option<UserId>,
    /// Who is told: 0 nobody (when not said), 1 the creator, 2 the whole group.
    #[schemars(extend("default" = 0))]
    broad_cast_type: Option<BroadCastType>,
}

pub(crate) struct CancelMuteAllGroupUser;

impl Operation for CancelMuteAllGroupUser {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Done>;
    const SPEC: Spec = spec(
        "CancelMuteAllGroupUser",
        "Lifts the mute of a whole group.",
        "解除整个群组的禁言。",
        Level::None,
    )
    .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("OperatorUserId", "{#UserId}")])
    .resources(&[wire::DOMAIN, wire::RTC])
    .notes(&[
        "What is told is the system's message 1005.",
        "OperatorUserId must be the group's creator: another one answers NoAuth, none MissingOperatorUserId.",
        "Members who are muted one by one stay muted.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Done>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let by = operator(request.operator_user_id)?;
        let change = MuteChange::UnmuteEverybody;
        let audience = audience(request.broad_cast_type);
        call.state.muster.mutes().change_as(&group, &by, change, audience).await?;
        Envelope::of(Done { success: true })
    }
}
