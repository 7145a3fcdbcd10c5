//! What a command ends with when it fails: words, and an exit code.

use std::{fmt, process::ExitCode};

/// A fault of what was asked for or configured, as against one of the machine or the store: the process ends with
/// exit code 2. It shows the fault with its causes.
#[derive(Debug)]
pub(crate) struct Misconfigured(anyhow::Error);

impl fmt::Display for Misconfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for Misconfigured {}

/// Marks a failure as one of usage or configuration.
pub(crate) fn misconfigured(fault: impl Into<anyhow::Error>) -> anyhow::Error {
    anyhow::Error::new(Misconfigured(fault.into()))
}

/// The exit code that a failure is told by: 2 for wrong usage or configuration, 1 for anything else.
pub(crate) fn exit_code(failure: &anyhow::Error) -> u8 {
    if failure.chain().any(<dyn std::error::Error>::is::<Misconfigured>) { 2 } else { 1 }
}

/// A run that failed, and how that is told.
#[derive(Debug)]
pub struct Failure {
    error: anyhow::Error,
    words: Words,
}

/// The form of a failure's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// For a person.
    Text,
    /// One JSON object on a line.
    Json,
}

impl Failure {
    pub(crate) fn new(error: anyhow::Error, words: Words) -> Self {
        Self { error, words }
    }

    /// Says on standard error what happened, and gives the exit code: 2 for wrong usage or configuration, 1 for anything
    /// else.
    #[expect(clippy::print_stderr, reason = "the last words of a command that failed, for whoever typed it")]
    pub fn tell(self) -> ExitCode {
        let Self { error, words } = self;
        let code = exit_code(&error);
        match words {
            Words::Text => eprintln!("muster: {error:#}"),
            Words::Json => {
                let message = format!("{error:#}");
                eprintln!(
                    "{}",
                    serde_json::json!({ "level": "ERROR", "message": message, "exitCode": code })
                );
            }
        }
        ExitCode::from(code)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_fault_of_the_configuration_stays_one_whatever_is_said_around_it() {
        let inner = anyhow::anyhow!("no such level").context("`log.filter`");
        let fault = Err::<(), _>(misconfigured(inner)).context("the server cannot start").unwrap_err();
        assert_eq!(exit_code(&fault), 2);
        assert_eq!(format!("{fault:#}"), "the server cannot start: `log.filter`: no such level");
        assert_eq!(exit_code(&anyhow::anyhow!("the disk is full")), 1);
    }
}
