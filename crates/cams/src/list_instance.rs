//! `ListInstance`.

use muster_core::chat::{Channel, ChannelFilter};
use muster_gateway::parameter::Int;

use crate::{
    error::OF_INSTANCES,
    instance::{Details, Instance, details, instance},
    prelude::*,
    wire::{account, of_channels, window},
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The kind of channel: WHATSAPP.
    #[expect(dead_code, reason = "checked and documented; there is one kind")]
    channel_type: Option<ChannelType>,
    /// Only channels in whose id or name this text is.
    filter_str: Option<String>,
    /// Only the channel of this id.
    instance_id: Option<AppId>,
    /// Only channels of exactly this name.
    instance_name: Option<String>,
    /// The page, from 1, 1 when not said.
    #[schemars(extend("default" = 1))]
    page_index: Option<Int<1, 100_000>>,
    /// Entries to a page, from 1 to 100, 20 when not said.
    #[schemars(extend("default" = 20))]
    page_size: Option<Int<1, 100>>,
}

/// A page of channels.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Listed {
    /// The channels of the page.
    data: Vec<Row>,
    /// Channels on all pages.
    total_count: i32,
}

/// A channel.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Row {
    #[serde(flatten)]
    instance: Instance,
    #[serde(flatten)]
    details: Details,
    /// The same as `InstanceId`.
    cust_space_id: AppId,
}

pub(crate) struct ListInstance;

impl Operation for ListInstance {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<Listed>;
    const SPEC: Spec = of_channels(
        "ListInstance",
        "Lists the channels of the account.",
        "查询账号下的通道列表。",
        Level::List,
    )
    .example(&[("PageIndex", "1"), ("PageSize", "20")])
    .errors(OF_INSTANCES)
    .notes(&["The newest channel comes first. What is given must all hold of a channel."]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Listed>> {
        let filter = ChannelFilter {
            id: request.instance_id,
            name: request.instance_name.filter(|name| !name.is_empty()),
            part: request.filter_str,
        };
        let (index, size) = (request.page_index.map_or(1, Int::get), request.page_size.map_or(20, Int::get));
        let window = window(index, size);
        let page = call.state.muster.chats().find_channels(&account(call)?, &filter, window).await?;
        let total_count = i32::try_from(page.total).unwrap_or(i32::MAX);
        Envelope::of(Listed { data: page.entries.iter().map(row).collect(), total_count })
    }
}

fn row(channel: &Channel) -> Row {
    let (instance, details) = (instance(channel), details(channel));
    Row { cust_space_id: channel.id.clone(), instance, details }
}
