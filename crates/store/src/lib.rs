//! The storage traits of `muster_core::store` on real databases.
//!
//! [`sqlite`] is the embedded default: one process owns a data directory. [`postgres`] is for several nodes over one
//! server. [`memory`] is for tests: nothing of it lasts. Whatever a store promises is told by the traits; the suite
//! under `tests/` holds every store to it.

mod bounded;
mod cache;
mod codes;
mod columns;
mod inspection;
pub mod memory;
mod migrations;
pub mod postgres;
mod settings;
mod sharded;
pub mod sqlite;
mod tables;

pub use inspection::Inspection;
