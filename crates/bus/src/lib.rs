//! The bus of `muster_core::bus`: [`memory`] for one node, [`nats`] for several.

mod listeners;
pub mod memory;
pub mod nats;
