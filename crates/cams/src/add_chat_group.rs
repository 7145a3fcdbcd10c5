//! `AddChatGroup`.

use muster_core::service::NewChatGroup;
use muster_gateway::parameter::Text;

use crate::{error::Error, prelude::*};

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
    type Response = Envelope<Made>;
    const SPEC: Spec = spec("AddChatGroup", "Makes a group.", "创建客户群。", Level::Create).example(&[("CustSpaceId", "{#CustSpaceId}"), ("BusinessNumber", "{#BusinessNumber}"), ("Subject", "Market day")]).notes(&[
        "The group is CREATING at first and ACTIVE soon after. ListChatGroup finds it by its subject.",
        "Nobody is in the group until somebody joins through its link, which AddChatGroupInviteLink makes.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Made>> {
        let number = open_number(call, &request.cust_space_id, &request.business_number).await?;
        let subject = request.subject.trim();
        if subject.is_empty() {
            return Err(Error::Invalid("Subject", "Subject must hold more than blanks".to_owned()));
        }
        let new = NewChatGroup {
            subject: subject.to_owned(),
            description: request.description.map(Text::into_string),
        };
        let group = call.state.muster.chats().create_group(&number, new).await?;
        Envelope::of(Made { unique_code: group.at.group })
    }
}
