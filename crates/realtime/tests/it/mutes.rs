//! Who may not talk: enforced, told to those inside, found by whoever comes later.

use std::{sync::Arc, time::Duration};

use muster_core::{
    caller::carry_out,
    error::Error,
    id::{GroupId, GroupRef, UserId},
    limits::Limits,
    message::{Event, StreamRef},
    mute::{GroupMutes, MuteChange, MuteSteps},
    service::{Audience, NewGroup, OpenGroup},
    store::{Also, MutesChanged, Store as _, StreamEvent},
};
use serde_json::{Value, json};

use crate::support::{Client, Server, quick};

fn users(names: &[&str]) -> Vec<UserId> {
    names.iter().map(|name| UserId::new(name).unwrap()).collect()
}

async fn mute(server: &Server, at: &GroupRef, change: MuteChange) {
    server.muster.mutes().change(&server.opened(at).await, change).await.unwrap();
}

/// The code of what became of a message; `None` when it was taken.
async fn says(client: &mut Client, group: &str, more: Value) -> Option<Value> {
    let mut message = json!({ "groupId": group, "type": 10_001, "data": "x" });
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let reply = client.call("sendGroupMessage", message).await;
    reply["messageId"].is_null().then(|| reply["code"].clone())
}

fn status(all: bool, muted: &[&str], spared: &[&str]) -> Value {
    json!({ "groupId": "g1", "muteAll": all, "muteUserList": muted, "whiteUserList": spared })
}

async fn told(client: &mut Client) -> Value {
    let mut told = client.event("mutechange").await;
    assert!(told["offset"].is_u64(), "it is stored: {told}");
    assert_eq!(told["data"].as_object_mut().unwrap().remove("event").unwrap(), "mutechange");
    told["data"].clone()
}

#[tokio::test(start_paused = true)]
async fn in_a_muted_group_those_talk_who_run_it_or_are_spared_and_all_hear_of_it() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let (mut boss, mut anna, mut ben) =
        (server.client("boss").await, server.client("anna").await, server.client("ben").await);
    let mut admin = server.open().await;
    admin.ask("connect", json!({ "token": server.token_of("root", "admin", 1_800_003_600) })).await;
    for client in [&mut boss, &mut anna, &mut ben, &mut admin] {
        client.join("g1").await;
    }
    mute(&server, &at, MuteChange::MuteEverybody { sparing: Some(users(&["anna"])) }).await;
    for client in [&mut boss, &mut anna, &mut ben, &mut admin] {
        assert_eq!(told(client).await, status(true, &[], &["anna"]));
    }
    for client in [&mut boss, &mut anna, &mut admin] {
        assert_eq!(says(client, "g1", json!({})).await, None);
    }
    assert_eq!(says(&mut ben, "g1", json!({})).await, Some(json!(442)));
    let published = ben.ask("publish", json!({ "channel": "g:g1", "data": "x" })).await;
    assert_eq!(published["error"]["code"], 442);
    assert_eq!(says(&mut ben, "g1", json!({ "skipMuteCheck": false })).await, Some(json!(442)));
    assert_eq!(says(&mut ben, "g1", json!({ "skipMuteCheck": true })).await, None);
    let mut late = server.client("late").await;
    assert_eq!(late.join("g1").await["data"]["muteStatus"], status(true, &[], &["anna"]));
    assert_eq!(late.call("queryGroup", json!("g1")).await["muteStatus"], status(true, &[], &["anna"]));
    server.announce(&at, "the operator's voice").await;
    mute(&server, &at, MuteChange::UnmuteEverybody).await;
    assert_eq!(told(&mut ben).await, status(false, &[], &[]));
    assert_eq!(says(&mut ben, "g1", json!({})).await, None);
}

#[tokio::test(start_paused = true)]
async fn those_who_run_a_group_mute_by_calls_and_nobody_else() {
    let server = Server::start().await;
    server.group("g1").await;
    let (mut boss, mut anna) = (server.client("boss").await, server.client("anna").await);
    anna.join("g1").await;
    let of = |names: &[&str]| json!({ "groupId": "g1", "userList": names });
    for (method, data) in [
        ("muteAll", json!("g1")),
        ("cancelMuteAll", json!({ "groupId": "g1" })),
        ("muteUser", of(&["ben"])),
        ("cancelMuteUser", of(&["anna"])),
        ("listMuteUsers", json!("g1")),
    ] {
        assert_eq!(anna.call(method, data).await["code"], 403, "{method}");
    }
    assert_eq!(boss.call("muteUser", of(&["anna", "cleo"])).await, json!({}));
    assert_eq!(told(&mut anna).await, status(false, &["anna", "cleo"], &[]));
    assert_eq!(says(&mut anna, "g1", json!({})).await, Some(json!(442)));
    assert_eq!(boss.call("muteAll", json!("g1")).await, json!({}));
    assert_eq!(boss.call("listMuteUsers", json!("g1")).await, status(true, &["anna", "cleo"], &[]));
    assert_eq!(boss.call("cancelMuteUser", of(&["anna"])).await, json!({}));
    assert_eq!(says(&mut anna, "g1", json!({})).await, Some(json!(442)), "the group is muted still");
    assert_eq!(boss.call("cancelMuteAll", json!({ "groupId": "g1" })).await, json!({}));
    assert_eq!(says(&mut anna, "g1", json!({})).await, None);
    for wrong in [of(&[]), of(&["a b"]), of(&["u"; 31]), json!({ "groupId": "g1" })] {
        assert_eq!(boss.call("muteUser", wrong.clone()).await["code"], 400, "{wrong}");
    }
    assert_eq!(boss.call("muteAll", json!("none")).await["code"], 440);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_where_nothing_changes() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    mute(&server, &at, MuteChange::Mute { users: users(&["ben"]), until: None }).await;
    told(&mut anna).await;
    mute(&server, &at, MuteChange::Mute { users: users(&["ben"]), until: None }).await;
    mute(&server, &at, MuteChange::Unmute { users: users(&["nobody"]) }).await;
    mute(&server, &at, MuteChange::UnmuteEverybody).await;
    mute(&server, &at, MuteChange::Unmute { users: users(&["ben"]) }).await;
    assert_eq!(told(&mut anna).await, status(false, &[], &[]));
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_notice_was_lost_is_known_when_the_bus_resumes() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    assert_eq!(says(&mut anna, "g1", json!({})).await, None);
    // Another node mutes the group, and its notice is lost.
    let steps = MuteSteps { everybody: true, put: Vec::new(), removed: Vec::new() };
    let mutes = GroupMutes { everybody: true, ..GroupMutes::default() };
    let (stream, event) = (StreamRef::Group(at.clone()), Arc::new(Event::MutesChanged(mutes)));
    let event = StreamEvent { stream, event, at: server.muster.now() };
    let (store, group, now) = (server.store.clone(), at.clone(), server.muster.now());
    let changed = carry_out(|carried| async move {
        let also = Also { events: vec![event], ..Also::nothing(carried) };
        store.records().change_mutes(&group, 0, steps, now, also).await
    });
    assert!(matches!(changed.await.unwrap(), MutesChanged::Done(_)));
    server.bus.resume();
    assert_eq!(told(&mut anna).await, status(true, &[], &[]));
    assert_eq!(says(&mut anna, "g1", json!({})).await, Some(json!(442)));
    let mut late = server.client("late").await;
    assert_eq!(late.join("g1").await["data"]["muteStatus"]["muteAll"], true);
}

/// A group of the first generation, made by `boss`.
async fn first_group(server: &Server) -> OpenGroup {
    let new = NewGroup {
        id: Some(GroupId::new("old").unwrap()),
        creator: Some(UserId::new("boss").unwrap()),
        ..NewGroup::default()
    };
    server.muster.groups().create(&server.first_generation, new).await.unwrap();
    server.muster.groups().open(&server.first_generation, &GroupId::new("old").unwrap()).await.unwrap()
}

async fn first_client(server: &Server, user: &str) -> Client {
    let user = UserId::new(user).unwrap();
    let token = server.muster.logins().issue(&server.first_generation, &user, "device").unwrap();
    let mut client = server.open().await;
    client.ask("connect", json!({ "token": token.text })).await;
    client.join("old").await;
    client
}

/// What the system has told: the type and the data.
async fn system(client: &mut Client) -> (Value, Value) {
    let told = client.event("systemmessage").await;
    let data = &told["data"];
    assert!(told["offset"].is_u64() && data["messageId"].is_string(), "{told}");
    assert_eq!((&data["groupId"], &data["senderId"]), (&json!("old"), &json!("boss")));
    assert_eq!(data["senderInfo"]["userId"], "boss");
    (data["type"].clone(), data["data"].clone())
}

#[tokio::test(start_paused = true)]
async fn the_system_tells_the_first_generation_who_was_muted_as_the_broadcast_says() {
    let server = Server::start().await;
    let group = first_group(&server).await;
    let (mut boss, mut anna, mut ben) = (
        first_client(&server, "boss").await,
        first_client(&server, "anna").await,
        first_client(&server, "ben").await,
    );
    let (by, mutes) = (UserId::new("boss").unwrap(), server.muster.mutes());
    let until = Some(mutes.ends(60));
    let muted = MuteChange::Mute { users: users(&["anna", "ben"]), until };
    mutes.change_as(&group, &by, muted, Audience::Group).await.unwrap();
    let about = |user: &str| json!({ "userId": user, "userNick": "" });
    for client in [&mut boss, &mut anna, &mut ben] {
        assert_eq!(system(client).await, (json!(1006), about("anna")));
        assert_eq!(system(client).await, (json!(1006), about("ben")));
    }
    assert_eq!(says(&mut anna, "old", json!({})).await, Some(json!(442)));
    let unmuted = MuteChange::Unmute { users: users(&["anna"]) };
    mutes.change_as(&group, &by, unmuted, Audience::Concerned).await.unwrap();
    assert_eq!(system(&mut anna).await, (json!(1007), about("anna")));
    assert_eq!(says(&mut anna, "old", json!({})).await, None);
    let all = MuteChange::MuteEverybody { sparing: None };
    mutes.change_as(&group, &by, all, Audience::Nobody).await.unwrap();
    let free = MuteChange::UnmuteEverybody;
    mutes.change_as(&group, &by, free, Audience::Group).await.unwrap();
    for client in [&mut anna, &mut ben] {
        assert_eq!(system(client).await, (json!(1005), json!({})), "nobody was told of the mute");
    }
    let all = MuteChange::MuteEverybody { sparing: None };
    mutes.change_as(&group, &by, all, Audience::Concerned).await.unwrap();
    assert_eq!(system(&mut boss).await, (json!(1005), json!({})));
    assert_eq!(system(&mut boss).await, (json!(1004), json!({})));
    let heard = ben.within(Duration::from_secs(1)).await;
    assert!(heard.iter().all(|told| told["push"]["pub"]["data"]["event"] != "systemmessage"), "{heard:?}");
    let not_hers = UserId::new("anna").unwrap();
    let refused = mutes.change_as(&group, &not_hers, MuteChange::UnmuteEverybody, Audience::Nobody).await;
    assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_list_of_mutes_is_as_long_as_the_configuration_says() {
    let limits = Limits { mutes_per_group: 2, ..Limits::default() };
    let server = Server::with(quick(), limits).await;
    server.group("g1").await;
    let mut boss = server.client("boss").await;
    let of = |names: &[&str]| json!({ "groupId": "g1", "userList": names });
    assert_eq!(boss.call("muteUser", of(&["a", "b"])).await, json!({}));
    assert_eq!(boss.call("muteUser", of(&["c"])).await["code"], 443);
    assert_eq!(boss.call("muteUser", of(&["a"])).await, json!({}));
    assert_eq!(boss.call("cancelMuteUser", of(&["a"])).await, json!({}));
    assert_eq!(boss.call("muteUser", of(&["c"])).await, json!({}));
    assert_eq!(boss.call("listMuteUsers", json!("g1")).await, status(false, &["b", "c"], &[]));
}
