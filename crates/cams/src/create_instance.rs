//! `CreateInstance`.

use muster_core::chat::ChannelFace;

use crate::{
    error::OF_NEW_INSTANCE,
    instance::{About, Instance, Name, instance, named},
    prelude::*,
    wire::{Found, account, of_channels},
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The kind of channel: WHATSAPP.
    #[expect(dead_code, reason = "checked and documented; there is one kind")]
    channel_type: ChannelType,
    /// Where its owner is written to, at most 512 characters.
    contact_mail: Option<About>,
    /// The country that its owner is in, at most 512 characters.
    country_id: Option<About>,
    /// What it is for, at most 512 characters.
    instance_description: Option<About>,
    /// Its name, at most 128 characters. Blanks around it are left out.
    instance_name: Name,
    /// The address there, at most 512 characters.
    office_address: Option<About>,
}

pub(crate) struct CreateInstance;

impl Operation for CreateInstance {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<Found<Instance>>;
    const SPEC: Spec = of_channels("CreateInstance", "Makes a channel.", "创建通道。", Level::Create)
        .example(&[("ChannelType", "WHATSAPP"), ("InstanceName", "Shop")])
        .errors(OF_NEW_INSTANCE)
        .notes(&[
            "Data.InstanceId is the CustSpaceId of the other operations. An operator binds a number to it: muster number add.",
            "Data has no InstanceName: it is declared as an integer, and typed clients refuse a text there.",
            "Names need not differ.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Found<Instance>>> {
        let text = |text: Option<About>| text.map(About::into_string).unwrap_or_default();
        let face = ChannelFace {
            name: named(&request.instance_name)?,
            description: text(request.instance_description),
            contact_mail: text(request.contact_mail),
            country: text(request.country_id),
            address: text(request.office_address),
        };
        let channel = call.state.muster.chats().create_channel(&account(call)?, face).await?;
        Envelope::of(Found::new(instance(&channel)))
    }
}
