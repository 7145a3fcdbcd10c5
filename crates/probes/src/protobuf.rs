//! Frames of realtime clients in the Protobuf form: what the reader makes of them.

use muster_realtime::protocol::{Command, Request, json, protobuf};
use serde::de::IgnoredAny;

/// The most bytes of a length: seven bits in each.
const LENGTH_BYTES: usize = 10;

/// A frame of commands, each behind its length. It is parted where a second reader parts it, a frame that is cut off
/// reads as a beginning of the whole, and a payload is one line of JSON that means the same in the JSON form.
pub fn realtime_protobuf(frame: &[u8]) {
    let read = commands(frame);
    assert_eq!(read, parted(frame), "the frame is parted elsewhere");
    let messages = if frame.is_empty() { 0 } else { read.len() };
    assert_eq!(protobuf::count(frame), messages, "the commands are counted otherwise than they are read");
    let cut = commands(&frame[..frame.len() / 2]);
    if let Some((last, whole)) = cut.split_last()
        && frame.len() > 1
    {
        assert!(read.starts_with(whole), "a frame that is cut off says something else");
        assert!(last.is_none() || read.contains(last), "the last command before the cut is another");
    }
    read.iter().flatten().filter_map(payload).for_each(carried);
}

fn commands(frame: &[u8]) -> Vec<Option<Command<'_>>> {
    protobuf::commands(frame).map(Result::ok).collect()
}

/// The second reader: it stops at a length that is none, and at a message that is not all there.
fn parted(frame: &[u8]) -> Vec<Option<Command<'_>>> {
    let mut read = Vec::new();
    let mut rest = frame;
    if frame.is_empty() {
        read.push(Some(Command { id: 0, request: None }));
    }
    while !rest.is_empty() {
        let Some((message, behind)) = first(rest) else {
            read.push(None);
            break;
        };
        read.push(protobuf::command(message).ok());
        rest = behind;
    }
    read
}

/// The first message of some bytes, and what is behind it.
fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().take(LENGTH_BYTES).position(|byte| byte & 0x80 == 0)? + 1;
    let (digits, rest) = bytes.split_at(end);
    let length = digits.iter().rev().fold(0u128, |length, byte| length << 7 | u128::from(byte & 0x7f));
    rest.split_at_checked(usize::try_from(length).ok()?)
}

fn payload<'a>(command: &'a Command<'_>) -> Option<&'a [u8]> {
    match command.request.as_ref()? {
        Request::Publish { data, .. } => data.as_deref(),
        Request::Rpc(rpc) => rpc.data.as_deref(),
        Request::Connect(connect) => connect.data.as_deref(),
        _ => None,
    }
}

/// A payload is read as it stands when a client says it in the JSON form.
fn carried(payload: &[u8]) {
    let text = std::str::from_utf8(payload).expect("a payload is text");
    serde_json::from_str::<IgnoredAny>(text).expect("a payload is JSON");
    assert!(!text.contains(['\n', '\r']), "a payload is on one line: {text:?}");
    let line = format!(r#"{{"id":1,"rpc":{{"method":"m","data":{text}}}}}"#);
    let Ok(Command { request: Some(Request::Rpc(rpc)), .. }) = json::command(&line) else {
        panic!("{line} is no call");
    };
    assert_eq!(rpc.data.as_deref(), Some(payload), "the JSON form reads another payload");
}
