//! What SDKs rely on and a server easily gets wrong.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use muster_core::message::StreamRef;
use serde_json::{Value, json};

use crate::support::{Ended, Server};

#[tokio::test(start_paused = true)]
async fn a_login_and_its_subscriptions_may_come_in_one_frame() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = server.open().await;
    let commands = [
        json!({ "id": 1, "connect": { "token": server.token("anna"), "name": "js" } }),
        json!({ "id": 2, "subscribe": { "channel": "g:g1", "positioned": true, "recoverable": true, "flag": 1 } }),
        json!({ "id": 3, "publish": { "channel": "g:g1", "data": "hi" } }),
    ];
    anna.send_text(&commands.map(|command| command.to_string()).join("\n")).await;
    assert!(anna.next().await["connect"].is_object());
    let subscribed = anna.next().await;
    assert!(subscribed["subscribe"].is_object());
    assert!(subscribed["subscribe"]["id"].is_null(), "channels are never given numbers");
    let mut rest = [anna.next().await, anna.next().await];
    rest.sort_by_key(|message| message["id"].is_null());
    assert_eq!(rest[0], json!({ "id": 3, "publish": {} }));
    assert_eq!(rest[1]["push"]["pub"]["data"]["data"], "hi");
}

#[tokio::test(start_paused = true)]
async fn leaving_never_fails() {
    let server = Server::start().await;
    let mut anna = server.client("anna").await;
    for channel in ["g:none", "nonsense", "u:anna", ""] {
        let reply = anna.ask("unsubscribe", json!({ "channel": channel })).await;
        assert_eq!(reply["unsubscribe"], json!({}), "{channel}");
    }
    let at = server.group("g1").await;
    anna.join("g1").await;
    server.store.set_broken(true);
    let reply = anna.ask("unsubscribe", json!({ "channel": "g:g1" })).await;
    assert_eq!(reply["unsubscribe"], json!({}));
    server.store.set_broken(false);
    assert_eq!(server.store.members(&at).len(), 1);
    tokio::time::sleep(std::time::Duration::from_secs(15)).await;
    assert!(server.store.members(&at).is_empty(), "what could not be done then is done later");
}

#[tokio::test(start_paused = true)]
async fn channels_that_cannot_be_subscribed_to_say_why() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    let long = format!("g:{}", "x".repeat(254));
    for (channel, code) in [
        ("g:g1", 105),
        ("g:none", 440),
        ("g:a b", 440),
        ("u:anna", 103),
        ("u:ben", 103),
        ("news", 102),
        ("x:y", 102),
        (&long, 107),
        ("g:é", 107),
    ] {
        let error = anna.ask("subscribe", json!({ "channel": channel })).await["error"].clone();
        assert_eq!(error["code"], code, "{channel}");
        assert!(error["message"].is_string() && error["temporary"].is_null());
    }
    let map = json!({ "channel": "g:g1", "type": 1 });
    assert_eq!(anna.ask("subscribe", map).await["error"]["code"], 108);
    assert_eq!(anna.ask("publish", json!({ "channel": "g:g1" })).await["error"]["code"], 400);
    assert_eq!(anna.ask("publish", json!({ "channel": "news", "data": 1 })).await["error"]["code"], 102);
}

#[tokio::test(start_paused = true)]
async fn what_breaks_the_protocol_closes_the_connection() {
    let server = Server::start().await;
    let cases = [
        (r#"{"id":5,"ping":{}}"#, 3501, "bad request"),
        (r#"{"publish":{"channel":"g:1","data":1}}"#, 3501, "bad request"),
        (r#"{"id":5}"#, 3501, "bad request"),
        ("{}", 3501, "bad request"),
        ("not json", 3501, "bad request"),
        (r#"{"id":-1,"rpc":{}}"#, 3501, "bad request"),
        (r#"{"id":5,"connect":{"token":"again"}}"#, 3501, "bad request"),
        (r#"{"id":5,"subscribe":{"channel":""}}"#, 3501, "bad request"),
        (r#"{"id":5,"subscribe":{"channel":"g:1","delta":"what"}}"#, 3501, "bad request"),
        (r#"{"send":{"data":1}}"#, 3508, "not available"),
    ];
    for (number, (text, code, reason)) in cases.into_iter().enumerate() {
        let mut client = server.client(&format!("u{number}")).await;
        client.send_text(text).await;
        assert_eq!(client.ended().await, Ended { code, reason: reason.into() }, "{text}");
    }
    let mut unknown = server.open().await;
    unknown.send("subscribe", json!({ "channel": "g:1" })).await;
    assert_eq!(unknown.ended().await.code, 3501);
}

#[tokio::test(start_paused = true)]
async fn replies_of_one_connection_come_in_the_order_of_its_commands() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    let commands: Vec<String> = (10..60)
        .map(|id| match id % 3 {
            0 => json!({ "id": id, "publish": { "channel": "g:g1", "data": id } }),
            1 => json!({ "id": id, "rpc": { "method": "queryGroup", "data": { "groupId": "g1" } } }),
            _ => json!({ "id": id, "unsubscribe": { "channel": "g:none" } }),
        })
        .map(|command: Value| command.to_string())
        .collect();
    anna.send_text(&commands.join("\n")).await;
    let mut answered = Vec::new();
    let mut said = Vec::new();
    while answered.len() < 50 || said.len() < 16 {
        let message = anna.next().await;
        match message["id"].as_u64() {
            Some(id) => answered.push(id),
            None if message["push"]["pub"]["data"]["event"] == "recvgroupmessage" => {
                said.push(message["push"]["pub"]["data"]["data"].as_str().unwrap().parse::<u64>().unwrap());
            }
            None => {}
        }
    }
    assert_eq!(answered, (10..60).collect::<Vec<_>>());
    assert_eq!(said, (10..60).filter(|id| id % 3 == 0).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn half_a_character_is_refused_by_name_and_neither_closes_nor_is_stored() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    let half = r"\ud83d";
    let commands = [
        format!(r#"{{"publish":{{"channel":"g:g1","data":"{half}"}},"id":51}}"#),
        format!(r#"{{"publish":{{"channel":"g:g1","data":{{"a":["{half}x"]}}}},"id":52}}"#),
        format!(r#"{{"publish":{{"channel":"g:{half}","data":"x"}},"id":53}}"#),
        format!(r#"{{"subscribe":{{"channel":"g:{half}"}},"id":54}}"#),
        format!(
            r#"{{"rpc":{{"method":"sendGroupMessage","data":{{"groupId":"g1","type":1,"data":"{half}"}}}},"id":55}}"#
        ),
        r#"{"rpc":{"method":"queryGroup","data":"\udc00"},"id":56}"#.to_owned(),
    ];
    for (command, id) in commands.iter().zip(51..) {
        anna.send_text(command).await;
        let error = anna.reply(id).await["error"].clone();
        assert_eq!(error["code"], 107, "{command}");
        assert!(error["message"].as_str().unwrap().contains("unpaired surrogate"), "{error}");
    }
    let whole = json!({ "channel": "g:g1", "data": "\u{1f600} and C:\\u, \\ud83d as text" });
    assert!(anna.ask("publish", whole).await["publish"].is_object());
    let top = server.muster.delivery().top(&StreamRef::Group(at)).await.unwrap().unwrap();
    assert_eq!(top.sequence, 1);
}

#[tokio::test(start_paused = true)]
async fn a_login_with_half_a_character_is_refused_by_name() {
    let server = Server::start().await;
    let shown =
        r#"{"appId":"a","userId":"u","nonce":"AK-1","timestamp":5,"token":"t","userExtension":"\ud83d"}"#;
    let token = URL_SAFE_NO_PAD.encode(shown);
    let connects = [
        json!({ "id": 1, "connect": { "token": token } }).to_string(),
        format!(r#"{{"id":1,"connect":{{"token":"{}","data":"\ud83d"}}}}"#, server.token("anna")),
    ];
    for connect in connects {
        let mut client = server.open().await;
        client.send_text(&connect).await;
        let error = client.reply(1).await["error"].clone();
        assert_eq!(error["code"], 107, "{connect}");
        assert!(error["message"].as_str().unwrap().contains("unpaired surrogate"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn null_in_an_optional_member_is_passed_over() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = server.open().await;
    let subs = json!({ "u:anna": { "recover": null, "epoch": null, "offset": null }, "u:x": null });
    let connect = json!({
        "token": server.token("anna"), "subs": subs, "data": null, "name": null, "version": null,
        "headers": null, "flag": null,
    });
    assert!(anna.ask("connect", connect).await["connect"]["client"].is_string());
    let mut anna2 = server.open().await;
    let connect = json!({ "token": server.token("anna2"), "subs": null });
    assert!(anna2.ask("connect", connect).await["connect"]["client"].is_string());
    let subscribe = json!({
        "channel": "g:g1", "token": null, "recover": null, "epoch": null, "offset": null, "data": null,
        "positioned": null, "recoverable": null, "join_leave": null, "delta": null, "tf": null, "flag": null,
        "type": null,
    });
    assert!(anna.ask("subscribe", subscribe).await["subscribe"].is_object());
    let history = json!({ "channel": "g:g1", "limit": null, "since": null, "reverse": null });
    assert!(anna.ask("history", history).await["history"].is_object());
    let since = json!({ "channel": "g:g1", "limit": 1, "since": { "offset": null, "epoch": null } });
    assert!(anna.ask("history", since).await["history"].is_object());
    let publish = json!({ "channel": "g:g1", "data": "x", "type": null, "key": null, "removed": null });
    assert!(anna.ask("publish", publish).await["publish"].is_object());
    for channel in ["presence", "presence_stats"] {
        assert!(anna.ask(channel, json!({ "channel": "g:g1" })).await[channel].is_object());
    }
    let list = json!({
        "groupId": "g1", "sortType": null, "nextPageToken": null, "nextpagetoken": null, "pageSize": null,
    });
    assert_eq!(anna.call("listGroupUser", list).await["code"], 403, "read, and refused to a member");
    let message = json!({
        "groupId": "g1", "type": 1, "data": "x", "level": null, "noStorage": null, "repeatCount": null,
    });
    assert!(anna.call("sendGroupMessage", message).await["messageId"].is_string());
    let query = json!({ "method": null, "data": null });
    assert_eq!(anna.ask("rpc", query).await["error"]["code"], 104);
    assert!(anna.ask("unsubscribe", json!({ "channel": null })).await["unsubscribe"].is_object());
}
