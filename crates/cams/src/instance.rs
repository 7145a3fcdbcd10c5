//! Channels as this product's instances.

use muster_core::chat::Channel;
use muster_gateway::parameter::Text;

use crate::{error::Error, prelude::*};

/// The name of a channel. No bound is published.
pub(crate) type Name = Text<1, 128>;
/// Another text about a channel. No bound is published.
pub(crate) type About = Text<0, 512>;

/// A name without the blanks around it, if there is more.
pub(crate) fn named(name: &Name) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::Invalid("InstanceName", "InstanceName must hold more than blanks".to_owned()));
    }
    Ok(name.to_owned())
}

/// What every answer about an instance has.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Instance {
    /// The kind of channel: WHATSAPP.
    channel_type: &'static str,
    /// What it is for, empty when that was not said.
    instance_description: String,
    /// The channel: what other operations call `CustSpaceId`.
    instance_id: AppId,
    /// When it was made: ISO 8601, in UTC.
    submit_time: String,
}

/// What the answers that look at instances have beside.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Details {
    /// Where its owner is written to, empty when that was not said.
    contact_mail: String,
    /// The country that its owner is in, empty when that was not said.
    country_id: String,
    /// Its name.
    instance_name: String,
    /// The address there, empty when that was not said.
    office_address: String,
}

/// A channel, as answers have it.
pub(crate) fn instance(channel: &Channel) -> Instance {
    Instance {
        channel_type: "WHATSAPP",
        instance_description: channel.face.description.clone(),
        instance_id: channel.id.clone(),
        submit_time: jiff::Timestamp::from_second(channel.created_at.seconds())
            .unwrap_or_default()
            .to_string(),
    }
}

/// What else is known of a channel.
pub(crate) fn details(channel: &Channel) -> Details {
    let face = channel.face.clone();
    Details {
        contact_mail: face.contact_mail,
        country_id: face.country,
        instance_name: face.name,
        office_address: face.address,
    }
}
