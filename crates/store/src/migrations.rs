//! Migrations: numbered files, applied in order, whatever the database. What is in `migrations/` is found by `build.rs`.

use muster_core::hex::hex;
use ring::digest;

/// One file. Once it has been released it never changes.
pub(crate) struct Migration {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// What was applied is not what this version knows: what the tables mean is then unknown.
pub(crate) enum Mismatch {
    /// There are more than are known: `found` of them, and `known`.
    Newer { found: i64, known: i64 },
    /// This one was applied with another text.
    Changed { name: String },
}

impl Migration {
    /// What is noted of the text, to find it changed.
    pub(crate) fn checksum(&self) -> String {
        hex(digest::digest(&digest::SHA256, self.sql.as_bytes()).as_ref())
    }
}

/// The migrations that are missing behind those `applied`, given by name and checksum.
pub(crate) fn missing<'a>(
    known: &'a [Migration],
    applied: &[(String, String)],
) -> Result<&'a [Migration], Mismatch> {
    for (migration, (name, checksum)) in known.iter().zip(applied) {
        if migration.name != name || migration.checksum() != *checksum {
            return Err(Mismatch::Changed { name: name.clone() });
        }
    }
    known
        .get(applied.len()..)
        .ok_or_else(|| Mismatch::Newer { found: number(applied.len()), known: number(known.len()) })
}

/// The number of a migration, or of migrations.
pub(crate) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
