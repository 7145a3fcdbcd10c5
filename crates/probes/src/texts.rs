//! What is read from texts alone.

use muster_bus::nats::recode;
use muster_core::transfer::Line;

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

/// A message of the bus: what one node reads, it would send, and another reads as the same.
pub fn bus_message(bytes: &[u8]) {
    let Some(sent) = recode(bytes) else { return };
    let again = recode(&sent).expect("what is sent is read");
    assert_eq!(again, sent);
}
