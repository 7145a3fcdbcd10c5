//! Where a business is told of what happens, as the operations that say it take it.

use muster_core::called_url::CalledUrl;
use muster_gateway::parameter::Change;

use crate::{error::Error, prelude::*};

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(crate) enum Flag {
    /// Yes.
    Y,
    /// No.
    N,
}

/// What was done. There is no `Success`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Done {
    /// `OK`, or what went wrong.
    code: &'static str,
}

impl Done {
    /// It was.
    pub(crate) const OK: Self = Self { code: "OK" };
}

/// An address from now on: unchanged where none is given, none where it is empty.
pub(crate) fn address(
    call: &Call<'_>,
    parameter: &'static str,
    url: Change<CalledUrl>,
) -> Result<Option<String>> {
    match url {
        Change::Keep => Ok(None),
        Change::Clear => Ok(Some(String::new())),
        Change::Set(url) => {
            let allowed = url.allowed(call.state.allow_private);
            allowed.map(Some).map_err(|fault| Error::Invalid(parameter, format!("{parameter} {fault}")))
        }
    }
}

/// Refuses the wish for queues, which this server does not have.
pub(crate) fn demand_no_queue(flag: Option<Flag>) -> Result<()> {
    match flag {
        Some(Flag::Y) => {
            Err(Error::Invalid("QueueFlag", "QueueFlag must be N: this server has no queues".to_owned()))
        }
        Some(Flag::N) | None => Ok(()),
    }
}
