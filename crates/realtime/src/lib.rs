//! Realtime: people connect over WebSocket, HTTP streaming or SSE, log in, join groups, talk, are counted and listed, and leave.
//!
//! The protocol is that of Centrifuge, version 2, so that its SDKs work unmodified; what it carries is the vocabulary
//! of the interactive-messaging client SDK. A group is the channel `g:<groupId>`: to subscribe is to join. A user's own
//! channel `u:<userId>` is there from the login on.
//!
//! - [`protocol`] says what may be said, and how it is written;
//! - a session carries out the commands of one connection, by the rules of `muster-core`;
//! - the [`Hub`] takes the bus's notices to everybody whom they concern;
//! - [`serve_socket`] and [`serve_answer`] are one connection's task; [`Hub::emulate`] takes what a client says beside a
//!   connection that runs to it alone;
//! - [`login`] reads and writes login tokens;
//! - [`compat`] is what programs written for Centrifugo find beside all that.

pub mod compat;
mod config;
mod contract;
mod counters;
mod events;
mod hub;
mod lobby;
mod lock;
pub mod login;
pub mod protocol;
mod rate;
mod refusals;
mod session;
mod transport;

pub use compat::{ApiAnswer, ServerApi};
pub use config::{InvalidConfig, LoginNonces, RealtimeConfig};
pub use contract::contract;
pub use counters::{Counter, Counters};
pub use hub::Hub;
pub use transport::{Handshake, NotTaken, Opening, TransportKind, serve_answer, serve_socket};
