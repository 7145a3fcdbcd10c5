//! Where a command is carried out.

use super::{AdminCommand, Outcome, Printout, channel, execute};
use crate::{
    audit::{self, Operator},
    config::Configuration,
    data::{DataDirectory, Unavailable},
    foundation::{self, Foundation},
    invocation::runtime,
};

/// Has a command done: by the server that runs on the data directory, or here when none runs. It makes no store.
pub(crate) fn carry_out(configuration: &Configuration, command: AdminCommand) -> anyhow::Result<Printout> {
    let directory = &configuration.data;
    foundation::must_hold_store(configuration, directory)?;
    // Who commands a database from elsewhere has no data directory, and needs none.
    let held = if directory.exists() { DataDirectory::take_existing(directory).map(Some) } else { Ok(None) };
    let outcome = match held {
        Ok(_held) => runtime()?.block_on(without_server(configuration, command))?,
        Err(Unavailable::Held { .. }) => channel::send(directory, command)?,
        Err(Unavailable::Failed(error)) => return Err(error),
    };
    outcome.map_err(|refusal| anyhow::anyhow!(refusal))
}

/// Has a command done by this process, on the store itself.
async fn without_server(configuration: &Configuration, command: AdminCommand) -> anyhow::Result<Outcome> {
    let operator = Operator::current();
    let foundation = match Foundation::open(configuration, &configuration.data).await {
        Ok(foundation) => foundation,
        Err(error) => {
            let (operation, resource) = command.about();
            audit::tell(&operator, "", (operation, &resource), &format!("{error:#}"));
            return Err(error);
        }
    };
    let outcome = execute(&foundation.muster, &operator, command).await;
    foundation.close().await?;
    Ok(outcome)
}
