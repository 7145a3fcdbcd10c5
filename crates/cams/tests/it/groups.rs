//! Groups, their links and the people in them.

use muster_core::{
    channel::ChannelEvent,
    chat::PhoneNumber,
    error::Error,
    id::{AppId, GroupId, GroupRef},
};
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

/// What an operation of a group answers as the number of what it changed.
pub(crate) async fn result(house: &House, channel: &str, action: &str, parameters: &[(&str, &str)]) -> Value {
    let mut answer = call(house, channel, action, parameters).await;
    assert_eq!((&answer["Code"], &answer["Success"]), (&json!("OK"), &json!(true)), "{answer}");
    answer["Result"].take()
}

/// Lets what was begun come to its end.
pub(crate) async fn settled(house: &House) -> usize {
    house.clock.advance(1_000);
    house.muster.chats().settle().await.expect("settled")
}

pub(crate) async fn invite_code(house: &House, channel: &str, group: &str) -> String {
    let made = call(house, channel, "AddChatGroupInviteLink", &[("GroupId", group)]).await;
    made["InviteLink"].as_str().and_then(|link| link.rsplit('/').next()).expect("a link").to_owned()
}

pub(crate) async fn join(house: &House, code: &str, number: &str) -> Result<(), Error> {
    let chats = house.muster.chats();
    let invitation = chats.invited(code).await?;
    chats.accept(invitation, &PhoneNumber::new(number).expect("a number"), None).await.map(|_| ())
}

#[tokio::test]
async fn a_change_is_in_force_once_the_channel_has_made_it() {
    let (house, channel) = cams().await;
    let group = active_group(&house, &channel, "old").await;
    let at = ("GroupId", &*group);
    let change = [at, ("Subject", " new "), ("Description", "about")];
    assert_eq!(result(&house, &channel, "UpdateChatGroup", &change).await, 1);
    let row = async || listed(&house, &channel, &[FIRST_PAGE]).await["List"][0].take();
    let updating = row().await;
    assert_eq!((&updating["GroupStatus"], &updating["Subject"]), (&json!("UPDATING"), &json!("old")));
    failed(
        &call(&house, &channel, "UpdateChatGroup", &change).await,
        "InvalidParameter.GroupStatusNotSupport",
    );
    assert_eq!((settled(&house).await, settled(&house).await), (1, 0));
    let updated = row().await;
    assert_eq!(
        (&updated["GroupStatus"], &updated["Subject"], &updated["Description"]),
        (&json!("ACTIVE"), &json!("new"), &json!("about"))
    );
    assert_eq!(result(&house, &channel, "UpdateChatGroup", &[at, ("Description", "")]).await, 1);
    settled(&house).await;
    let cleared = row().await;
    assert_eq!((&cleared["Subject"], &cleared["Description"]), (&json!("new"), &json!("")));
    assert_eq!(result(&house, &channel, "UpdateChatGroup", &[at]).await, 0, "nothing is to be changed");
    let blank = call(&house, &channel, "UpdateChatGroup", &[at, ("Subject", "  ")]).await;
    failed(&blank, "InvalidParameter.SubjectInvalid");
}

#[tokio::test]
async fn a_deleted_group_is_gone_for_ever() {
    let (house, channel) = cams().await;
    let group = active_group(&house, &channel, "team").await;
    let at = [("GroupId", &*group)];
    let code = invite_code(&house, &channel, &group).await;
    join(&house, &code, "491600000001").await.expect("a join");
    assert_eq!(result(&house, &channel, "DeleteChatGroup", &at).await, 1);
    assert_eq!(result(&house, &channel, "DeleteChatGroup", &at).await, 0, "it is under way");
    assert_eq!(listed(&house, &channel, &[FIRST_PAGE]).await["List"][0]["GroupStatus"], "DELETING");
    assert!(matches!(join(&house, &code, "491600000002").await, Err(Error::GroupInactive(_))));
    settled(&house).await;
    assert_eq!(listed(&house, &channel, &[FIRST_PAGE]).await["Total"], 0);
    assert!(matches!(join(&house, &code, "491600000002").await, Err(Error::NoInvite)));
    failed(&call(&house, &channel, "DeleteChatGroup", &at).await, "InvalidParameter.GroupNotExist");
}

#[tokio::test]
async fn a_link_that_is_ended_lets_nobody_in_and_puts_nobody_out() {
    let (house, channel) = cams().await;
    let group = active_group(&house, &channel, "team").await;
    let at = [("GroupId", &*group)];
    assert_eq!(result(&house, &channel, "DeleteChatGroupInviteLink", &at).await, 0, "it has none");
    let code = invite_code(&house, &channel, &group).await;
    join(&house, &code, "491600000001").await.expect("a join");
    assert_eq!(result(&house, &channel, "DeleteChatGroupInviteLink", &at).await, 1);
    assert!(matches!(join(&house, &code, "491600000002").await, Err(Error::InviteRevoked)));
    let row = &listed(&house, &channel, &[FIRST_PAGE]).await["List"][0];
    assert_eq!((&row["InviteLink"], &row["TotalParticipantCount"]), (&json!(""), &json!(1)));
    let again = invite_code(&house, &channel, &group).await;
    join(&house, &again, "491600000002").await.expect("a join");
}

#[tokio::test]
async fn who_was_removed_does_not_come_in_again_and_who_left_does() {
    let (house, channel) = cams().await;
    let group = active_group(&house, &channel, "team").await;
    let code = invite_code(&house, &channel, &group).await;
    for number in ["491600000001", "491600000002", "491600000003"] {
        join(&house, &code, number).await.expect("a join");
    }
    let list = r#"[{"ParticipantNumber":"+49 160 0000001"},{"ParticipantNumber":"491600000009"}]"#;
    let whom = [("GroupId", &*group), ("List", list)];
    assert_eq!(result(&house, &channel, "DeleteChatGroupParticipants", &whom).await, 1);
    assert_eq!(result(&house, &channel, "DeleteChatGroupParticipants", &whom).await, 0);
    let chats = house.muster.chats();
    let at = GroupRef::new(AppId::new(&channel).expect("an id"), GroupId::new(&group).expect("an id"));
    let left = ChannelEvent::Left(PhoneNumber::new("491600000002").expect("a number"));
    assert!(chats.hear(&at, left).await.expect("heard"));
    assert_eq!(listed(&house, &channel, &[FIRST_PAGE]).await["List"][0]["TotalParticipantCount"], 1);
    assert!(matches!(join(&house, &code, "491600000001").await, Err(Error::Removed(_))));
    let renewed = invite_code(&house, &channel, &group).await;
    assert!(matches!(join(&house, &renewed, "491600000001").await, Err(Error::Removed(_))));
    join(&house, &renewed, "491600000002").await.expect("a join");
    join(&house, &renewed, "491600000009").await.expect("whoever was not in it was not removed");
}

#[tokio::test]
async fn a_suspended_group_may_be_curbed_and_deleted_and_nothing_else() {
    let (house, channel) = cams().await;
    let group = active_group(&house, &channel, "team").await;
    let code = invite_code(&house, &channel, &group).await;
    join(&house, &code, "491600000001").await.expect("a join");
    let operator = house.muster.operator();
    let at = GroupRef::new(AppId::new(&channel).expect("an id"), GroupId::new(&group).expect("an id"));
    operator.set_suspended(&at, true).await.expect("suspended");
    assert_eq!(listed(&house, &channel, &[FIRST_PAGE]).await["List"][0]["GroupStatus"], "SUSPENDED");
    let id = ("GroupId", &*group);
    for action in ["UpdateChatGroup", "AddChatGroupInviteLink"] {
        let answer = call(&house, &channel, action, &[id, ("Subject", "new")]).await;
        failed(&answer, "InvalidParameter.GroupStatusNotSupport");
    }
    assert!(matches!(join(&house, &code, "491600000002").await, Err(Error::GroupInactive(_))));
    let list = ("List", r#"[{"ParticipantNumber":"491600000001"}]"#);
    assert_eq!(result(&house, &channel, "DeleteChatGroupParticipants", &[id, list]).await, 1);
    operator.set_suspended(&at, false).await.expect("resumed");
    join(&house, &code, "491600000002").await.expect("a join");
    operator.set_suspended(&at, true).await.expect("suspended");
    assert_eq!(result(&house, &channel, "DeleteChatGroupInviteLink", &[id]).await, 1);
    assert_eq!(result(&house, &channel, "DeleteChatGroup", &[id]).await, 1);
    assert!(matches!(operator.set_suspended(&at, true).await, Err(Error::GroupInactive(_))));
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
