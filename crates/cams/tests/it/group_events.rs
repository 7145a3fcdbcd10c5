//! What a business is told of its groups, where the operator has it told.

use muster_core::{
    channel::ChannelEvent,
    chat::PhoneNumber,
    id::{AppId, GroupId, GroupRef},
    limits::Limits,
};
use serde_json::{Value, json};

use crate::{
    House, NUMBER, active_group, call, cams, cams_with,
    groups::{invite_code, join, result, settled},
    messages::{STATUSES, receipts, sent, webhook},
};

const ANN: &str = "491600000001";

/// A server that tells what becomes of groups, and a channel.
async fn telling() -> (House, String) {
    cams_with(Limits { chat_group_events: true, ..Limits::default() }).await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What was told: each event with where the group stands and who came or went.
fn events(told: &[(String, Value)]) -> Vec<(&str, &str, &str)> {
    told.iter()
        .map(|(_, record)| {
            assert_eq!(record["NoticeType"], "group", "{record}");
            let person = &record["Participants"][0]["ParticipantNumber"];
            (text(&record["Event"]), text(&record["GroupStatus"]), text(person))
        })
        .collect()
}

#[tokio::test]
async fn a_business_is_told_in_order_what_becomes_of_a_group() {
    let (house, channel) = telling().await;
    webhook(&house, &channel, &[("StatusCallbackUrl", STATUSES)]).await;
    let group = active_group(&house, &channel, "team").await;
    let id = ("GroupId", &*group);
    let code = invite_code(&house, &channel, &group).await;
    for number in [ANN, "491600000002"] {
        join(&house, &code, number).await.expect("a join");
    }
    join(&house, &code, ANN).await.expect("who is in it comes again");
    let list = ("List", r#"[{"ParticipantNumber":"491600000001"}]"#);
    assert_eq!(result(&house, &channel, "DeleteChatGroupParticipants", &[id, list]).await, 1);
    let chats = house.muster.chats();
    let at = GroupRef::new(AppId::new(&channel).expect("an id"), GroupId::new(&group).expect("an id"));
    let left = || ChannelEvent::Left(PhoneNumber::new("491600000002").expect("a number"));
    assert!(chats.hear(&at, left()).await.expect("heard"));
    assert!(!chats.hear(&at, left()).await.expect("heard"), "who is gone goes no more");
    assert_eq!(result(&house, &channel, "UpdateChatGroup", &[id, ("Subject", "new")]).await, 1);
    settled(&house).await;
    house.muster.operator().set_suspended(&at, true).await.expect("suspended");
    house.muster.operator().set_suspended(&at, false).await.expect("resumed");
    assert_eq!(result(&house, &channel, "DeleteChatGroupInviteLink", &[id]).await, 1);
    assert_eq!(result(&house, &channel, "DeleteChatGroup", &[id]).await, 1);
    settled(&house).await;
    let told = receipts(&house).await;
    let expected = [
        ("group_create", "ACTIVE", ""),
        ("group_invite_link_reset", "ACTIVE", ""),
        ("group_participants_add", "ACTIVE", ANN),
        ("group_participants_add", "ACTIVE", "491600000002"),
        ("group_participants_remove", "ACTIVE", ANN),
        ("group_participants_remove", "ACTIVE", "491600000002"),
        ("group_settings_update", "ACTIVE", ""),
        ("group_suspend", "SUSPENDED", ""),
        ("group_suspend_cleared", "ACTIVE", ""),
        ("group_invite_link_revoke", "ACTIVE", ""),
        ("group_delete", "", ""),
    ];
    assert_eq!(events(&told), expected);
    assert!(told.iter().all(|(url, _)| url == STATUSES));
    let by: Vec<_> = told.iter().filter_map(|(_, record)| record.get("InitiatedBy")).collect();
    assert_eq!(by, [&json!("business"), &json!("participant")]);
    let subjects: Vec<_> = told.iter().map(|(_, record)| &record["Subject"]).collect();
    assert_eq!((subjects[0], subjects[6]), (&json!("team"), &json!("new")));
    assert!(!told.iter().any(|(_, record)| record.to_string().contains(&code)), "no link is told");
}

#[tokio::test]
async fn nothing_is_told_of_groups_unless_the_operator_says_so() {
    let (house, channel) = cams().await;
    webhook(&house, &channel, &[("StatusCallbackUrl", STATUSES)]).await;
    let group = active_group(&house, &channel, "team").await;
    let code = invite_code(&house, &channel, &group).await;
    join(&house, &code, ANN).await.expect("a join");
    sent(&house, &channel, &group, "text", r#"{"text":"hello"}"#).await;
    let told = receipts(&house).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].1["Status"], "Sent");
}

#[tokio::test]
async fn the_address_of_the_channel_hears_of_the_groups_of_a_number_that_names_none() {
    let (house, channel) = telling().await;
    active_group(&house, &channel, "untold").await;
    assert!(receipts(&house).await.is_empty(), "no address was said");
    let account = "https://shop.example.com/account";
    let at = [("CustSpaceId", &*channel), ("StatusCallbackUrl", account)];
    assert_eq!(house.call("UpdateAccountWebhook", &at).await.ok()["Code"], "OK");
    active_group(&house, &channel, "one").await;
    webhook(&house, &channel, &[("StatusCallbackUrl", STATUSES)]).await;
    active_group(&house, &channel, "two").await;
    webhook(&house, &channel, &[("StatusCallbackUrl", "")]).await;
    let told = receipts(&house).await;
    let told: Vec<_> = told.iter().map(|(url, record)| (url.as_str(), &record["Subject"])).collect();
    assert_eq!(
        told,
        [(account, &json!("one")), (account, &json!("two"))],
        "where it is told is said when it is sent"
    );
    webhook(&house, &channel, &[("HttpFlag", "N")]).await;
    active_group(&house, &channel, "three").await;
    assert!(receipts(&house).await.is_empty(), "the number {NUMBER} has turned pushes off");
}

#[tokio::test]
async fn a_group_that_its_channel_could_not_make_or_change_is_told_of_with_an_error() {
    let (house, channel) = telling().await;
    webhook(&house, &channel, &[("StatusCallbackUrl", STATUSES)]).await;
    let made = call(&house, &channel, "AddChatGroup", &[("Subject", "team")]).await;
    let group = made["UniqueCode"].as_str().expect("a code");
    let at = GroupRef::new(AppId::new(&channel).expect("an id"), GroupId::new(group).expect("an id"));
    assert!(house.muster.chats().hear(&at, ChannelEvent::CreationFailed).await.expect("heard"));
    let told = receipts(&house).await;
    assert_eq!(events(&told), [("group_create", "INACTIVE", "")]);
    assert_eq!(told[0].1["ErrorCode"], "131000");
}
