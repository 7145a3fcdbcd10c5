//! Signals: which end the server, which has it take up its configuration again, and all others, which do nothing.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that end a process which does not handle them, by their numbers on Linux, and that mean nothing here: QUIT,
/// TRAP, ABRT, USR1, USR2, PIPE, ALRM, STKFLT, XCPU, XFSZ, VTALRM, PROF, IO, PWR, SYS, and the real-time ones. Left out
/// are those that cannot be handled (KILL, STOP), that a fault of the program brings about (ILL, BUS, FPE, SEGV), and that
/// end nothing.
const IGNORED: [i32; 15] = [3, 5, 6, 10, 12, 13, 14, 16, 24, 25, 26, 27, 29, 30, 31];
/// The real-time signals. The first two belong to the C library, which does not let them be handled.
const REAL_TIME: std::ops::RangeInclusive<i32> = 34..=64;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Stop,
    Reload,
}

/// The signals of this process.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Takes them over: from here on no signal but TERM, INT and KILL ends the process.
    pub(crate) fn take() -> std::io::Result<Self> {
        for number in IGNORED.into_iter().chain(REAL_TIME) {
            // The handler stays when what it would tell is dropped. A number that this system does not have cannot come.
            let _ = signal(SignalKind::from_raw(number));
        }
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next one that means something.
    pub(crate) async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.terminate.recv() => Wish::Stop,
            _ = self.interrupt.recv() => Wish::Stop,
            _ = self.hangup.recv() => Wish::Reload,
        }
    }
}
