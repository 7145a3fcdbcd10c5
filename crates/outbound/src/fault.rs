//! What a failed call is told as: without what a receiver's library or the operating system adds to it for debugging.

use std::error::Error;

use hyper_util::client::legacy;
use muster_core::outbound::CallFault;

use crate::connector::ConnectFault;

/// Why no answer began.
pub(crate) fn unanswered(error: &legacy::Error) -> CallFault {
    let mut source = error.source();
    let mut innermost = None;
    while let Some(cause) = source {
        if let Some(fault) = cause.downcast_ref::<ConnectFault>() {
            return match fault {
                ConnectFault::NotPublic(host) => CallFault::NotAllowed(host.clone()),
                fault => CallFault::Unreachable(fault.to_string()),
            };
        }
        innermost = Some(cause);
        source = cause.source();
    }
    CallFault::Unreachable(innermost.map_or_else(|| error.to_string(), ToString::to_string))
}
