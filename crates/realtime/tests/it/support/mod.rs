//! What the tests of this crate stand on.

mod bus;
mod client;
mod gate;
pub(crate) mod protobuf;
mod server;
mod store;
mod talker;

pub(crate) use bus::TestBus;
pub(crate) use client::{Client, Ended};
pub(crate) use gate::{Gate, SLOW};
pub(crate) use server::{Server, quick};
pub(crate) use store::TestStore;
pub(crate) use talker::talk_to_two_groups;
