//! What the tests of this crate stand on.

mod bus;
mod client;
pub(crate) mod protobuf;
mod server;
mod store;

pub(crate) use bus::TestBus;
pub(crate) use client::{Client, Ended};
pub(crate) use server::{Server, quick};
pub(crate) use store::TestStore;
