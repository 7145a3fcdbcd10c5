use std::time::Duration;

use muster_realtime::compat::{ChannelOptions, CompatConfig, Secret};
use serde_json::json;

use super::{NOW, connected, jwt, on, open, refused, server, subscribed, user};

#[tokio::test(start_paused = true)]
async fn a_token_that_is_no_good_closes_for_good_and_one_that_has_ended_asks_for_another() {
    let server = server(on()).await;
    for token in ["invalid_token", "a.b.c", ""] {
        let mut client = server.open().await;
        client.send("connect", json!({"token": token})).await;
        let ended = client.ended().await;
        assert_eq!((ended.code, ended.reason.as_str()), (3500, "invalid token"), "{token}");
    }
    let mut client = server.open().await;
    assert_eq!(
        refused(&mut client, "connect", json!({"token": jwt(&json!({"sub": "1", "exp": NOW}))})).await,
        109
    );
    let mut member = server.client("boss").await;
    assert_eq!(
        refused(&mut member, "subscribe", json!({"channel": "room"})).await,
        102,
        "a user of an application"
    );
}

#[tokio::test(start_paused = true)]
async fn without_the_section_such_a_token_is_a_login_like_any_other_that_is_refused() {
    let server = server(CompatConfig { enabled: false, ..on() }).await;
    let mut client = server.open().await;
    assert_eq!(refused(&mut client, "connect", json!({"token": jwt(&json!({"sub": "1"}))})).await, 403);
    assert!(server.hub.server_api().is_none());
}

#[tokio::test(start_paused = true)]
async fn who_shows_no_token_is_let_in_where_the_operator_says_so() {
    let anonymous = CompatConfig { allow_anonymous_connect_without_token: true, ..on() };
    let server = server(anonymous).await;
    let mut client = server.open().await;
    assert!(client.ask("connect", json!({})).await["connect"]["client"].is_string());
    assert_eq!(refused(&mut client, "subscribe", json!({"channel": "room"})).await, 103);
    let insecure = CompatConfig { insecure: true, hmac_secret_key: Secret::default(), ..on() };
    let server = super::server(insecure).await;
    let mut client = server.open().await;
    client.ask("connect", json!({})).await;
    subscribed(&mut client, "closed:room").await;
    assert!(
        client.ask("publish", json!({"channel": "closed:other", "data": 1})).await["publish"].is_object()
    );
    assert_eq!(
        refused(&mut client, "subscribe", json!({"channel": "$room"})).await,
        103,
        "that takes a token"
    );
}

#[tokio::test(start_paused = true)]
async fn the_server_subscribes_a_user_to_its_own_channel_and_to_those_of_the_token() {
    let server = server(CompatConfig { subscribe_to_user_personal_channel: true, ..on() }).await;
    let claims = json!({"sub": "ann", "info": {"name": "Ann"}, "subs": {"told:news": {"data": {"hi": 1}}}});
    let (mut ann, found) = connected(&server, &claims).await;
    assert_eq!(found["subs"]["told:news"]["data"], json!({"hi": 1}));
    assert_eq!(found["subs"]["#ann"]["recoverable"], true);
    let join = ann.next().await["push"].clone();
    assert_eq!(
        (&join["channel"], &join["join"]["info"]["conn_info"]),
        (&json!("told:news"), &json!({"name": "Ann"}))
    );
    assert_eq!(refused(&mut ann, "subscribe", json!({"channel": "#ann"})).await, 105);
    ann.ask("publish", json!({"channel": "#ann", "data": 1})).await;
    assert_eq!(ann.next().await["push"]["channel"], "#ann");
    let epoch = &found["subs"]["#ann"]["epoch"];
    let mut again = server.open().await;
    let held = json!({"#ann": {"recover": true, "offset": 0, "epoch": epoch}});
    let reply = again.ask("connect", json!({"token": jwt(&json!({"sub": "ann"})), "subs": held})).await;
    let own = reply["connect"]["subs"]["#ann"].clone();
    assert_eq!((&own["recovered"], &own["publications"][0]["data"]), (&json!(true), &json!(1)));
    let mut lost = server.open().await;
    let unknown = jwt(&json!({"sub": "ann", "channels": ["nowhere:a"]}));
    assert_eq!(refused(&mut lost, "connect", json!({"token": unknown})).await, 102);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_token_opens_its_channel_to_its_user_alone() {
    let server = server(on()).await;
    let (mut ann, found) = connected(&server, &json!({"sub": "ann"})).await;
    let mine =
        json!({"sub": "ann", "channel": "closed:a", "info": 7, "override": {"presence": {"value": true}}});
    let with = |token: &str, channel: &str| json!({"channel": channel, "token": token});
    assert_eq!(refused(&mut ann, "subscribe", with("invalid", "closed:a")).await, 103);
    let over = jwt(&json!({"sub": "ann", "channel": "closed:a", "exp": NOW}));
    assert_eq!(refused(&mut ann, "subscribe", with(&over, "closed:a")).await, 109);
    assert!(ann.ask("subscribe", with(&jwt(&mine), "closed:a")).await["subscribe"].is_object());
    let client = found["client"].clone();
    let bound = jwt(&json!({"sub": "ann", "channel": "$closed:b", "client": client}));
    assert!(ann.ask("subscribe", with(&bound, "$closed:b")).await["subscribe"].is_object());
    for (token, channel) in [
        (jwt(&mine), "closed:other"),
        (jwt(&json!({"sub": "bob", "channel": "closed:c"})), "closed:c"),
        (jwt(&json!({"sub": "ann", "channel": "closed:c", "client": "another"})), "closed:c"),
    ] {
        let mut client = user(&server, "ann").await;
        client.send("subscribe", with(&token, channel)).await;
        assert_eq!(client.ended().await.code, 3500, "{channel}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_names_users_is_open_to_them_alone() {
    let options = ChannelOptions { allow_user_limited_channels: true, ..open() };
    let server = server(CompatConfig { without_namespace: options, ..on() }).await;
    let mut ann = user(&server, "ann").await;
    subscribed(&mut ann, "dialog#ann,bob").await;
    assert_eq!(refused(&mut ann, "subscribe", json!({"channel": "dialog#bob"})).await, 103);
}

#[tokio::test(start_paused = true)]
async fn a_connection_and_a_subscription_end_some_time_after_their_tokens_unless_they_are_refreshed() {
    let server = server(on()).await;
    let of_ann = |exp: i64| jwt(&json!({"sub": "ann", "exp": exp}));
    let (mut ann, found) = connected(&server, &json!({"sub": "ann", "exp": NOW + 100})).await;
    assert_eq!((&found["expires"], &found["ttl"]), (&json!(true), &json!(100)));
    let of_room = |exp: i64| jwt(&json!({"sub": "ann", "channel": "room", "exp": exp}));
    let reply = ann.ask("subscribe", json!({"channel": "room", "token": of_room(NOW + 50)})).await;
    assert_eq!(reply["subscribe"]["ttl"], 50);
    let reply = ann.ask("sub_refresh", json!({"channel": "room", "token": of_room(NOW + 60)})).await;
    assert_eq!(reply["sub_refresh"], json!({"expires": true, "ttl": 60}));
    assert_eq!(
        refused(&mut ann, "sub_refresh", json!({"channel": "room", "token": of_room(NOW)})).await,
        110
    );
    server.clock.advance(84_000);
    assert_eq!(
        ann.within(Duration::from_secs(3)).await,
        [] as [serde_json::Value; 0],
        "there is time to refresh"
    );
    server.clock.advance(1_000);
    let push = ann.next().await["push"].clone();
    assert_eq!(push["unsubscribe"], json!({"code": 2501, "reason": "subscription expired"}));
    let reply = ann.ask("refresh", json!({"token": of_ann(NOW + 200)})).await;
    assert_eq!(reply["refresh"]["ttl"], 115);
    server.clock.advance(139_000);
    assert!(
        ann.ask("presence_stats", json!({"channel": "room"})).await["error"].is_object(),
        "it is there still"
    );
    server.clock.advance(1_000);
    assert_eq!(ann.ended().await.code, 3005);
}
