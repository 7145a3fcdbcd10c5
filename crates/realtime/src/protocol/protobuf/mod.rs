//! The Protobuf form: each message behind its length, one behind the other.
//!
//! [`schema`] is made from `proto/client.proto`. A payload is the bytes of a JSON value, the same that the JSON form
//! embeds.

#[cfg(test)]
mod generated;
mod read;
#[expect(missing_docs, reason = "what needs no words in the schema needs none here")]
#[rustfmt::skip]
pub mod schema;
mod write;

pub use read::{command, commands, count, emulation};
pub use write::{push, reply};

/// What a ping is: a message of no bytes.
pub const PING: &[u8] = &[0];

#[cfg(test)]
mod tests;
