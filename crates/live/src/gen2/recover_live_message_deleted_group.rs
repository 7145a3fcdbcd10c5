//! `RecoverLiveMessageDeletedGroup`.

use super::{OfGroup, open_app, spec};
use crate::{
    error::{Code, documented},
    prelude::*,
};

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// The group.
    group_id: GroupId,
}

pub(crate) struct RecoverLiveMessageDeletedGroup;

impl Operation for RecoverLiveMessageDeletedGroup {
    type Product = Live;
    type Request = OfGroup;
    type Response = Response;
    const SPEC: Spec = spec("RecoverLiveMessageDeletedGroup", "Makes a deleted group exist again.", "恢复已删除的群组。", Level::Update)
        .example(OfGroup::EXAMPLE)
        .errors(&documented([
            Code::InputInvalid,
            Code::ErrorTooManyGroups,
            Code::NoAuth,
            Code::ResourceNotExist,
            Code::ServerError,
        ]))
        .notes(&[
            "Within 30 days of the deletion; later the group is gone, and the answer is ResourceNotExist.",
            "The group's messages can be read as before, and its counts and the numbers of its messages go on. Nobody is \
             in it: who was has to join again.",
            "Recovering a group that is not deleted changes nothing, and succeeds.",
            "It counts among the application's 5,000 existing groups again.",
        ]);

    async fn call(call: &Call<'_>, request: OfGroup) -> Result<Response> {
        let app = open_app(call, request.data_center, &request.app_id).await?;
        call.state.muster.groups().recover(&app, &request.group_id).await?;
        Ok(Response { group_id: request.group_id })
    }
}
