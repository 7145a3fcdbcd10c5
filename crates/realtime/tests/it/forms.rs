//! Both forms say the same, and clients of either share a group.

use bytes::Bytes;
use futures_util::SinkExt as _;
use muster_realtime::protocol::{
    ClientInfo, ConnectResult, Disconnect, ErrorCode, ErrorReply, Form, HistoryResult, Publication, Push,
    PushBody, Reply, ReplyBody, SubscribeResult, Unsubscribed, protobuf::schema,
};
use proptest::prelude::*;
use prost::Message as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{
    Ended, Server,
    protobuf::{command_bytes, messages},
};

#[tokio::test(start_paused = true)]
async fn clients_of_both_forms_log_in_join_talk_ask_and_leave_alike() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut clients =
        [server.client_of(Form::Json, "anna").await, server.client_of(Form::Protobuf, "ben").await];
    for client in &mut clients {
        let joined = client.join("g1").await;
        assert_eq!((&joined["epoch"], &joined["data"]["groupId"]), (&json!("epoch"), &json!("g1")));
        let again = client.ask("subscribe", json!({ "channel": "g:g1" })).await;
        assert_eq!(again["error"]["code"], 105);
    }
    server.announce(&at, "hello\n\"all\"").await;
    let mut heard = Vec::new();
    for client in &mut clients {
        heard.push(client.event("recvgroupmessage").await);
    }
    assert_eq!(heard[0], heard[1]);
    assert_eq!((&heard[0]["offset"], &heard[0]["data"]["data"]), (&json!(1), &json!("hello\n\"all\"")));
    for (place, client) in clients.iter_mut().enumerate() {
        let said = json!({ "channel": "g:g1", "data": { "number": place } });
        assert_eq!(client.ask("publish", said).await["publish"], json!({}));
        let query = client.call("queryGroup", json!({ "groupId": "g1" })).await;
        assert_eq!(query["groupId"], "g1");
        let stats = client.ask("presence_stats", json!({ "channel": "g:g1" })).await;
        assert_eq!(stats["presence_stats"], json!({ "num_clients": 2, "num_users": 2 }));
    }
    let mut told = Vec::new();
    for client in &mut clients {
        let history = client.ask("history", json!({ "channel": "g:g1", "limit": -1 })).await;
        let presence = client.ask("presence", json!({ "channel": "g:g1" })).await;
        assert_eq!(presence["presence"]["presence"].as_object().unwrap().len(), 2);
        told.push(history["history"].clone());
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0]["publications"].as_array().unwrap().len(), 3);
    let left = clients[1].ask("unsubscribe", json!({ "channel": "g:g1" })).await;
    assert_eq!(left["unsubscribe"], json!({}));
}

#[tokio::test(start_paused = true)]
async fn a_protobuf_client_recovers_what_it_missed() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut looker = server.client("anna").await;
    looker.join("g1").await;
    let mut ben = server.client_of(Form::Protobuf, "ben").await;
    ben.join("g1").await;
    ben.drop_link();
    for number in 1..=3 {
        server.announce(&at, &format!("missed {number}")).await;
    }
    let mut ben = server.client_of(Form::Protobuf, "ben").await;
    let back = ben.rejoin("g1", "epoch", 1).await;
    let missed: Vec<_> = back["publications"].as_array().unwrap().iter().collect();
    assert_eq!(missed.iter().map(|one| &one["offset"]).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(missed[1]["data"]["data"], "missed 3");
    assert_eq!((&back["recovered"], &back["was_recovering"]), (&json!(true), &json!(true)));
    server.announce(&at, "after").await;
    assert_eq!(ben.event("recvgroupmessage").await["offset"], 4);
}

#[tokio::test(start_paused = true)]
async fn a_login_and_what_follows_it_are_read_from_one_protobuf_frame() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = server.open_as(Form::Protobuf, 1 << 20).await;
    let login = json!({ "id": 1, "connect": { "token": server.token("anna"), "data": { "d": 1 } } });
    let join = json!({ "id": 2, "subscribe": { "channel": "g:g1", "flag": 1 } });
    anna.send_commands(&[login, join]).await;
    assert_eq!(anna.reply(1).await["connect"]["pong"], true);
    assert_eq!(anna.reply(2).await["subscribe"]["positioned"], true);
}

async fn ended_after(bytes: Vec<u8>) -> Ended {
    let server = Server::start().await;
    let mut anna = server.client_of(Form::Protobuf, "anna").await;
    anna.socket.send(Message::binary(bytes)).await.unwrap();
    anna.ended().await
}

#[tokio::test(start_paused = true)]
async fn a_protobuf_frame_that_cannot_be_read_closes_the_connection() {
    let whole = command_bytes(&json!({ "id": 2, "presence": { "channel": "g:1" } }));
    let cut = whole[..whole.len() - 1].to_vec();
    for broken in [cut, vec![3, 8], vec![0xff; 11], vec![2, 0xff, 0xff], b"{\"id\":7}".to_vec(), vec![0]] {
        assert_eq!(ended_after(broken.clone()).await.code, 3501, "{broken:?}");
    }
    let many = ended_after(vec![0; 300]).await;
    assert_eq!((many.code, &*many.reason), (3501, "too many commands in one frame"));
}

#[tokio::test(start_paused = true)]
async fn a_protobuf_payload_that_is_no_json_is_refused_and_the_client_goes_on() {
    let server = Server::start().await;
    let mut anna = server.client_of(Form::Protobuf, "anna").await;
    let call = |id, data: &'static [u8]| {
        let rpc = schema::RpcRequest { method: "queryGroup".into(), data: Bytes::from_static(data) };
        schema::Command { id, rpc: Some(rpc), ..Default::default() }.encode_length_delimited_to_vec()
    };
    let bad: [&[u8]; 4] = [b"\xff", b"{", b"plain", br#"{"groupId":"\ud800"}"#];
    for (id, data) in (90..).zip(bad) {
        anna.socket.send(Message::binary(call(id, data))).await.unwrap();
        assert_eq!(anna.reply(id).await["error"]["code"], 107, "{data:?}");
    }
    anna.socket.send(Message::binary(call(99, b"{\n\"groupId\" : \"none\" }"))).await.unwrap();
    assert_eq!(anna.reply(99).await["error"]["code"], 440);
}

#[tokio::test(start_paused = true)]
async fn pings_are_answered_by_a_zero_byte_and_by_a_frame_of_nothing() {
    let server = Server::start().await;
    for pong in [vec![0], vec![]] {
        let mut anna = server.client_of(Form::Protobuf, "anna").await;
        anna.answers_pings = false;
        let ping = anna.raw().await;
        assert_eq!(ping, [0]);
        anna.socket.send(Message::binary(pong)).await.unwrap();
        assert_eq!(anna.ask("presence_stats", json!({ "channel": "g:1" })).await["error"]["code"], 103);
    }
}

/// Clients of the crate's own kind read what either form says as the same value.
fn agree(json: &[u8], protobuf: &[u8]) -> Result<(), TestCaseError> {
    let json: Value = serde_json::from_slice(json).unwrap();
    prop_assert_eq!(messages(protobuf), vec![json]);
    Ok(())
}

fn payload() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        Just(Bytes::new()),
        "\\PC{0,8}".prop_map(|text| Bytes::from(json!({ "text": text }).to_string())),
        any::<i32>().prop_map(|number| Bytes::from(number.to_string())),
    ]
}

fn info() -> impl Strategy<Value = ClientInfo> {
    ("[a-z]{0,3}", "[a-z]{0,3}", payload(), payload())
        .prop_map(|(user, client, conn_info, chan_info)| ClientInfo { user, client, conn_info, chan_info })
}

fn publication() -> impl Strategy<Value = Publication> {
    (payload(), any::<u32>(), proptest::option::of(info())).prop_map(|(data, offset, info)| Publication {
        data,
        offset: offset.into(),
        info: info.map(Box::new),
    })
}

fn subscribed() -> impl Strategy<Value = SubscribeResult> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let told = proptest::collection::vec(publication(), 0..3);
    (proptest::option::of(1..9_u32), flags, "\\PC{0,4}", any::<u32>(), told, payload()).prop_map(
        |(ttl, flags, epoch, offset, publications, data)| SubscribeResult {
            ttl,
            recoverable: flags.0,
            positioned: flags.1,
            epoch,
            offset: offset.into(),
            publications,
            recovered: flags.2,
            was_recovering: flags.3,
            data,
        },
    )
}

fn body() -> impl Strategy<Value = ReplyBody> {
    let told = proptest::collection::vec(publication(), 0..3);
    prop_oneof![
        "\\PC{0,9}".prop_map(|text| ReplyBody::Error(ErrorReply::invalid(text))),
        Just(ReplyBody::Error(ErrorCode::Internal.into())),
        Just(ReplyBody::Publish),
        Just(ReplyBody::Unsubscribe),
        subscribed().prop_map(|result| ReplyBody::Subscribe(Box::new(result))),
        (subscribed(), payload(), "[a-z]{0,3}", any::<u32>()).prop_map(|(sub, data, session, ping)| {
            let subs = vec![("u:a".to_owned(), sub)];
            let (client, ttl) = ("id".to_owned(), Some(9));
            let result = ConnectResult { client, ttl, subs, data, session, ping, ..Default::default() };
            ReplyBody::Connect(Box::new(result))
        }),
        proptest::collection::vec(info(), 0..2).prop_map(ReplyBody::Presence),
        (any::<u32>(), any::<u32>()).prop_map(|(clients, users)| ReplyBody::PresenceStats {
            clients: clients.into(),
            users: users.into()
        }),
        (told, "[a-z]{0,3}", any::<u32>()).prop_map(|(publications, epoch, offset)| {
            ReplyBody::History(HistoryResult { publications, epoch, offset: offset.into() })
        }),
        payload().prop_map(ReplyBody::Rpc),
        proptest::option::of(1..9_u32).prop_map(|ttl| ReplyBody::Refresh { ttl }),
        proptest::option::of(1..9_u32).prop_map(|ttl| ReplyBody::SubRefresh { ttl }),
    ]
}

/// A command as clients write it, with unset members as some do.
fn command() -> impl Strategy<Value = Value> {
    let text = || "[a-z:é\"]{0,5}";
    let data =
        || prop_oneof![Just(Value::Null), text().prop_map(Value::from), any::<i32>().prop_map(Value::from)];
    let request = prop_oneof![
        (text(), data(), text(), any::<u32>(), any::<bool>()).prop_map(
            |(token, data, epoch, offset, recover)| {
                let sub = json!({ "recover": recover, "epoch": epoch, "offset": offset });
                json!({ "connect": { "token": token, "data": data, "subs": { "u:a": sub } } })
            }
        ),
        (text(), any::<u32>(), any::<bool>(), any::<i16>()).prop_map(|(text, offset, recover, flag)| {
            json!({ "subscribe": { "channel": text, "token": text, "offset": offset, "recover": recover,
                "join_leave": recover, "positioned": recover, "recoverable": !recover, "delta": text, "flag": flag, "type": flag, "epoch": text } })
        }),
        (text(), data())
            .prop_map(|(channel, data)| json!({ "publish": { "channel": channel, "data": data } })),
        (text(), data()).prop_map(|(method, data)| json!({ "rpc": { "method": method, "data": data } })),
        (text(), any::<i32>(), any::<bool>()).prop_map(|(channel, limit, reverse)| {
            let since = json!({ "offset": limit.unsigned_abs(), "epoch": channel });
            json!({ "history": { "channel": channel, "limit": limit, "reverse": reverse, "since": since } })
        }),
        ("unsubscribe|presence|presence_stats|send|ping|refresh|sub_refresh", text())
            .prop_map(|(verb, text)| json!({ verb: { "channel": text, "token": text } })),
        Just(json!({})),
    ];
    (request, any::<u32>()).prop_map(|(mut command, id)| {
        command["id"] = id.into();
        command
    })
}

proptest! {
    #[test]
    fn a_reply_reads_the_same_in_either_form(id in any::<u32>(), body in body()) {
        let reply = Reply { id, body };
        agree(Form::Json.reply(&reply).as_bytes(), Form::Protobuf.reply(&reply).as_bytes())?;
    }

    #[test]
    fn a_push_reads_the_same_in_either_form(
        channel in "\\PC{0,5}", one in publication(), info in info(), result in subscribed(), which in 0..7,
    ) {
        let data = one.data.clone();
        let body = match which {
            0 => PushBody::Publication(&one),
            1 => PushBody::Join(&info),
            2 => PushBody::Leave(&info),
            3 => PushBody::Unsubscribe(Unsubscribed::KICKED),
            4 => PushBody::Message(&data),
            5 => PushBody::Subscribe(&result),
            _ => PushBody::Disconnect(Disconnect::SHUTDOWN),
        };
        let push = Push { channel: &channel, body };
        agree(Form::Json.push(&push).as_bytes(), Form::Protobuf.push(&push).as_bytes())?;
    }

    #[test]
    fn commands_are_read_alike_from_either_form(written in proptest::collection::vec(command(), 1..4)) {
        let json = written.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
        let protobuf: Vec<u8> = written.iter().flat_map(command_bytes).collect();
        prop_assert_eq!(Form::Json.count(json.as_bytes()), Form::Protobuf.count(&protobuf));
        let json: Vec<_> = Form::Json.commands(json.as_bytes()).map(Result::unwrap).collect();
        let protobuf: Vec<_> = Form::Protobuf.commands(&protobuf).map(Result::unwrap).collect();
        prop_assert_eq!(json, protobuf);
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), form in 0..2_usize) {
        let form = Form::ALL[form];
        let read = form.commands(&bytes).count();
        prop_assert!(read <= form.count(&bytes).max(1));
    }
}
