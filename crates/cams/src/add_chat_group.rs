//! `AddChatGroup`.

use muster_core::{
    chat::PhoneNumber,
    id::{AppId, GroupId},
    service::NewChatGroup,
};
use muster_gateway::{Call, Failure, Level, Operation, Spec, parameter::Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Cams, Services,
    channel_type::ChannelType,
    error::{failure, invalid},
    wire::{Answer, bound, spec},
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
    /// What the group is about, at most 2048 characters.
    description: Option<Text<0, 2048>>,
    /// The group's title, at most 128 characters. Blanks around it are left out.
    subject: Text<0, 128>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Made {
    /// A code of the group, of no use to other operations.
    unique_code: GroupId,
}

pub(crate) struct AddChatGroup;

impl Operation for AddChatGroup {
    type Product = Cams;
    type Request = Request;
    type Response = Answer<Made>;
    const SPEC: Spec = spec("AddChatGroup", "Makes a group.", Level::Create).notes(&[
        "The group is CREATING at first and ACTIVE soon after. ListChatGroup finds it by its subject.",
        "Nobody is in the group until somebody joins through its link, which AddChatGroupInviteLink makes.",
    ]);

    async fn call(call: &Call<'_, Services>, request: Request) -> Result<Answer<Made>, Failure> {
        let number = &request.business_number;
        let channel = bound(call, &request.cust_space_id, number).await?;
        let subject = request.subject.trim();
        if subject.is_empty() {
            return Err(invalid("Subject", "Subject must hold more than blanks"));
        }
        let new = NewChatGroup {
            subject: subject.to_owned(),
            description: request.description.map(Text::into_string),
        };
        let group = call.state.muster.chats().create_group(&channel, number, new).await.map_err(failure)?;
        Answer::of(Made { unique_code: group.at.group })
    }
}
