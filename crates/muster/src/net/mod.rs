//! What every listener shares: one way of accepting, bounds of what strangers may hold, and who is at the other end.

mod accept;
mod forwarded;
mod guests;
mod inlet;
mod proxy_header;
mod watched;

pub(crate) use accept::accept;
pub(crate) use forwarded::{Origin, origin};
pub(crate) use guests::{Full, Guests, Visit, network};
pub(crate) use inlet::Inlet;
pub(crate) use proxy_header::read_proxy_header;
pub(crate) use watched::Watched;
