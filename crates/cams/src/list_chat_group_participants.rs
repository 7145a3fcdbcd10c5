//! `ListChatGroupParticipants`.

use muster_core::{
    chat::PhoneNumber,
    id::{AppId, GroupId, UserId},
};
use muster_gateway::{Call, Failure, Level, Operation, Spec, parameter::Json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Cams, Services,
    channel_type::ChannelType,
    error::{OF_GROUP, failure},
    wire::{Answer, Listing, OptionalPage, bound, spec},
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
    type Response = Answer<Listing<Row>>;
    const SPEC: Spec = spec("ListChatGroupParticipants", "Lists the people in a group.", Level::List)
        .errors(OF_GROUP)
        .notes(&["People are listed in the order of joining, the business not among them."]);

    async fn call(call: &Call<'_, Services>, request: Request) -> Result<Answer<Listing<Row>>, Failure> {
        let chats = call.state.muster.chats();
        let channel = bound(call, &request.cust_space_id, &request.business_number).await?;
        let group =
            chats.group(&channel, &request.business_number, &request.group_id).await.map_err(failure)?;
        let window = request.page.map(|page| page.0).unwrap_or_default().window();
        let page = chats.participants(&group, window).await.map_err(failure)?;
        let rows = page.entries.into_iter().map(|member| Row { participant_number: member.user });
        Answer::of(Listing::new(page.total, rows.collect()))
    }
}
