//! `MuteAllGroupUser`.

use muster_core::mute::MuteChange;

use super::{BroadCastType, Done, Envelope, audience, open_group, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// Who does it: the group's creator.
    operator_user_id: UserId,
    /// Who is told: 0 nobody (when not said), 1 the creator, 2 the whole group.
    #[schemars(extend("default" = 0))]
    broad_cast_type: Option<BroadCastType>,
}

pub(crate) struct MuteAllGroupUser;

impl Operation for MuteAllGroupUser {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Done>;
    const SPEC: Spec = spec("MuteAllGroupUser", "Mutes a whole group.", "对整个群组禁言。", Level::Get)
        .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("OperatorUserId", "{#UserId}")])
        .resources(&[wire::DOMAIN, wire::RTC])
        .notes(&[
            "What is told is the system's message 1004.",
            "It lasts until it is lifted. The group's creator talks all the same, and so does what the API sends.",
            "OperatorUserId must be the group's creator: another one answers NoAuth.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Done>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let by = request.operator_user_id;
        let change = MuteChange::MuteEverybody { sparing: None };
        let audience = audience(request.broad_cast_type);
        call.state.muster.mutes().change_as(&group, &by, change, audience).await?;
        Envelope::of(Done { success: true })
    }
}
