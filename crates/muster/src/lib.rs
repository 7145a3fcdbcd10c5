//! The server and its command line, as a library: the program `muster` reads an [`Invocation`], runs it, and ends with an
//! exit code.

mod admin;
mod audit;
mod bench;
mod callbacks;
mod cli;
mod config;
mod console;
mod cookies;
#[cfg(test)]
mod coverage;
mod data;
mod doctor;
mod failure;
mod files;
mod first_start;
mod foundation;
#[cfg(test)]
mod generated;
mod http;
mod identities;
mod invite;
mod invocation;
mod latencies;
mod lease;
mod logging;
mod master;
mod metrics;
mod net;
mod nonces;
mod pages;
mod private;
mod readiness;
mod reload;
#[cfg(test)]
mod role_tests;
mod serve;
mod server_api;
mod shared;
mod signals;
mod system;
mod tasks;
mod tls;
mod transfer;
mod unknown_actions;
mod web;

pub use failure::Failure;
pub use invocation::Invocation;
