//! Business numbers, as the operations that list them answer them.

use muster_core::chat::{BusinessNumber, Channel};

use crate::prelude::*;

/// Where every number that is bound stands: nothing but the operator's command binds one, and it works at once.
const CONNECTED: &str = "CONNECTED";
/// What is said of whether a number was verified.
const VERIFIED: &str = "VERIFIED";

/// Whether numbers stand where a filter asks for.
pub(crate) fn stand_at(status: &str) -> bool {
    [CONNECTED, VERIFIED].iter().any(|here| here.eq_ignore_ascii_case(status))
}

/// The content of the answer.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PhoneNumbers {
    /// The numbers.
    phone_numbers: Vec<Row>,
}

/// A business number.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct Row {
    /// Whether the number was verified: VERIFIED, by the operator who bound it.
    code_verification_status: &'static str,
    /// Whether the number may run groups: Y, any may.
    is_official: &'static str,
    /// How many people may be written to in a day: TIER_UNLIMITED.
    messaging_limit_tier: &'static str,
    /// Whether the name was reviewed: APPROVED, there is no review.
    name_status: &'static str,
    /// The number: digits, country code first.
    phone_number: PhoneNumber,
    /// How people take its messages: UNKNOWN, nobody is asked.
    quality_rating: &'static str,
    /// Where it stands: CONNECTED.
    status: &'static str,
    /// Where is told what becomes of messages, if it is said.
    #[serde(skip_serializing_if = "String::is_empty")]
    status_callback_url: String,
    /// Where is told what people write, if it is said.
    #[serde(skip_serializing_if = "String::is_empty")]
    up_callback_url: String,
    /// The name of its channel.
    verified_name: String,
}

impl PhoneNumbers {
    /// The numbers of channels.
    pub(crate) fn of(channels: Vec<(Channel, Vec<BusinessNumber>)>) -> Self {
        let rows = channels
            .into_iter()
            .flat_map(|(channel, numbers)| numbers.into_iter().map(move |bound| row(&channel, bound)));
        Self { phone_numbers: rows.collect() }
    }

    /// No numbers.
    pub(crate) fn none() -> Self {
        Self { phone_numbers: Vec::new() }
    }
}

fn row(channel: &Channel, bound: BusinessNumber) -> Row {
    Row {
        code_verification_status: VERIFIED,
        is_official: "Y",
        messaging_limit_tier: "TIER_UNLIMITED",
        name_status: "APPROVED",
        phone_number: bound.number,
        quality_rating: "UNKNOWN",
        status: CONNECTED,
        status_callback_url: bound.webhook.status_url,
        up_callback_url: bound.webhook.inbound_url,
        verified_name: channel.face.name.clone(),
    }
}
