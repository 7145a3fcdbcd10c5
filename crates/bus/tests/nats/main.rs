//! Buses in one process stand for nodes, over real NATS servers that each test starts for itself.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod delivery;
mod faults;
mod letters;
mod login;
mod support;
