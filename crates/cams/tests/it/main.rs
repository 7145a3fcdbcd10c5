//! The operations of chat groups, called through a gateway over the embedded store.

#![expect(clippy::expect_used, clippy::panic, reason = "a helper of tests may stop the test")]

mod catalogue;
mod channels;
mod group_events;
mod groups;
mod messages;
mod rules;

use muster_cams::Services;
use muster_core::{
    chat::{ChannelFace, PhoneNumber},
    limits::Limits,
};
use muster_gateway::ProductSet;
use muster_testbed::House;
use serde_json::Value;

/// A business number.
const NUMBER: &str = "8613800138000";

/// A server of the product, and a channel with [`NUMBER`] bound to it.
async fn cams() -> (House, String) {
    cams_with(Limits::default()).await
}

/// The same with other bounds.
async fn cams_with(limits: Limits) -> (House, String) {
    let house = House::new("2020-06-06", limits, |muster| {
        ProductSet::new().with(muster_cams::catalogue(Services {
            muster,
            base_url: None,
            allow_private: false,
        }))
    });
    let channel = new_channel(&house, NUMBER).await;
    (house, channel)
}

/// A channel with a number bound to it.
async fn new_channel(house: &House, number: &str) -> String {
    let chats = house.muster.chats();
    let channel =
        chats.create_channel(&house.account(), ChannelFace::named("shop")).await.expect("a channel");
    let number = PhoneNumber::new(number).expect("a number");
    chats.add_number(&channel, number).await.expect("a binding");
    channel.id.to_string()
}

/// The answer of an operation that passes the gateway, for [`NUMBER`].
async fn call(house: &House, channel: &str, action: &str, parameters: &[(&str, &str)]) -> Value {
    let common = [("CustSpaceId", channel), ("BusinessNumber", NUMBER)];
    house.call(action, &[&common[..], parameters].concat()).await.ok()
}

/// The id of a group that has become active.
async fn active_group(house: &House, channel: &str, subject: &str) -> String {
    let made = call(house, channel, "AddChatGroup", &[("Subject", subject)]).await;
    house.clock.advance(1_000);
    assert_eq!(house.muster.chats().settle().await.expect("settled"), 1);
    made["UniqueCode"].as_str().expect("a code").to_owned()
}
