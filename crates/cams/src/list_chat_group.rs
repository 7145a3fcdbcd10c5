//! `ListChatGroup`.

use muster_core::chat::{ChatGroup, ChatGroupStatus};
use muster_gateway::parameter::Json;

use crate::{
    address::invite_link,
    error::OF_GROUP,
    prelude::*,
    wire::{Listing, Page},
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The business number that runs the groups: digits, country code first.
    business_number: PhoneNumber,
    /// The kind of channel: WHATSAPP.
    #[expect(dead_code, reason = "checked and documented; there is one kind")]
    #[schemars(extend("default" = "WHATSAPP"))]
    channel_type: Option<ChannelType>,
    /// The channel.
    cust_space_id: AppId,
    /// Only groups that stand here.
    group_status: Option<GroupStatus>,
    /// The page, as JSON text: `{"Index":1,"Size":20}`.
    page: Json<Page>,
    /// Only groups of exactly this title.
    subject: Option<String>,
}

/// Where a group stands.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum GroupStatus {
    /// In use.
    Active,
    /// Not activated.
    Inactive,
    /// Stopped by the channel.
    Suspended,
    /// Being made.
    Creating,
    /// Being deleted.
    Deleting,
    /// Being changed.
    Updating,
}

impl From<ChatGroupStatus> for GroupStatus {
    fn from(status: ChatGroupStatus) -> Self {
        match status {
            ChatGroupStatus::Active => Self::Active,
            ChatGroupStatus::Inactive => Self::Inactive,
            ChatGroupStatus::Suspended => Self::Suspended,
            ChatGroupStatus::Creating => Self::Creating,
            ChatGroupStatus::Deleting => Self::Deleting,
            ChatGroupStatus::Updating => Self::Updating,
        }
    }
}

impl From<GroupStatus> for ChatGroupStatus {
    fn from(status: GroupStatus) -> Self {
        match status {
            GroupStatus::Active => Self::Active,
            GroupStatus::Inactive => Self::Inactive,
            GroupStatus::Suspended => Self::Suspended,
            GroupStatus::Creating => Self::Creating,
            GroupStatus::Deleting => Self::Deleting,
            GroupStatus::Updating => Self::Updating,
        }
    }
}

/// A group.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Row {
    /// The business number that runs it.
    business_number: PhoneNumber,
    /// The business's role in it; WhatsApp has none, and the text is empty.
    business_role: &'static str,
    /// What it is about, empty when that was not said.
    description: String,
    /// When it was last changed, in milliseconds.
    gmt_modifier: i64,
    /// The group.
    group_id: GroupId,
    /// Its address at other kinds of channel; empty for WhatsApp.
    group_link: &'static str,
    /// Where it stands.
    group_status: GroupStatus,
    /// Its kind at other kinds of channel; empty for WhatsApp.
    group_type: &'static str,
    /// Its invite link, empty when it has none.
    invite_link: String,
    /// The address of its picture, empty when it has none.
    profile_picture_file: String,
    /// Its title.
    subject: String,
    /// People in it, the business not counted.
    total_participant_count: i64,
}

pub(crate) struct ListChatGroup;

impl Operation for ListChatGroup {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<Listing<Row>>;
    const SPEC: Spec = spec(
        "ListChatGroup",
        "Lists the groups of a business number.",
        "查询商家号码下的客户群列表。",
        Level::List,
    )
    .example(&[
        ("CustSpaceId", "{#CustSpaceId}"),
        ("BusinessNumber", "{#BusinessNumber}"),
        ("Page", r#"{"Index":1,"Size":20}"#),
    ])
    .errors(OF_GROUP)
    .notes(&[
        "The newest group comes first. Without filters all groups of the number are listed.",
        "A page holds at most 100 groups.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Listing<Row>>> {
        let number = open_number(call, &request.cust_space_id, &request.business_number).await?;
        let (status, window) = (request.group_status.map(Into::into), request.page.window());
        let page = call.state.muster.chats().groups(&number, request.subject, status, window).await?;
        let rows = page.entries.into_iter().map(|(group, count)| row(call, group, count)).collect();
        Envelope::of(Listing::new(page.total, rows))
    }
}

fn row(call: &Call<'_>, group: ChatGroup, count: u64) -> Row {
    Row {
        business_number: group.number,
        business_role: "",
        description: group.description.unwrap_or_default(),
        gmt_modifier: group.modified_at.0,
        group_id: group.at.group,
        group_link: "",
        group_status: group.status.into(),
        group_type: "",
        invite_link: group.invite.map(|code| invite_link(call, &code)).unwrap_or_default(),
        profile_picture_file: group.picture.unwrap_or_default(),
        subject: group.subject,
        total_participant_count: i64::try_from(count).unwrap_or(i64::MAX),
    }
}
