//! `MuteGroupUser`.

use muster_core::mute::MuteChange;
use muster_gateway::parameter::{Int, List};

use super::{BroadCastType, Done, Envelope, audience, open_group, operator, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// The users, 1 to 200. They need not be in the group.
    mute_user_list: List<UserId, 1, 200>,
    /// For how many seconds, up to ten years. A day when not said or 0.
    #[schemars(extend("default" = 86_400))]
    mute_time: Option<Int<0, 315_360_000>>,
    /// Who does it: the group's creator. Must be said.
    operator_user_id: Option<UserId>,
    /// Who is told: 0 nobody (when not said), 1 the users, 2 the whole group.
    #[schemars(extend("default" = 0))]
    broad_cast_type: Option<BroadCastType>,
}

pub(crate) struct MuteGroupUser;

impl Operation for MuteGroupUser {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Done>;
    const SPEC: Spec = spec("MuteGroupUser", "Mutes members of a group for a time.", "将群组成员禁言一段时间。", Level::Get)
        .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("MuteUserList", "{#UserId}"), ("OperatorUserId", "{#UserId}")])
        .resources(&[wire::DOMAIN, wire::RTC])
        .notes(&[
            "What is told is the system's message 1006, one for each user.",
            "OperatorUserId must be the group's creator: another one answers NoAuth, none MissingOperatorUserId.",
            "A mute of a user who is muted already takes the place of the one before.",
            "A group has at most 500 mutes and exemptions together, unless the operator of the server says otherwise.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Done>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let by = operator(request.operator_user_id)?;
        let seconds = request.mute_time.map_or(0, |seconds| wire::seconds(seconds.get()));
        let until = Some(call.state.muster.mutes().ends(seconds));
        let change = MuteChange::Mute { users: request.mute_user_list.into_vec(), until };
        let audience = audience(request.broad_cast_type);
        call.state.muster.mutes().change_as(&group, &by, change, audience).await?;
        Envelope::of(Done { success: true })
    }
}
