//! Logins end with their tokens, and go on with others.

use std::time::Duration;

use muster_core::{id::UserId, limits::Limits};
use muster_realtime::{
    RealtimeConfig,
    login::{LiveLogin, live_connect_token},
    protocol::Form,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Client, Ended, Server, quick};

/// When the tests take place, in seconds.
const NOW: i64 = 1_800_000_000;
/// Seconds that a login of these tests lasts.
const LIFE: i64 = 100;

/// Logs in with a token that ends soon.
async fn briefly(server: &Server, form: Form, user: &str) -> Client {
    let mut client = server.open_as(form, 1 << 20).await;
    let reply = client.ask("connect", json!({ "token": server.token_of(user, "", NOW + LIFE) })).await;
    assert_eq!((&reply["connect"]["expires"], &reply["connect"]["ttl"]), (&json!(true), &json!(LIFE)));
    client
}

/// Lets time pass for a client, who answers pings.
async fn rest(client: &mut Client, seconds: u64) {
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until {
        client.within(Duration::from_secs(60).min(until - Instant::now())).await;
    }
}

/// Lets time pass by every clock.
async fn pass(server: &Server, client: &mut Client, seconds: u64) {
    rest(client, seconds).await;
    server.clock.advance(i64::try_from(seconds).unwrap() * 1_000);
}

async fn refresh(client: &mut Client, token: &str) -> Value {
    client.ask("refresh", json!({ "token": token })).await
}

fn expired() -> Ended {
    Ended { code: 3005, reason: "connection expired".into() }
}

#[tokio::test(start_paused = true)]
async fn a_connection_ends_some_time_after_its_token_unless_another_is_shown() {
    for form in [Form::Json, Form::Protobuf] {
        let server = Server::start().await;
        let at = server.group("g1").await;
        let begun = Instant::now();
        let mut anna = briefly(&server, form, "anna").await;
        anna.join("g1").await;
        pass(&server, &mut anna, 90).await;
        let reply = refresh(&mut anna, &server.token_of("anna", "", NOW + 2 * LIFE)).await;
        assert_eq!(reply["refresh"], json!({ "expires": true, "ttl": 110 }));
        pass(&server, &mut anna, 134).await;
        assert_eq!(anna.call("queryGroup", json!("g1")).await["groupId"], "g1", "there is time to refresh");
        assert_eq!(anna.ended().await, expired());
        assert_eq!(begun.elapsed().as_secs(), 225);
        assert_eq!(server.store.members(&at).len(), 1, "its user may come back");
        assert_eq!(server.hub.counters().closes().get(&3005), Some(&1));
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_to_show_another_token_is_as_long_as_the_configuration_says() {
    let config = RealtimeConfig { refresh_grace_seconds: 0, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    let begun = Instant::now();
    let mut anna = briefly(&server, Form::Json, "anna").await;
    assert_eq!(anna.ended().await, expired());
    assert_eq!(begun.elapsed().as_secs(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_neither_ends_a_login_nor_lets_it_go_on() {
    const DAY: i64 = 86_400_000;
    for jump in [DAY, -DAY] {
        let server = Server::start().await;
        let begun = Instant::now();
        let mut anna = briefly(&server, Form::Json, "anna").await;
        server.clock.jump(jump);
        rest(&mut anna, 120).await;
        assert_eq!(anna.ended().await, expired());
        assert_eq!(begun.elapsed().as_secs(), 125);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_good_does_not_let_a_login_go_on() {
    let server = Server::start().await;
    let mut anna = briefly(&server, Form::Json, "anna").await;
    let user = UserId::new("anna").unwrap();
    let elsewhere = server.muster.logins().issue(&server.first_generation, &user, "device").unwrap().text;
    for token in ["", "x", &server.token("ben"), &elsewhere] {
        let error = refresh(&mut anna, token).await["error"].clone();
        assert_eq!(error, json!({ "code": 403, "message": "auth fail" }), "{token}");
    }
    let begun = Instant::now();
    rest(&mut anna, 120).await;
    assert_eq!(anna.ended().await, expired());
    assert_eq!(begun.elapsed().as_secs(), 125);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_the_store_cannot_look_up_now_is_shown_again_on_the_same_connection() {
    for form in [Form::Json, Form::Protobuf] {
        let server = Server::start().await;
        server.group("g1").await;
        let mut anna = briefly(&server, form, "anna").await;
        anna.join("g1").await;
        let token = server.token_of("anna", "", NOW + 2 * LIFE);
        server.store.set_records_broken(true);
        let error = refresh(&mut anna, &token).await["error"].clone();
        assert_eq!((&error["code"], &error["temporary"]), (&json!(100), &json!(true)), "{error}");
        server.store.set_records_broken(false);
        assert_eq!(anna.call("queryGroup", json!("g1")).await["groupId"], "g1", "the connection goes on");
        assert_eq!(refresh(&mut anna, &token).await["refresh"]["expires"], json!(true));
        rest(&mut anna, 150).await;
        assert_eq!(anna.call("queryGroup", json!("g1")).await["groupId"], "g1", "the second login counts");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_has_ended_or_makes_something_else_of_the_user_is_to_be_logged_in_with() {
    let server = Server::start().await;
    let user = UserId::new("anna").unwrap();
    let token = server.muster.logins().token(&server.app, &user, "AK-nonce", NOW + LIFE, "").unwrap();
    let renamed = live_connect_token(&LiveLogin {
        app_id: server.app.id.as_str(),
        user_id: "anna",
        nonce: "AK-nonce",
        timestamp: NOW + LIFE,
        role: "",
        token: &token,
        user_extension: Some("{\"nick\":\"Anna\"}"),
    });
    for (shown, code, reason) in [
        (server.token_of("anna", "", NOW - 1), 3005, "connection expired"),
        (server.token_of("anna", "admin", NOW + LIFE), 3011, "force reconnect"),
        (renamed, 3011, "force reconnect"),
    ] {
        let mut anna = briefly(&server, Form::Json, "anna").await;
        anna.send("refresh", json!({ "token": shown })).await;
        assert_eq!(anna.ended().await, Ended { code, reason: reason.into() });
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_of_the_first_generation_goes_on_with_another_access_token() {
    let server = Server::start().await;
    let user = UserId::new("old").unwrap();
    let issued = || server.muster.logins().issue(&server.first_generation, &user, "device").unwrap();
    let mut old = server.open().await;
    let reply = old.ask("connect", json!({ "token": issued().text })).await;
    assert_eq!((&reply["connect"]["expires"], &reply["connect"]["ttl"]), (&json!(true), &json!(86_400)));
    server.clock.advance(60_000);
    let fresh = issued();
    assert_eq!(
        refresh(&mut old, &fresh.refresh).await["error"]["code"],
        403,
        "a refresh token logs nobody in"
    );
    assert_eq!(refresh(&mut old, &fresh.text).await["refresh"], json!({ "expires": true, "ttl": 86_400 }));
}

#[tokio::test(start_paused = true)]
async fn a_subscription_has_no_token_and_says_so() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = server.client("anna").await;
    let asked = |channel: &str| json!({ "channel": channel, "token": "t" });
    anna.join("g1").await;
    let error = anna.ask("sub_refresh", asked("g:g1")).await["error"].clone();
    assert_eq!(error["code"], 108);
    assert!(error["message"].as_str().unwrap().contains("has no token"), "{error}");
    for (channel, code) in [("g:g2", 103), ("u:anna", 103), ("news", 102)] {
        assert_eq!(anna.ask("sub_refresh", asked(channel)).await["error"]["code"], code, "{channel}");
    }
}
