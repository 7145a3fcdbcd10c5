//! What those who run groups do with them, and what everybody in them is told.

use muster_core::{group::GroupChange, id::UserId, limits::Limits};
use serde_json::{Value, json};

use crate::support::{Client, Server, quick};

async fn admin(server: &Server, user: &str) -> Client {
    let mut client = server.open().await;
    let token = server.token_of(user, "admin", 1_800_003_600);
    assert!(client.ask("connect", json!({ "token": token })).await["connect"].is_object());
    client
}

#[tokio::test(start_paused = true)]
async fn everybody_in_a_group_is_told_what_it_is_changed_to_and_who_was_away_learns_it() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    let joined = anna.join("g1").await;
    let change = GroupChange {
        info: Some("new".into()),
        admins: Some(vec![UserId::new("otto").unwrap()]),
        ..GroupChange::default()
    };
    let group = server.opened(&at).await;
    server.muster.groups().modify(&group, change.clone()).await.unwrap();
    let told = anna.event("infochange").await;
    let expected =
        json!({ "event": "infochange", "groupId": "g1", "groupMeta": "new", "adminList": ["otto"] });
    assert_eq!((&told["data"], &told["offset"]), (&expected, &json!(1)));
    // The same once more changes nothing, also from what was known before.
    server.muster.groups().modify(&group, change).await.unwrap();
    let info = anna.call("queryGroup", json!("g1")).await;
    assert_eq!((&info["groupMeta"], &info["admins"]), (&json!("new"), &json!(["otto"])));
    anna.drop_link();
    let mut back = server.client("anna").await;
    let found = back.rejoin("g1", joined["epoch"].as_str().unwrap(), 0).await;
    assert_eq!(found["publications"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["publications"][0]["data"], expected);
}

#[tokio::test(start_paused = true)]
async fn those_who_run_a_group_modify_and_close_it_and_others_may_not() {
    let server = Server::start().await;
    server.group("g1").await;
    let (mut boss, mut anna) = (server.client("boss").await, server.client("anna").await);
    anna.join("g1").await;
    let modify = |with: Value| {
        let mut all = json!({ "groupId": "g1" });
        all.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        all
    };
    assert_eq!(anna.call("modifyGroup", modify(json!({ "groupMeta": "x" }))).await["code"], 403);
    assert_eq!(anna.call("closeGroup", json!("g1")).await["code"], 403);
    assert_eq!(boss.call("modifyGroup", modify(json!({ "groupMeta": "x" }))).await, json!({}));
    assert_eq!(anna.event("infochange").await["data"]["groupMeta"], "x");
    // Empty values count when they are forced.
    assert_eq!(
        boss.call("modifyGroup", modify(json!({ "groupMeta": "", "admins": ["otto"] }))).await,
        json!({})
    );
    let told = anna.event("infochange").await["data"].clone();
    assert_eq!((&told["groupMeta"], &told["adminList"]), (&json!("x"), &json!(["otto"])));
    let force = json!({ "forceUpdateGroupMeta": true, "forceUpdateAdmins": true });
    assert_eq!(boss.call("modifyGroup", modify(force)).await, json!({}));
    let told = anna.event("infochange").await["data"].clone();
    assert_eq!((&told["groupMeta"], &told["adminList"]), (&json!(""), &json!([])));
    for wrong in [
        json!({ "admins": ["a", "b", "c", "d"] }),
        json!({ "admins": ["a b"] }),
        json!({ "groupMeta": "x".repeat(32_769) }),
    ] {
        assert_eq!(boss.call("modifyGroup", modify(wrong)).await["code"], 400);
    }
    assert_eq!(boss.call("closeGroup", json!({ "groupId": "g1" })).await, json!({}));
    assert_eq!(anna.event("exit").await["data"]["reason"], 1);
    assert_eq!(boss.call("closeGroup", json!("g1")).await["code"], 441);
    assert_eq!(boss.call("modifyGroup", modify(json!({}))).await["code"], 441);
}

#[tokio::test(start_paused = true)]
async fn administrators_make_groups_and_are_their_creators() {
    let limits = Limits { groups_per_app: Some(2), ..Limits::default() };
    let server = Server::with(quick(), limits).await;
    let mut anna = server.client("anna").await;
    assert_eq!(anna.call("createGroup", json!({ "groupId": "g1", "groupName": "one" })).await["code"], 403);
    let mut otto = admin(&server, "otto").await;
    let new = json!({ "groupId": "g1", "groupName": "one", "groupMeta": "meta" });
    for exists in [false, true] {
        let made = otto.call("createGroup", new.clone()).await;
        assert_eq!(made, json!({ "groupId": "g1", "alreadyExist": exists }));
    }
    let info = anna.call("queryGroup", json!("g1")).await;
    assert_eq!((&info["creator"], &info["groupName"]), (&json!("otto"), &json!("one")));
    let drawn = otto.call("createGroup", json!({ "groupId": "", "groupName": "two" })).await;
    assert!(!drawn["groupId"].as_str().unwrap().is_empty());
    assert_eq!(otto.call("createGroup", json!({ "groupId": "g3" })).await["code"], 443);
    let long = json!({ "groupId": "g4", "groupName": "x".repeat(129) });
    assert_eq!(otto.call("createGroup", long).await["code"], 400);
    assert_eq!(otto.call("closeGroup", json!("g1")).await, json!({}));
    assert_eq!(otto.call("createGroup", new).await["code"], 441);
}

#[tokio::test(start_paused = true)]
async fn who_came_last_is_listed_first_for_anybody() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut all = Vec::new();
    for user in ["anna", "ben", "cleo"] {
        let mut client = server.client(user).await;
        client.join("g1").await;
        all.push(client);
    }
    let found = all[0].call("listRecentGroupUser", json!({ "groupId": "g1" })).await;
    let users: Vec<_> =
        found["userList"].as_array().unwrap().iter().map(|user| user["userId"].as_str().unwrap()).collect();
    assert_eq!((users, &found["total"]), (vec!["cleo", "ben", "anna"], &json!(3)));
    assert_eq!(
        (&found["groupId"], &found["userList"][1]["userExtension"]),
        (&json!("g1"), &json!("{\"nick\":\"ben\"}"))
    );
    assert_eq!(all[0].call("listRecentGroupUser", json!("none")).await["code"], 440);
}

#[tokio::test(start_paused = true)]
async fn a_recovered_group_is_entered_again_and_its_end_is_none_for_who_comes_back() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    let joined = anna.join("g1").await;
    server.announce(&at, "before").await;
    server.muster.groups().delete(&server.app, &at.group, None).await.unwrap();
    assert_eq!(anna.event("exit").await["data"], json!({ "event": "exit", "groupId": "g1", "reason": 1 }));
    server.muster.groups().recover(&server.app, &at.group).await.unwrap();
    let found = anna.rejoin("g1", joined["epoch"].as_str().unwrap(), 0).await;
    assert_eq!((&found["recovered"], &found["epoch"]), (&json!(true), &joined["epoch"]));
    let told = found["publications"].as_array().unwrap();
    assert_eq!((&told[0]["data"]["data"], &told[0]["offset"]), (&json!("before"), &json!(1)));
    assert_eq!(told.len(), 1, "the end of the life before is passed over");
    server.announce(&at, "after").await;
    let message = anna.event("recvgroupmessage").await;
    assert_eq!((&message["data"]["data"], &message["offset"]), (&json!("after"), &json!(3)));
}
