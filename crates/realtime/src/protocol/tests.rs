use std::borrow::Cow;

use bytes::Bytes;
use proptest::prelude::*;

use super::{
    json::{command, commands, half_character, push, push_and_data, reply},
    *,
};

fn written(id: u32, body: ReplyBody) -> String {
    reply(&Reply { id, body })
}

fn publication(data: &'static [u8], offset: u64) -> Publication {
    Publication { data: Bytes::from_static(data), offset, info: None }
}

#[test]
fn the_commands_of_one_frame_are_read_in_order() {
    let frame = concat!(
        r#"{"connect":{"token":"t","data":{"d":1},"name":"app","headers":{"h":"v"}},"id":1}"#,
        "\n",
        r#"{"subscribe":{"channel":"g:1","positioned":true,"recoverable":true,"join_leave":true,"flag":1},"id":2}"#,
        "\n"
    );
    let read: Vec<_> = commands(frame).map(Result::unwrap).collect();
    assert_eq!(read.len(), 2);
    assert!(matches!(&read[0].request, Some(Request::Connect(connect)) if connect.token == "t"));
    assert!(matches!(&read[1].request, Some(Request::Subscribe(s)) if s.channel == "g:1" && s.flag == 1));
}

#[test]
fn an_empty_frame_and_an_empty_object_are_pongs() {
    for frame in ["{}", "{}\n", "", "\n", " "] {
        let read: Vec<_> = commands(frame).map(Result::unwrap).collect();
        assert_eq!(read, [Command { id: 0, request: None }], "{frame:?}");
    }
}

#[test]
fn a_payload_is_kept_as_it_was_written() {
    let line = r#"{"id":7,"publish":{"channel":"g:1","data":{ "b": 1.50, "a" : "é\u00e9" }}}"#;
    let read = command(line).unwrap();
    let expected: &[u8] = "{ \"b\": 1.50, \"a\" : \"é\\u00e9\" }".as_bytes();
    assert_eq!(
        read.request,
        Some(Request::Publish { channel: Cow::Borrowed("g:1"), data: Some(Cow::Borrowed(expected)) })
    );
}

#[test]
fn explicit_zero_values_and_unknown_fields_are_accepted() {
    let line = r#"{"id":3,"history":{"channel":"g:1","limit":0,"reverse":false,"x":[{}]},"y":{}}"#;
    assert!(matches!(command(line).unwrap().request, Some(Request::History(h)) if h.limit == 0));
    let line = r#"{"id":3,"rpc":{"method":"m","data":null}}"#;
    assert!(matches!(command(line).unwrap().request, Some(Request::Rpc(rpc)) if rpc.data.is_none()));
}

#[test]
fn a_list_is_neither_a_command_nor_a_request() {
    for line in [
        "[]",
        "[7]",
        r#"[7,{"token":"t"}]"#,
        r#"{"id":7,"connect":["t"]}"#,
        r#"{"id":7,"connect":{"token":"t","subs":{"u:a":[true,"e",1]}}}"#,
        r#"{"id":7,"publish":["g:1",1]}"#,
        r#"{"id":7,"history":{"channel":"g:1","since":[1,"e"]}}"#,
        r#"{"id":7,"ping":[]}"#,
        r#"[7,null,"\ud83d"]"#,
    ] {
        assert!(matches!(command(line), Err(Malformed::Json(_))), "{line}");
    }
}

#[test]
fn half_a_character_is_found_wherever_it_stands_and_a_whole_one_is_none() {
    for half in
        [r#""\ud83d""#, r#""\ude00""#, r#""\ud83d\ud83d\ude00""#, r#""\\\ud83dx""#, r#""\uD83D\n\uDE00""#]
    {
        assert!(half_character(half).is_some(), "{half}");
    }
    for whole in [r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\u00e9 \\""#, "\\", "\\u12", "\\é\\", "\"😀\"", ""]
    {
        assert_eq!(half_character(whole), None, "{whole}");
    }
    let line = r#"{"id":7,"publish":{"channel":"g:1","data":"\ud83d"}}"#;
    assert!(matches!(command(line), Err(Malformed::HalfCharacter { id: 7, unit: 0xd83d })));
}

#[test]
fn every_success_holds_its_result_even_an_empty_one() {
    assert_eq!(written(3, ReplyBody::Publish), r#"{"id":3,"publish":{}}"#);
    assert_eq!(written(8, ReplyBody::Unsubscribe), r#"{"id":8,"unsubscribe":{}}"#);
    assert_eq!(written(9, ReplyBody::Subscribe(Box::default())), r#"{"id":9,"subscribe":{}}"#);
}

#[test]
fn zero_values_are_left_out_but_for_those_that_are_read_blindly() {
    assert_eq!(
        written(1, ReplyBody::PresenceStats { clients: 0, users: 0 }),
        r#"{"id":1,"presence_stats":{"num_clients":0,"num_users":0}}"#
    );
    assert_eq!(
        written(1, ReplyBody::History(HistoryResult::default())),
        r#"{"id":1,"history":{"publications":[],"epoch":"","offset":0}}"#
    );
    assert_eq!(written(1, ReplyBody::Presence(vec![])), r#"{"id":1,"presence":{"presence":{}}}"#);
    assert_eq!(
        written(1, ReplyBody::Error(ErrorCode::Internal.into())),
        r#"{"id":1,"error":{"code":100,"message":"internal server error","temporary":true}}"#
    );
    assert_eq!(
        written(1, ReplyBody::Error(ErrorCode::AuthFail.into())),
        r#"{"id":1,"error":{"code":403,"message":"auth fail"}}"#
    );
}

#[test]
fn a_recovered_subscription_is_written_as_the_reference_writes_it() {
    let result = SubscribeResult {
        recoverable: true,
        positioned: true,
        epoch: "aVLXKvZk".into(),
        offset: 1,
        publications: vec![publication(b"{\"a\":1}", 2)],
        recovered: true,
        was_recovering: true,
        ..SubscribeResult::default()
    };
    assert_eq!(
        written(10, ReplyBody::Subscribe(Box::new(result))),
        concat!(
            r#"{"id":10,"subscribe":{"recoverable":true,"epoch":"aVLXKvZk","#,
            r#""publications":[{"data":{"a":1},"offset":2}],"recovered":true,"offset":1,"#,
            r#""positioned":true,"was_recovering":true}}"#
        )
    );
}

#[test]
fn a_push_says_where_its_data_stands() {
    let said = publication(b"{\"a\":\"x\"}", 4);
    let (text, at) = push_and_data(&Push { channel: "g:1", body: PushBody::Publication(&said) });
    assert_eq!(text, r#"{"push":{"channel":"g:1","pub":{"data":{"a":"x"},"offset":4}}}"#);
    assert_eq!(&text[at], "{\"a\":\"x\"}");
    let told_once = publication(b"1", 0);
    assert_eq!(
        push(&Push { channel: "g:1", body: PushBody::Publication(&told_once) }),
        r#"{"push":{"channel":"g:1","pub":{"data":1}}}"#
    );
    assert_eq!(
        push(&Push { channel: "g:1", body: PushBody::Unsubscribe(Unsubscribed::KICKED) }),
        r#"{"push":{"channel":"g:1","unsubscribe":{"code":2101,"reason":"kicked"}}}"#
    );
}

#[test]
fn no_close_reason_is_empty_or_reads_as_json() {
    for &(Disconnect { code, reason }, _) in Disconnect::ALL {
        assert!(!reason.is_empty() && reason.len() <= 123, "{code}");
        assert!(serde_json::from_str::<serde_json::Value>(reason).is_err(), "{code}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_decoder_panic(frame in "\\PC*") {
        commands(&frame).for_each(drop);
        half_character(&frame);
    }

    #[test]
    fn no_text_that_is_nearly_a_command_makes_the_decoder_panic(
        verb in "connect|subscribe|publish|rpc|history|send|ping|nonsense",
        value in "(\\{\\}|null|1|\"\"|\\{\"channel\":\"[a-z:]{0,9}\",\"data\":[0-9]{1,4}\\}|\\[+|\\{\"limit\":-?[0-9]{1,12}\\})",
        id in any::<i64>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let line = format!("{{\"id\":{id},\"{verb}\":{value}}}");
        commands(&line[..cut.index(line.len() + 1)]).for_each(drop);
        commands(&line).for_each(drop);
    }

    #[test]
    fn any_text_in_a_reply_stays_on_one_line_and_reads_back(message in ".*", channel in ".*") {
        let error = ErrorReply::invalid(message.clone());
        let line = written(1, ReplyBody::Error(error));
        prop_assert!(!line.contains('\n'));
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(value["error"]["message"].as_str().unwrap_or(""), message);
        let said = publication(b"{}", 1);
        let line = push(&Push { channel: &channel, body: PushBody::Publication(&said) });
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(value["push"]["channel"].as_str().unwrap_or(""), channel);
    }
}
