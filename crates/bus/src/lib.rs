//! The bus of `muster_core::bus`: [`memory`] for one node.

pub mod memory;
