//! The one place where the machine's clocks and randomness come in. Everything else takes them as parameters.

use std::{
    cell::RefCell,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use muster_core::{
    random::Random,
    time::{Clock, Millis},
};
use muster_gateway::Environment;

/// Bytes that a thread asks the machine for at a time: one system call for some hundred requests.
const POOL: usize = 4096;

/// The machine's clocks and randomness.
#[derive(Clone, Copy, Debug)]
pub(crate) struct System {
    start: Instant,
}

impl System {
    /// The machine, its steady clock counting from now.
    pub(crate) fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
        let start = Instant::now();
        Self { start }
    }
}

impl Clock for System {
    fn now(&self) -> Millis {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn steady(&self) -> Duration {
        self.start.elapsed()
    }
}

impl Environment for System {
    fn now(&self) -> i64 {
        Clock::now(self).0
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn fill(&self, bytes: &mut [u8]) {
        Random::fill(self, bytes);
    }
}

/// Random bytes of this thread that nobody has seen yet: those from `next` on.
struct Pool {
    bytes: [u8; POOL],
    next: usize,
}

thread_local! {
    static UNSEEN: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; POOL], next: POOL }) };
}

impl Random for System {
    fn fill(&self, bytes: &mut [u8]) {
        UNSEEN.with_borrow_mut(|pool| {
            for chunk in bytes.chunks_mut(POOL) {
                if pool.next + chunk.len() > POOL {
                    from_machine(&mut pool.bytes);
                    pool.next = 0;
                }
                let taken = &mut pool.bytes[pool.next..pool.next + chunk.len()];
                chunk.copy_from_slice(taken);
                taken.fill(0);
                pool.next += chunk.len();
            }
        });
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the randomness that everything else is given")]
#[expect(clippy::expect_used, reason = "a machine without randomness must not make keys")]
fn from_machine(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the machine gives random bytes");
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn random_bytes_are_never_told_twice() {
        let system = System::new();
        let mut seen = HashSet::new();
        for _ in 0..1_000 {
            let mut bytes = [0; 32];
            Random::fill(&system, &mut bytes);
            assert!(seen.insert(bytes));
        }
        let mut long = vec![0; 3 * POOL + 7];
        Random::fill(&system, &mut long);
        assert!(long.chunks(16).all(|chunk| chunk.iter().any(|&byte| byte != 0) || chunk.len() < 16));
    }
}
