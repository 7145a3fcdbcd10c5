//! `DeleteChatGroupParticipants`.

use crate::{
    error::OF_GROUP,
    prelude::*,
    wire::{Affected, open_group},
};
use muster_gateway::parameter::{Json, List};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The business number that runs the group: digits, country code first.
    business_number: PhoneNumber,
    /// The kind of channel: WHATSAPP.
    #[expect(dead_code, reason = "checked and documented; there is one kind")]
    #[schemars(extend("default" = "WHATSAPP"))]
    channel_type: Option<ChannelType>,
    /// The channel.
    cust_space_id: AppId,
    /// The group.
    group_id: GroupId,
    /// Who, from 1 to 8, as JSON text: `[{"ParticipantNumber":"8613800138000"}]`.
    list: Json<List<Participant, 1, 8>>,
}

/// Somebody in the group.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct Participant {
    /// The phone number: digits, country code first.
    participant_number: PhoneNumber,
}

pub(crate) struct DeleteChatGroupParticipants;

impl Operation for DeleteChatGroupParticipants {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<Affected>;
    const SPEC: Spec = spec(
        "DeleteChatGroupParticipants",
        "Removes people from a group.",
        "将成员移出客户群。",
        Level::Delete,
    )
    .example(&[
        ("CustSpaceId", "{#CustSpaceId}"),
        ("BusinessNumber", "{#BusinessNumber}"),
        ("GroupId", "{#GroupId}"),
        ("List", r#"[{"ParticipantNumber":"8613800138001"}]"#),
    ])
    .errors(OF_GROUP)
    .notes(&[
        "Whoever is removed cannot join again, through whatever link; who left by themselves can.",
        "Result tells how many were removed. Numbers that are not in the group are passed over.",
        "The group must be ACTIVE, UPDATING or SUSPENDED.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Affected>> {
        let Request { business_number, cust_space_id, group_id, .. } = &request;
        let group = open_group(call, cust_space_id, business_number, group_id).await?;
        let numbers: Vec<_> =
            request.list.0.into_vec().into_iter().map(|participant| participant.participant_number).collect();
        let removed = call.state.muster.chats().remove_participants(&group, &numbers).await?;
        Envelope::of(Affected::rows(removed))
    }
}
