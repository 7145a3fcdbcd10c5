//! The Centrifuge client protocol, version 2.
//!
//! A client sends *commands*; the server answers each with one *reply* of the same id and sends *pushes* of its own
//! accord. [`Command`], [`Reply`] and [`Push`] say what is meant; a [`Form`] says how it is written. A payload is a JSON
//! value in either form, and passes through untouched.

mod code;
mod form;
pub mod json;
mod model;
pub mod protobuf;

pub use code::{Disconnect, ErrorCode, ErrorReply, Unsubscribed};
pub use form::{Form, Frame, Malformed};
pub use model::{
    ClientInfo, Command, ConnectRequest, ConnectResult, Emulation, HistoryRequest, HistoryResult,
    Publication, Push, PushBody, RecoverRequest, RefreshRequest, Reply, ReplyBody, Request, RpcRequest,
    StreamPosition, SubRefreshRequest, SubscribeRequest, SubscribeResult,
};

#[cfg(test)]
mod tests;
