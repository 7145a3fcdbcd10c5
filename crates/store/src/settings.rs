//! Names of what the stores keep in their table `setting`.

/// The check value of the master key that the store belongs to.
pub(crate) const MASTER_KEY_CHECK: &str = "master_key_check";
