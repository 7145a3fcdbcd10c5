//! Probes: functions that give bytes of any kind to what strangers and other machines reach, and panic when a promise
//! does not hold.
//!
//! The same functions serve two runs. `fuzz/` looks for bytes that break them, guided by coverage, for as long as one
//! likes (`make fuzz`); the tests of this crate give each of them its committed corpus and a bounded number of variants
//! of it, the same on every run.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a probe tells by panicking that a promise does not hold"
)]

mod client;
mod login;
mod policy;
mod protobuf;
mod realtime;
mod request;
mod server;
mod source;
mod texts;

pub use login::login_token;
pub use policy::policy;
pub use protobuf::realtime_protobuf;
pub use realtime::realtime_frame;
pub use request::{request, xml_answer};
pub use texts::{bus_message, import_line};

/// A probe by the name of its corpus.
pub type Probe = (&'static str, fn(&[u8]));

/// Every probe.
pub const PROBES: [Probe; 8] = [
    ("bus_message", bus_message),
    ("import_line", import_line),
    ("login_token", login_token),
    ("policy", policy),
    ("realtime_frame", realtime_frame),
    ("realtime_protobuf", realtime_protobuf),
    ("request", request),
    ("xml_answer", xml_answer),
];
