//! The Centrifuge client protocol, version 2.
//!
//! A client sends *commands*; the server answers each with one *reply* of the same id and sends *pushes* of its own
//! accord. [`Command`], [`Reply`] and [`Push`] say what is meant; a codec such as [`json`] says how it is written. A
//! payload is opaque bytes, in JSON a JSON value, and passes through untouched.

mod code;
pub mod json;
mod model;

pub use code::{Disconnect, ErrorCode, ErrorReply, Unsubscribed};
pub use model::{
    ClientInfo, Command, ConnectRequest, ConnectResult, HistoryRequest, HistoryResult, Publication, Push,
    PushBody, RecoverRequest, Reply, ReplyBody, Request, RpcRequest, StreamPosition, SubscribeRequest,
    SubscribeResult,
};

#[cfg(test)]
mod tests;
