//! `muster`: the server and its command line.

use std::process::ExitCode;

use muster::{Failure, Invocation};

/// Many small allocations of many threads, which the C library's allocator serves slower (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    Invocation::read().and_then(Invocation::run).map_or_else(Failure::tell, |()| ExitCode::SUCCESS)
}
