//! What an operator may set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of a PostgreSQL store. Its address is the store's URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PostgresOptions {
    /// Connections that read, at most. At least 1.
    pub readers: usize,
    /// Connections that write, at most: each carries one transaction of many callers at a time. At least 1.
    pub writers: usize,
    /// Calls that may wait for a connection; one more is refused as unavailable.
    pub waiting_calls: usize,
    /// Writes of one kind that may wait for each of the connections that write; one more is refused as unavailable.
    pub waiting_writes: usize,
    /// Seconds that the database may work on a statement, and wait for the next one of a transaction, before it gives the
    /// transaction up. Less than the 3 seconds for which callers of the API wait leaves them a clear answer.
    pub statement_seconds: u64,
    /// Whether statements are prepared once for each connection. Switch it off behind a pooler that gives every
    /// transaction another connection and does not keep track of prepared statements; `prepared=false` in the URL does
    /// the same.
    pub prepared: bool,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            readers: 8,
            writers: 4,
            waiting_calls: 16_384,
            waiting_writes: 16_384,
            statement_seconds: 2,
            prepared: true,
        }
    }
}
