//! `CancelMuteGroupUser`.

use muster_core::mute::MuteChange;
use muster_gateway::parameter::List;

use super::{BroadCastType, Done, Envelope, audience, open_group, operator, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// The users, 1 to 200.
    cancel_mute_user_list: List<UserId, 1, 200>,
    /// Who does it: the group's creator. Must be said.
    operator_user_id: Option<UserId>,
    /// Who is told: 0 nobody (when not said), 1 the users, 2 the whole group.
    #[schemars(extend("default" = 0))]
    broad_cast_type: Option<BroadCastType>,
}

pub(crate) struct CancelMuteGroupUser;

impl Operation for CancelMuteGroupUser {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Done>;
    const SPEC: Spec = spec(
        "CancelMuteGroupUser",
        "Lifts the mutes of members of a group.",
        "解除群组成员的禁言。",
        Level::Get,
    )
    .example(&[
        ("AppId", "{#AppId}"),
        ("GroupId", "{#GroupId}"),
        ("CancelMuteUserList", "{#UserId}"),
        ("OperatorUserId", "{#UserId}"),
    ])
    .resources(&[wire::DOMAIN, wire::RTC])
    .notes(&[
        "What is told is the system's message 1007, one for each user.",
        "OperatorUserId must be the group's creator: another one answers NoAuth, none MissingOperatorUserId.",
        "Lifting a mute that is not there succeeds, and nobody is told. A mute of the whole group stays.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Done>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let by = operator(request.operator_user_id)?;
        let change = MuteChange::Unmute { users: request.cancel_mute_user_list.into_vec() };
        let audience = audience(request.broad_cast_type);
        call.state.muster.mutes().change_as(&group, &by, change, audience).await?;
        Envelope::of(Done { success: true })
    }
}
