//! `ListChatGroupParticipants`.

use muster_core::id::UserId;
use muster_gateway::parameter::Json;

use crate::{
    error::OF_GROUP,
    prelude::*,
    wire::{Listing, OptionalPage, open_group},
};

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
    /// The page, as JSON text: `{"Index":1,"Size":20}`. The first twenty when not said.
    page: Option<Json<OptionalPage>>,
}

/// Somebody in the group.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Row {
    /// The phone number, in digits.
    participant_number: UserId,
}

pub(crate) struct ListChatGroupParticipants;

impl Operation for ListChatGroupParticipants {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<Listing<Row>>;
    const SPEC: Spec = spec(
        "ListChatGroupParticipants",
        "Lists the people in a group.",
        "查询客户群的成员列表。",
        Level::List,
    )
    .example(&[
        ("CustSpaceId", "{#CustSpaceId}"),
        ("BusinessNumber", "{#BusinessNumber}"),
        ("GroupId", "{#GroupId}"),
    ])
    .errors(OF_GROUP)
    .notes(&["People are listed in the order of joining, the business not among them."]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Listing<Row>>> {
        let Request { business_number, cust_space_id, group_id, .. } = &request;
        let group = open_group(call, cust_space_id, business_number, group_id).await?;
        let window = request.page.map(|page| page.0).unwrap_or_default().window();
        let page = call.state.muster.chats().participants(&group, window).await?;
        let rows = page.entries.into_iter().map(|member| Row { participant_number: member.user });
        Envelope::of(Listing::new(page.total, rows.collect()))
    }
}
