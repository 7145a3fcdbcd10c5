//! The domain of Muster: accounts, applications, groups, rosters, messages and customer groups, as types that cannot
//! hold nonsense, and the rules over them.
//!
//! Nothing here does I/O or assumes that this process is the only one: what lasts goes through the traits of
//! [`store`], what other nodes must know through the trait of [`bus`]; time and randomness are passed in. No file of
//! this crate knows how the APIs spell anything; what events and exports look like is said by [`event::form`] and
//! [`transfer`].

pub mod account;
pub mod app;
pub mod bus;
pub mod callback;
pub mod called_url;
pub mod caller;
pub mod channel;
pub mod chat;
pub mod chat_file;
pub mod chat_message;
pub mod complaint;
pub mod error;
pub mod event;
pub mod figure;
pub mod group;
pub mod hex;
pub mod id;
pub mod limits;
pub mod login;
pub mod message;
mod message_parts;
pub mod moderation;
pub mod mute;
pub mod number;
pub mod outbound;
pub mod picture;
pub mod random;
pub mod rank;
pub mod role_session;
pub mod roster;
pub mod seal;
pub mod service;
pub mod store;
pub mod testing;
pub mod time;
mod token;
pub mod transfer;
pub mod vital;
pub mod word;
