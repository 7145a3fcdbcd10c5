//! How members are told of each other: in small groups soon and by name, in large ones seldom and by number.

use std::time::Duration;

use muster_core::{id::UserId, limits::Limits, service::Telling};
use muster_realtime::RealtimeConfig;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Client, Server, quick};

async fn joined(server: &Server, user: &str) -> Client {
    let mut client = server.client(user).await;
    client.join("g1").await;
    client
}

async fn enrol(server: &Server, at: &muster_core::id::GroupRef, names: impl Iterator<Item = String>) {
    for name in names {
        let user = UserId::new(&name).unwrap();
        server.muster.rosters().enrol(&server.opened(at).await, &user, Telling::GROUP).await.unwrap();
    }
}

fn names(told: &Value, list: &str) -> Vec<String> {
    told[list].as_array().unwrap().iter().map(|user| user["userId"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_small_group_is_told_within_a_fifth_of_a_second_and_in_one_notice() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = joined(&server, "anna").await;
    anna.event("memberchange").await;
    let start = Instant::now();
    enrol(&server, &at, (0..100).map(|number| format!("u{number}"))).await;
    let told = anna.event("memberchange").await["data"].clone();
    assert!(start.elapsed() <= Duration::from_millis(200));
    assert_eq!(names(&told, "joinUsers"), (0..100).map(|number| format!("u{number}")).collect::<Vec<_>>());
    assert_eq!((&told["memberCount"], &told["pv"]), (&json!(101), &json!(101)));
    assert!(anna.within(Duration::from_secs(20)).await.is_empty(), "no timer runs while nothing changes");
}

#[tokio::test(start_paused = true)]
async fn a_large_group_is_told_once_a_second_with_twenty_names_and_the_exact_count() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    enrol(&server, &at, (0..250).map(|number| format!("u{number}"))).await;
    let mut anna = joined(&server, "anna").await;
    let own = anna.event("memberchange").await["data"].clone();
    assert_eq!(names(&own, "joinUsers"), ["anna"]);
    let start = Instant::now();
    enrol(&server, &at, (0..30).map(|number| format!("v{number}"))).await;
    server
        .muster
        .rosters()
        .release(&server.opened(&at).await, &UserId::new("u7").unwrap(), Telling::GROUP)
        .await
        .unwrap();
    let told = anna.event("memberchange").await["data"].clone();
    assert_eq!(start.elapsed().as_secs(), 1);
    assert_eq!(names(&told, "joinUsers"), (0..20).map(|number| format!("v{number}")).collect::<Vec<_>>());
    assert_eq!(names(&told, "leaveUsers"), Vec::<String>::new(), "twenty names together, the first of them");
    assert_eq!(told["memberCount"], 280);
}

#[tokio::test(start_paused = true)]
async fn members_are_told_once_the_store_can_count_them_however_long_it_could_not_and_it_is_asked_seldom() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = joined(&server, "anna").await;
    anna.event("memberchange").await;
    let mut ben = joined(&server, "ben").await;
    server.store.set_broken(true);
    let before = server.store.states();
    for _ in 0..6 {
        let time = Duration::from_secs(100);
        let (told, _) = tokio::join!(anna.within(time), ben.within(time));
        assert!(told.is_empty(), "{told:?}");
    }
    let asked = server.store.states() - before;
    assert!((50..=70).contains(&asked), "{asked} times in ten minutes");
    server.store.set_broken(false);
    let told = anna.event("memberchange").await["data"].clone();
    assert_eq!((names(&told, "joinUsers"), &told["memberCount"]), (vec!["ben".to_owned()], &json!(2)));
    let time = Duration::from_secs(60);
    let (told, _) = tokio::join!(anna.within(time), ben.within(time));
    assert!(told.is_empty(), "it is told once: {told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_count_is_asked_no_more_when_nobody_is_there_to_be_told() {
    let server = Server::start().await;
    server.group("g1").await;
    let anna = joined(&server, "anna").await;
    server.store.set_broken(true);
    tokio::time::sleep(Duration::from_secs(60)).await;
    anna.drop_link();
    tokio::time::sleep(Duration::from_secs(20)).await;
    let before = server.store.states();
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(server.store.states(), before);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_taken_out_once_more_is_told_to_the_others_again() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    enrol(&server, &at, std::iter::once("u1".to_owned())).await;
    let mut anna = joined(&server, "anna").await;
    anna.event("memberchange").await;
    let (group, user) = (server.opened(&at).await, UserId::new("u1").unwrap());
    server.store.set_unsure(true);
    server.muster.rosters().release(&group, &user, Telling::GROUP).await.unwrap_err();
    server.store.set_unsure(false);
    assert!(anna.within(Duration::from_secs(1)).await.is_empty());
    server.muster.rosters().release(&group, &user, Telling::GROUP).await.unwrap();
    let told = anna.event("memberchange").await["data"].clone();
    assert_eq!((names(&told, "leaveUsers"), &told["memberCount"]), (vec!["u1".to_owned()], &json!(1)));
}

#[tokio::test(start_paused = true)]
async fn a_super_group_is_told_the_count_alone_every_five_seconds() {
    let limits = Limits { super_group_threshold: 5, ..Limits::default() };
    let server = Server::with(quick(), limits).await;
    let at = server.group("g1").await;
    enrol(&server, &at, (0..6).map(|number| format!("u{number}"))).await;
    let mut anna = joined(&server, "anna").await;
    let start = Instant::now();
    let mut told = Vec::new();
    for number in 0..30 {
        enrol(&server, &at, std::iter::once(format!("v{number}"))).await;
        for message in anna.within(Duration::from_millis(500)).await {
            told.push(message["push"]["pub"]["data"].clone());
        }
    }
    assert_eq!(start.elapsed().as_secs(), 15);
    assert!((2..=3).contains(&told.len()), "{told:?}");
    for notice in &told {
        assert_eq!((&notice["joinUsers"], &notice["leaveUsers"]), (&json!([]), &json!([])));
        assert!(notice["memberCount"].as_u64().unwrap() > 6);
    }
    let info = anna.call("queryGroup", json!("g1")).await;
    assert_eq!(info["isBigGroup"], true);
}

#[tokio::test(start_paused = true)]
async fn somebody_who_leaves_and_returns_in_one_breath_has_come() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = joined(&server, "anna").await;
    let mut ben = joined(&server, "ben").await;
    anna.within(Duration::from_secs(1)).await;
    ben.send_text(concat!(
        r#"{"id":90,"unsubscribe":{"channel":"g:g1"}}"#,
        "\n",
        r#"{"id":91,"subscribe":{"channel":"g:g1"}}"#
    ))
    .await;
    let told = anna.event("memberchange").await["data"].clone();
    assert_eq!((names(&told, "joinUsers"), names(&told, "leaveUsers")), (vec!["ben".to_owned()], vec![]));
    assert_eq!((&told["memberCount"], &told["pv"]), (&json!(2), &json!(3)));
}

#[tokio::test(start_paused = true)]
async fn who_joins_while_others_are_told_of_a_change_knows_the_count_too() {
    let server = Server::with(RealtimeConfig { ring_entries: 1, ..quick() }, Limits::default()).await;
    let at = server.group("g1").await;
    let mut ben = server.client("ben").await;
    let epoch = ben.join("g1").await["epoch"].clone();
    for text in ["one", "two"] {
        server.announce(&at, text).await;
    }
    let mut anna = server.client("anna").await;
    // What she has missed is read from the store, and the members are counted before.
    server.store.delay_entries(Duration::from_secs(3));
    let wish = json!({ "channel": "g:g1", "recover": true, "epoch": epoch, "offset": 0 });
    let joining = anna.send("subscribe", wish).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let _cleo = joined(&server, "cleo").await;
    let reply = anna.reply(joining).await["subscribe"].clone();
    assert_eq!(reply["recovered"], true, "{reply}");
    let mut count = reply["data"]["statistics"]["onlineCount"].clone();
    for message in anna.within(Duration::from_secs(10)).await {
        if message["push"]["pub"]["data"]["event"] == "memberchange" {
            count = message["push"]["pub"]["data"]["memberCount"].clone();
        }
    }
    assert_eq!(count, 3, "cleo was told to ben before anna could hear it");
}
