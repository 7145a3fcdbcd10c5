//! What a store tells whoever looks at it without opening it: nothing is made, migrated or written.

use muster_core::time::Millis;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// The check value of the master key that the store belongs to; `None` when no key has claimed it.
    pub master_check: Option<Vec<u8>>,
    /// The time by which it was last purged; `None` when it never was.
    pub purge_time: Option<Millis>,
    /// The time now by the database's own clock; `None` of the embedded store, which has none.
    pub database_time: Option<Millis>,
}
