//! Logging in, joining, talking, leaving, and being taken out.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::time::Duration;

use futures_util::SinkExt as _;
use muster_core::id::UserId;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Ended, Server, TestStore};

#[tokio::test(start_paused = true)]
async fn a_member_joins_is_told_of_others_hears_a_message_and_leaves() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    let joined = anna.join("g1").await;
    assert_eq!(joined["positioned"], true);
    assert_eq!(joined["recoverable"], true);
    assert_eq!(joined["epoch"], "epoch");
    let info = &joined["data"];
    assert_eq!(info["groupId"], "g1");
    assert_eq!(info["groupName"], "Name");
    assert_eq!(info["groupMeta"], "meta");
    assert_eq!(info["creator"], "boss");
    assert_eq!(info["createTime"], 1_800_000_000);
    assert_eq!(info["admins"], json!([]));
    assert_eq!(info["statistics"], json!({ "pv": 1, "onlineCount": 1, "msgAmount": {} }));
    let mutes = json!({ "groupId": "g1", "muteAll": false, "muteUserList": [], "whiteUserList": [] });
    assert_eq!(info["muteStatus"], mutes);
    assert_eq!(info["isBigGroup"], false);

    let own = anna.event("memberchange").await;
    assert_eq!(
        own["data"]["joinUsers"],
        json!([{ "userId": "anna", "userExtension": "{\"nick\":\"anna\"}" }])
    );
    assert!(own["offset"].is_null());

    let mut ben = server.client("ben").await;
    ben.join("g1").await;
    let told = anna.event("memberchange").await["data"].clone();
    assert_eq!((&told["memberCount"], &told["pv"]), (&json!(2), &json!(2)));
    assert_eq!(told["joinUsers"][0]["userId"], "ben");
    assert_eq!(told["leaveUsers"], json!([]));

    server.announce(&at, "hello \"all\"\n").await;
    for client in [&mut anna, &mut ben] {
        let message = client.event("recvgroupmessage").await;
        assert_eq!(message["offset"], 1);
        let data = &message["data"];
        assert_eq!(data["data"], "hello \"all\"\n");
        assert_eq!(data["sender"], json!({ "userId": "operator", "userExtension": "" }));
        assert_eq!((&data["type"], &data["seqnum"]), (&json!(10_001), &json!(1)));
        assert_eq!(data["timestamp"], 1_800_000_000);
        assert_eq!(
            (&data["level"], &data["repeatCount"], &data["totalMsgs"]),
            (&json!(0), &json!(1), &json!(1))
        );
        assert_eq!(data["messageId"].as_str().unwrap().len(), 20);
    }

    let reply = ben.ask("unsubscribe", json!({ "channel": "g:g1" })).await;
    assert_eq!(reply["unsubscribe"], json!({}));
    assert_eq!(server.store.members(&at), [UserId::new("anna").unwrap()]);
    let told = anna.event("memberchange").await["data"].clone();
    assert_eq!(told["leaveUsers"], json!([{ "userId": "ben", "userExtension": "" }]));
    assert_eq!((&told["memberCount"], &told["pv"]), (&json!(1), &json!(2)));
}

#[tokio::test(start_paused = true)]
async fn the_publisher_gets_its_own_message_and_an_answer() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    for nothing in [json!({ "channel": "g:g1" }), json!({ "channel": "g:g1", "data": null })] {
        let error = anna.ask("publish", nothing).await["error"].clone();
        assert_eq!(error, json!({ "code": 400, "message": "data is missing" }));
    }
    let reply = anna.ask("publish", json!({ "channel": "g:g1", "data": { "a": 1 } })).await;
    assert_eq!(reply["publish"], json!({}));
    let own = anna.event("recvgroupmessage").await;
    assert_eq!(own["data"]["data"], "{\"a\":1}");
    assert_eq!(own["data"]["type"], 10_001);
    assert_eq!(own["data"]["sender"]["userId"], "anna");
    assert_eq!(own["data"]["sender"]["userExtension"], "{\"nick\":\"anna\"}");

    let sent = anna.call("sendGroupMessage", json!({ "groupId": "g1", "type": 20_001, "data": "x" })).await;
    let own = anna.event("recvgroupmessage").await;
    assert_eq!(own["data"]["messageId"], sent["messageId"]);
    assert_eq!((&own["offset"], &own["data"]["seqnum"]), (&json!(2), &json!(2)));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_not_to_last_has_no_offset_and_leaves_the_position_alone() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    let like = json!({ "groupId": "g1", "type": 7, "data": "+", "noStorage": true, "repeatCount": 5 });
    anna.call("sendGroupMessage", like).await;
    let heard = anna.event("recvgroupmessage").await;
    assert!(heard["offset"].is_null());
    assert_eq!((&heard["data"]["repeatCount"], &heard["data"]["totalMsgs"]), (&json!(5), &json!(5)));
    anna.call("sendGroupMessage", json!({ "groupId": "g1", "type": 7, "data": "x" })).await;
    assert_eq!(anna.event("recvgroupmessage").await["offset"], 1);
}

#[tokio::test(start_paused = true)]
async fn the_login_says_who_one_is_and_gives_the_users_own_channel() {
    let server = Server::start().await;
    let mut client = server.open().await;
    let reply =
        client.ask("connect", json!({ "token": server.token("anna"), "name": "js", "data": {} })).await;
    let result = &reply["connect"];
    assert_eq!(result["client"].as_str().unwrap().len(), 36);
    assert!(result["version"].as_str().unwrap().starts_with("muster "));
    assert_eq!((&result["ping"], &result["pong"]), (&json!(25), &json!(true)));
    assert_eq!(result["data"]["userId"], "anna");
    assert_eq!(result["data"]["appId"], server.app.id.as_str());
    assert_eq!(result["data"]["serverTime"], 1_800_000_000_000_i64);
    let own = json!({ "recoverable": true, "epoch": "epoch", "positioned": true });
    assert_eq!(result["subs"], json!({ "u:anna": own }));
    assert_eq!((&result["expires"], &result["ttl"]), (&json!(true), &json!(3600)));
}

#[tokio::test(start_paused = true)]
async fn a_bad_login_is_refused_for_good_and_an_expired_one_asks_for_another_token() {
    let server = Server::start().await;
    let expired = server.token_of("anna", "", 1_799_999_999);
    let wrong_role = server.token("anna").replace('a', "b");
    let cases = [
        ("", 403, "auth fail"),
        ("x", 403, "auth fail"),
        (&wrong_role, 403, "auth fail"),
        (&expired, 109, "token expired"),
    ];
    for (token, code, message) in cases {
        let mut client = server.open().await;
        let error = client.ask("connect", json!({ "token": token })).await["error"].clone();
        assert_eq!(error, json!({ "code": code, "message": message }));
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_out_is_a_temporary_error() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = server.client("anna").await;
    server.store.set_broken(true);
    let error = anna.ask("subscribe", json!({ "channel": "g:g1" })).await["error"].clone();
    assert_eq!(error, json!({ "code": 100, "message": "internal server error", "temporary": true }));
    let mut late = server.open().await;
    let error = late.ask("connect", json!({ "token": server.token("ben") })).await["error"].clone();
    assert_eq!(error["temporary"], true);
    server.store.set_broken(false);
    anna.join("g1").await;
}

#[tokio::test(start_paused = true)]
async fn a_first_generation_user_logs_in_with_the_inner_token_or_the_bundle() {
    let server = Server::start().await;
    let user = UserId::new("old").unwrap();
    let inner = server.muster.logins().issue(&server.first_generation, &user, "device").unwrap().text;
    let bundle = STANDARD.encode(json!({ "endpoints": ["ws://x/connection"], "token": inner }).to_string());
    for token in [inner, bundle] {
        let mut client = server.open().await;
        let reply = client.ask("connect", json!({ "token": token })).await;
        assert_eq!(reply["connect"]["data"]["userId"], "old");
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_login_closes_the_first() {
    let server = Server::start().await;
    let mut first = server.client("anna").await;
    let mut second = server.client("anna").await;
    assert_eq!(first.ended().await, Ended { code: 4501, reason: "signed in elsewhere".into() });
    server.group("g1").await;
    second.join("g1").await;
}

#[tokio::test(start_paused = true)]
async fn a_login_whose_client_has_hung_up_meanwhile_does_not_end_the_one_that_it_came_back_with() {
    let server = Server::start().await;
    // The store is slow before it signs in, and then in signing in itself: in its order this login is the later one.
    // The SDKs close a connection that does not answer in time, and the stream lasts until the server has answered that.
    for (delay, closes, user) in [
        (TestStore::delay_next as fn(&_, _), false, "anna"),
        (TestStore::delay_login, false, "ben"),
        (TestStore::delay_next, true, "cleo"),
        (TestStore::delay_login, true, "dora"),
    ] {
        let mut gone = server.open().await;
        delay(&server.store, Duration::from_secs(3));
        gone.send("connect", json!({ "token": server.token(user) })).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let gone = if closes {
            gone.socket.send(Message::Close(None)).await.unwrap();
            Some(gone)
        } else {
            gone.drop_link();
            None
        };
        let mut back = server.client(user).await;
        server.group(user).await;
        back.join(user).await;
        assert!(
            back.within(Duration::from_secs(20)).await.iter().all(|told| told["push"]["pub"].is_object())
        );
        let online = server.muster.logins().signed_in(&server.app, &[UserId::new(user).unwrap()]).await;
        assert_eq!(online.unwrap(), [true]);
        back.call("sendGroupMessage", json!({ "groupId": user, "type": 1, "data": "still here" })).await;
        drop(gone);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_client_says_before_its_login_is_answered_is_carried_out_behind_it_however_much_it_is() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = server.open().await;
    server.store.delay_login(Duration::from_secs(3));
    // Nearly as much as one may send who has not logged in.
    let name = "x".repeat(32_000);
    let login = anna.send("connect", json!({ "token": server.token("anna"), "name": name })).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let join = anna.send("subscribe", json!({ "channel": "g:g1" })).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let data = "x".repeat(15_000);
    let mut said = Vec::new();
    for _ in 0..4 {
        said.push(anna.send("publish", json!({ "channel": "g:g1", "data": data })).await);
    }
    assert!(anna.reply(login).await["connect"].is_object());
    assert!(anna.reply(join).await["subscribe"].is_object());
    for id in said {
        assert_eq!(anna.reply(id).await["publish"], json!({}));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_says_more_behind_its_login_and_closes_without_waiting_is_answered() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut script = server.open().await;
    server.store.delay_next(Duration::from_secs(3));
    script.send("connect", json!({ "token": server.token("script") })).await;
    let join = script.send("subscribe", json!({ "channel": "g:g1" })).await;
    script.socket.send(Message::Close(None)).await.unwrap();
    assert!(script.reply(join).await["subscribe"].is_object());
}

#[tokio::test(start_paused = true)]
async fn of_many_logins_at_once_exactly_one_stays() {
    let server = Server::start().await;
    let mut clients = Vec::new();
    for _ in 0..16 {
        let mut client = server.open().await;
        client.send("connect", json!({ "token": server.token("anna") })).await;
        clients.push(client);
    }
    let mut living = 0;
    for mut client in clients {
        match tokio::time::timeout(Duration::from_secs(60), client.ended()).await {
            Ok(ended) => assert_eq!(ended.code, 4501),
            Err(_) => living += 1,
        }
    }
    assert_eq!(living, 1);
}

#[tokio::test(start_paused = true)]
async fn a_removed_member_learns_it_and_is_unsubscribed_and_may_come_back() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    let mut ben = server.client("ben").await;
    anna.join("g1").await;
    ben.join("g1").await;
    server.muster.rosters().kick(&server.opened(&at).await, &UserId::new("ben").unwrap()).await.unwrap();
    let exit = ben.event("exit").await;
    assert_eq!(exit, json!({ "data": { "event": "exit", "groupId": "g1", "reason": 2 }, "offset": 1 }));
    let push = ben.next().await;
    let unsubscribe = json!({ "channel": "g:g1", "unsubscribe": { "code": 2101, "reason": "kicked" } });
    assert_eq!(push, json!({ "push": unsubscribe }));
    loop {
        let told = anna.event("memberchange").await["data"].clone();
        if told["leaveUsers"][0]["userId"] == "ben" {
            assert_eq!(told["memberCount"], 1);
            break;
        }
    }
    server.announce(&at, "without ben").await;
    anna.event("recvgroupmessage").await;
    assert!(ben.within(Duration::from_secs(20)).await.is_empty());
    let refused = ben.call("sendGroupMessage", json!({ "groupId": "g1", "type": 1, "data": "x" })).await;
    assert_eq!(refused["code"], 425);
    ben.join("g1").await;
}

#[tokio::test(start_paused = true)]
async fn a_deleted_group_tells_everybody_and_ends_their_subscriptions() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    server.announce(&at, "last words").await;
    server.muster.groups().delete(&server.app, &at.group, None).await.unwrap();
    let exit = anna.event("exit").await;
    assert_eq!(exit, json!({ "data": { "event": "exit", "groupId": "g1", "reason": 1 }, "offset": 2 }));
    let push = anna.next().await["push"].clone();
    assert_eq!(push, json!({ "channel": "g:g1", "unsubscribe": { "code": 2102, "reason": "group closed" } }));
    let error = anna.ask("subscribe", json!({ "channel": "g:g1" })).await["error"].clone();
    assert_eq!(error, json!({ "code": 441, "message": "group deleted" }));
    assert!(server.bus.followed().is_empty());
    let counters = server.hub.counters();
    assert_eq!((counters.subscriptions.get(), counters.joins.get(), counters.leaves.get()), (0, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_disabled_application_loses_its_connections() {
    let server = Server::start().await;
    let mut anna = server.client("anna").await;
    server.muster.apps().set_disabled(&server.app, true).await.unwrap();
    assert_eq!(anna.ended().await, Ended { code: 4503, reason: "removed".into() });
    let mut again = server.open().await;
    let error = again.ask("connect", json!({ "token": server.token("anna") })).await["error"].clone();
    assert_eq!(error["code"], 403);
}

#[tokio::test(start_paused = true)]
async fn a_drain_sends_everybody_elsewhere_and_ends_no_membership() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    let fresh = &mut server.open().await;
    let hub = server.hub.clone();
    let drained = tokio::spawn(async move { hub.drain(Duration::from_secs(5)).await });
    let shutdown = || Ended { code: 3001, reason: "shutdown".into() };
    assert_eq!(anna.ended().await, shutdown());
    assert_eq!(fresh.ended().await, shutdown());
    drained.await.unwrap();
    assert_eq!(server.open().await.ended().await, shutdown());
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(server.store.members(&at).len(), 1);
}
