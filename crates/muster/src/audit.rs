//! Who did what from the command line: a line of the log under the target `audit` for each command, whether a running
//! server carried it out or the command itself did, without one. The gateway writes those of API calls.

use serde::{Deserialize, Serialize};

/// From where every command comes: who gives one has the data directory, or the database's password, and is no address.
const ADDRESS: &str = "this machine";

/// The user of the operating system who gave a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Operator {
    /// The name; empty when the machine knows none for the number.
    user: String,
    /// The number; `None` of a command line that did not say.
    uid: Option<u32>,
}

impl Operator {
    /// Whoever runs this process. With `sudo` that is the one who was become.
    pub(crate) fn current() -> Self {
        Self { user: whoami::username().unwrap_or_default(), uid: Some(rustix::process::geteuid().as_raw()) }
    }
}

/// Writes the line of a command: `operation` on `resource` ended with `outcome`, which is `OK` or what went wrong.
/// `account` is empty where none is known.
pub(crate) fn tell(by: &Operator, account: &str, (operation, resource): (&str, &str), outcome: &str) {
    let Operator { user, uid } = by;
    tracing::info!(
        target: "audit",
        account,
        user,
        uid,
        address = ADDRESS,
        operation,
        resource,
        outcome,
        "command"
    );
}

/// Does what a command of this process asks for, and tells of it.
pub(crate) fn told<T>(
    operation: &str,
    resource: &str,
    work: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let outcome = work();
    let said = outcome.as_ref().map_or_else(|error| format!("{error:#}"), |_| "OK".to_owned());
    tell(&Operator::current(), "", (operation, resource), &said);
    outcome
}
