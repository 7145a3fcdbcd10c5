//! Real WebSocket clients against a hub, over in-memory pipes, an in-memory store and paused time.

mod calls;
mod flow;
mod limits;
mod members;
mod order;
mod recovery;
mod support;
mod traps;
