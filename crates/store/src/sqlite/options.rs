//! What an operator may set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of the embedded store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SqliteOptions {
    /// Connections that read beside the writer, each with a thread of its own. At least 1.
    pub readers: usize,
    /// Reads that may wait for one of them; one more is refused as unavailable.
    pub waiting_reads: usize,
    /// Writes that may wait for the writer; one more is refused as unavailable: the disk is too slow for them, and waiting
    /// longer would only let every caller's time run out.
    pub waiting_writes: usize,
    /// Bytes of database pages that the writer keeps. Each reader keeps a quarter of that.
    pub page_cache_bytes: u64,
    /// Bytes of the database file that are read through a memory map; 0 for none. A map saves a copy of each page read,
    /// but every connection has its own, so that a process seems to use a multiple of the file's size.
    pub mmap_bytes: u64,
    /// Bytes of roster rows kept decoded, over all groups.
    pub roster_cache_bytes: usize,
    /// Groups whose records and figures are kept in memory. Groups with connected members are kept beyond it.
    pub cached_groups: usize,
    /// Bytes of the write-ahead log at which the writer itself moves it into the database and begins it anew.
    pub wal_limit_bytes: u64,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            readers: 4,
            waiting_reads: 16_384,
            waiting_writes: 65_536,
            page_cache_bytes: 64 << 20,
            mmap_bytes: 0,
            roster_cache_bytes: 32 << 20,
            cached_groups: 100_000,
            wal_limit_bytes: 256 << 20,
        }
    }
}
