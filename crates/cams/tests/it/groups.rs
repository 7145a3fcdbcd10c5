//! Groups, their links and the people in them.

use muster_core::chat::PhoneNumber;
use serde_json::{Value, json};

use crate::{House, NUMBER, active_group, call, cams, new_channel, rules::failed};

const FIRST_PAGE: (&str, &str) = ("Page", r#"{"Index":1,"Size":20}"#);

async fn listed(house: &House, channel: &str, parameters: &[(&str, &str)]) -> Value {
    let mut answer = call(house, channel, "ListChatGroup", parameters).await;
    assert_eq!((&answer["Code"], &answer["Success"]), (&json!("OK"), &json!(true)));
    answer["Data"].take()
}

fn subjects(data: &Value) -> Vec<&str> {
    data["List"].as_array().expect("rows").iter().filter_map(|row| row["Subject"].as_str()).collect()
}

#[tokio::test]
async fn a_group_is_in_creation_at_first_and_then_active() {
    let (house, channel) = cams().await;
    let parameters = [("Subject", "  market day "), ("Description", "why"), ("ChannelType", "whatsapp")];
    let made = call(&house, &channel, "AddChatGroup", &parameters).await;
    assert_eq!(made, json!({"Code": "OK", "Success": true, "UniqueCode": made["UniqueCode"]}));
    let data = listed(&house, &channel, &[FIRST_PAGE]).await;
    let created = 1_795_168_800_000_i64;
    let mut row = json!({
        "BusinessNumber": NUMBER, "BusinessRole": "", "Description": "why", "GmtModifier": created,
        "GroupId": made["UniqueCode"], "GroupLink": "", "GroupStatus": "CREATING", "GroupType": "",
        "InviteLink": "", "ProfilePictureFile": "", "Subject": "market day", "TotalParticipantCount": 0,
    });
    assert_eq!(data, json!({"Total": 1, "List": [row]}));
    house.clock.advance(1_000);
    house.muster.chats().settle().await.expect("settled");
    row["GroupStatus"] = "ACTIVE".into();
    row["GmtModifier"] = (created + 1_000).into();
    assert_eq!(listed(&house, &channel, &[FIRST_PAGE]).await["List"], json!([row]));
}

#[tokio::test]
async fn a_subject_of_blanks_is_refused() {
    let (house, channel) = cams().await;
    let answer = call(&house, &channel, "AddChatGroup", &[("Subject", "  ")]).await;
    failed(&answer, "InvalidParameter.SubjectInvalid");
    let answer = call(&house, &channel, "AddChatGroup", &[("Subject", &"x".repeat(129))]).await;
    failed(&answer, "InvalidParameter.SubjectInvalid");
}

#[tokio::test]
async fn groups_are_filtered_by_subject_and_status_and_paged() {
    let (house, channel) = cams().await;
    for number in 0..4 {
        active_group(&house, &channel, &format!("team {number}")).await;
    }
    call(&house, &channel, "AddChatGroup", &[("Subject", "team 4")]).await;
    let all = listed(&house, &channel, &[FIRST_PAGE]).await;
    assert_eq!(subjects(&all), ["team 4", "team 3", "team 2", "team 1", "team 0"], "the newest first");
    let page = listed(&house, &channel, &[("Page.Index", "2"), ("Page.Size", "2")]).await;
    assert_eq!((subjects(&page), &page["Total"]), (vec!["team 2", "team 1"], &json!(5)));
    let found = listed(&house, &channel, &[FIRST_PAGE, ("Subject", "team 3")]).await;
    assert_eq!((subjects(&found), &found["Total"]), (vec!["team 3"], &json!(1)));
    assert_eq!(listed(&house, &channel, &[FIRST_PAGE, ("Subject", "team")]).await["Total"], 0);
    let found = listed(&house, &channel, &[FIRST_PAGE, ("GroupStatus", "CREATING")]).await;
    assert_eq!(subjects(&found), ["team 4"]);
    let beyond = listed(&house, &channel, &[("Page", r#"{"Size": "20", "Index": "9"}"#)]).await;
    assert_eq!(beyond, json!({"Total": 5, "List": []}));
}

#[tokio::test]
async fn people_join_through_the_link_and_are_listed() {
    let (house, channel) = cams().await;
    let group = active_group(&house, &channel, "team").await;
    let at = [("GroupId", &*group)];
    let empty = call(&house, &channel, "ListChatGroupParticipants", &at).await;
    assert_eq!(empty, json!({"Code": "OK", "Success": true, "Data": {"Total": 0, "List": []}}));
    let link = call(&house, &channel, "AddChatGroupInviteLink", &at).await["InviteLink"].take();
    let code = link.as_str().and_then(|link| link.strip_prefix("http://127.0.0.1:7070/i/")).expect("a link");
    for number in 0..5 {
        let number = PhoneNumber::new(&format!("49160000000{number}")).expect("a number");
        let invitation = house.muster.chats().invited(code).await.expect("an invitation");
        house.muster.chats().accept(invitation, &number, Some("Ann")).await.expect("a join");
    }
    let page = [at[0], ("Page", r#"{"Index":2,"Size":2}"#)];
    let mut found = call(&house, &channel, "ListChatGroupParticipants", &page).await;
    let rows = json!([{"ParticipantNumber": "491600000002"}, {"ParticipantNumber": "491600000003"}]);
    assert_eq!(found["Data"].take(), json!({"Total": 5, "List": rows}));
    let data = listed(&house, &channel, &[FIRST_PAGE]).await;
    assert_eq!(
        (&data["List"][0]["InviteLink"], &data["List"][0]["TotalParticipantCount"]),
        (&link, &json!(5))
    );
    let renewed = call(&house, &channel, "AddChatGroupInviteLink", &at).await;
    assert_ne!(renewed["InviteLink"], link, "a new link ends the one before");
}

#[tokio::test]
async fn a_group_in_creation_has_no_link() {
    let (house, channel) = cams().await;
    let made = call(&house, &channel, "AddChatGroup", &[("Subject", "team")]).await;
    let at = [("GroupId", made["UniqueCode"].as_str().expect("a code"))];
    let answer = call(&house, &channel, "AddChatGroupInviteLink", &at).await;
    failed(&answer, "InvalidParameter.GroupStatusNotSupport");
}

#[tokio::test]
async fn a_group_belongs_to_its_channel_and_number() {
    let (house, channel) = cams().await;
    let group = active_group(&house, &channel, "team").await;
    let other_number = "4915112345678";
    let other = new_channel(&house, other_number).await;
    let ask = |channel: &str, number: &str| {
        let parameters =
            [("CustSpaceId", channel), ("BusinessNumber", number), ("GroupId", &*group)].map(own);
        let house = &house;
        async move {
            let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
            house.call("ListChatGroupParticipants", &parameters).await.ok()
        }
    };
    failed(&ask(&other, other_number).await, "InvalidParameter.GroupNotExist");
    failed(&ask(&channel, other_number).await, "InvalidParameter.PhoneNumberError");
    failed(&ask("cams-nosuch", NUMBER).await, "InvalidParameter.CustSpaceIdNotExist");
    assert_eq!(ask(&channel, NUMBER).await["Code"], "OK");
}

fn own<'n>((name, value): (&'n str, &str)) -> (&'n str, String) {
    (name, value.to_owned())
}
