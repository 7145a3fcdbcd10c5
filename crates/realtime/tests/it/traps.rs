//! What SDKs rely on and a server easily gets wrong.

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
    for verb in ["refresh", "sub_refresh"] {
        assert_eq!(anna.ask(verb, json!({ "token": "t" })).await["error"]["code"], 108);
    }
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
