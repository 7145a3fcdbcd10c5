//! What an operator does from the command line, beside a running server or without one.
//!
//! A command is data. With a server running, it goes to the server over a loopback port that only holders of a token
//! in the data directory may use, and takes effect at once; without one, the same code runs on the store itself.

mod access;
mod callbacks;
mod carry_out;
mod channel;
pub(crate) mod command;
mod execute;
mod print;
mod role;
mod words;

pub(crate) use carry_out::carry_out;
pub(crate) use channel::AdminListener;
pub(crate) use command::AdminCommand;
pub(crate) use execute::{done, execute};
pub(crate) use print::{Printout, print, render};

/// What a command came to: what is printed, or a sentence.
pub(crate) type Outcome = Result<Printout, String>;
