//! The HTTP client of every call that the server makes to an address that its users choose: callbacks, moderation,
//! pictures.
//!
//! Whoever chooses an address must not reach what only the server can reach. So an address is looked at where a connection
//! is made to it, after names are resolved, for each redirect again: what is looked at and what is connected to are one
//! value, and a name that resolves to something else the next time gains nothing. Every call has bounds of time, of bytes
//! and of redirects, named in [`OutboundConfig`].

mod client;
mod config;
mod connector;
mod fault;
mod tls;

pub use client::{HttpOutbound, OpenError};
pub use config::OutboundConfig;
pub use connector::{Reach, Resolve};
