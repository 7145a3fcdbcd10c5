//! WebSocket clients against a hub, over in-memory pipes, an in-memory store and paused time; in [`real`] over TCP and
//! the embedded store.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod calls;
mod catching_up;
mod compat;
mod flow;
mod forms;
mod groups;
mod hostile;
mod later_version;
mod limits;
mod logins;
mod members;
mod message_lists;
mod mutes;
mod one_way;
mod order;
mod own_stream;
mod pipeline;
mod real;
mod recall;
mod recovery;
mod simulation;
mod storms;
mod support;
mod traps;
mod user_messages;
