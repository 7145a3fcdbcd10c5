//! The JSON form: one message a line, messages of a frame joined by exactly one `\n`.
//!
//! A field at its zero value is left out, but for the few that the SDKs read without looking (the members of a
//! presence, of its figures and of a history). Payloads are JSON values and stand where they are, never escaped again.

mod read;
mod write;

pub use read::{command, commands, count, emulation};
pub use write::{push, reply};

pub(crate) use read::{compact, half_character};
pub(super) use read::{object_or_none, objects, on_one_line, or_zero, raw, text_or_none};
pub(crate) use write::push_and_data;

/// What a ping is.
pub const PING: &str = "{}";
