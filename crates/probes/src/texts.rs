//! What is read from texts alone.

use muster_bus::nats::recode;
use muster_core::transfer::Line;
use muster_gateway::policy::{MAX_DOCUMENT, Policy};
use muster_realtime::protocol::json;
use serde_json::Value;

/// A policy document: what is accepted is JSON within its bound, and stays accepted when it is written anew.
pub fn policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let read = Policy::parse("probed", text).is_ok();
    assert!(read || Policy::accept("probed", text).is_err(), "what may be stored can be read");
    if !read {
        return;
    }
    assert!(text.len() <= MAX_DOCUMENT, "a document beyond its bound is accepted");
    let value: Value = serde_json::from_str(text).expect("what is accepted is JSON");
    let anew = value.to_string();
    if anew.len() <= MAX_DOCUMENT {
        assert!(Policy::parse("probed", &anew).is_ok(), "accepted as {text}, and refused as {anew}");
    }
}

/// A line of an export: what is read is written again and read as the same.
pub fn import_line(bytes: &[u8]) {
    let Ok(line) = Line::parse(bytes) else { return };
    let mut written = Vec::new();
    line.clone().write(&mut written).expect("memory takes it");
    let text = written.strip_suffix(b"\n").expect("a line has an end");
    assert!(!text.contains(&b'\n'), "a record is one line");
    let again = Line::parse(text).expect("what was written is read");
    assert_eq!(again, line);
}

/// A frame of the realtime protocol: every line of it is a command or is refused, and a command is JSON.
pub fn realtime_frame(bytes: &[u8]) {
    let Ok(frame) = std::str::from_utf8(bytes) else { return };
    let commands = json::commands(frame).filter(Result::is_ok).count();
    let values =
        serde_json::Deserializer::from_str(frame).into_iter::<Value>().take_while(Result::is_ok).count();
    let lines = frame.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count();
    assert!(commands <= lines.max(values), "{commands} commands in {lines} lines of JSON");
}

/// A message of the bus: what one node reads, it would send, and another reads as the same.
pub fn bus_message(bytes: &[u8]) {
    let Some(sent) = recode(bytes) else { return };
    let again = recode(&sent).expect("what is sent is read");
    assert_eq!(again, sent);
}
