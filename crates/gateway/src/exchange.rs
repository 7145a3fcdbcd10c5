//! The one context of a request: what is known of it, from its first byte to its answer's last. Routing fills in the
//! operation, the proof of the caller fills in the trail; rendering, metrics, the log and the audit line read it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::audit::Trail;
use crate::catalogue::{Entry, ProductEntry};
use crate::failure::Failure;
use crate::identity::Identity;
use crate::operation::{Call, Level};
use crate::parameter::Parameters;
use crate::render::Format;
use crate::request_id::RequestId;

/// A request and its answer.
pub(crate) struct Exchange<'a> {
    pub(crate) request_id: RequestId,
    pub(crate) trace: [u8; 16],
    /// When it arrived, milliseconds since 1970 UTC.
    pub(crate) now: i64,
    /// The same moment by the steady clock, which durations are measured by.
    pub(crate) begun: Duration,
    pub(crate) origin: Origin<'a>,
    pub(crate) format: Format,
    pub(crate) etag: bool,
    /// The operation, once it is found.
    pub(crate) route: Option<Route<'a>>,
    /// The action that was asked for and that no product has.
    pub(crate) unknown_action: Option<String>,
    /// Who changes what, once it is proven and if something is to change.
    pub(crate) trail: Option<Trail>,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The host as the client names it.
    pub host: &'a str,
    /// The address of the peer.
    pub source_ip: IpAddr,
    /// Whether it came over TLS.
    pub secure: bool,
}

impl Exchange<'_> {
    /// The operation's name, once it is found.
    pub(crate) fn operation(&self) -> Option<&'static str> {
        self.route.map(|route| route.entry.spec.name)
    }

    /// The product's code, once it is found.
    pub(crate) fn product(&self) -> Option<&'static str> {
        self.route.map(|route| route.product.code)
    }
}

/// An operation found.
#[derive(Clone, Copy)]
pub(crate) struct Route<'a> {
    pub(crate) product: &'a ProductEntry,
    pub(crate) entry: &'a Entry,
    /// Calls per second and account, 0 = any number.
    pub(crate) quota: u32,
}

impl Route<'_> {
    /// What is told of a request that was not served in time, after something was begun or not.
    pub(crate) fn late(&self, begun: bool) -> Failure {
        match self.entry.spec.level {
            Level::Create | Level::Update | Level::Delete | Level::None if begun => {
                (self.product.unknown_outcome)()
            }
            _ => (self.product.unavailable)(),
        }
    }
}

/// A call whose caller is proven, by a signature or otherwise: what the half behind authentication works on.
pub(crate) struct ProvenCall<'a> {
    pub(crate) exchange: &'a Exchange<'a>,
    pub(crate) route: Route<'a>,
    pub(crate) identity: &'a Arc<Identity>,
    pub(crate) parameters: &'a Parameters<'a>,
}

impl<'a> ProvenCall<'a> {
    /// The account that calls.
    pub(crate) fn account(&self) -> &'a str {
        &self.identity.principal().account
    }

    /// What the operation's handler knows of it.
    pub(crate) fn to_handler(&self) -> Call<'a, ()> {
        let Origin { host, source_ip, secure } = self.exchange.origin;
        Call {
            state: &(),
            account: self.account(),
            principal: self.identity.principal(),
            request_id: &self.exchange.request_id,
            now: self.exchange.now,
            source_ip,
            host,
            secure,
        }
    }
}
