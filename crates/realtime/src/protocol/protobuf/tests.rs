use bytes::Bytes;
use proptest::prelude::*;
use prost::Message as _;

use super::{super::*, schema};

fn framed(commands: &[schema::Command]) -> Vec<u8> {
    commands.iter().flat_map(schema::Command::encode_length_delimited_to_vec).collect()
}

/// What a client reads of one message.
fn told(frame: &Frame) -> schema::Reply {
    schema::Reply::decode_length_delimited(frame.as_bytes()).unwrap()
}

#[test]
fn commands_mean_the_same_in_both_forms() {
    let publish = |data: &'static [u8]| schema::Command {
        id: 3,
        publish: Some(schema::PublishRequest { channel: "g:1".into(), data: Bytes::from_static(data) }),
        ..schema::Command::default()
    };
    let subscribe = schema::SubscribeRequest {
        channel: "g:1".into(),
        token: "t".into(),
        recover: true,
        epoch: "e".into(),
        offset: 7,
        positioned: true,
        recoverable: true,
        join_leave: true,
        flag: 3,
        ..schema::SubscribeRequest::default()
    };
    let history = schema::HistoryRequest {
        channel: "g:1".into(),
        limit: -1,
        since: Some(schema::StreamPosition { offset: 2, epoch: "e".into() }),
        reverse: true,
    };
    let asked = [
        schema::Command { id: 1, subscribe: Some(subscribe), ..schema::Command::default() },
        schema::Command { id: 2, history: Some(history), ..schema::Command::default() },
        publish(b"{\"a\":1}"),
        schema::Command { send: Some(schema::SendRequest::default()), ..schema::Command::default() },
        schema::Command::default(),
    ];
    let json = concat!(
        r#"{"id":1,"subscribe":{"channel":"g:1","token":"t","recover":true,"epoch":"e","offset":7,"positioned":true,"#,
        r#""recoverable":true,"join_leave":true,"flag":3}}"#,
        "\n",
        r#"{"id":2,"history":{"channel":"g:1","limit":-1,"since":{"offset":2,"epoch":"e"},"reverse":true}}"#,
        "\n",
        r#"{"id":3,"publish":{"channel":"g:1","data":{"a":1}}}"#,
        "\n",
        r#"{"send":{}}"#,
        "\n",
        "{}",
    );
    let bytes = framed(&asked);
    let read = |form: Form, frame| form.commands(frame).map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(read(Form::Protobuf, &bytes), read(Form::Json, json.as_bytes()));
    assert_eq!((Form::Protobuf.count(&bytes), Form::Json.count(json.as_bytes())), (5, 5));
    let pretty = framed(&[publish(b"{\n \"a\": \"x y\"\r\n}")]);
    let Some(Ok(Command { request: Some(Request::Publish { data, .. }), .. })) =
        Form::Protobuf.commands(&pretty).next()
    else {
        panic!("no publication")
    };
    assert_eq!(data.as_deref(), Some(&b"{\"a\":\"x y\"}"[..]), "a payload is on one line");
}

#[test]
fn a_payload_that_is_no_json_is_refused_and_a_message_that_is_cut_off_ends_the_frame() {
    let with = |data: &'static [u8]| {
        framed(&[schema::Command {
            id: 9,
            publish: Some(schema::PublishRequest { channel: "g:1".into(), data: Bytes::from_static(data) }),
            ..schema::Command::default()
        }])
    };
    for data in [&b"\x00\xff"[..], b"{", b"1 2", b"\"\\ud83d\""] {
        let frame = with(data);
        let Some(Err(malformed)) = Form::Protobuf.commands(&frame).next() else {
            panic!("{data:?} is taken")
        };
        assert_eq!(
            malformed.refusal().map(|(id, refusal)| (id, refusal.code)),
            Some((9, ErrorCode::BadRequest))
        );
    }
    let mut frame = with(b"1");
    let whole = frame.len();
    frame.extend_from_slice(&frame.clone()[..whole - 1]);
    let read: Vec<_> = Form::Protobuf.commands(&frame).collect();
    assert!(matches!(&read[..], [Ok(_), Err(Malformed::CutOff)]), "{read:?}");
    let pong: Vec<_> = Form::Protobuf.commands(&[0]).map(Result::unwrap).collect();
    assert_eq!(pong, [Command { id: 0, request: None }]);
}

#[test]
fn what_is_told_reads_back_as_the_schema_has_it() {
    let info =
        ClientInfo { user: "42".into(), client: "c".into(), conn_info: "1".into(), chan_info: "2".into() };
    let said = Publication { data: "{}".into(), offset: 4, info: Some(Box::new(info.clone())) };
    let sub = SubscribeResult {
        ttl: Some(5),
        recoverable: true,
        positioned: true,
        epoch: "e".into(),
        offset: 3,
        publications: vec![said.clone()],
        recovered: true,
        was_recovering: true,
        data: "7".into(),
    };
    let connect = ConnectResult {
        client: "c".into(),
        version: "v".into(),
        ttl: Some(9),
        subs: vec![("g:1".into(), sub)],
        ping: 25,
        pong: true,
        ..ConnectResult::default()
    };
    let body = ReplyBody::Connect(Box::new(connect));
    let reply = told(&Form::Protobuf.reply(&Reply { id: 1, body }));
    let connect = reply.connect.unwrap();
    assert_eq!((reply.id, connect.expires, connect.ttl, connect.ping), (1, true, 9, 25));
    let sub = &connect.subs["g:1"];
    assert_eq!((sub.recovered, sub.offset, sub.publications[0].offset), (true, 3, 4));
    assert_eq!(sub.publications[0].info.as_ref().unwrap().chan_info, "2");
    let push = Push { channel: "g:1", body: PushBody::Publication(&said) };
    let push = told(&Form::Protobuf.push(&push)).push.unwrap();
    assert_eq!((push.channel.as_str(), &push.r#pub.unwrap().data[..]), ("g:1", &b"{}"[..]));
    let join = told(&Form::Protobuf.push(&Push { channel: "g:1", body: PushBody::Join(&info) }));
    assert_eq!(join.push.unwrap().join.unwrap().info.unwrap().user, "42");
    let published = told(&Form::Protobuf.reply(&Reply { id: 2, body: ReplyBody::Publish }));
    assert!(published.publish.is_some(), "also an answer that says nothing is there");
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(frame in prop::collection::vec(any::<u8>(), 0..200)) {
        Form::Protobuf.commands(&frame).for_each(drop);
        prop_assert!(Form::Protobuf.count(&frame) <= frame.len());
    }

    #[test]
    fn no_bytes_that_are_nearly_a_command_make_the_reader_panic(
        data in prop::collection::vec(any::<u8>(), 0..40), cut in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte: u8,
    ) {
        let rpc = schema::RpcRequest { data: data.into(), method: "m".into() };
        let mut frame = framed(&[schema::Command { id: 1, rpc: Some(rpc), ..schema::Command::default() }]);
        let place = at.index(frame.len());
        frame[place] = byte;
        Form::Protobuf.commands(&frame).for_each(drop);
        Form::Protobuf.commands(&frame[..cut.index(frame.len() + 1)]).for_each(drop);
    }
}
