//! The gateway from outside: whole requests in, whole answers out.

#![expect(clippy::expect_used, reason = "a helper of tests may stop the test")]

mod acceptance;
mod bounds;
mod catalogue;
mod credentials;
mod direct;
mod permissions;
mod rendering;
mod support;
mod vectors;
