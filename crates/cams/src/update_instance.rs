//! `UpdateInstance`.

use muster_core::chat::ChannelChange;
use muster_gateway::parameter::Change;

use crate::{
    error::OF_INSTANCE,
    instance::{About, Instance, Name, instance, named},
    prelude::*,
    wire::{Found, of_channels, open_channel},
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// Where its owner is written to from now on, at most 512 characters.
    #[serde(default)]
    contact_mail: Change<About>,
    /// The country that its owner is in from now on, at most 512 characters.
    #[serde(default)]
    country_id: Change<About>,
    /// What it is for from now on, at most 512 characters.
    #[serde(default)]
    instance_description: Change<About>,
    /// The channel.
    instance_id: AppId,
    /// Its name from now on, at most 128 characters. Blanks around it are left out.
    instance_name: Name,
    /// The address there from now on, at most 512 characters.
    #[serde(default)]
    office_address: Change<About>,
}

/// A channel as it is now.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Updated {
    #[serde(flatten)]
    instance: Instance,
    /// The same as `InstanceDescription`.
    description: String,
    /// Its name.
    instance_name: String,
}

pub(crate) struct UpdateInstance;

impl Operation for UpdateInstance {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<Found<Updated>>;
    const SPEC: Spec = of_channels(
        "UpdateInstance",
        "Changes what is said of a channel.",
        "修改通道的信息。",
        Level::Update,
    )
    .example(&[("InstanceId", "{#CustSpaceId}"), ("InstanceName", "Shop")])
    .errors(OF_INSTANCE)
    .notes(&["What is not given stays as it is, and an empty text takes away what was said."]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Found<Updated>>> {
        let channel = open_channel(call, &request.instance_id).await?;
        let change = ChannelChange {
            name: Some(named(&request.instance_name)?),
            description: changed(request.instance_description),
            contact_mail: changed(request.contact_mail),
            country: changed(request.country_id),
            address: changed(request.office_address),
        };
        let channel = call.state.muster.chats().update_channel(&channel, change).await?;
        let face = channel.face.clone();
        Envelope::of(Found::new(Updated {
            instance: instance(&channel),
            description: face.description,
            instance_name: face.name,
        }))
    }
}

fn changed(change: Change<About>) -> Option<String> {
    match change {
        Change::Keep => None,
        Change::Clear => Some(String::new()),
        Change::Set(text) => Some(text.into_string()),
    }
}
