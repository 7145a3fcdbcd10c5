//! `QueryInstance`.

use crate::{
    error::OF_INSTANCE,
    instance::{Details, Instance, details, instance},
    prelude::*,
    wire::{Found, of_channels, open_channel},
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The channel.
    instance_id: AppId,
}

/// A channel.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Queried {
    #[serde(flatten)]
    instance: Instance,
    #[serde(flatten)]
    details: Details,
}

pub(crate) struct QueryInstance;

impl Operation for QueryInstance {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<Found<Queried>>;
    const SPEC: Spec = of_channels("QueryInstance", "Describes a channel.", "查询通道的信息。", Level::Get)
        .example(&[("InstanceId", "{#CustSpaceId}")])
        .errors(OF_INSTANCE);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Found<Queried>>> {
        let channel = open_channel(call, &request.instance_id).await?;
        Envelope::of(Found::new(Queried { instance: instance(&channel), details: details(&channel) }))
    }
}
