//! `UnbanLiveMessageGroup`.

use muster_core::mute::MuteChange;

use super::{OfGroup, open_group, spec};
use crate::prelude::*;

#[derive(Serialize, JsonSchema)]
pub(crate) struct Response {}

pub(crate) struct UnbanLiveMessageGroup;

impl Operation for UnbanLiveMessageGroup {
    type Product = Live;
    type Request = OfGroup;
    type Response = Response;
    const SPEC: Spec = spec(
        "UnbanLiveMessageGroup",
        "Lifts the mute of a whole group.",
        "解除整个群组的禁言。",
        Level::Update,
    )
    .example(OfGroup::EXAMPLE)
    .quota(10)
    .notes(&[
        "Everybody in the group is told (`mutechange`), when something changes.",
        "Users who are muted one by one stay muted. Exemptions end.",
    ]);

    async fn call(call: &Call<'_>, request: OfGroup) -> Result<Response> {
        let group = open_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        let change = MuteChange::UnmuteEverybody;
        call.state.muster.mutes().change(&group, change).await?;
        Ok(Response {})
    }
}
