//! Kinds of records, and how many there are of each.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::{TransferError, kinds::for_every_kind};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident($content:ty, $form:ty) $what:literal since $since:literal;)*) => {
        /// What a record is of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// All kinds, in the order in which their records come.
            pub const ALL: [Self; [$($what),*].len()] = [$(Self::$name),*];

            /// What an operator calls such records.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $what,)*
                }
            }

            /// The first format that has them.
            #[cfg(test)]
            pub(super) fn since(self) -> u32 {
                match self {
                    $(Self::$name => $since,)*
                }
            }
        }
    };
}
for_every_kind!(kinds);

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How many records there are of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<Kind, u64>);

impl Counts {
    /// Counts `more` records of a kind.
    pub fn add(&mut self, kind: Kind, more: u64) {
        if more > 0 {
            *self.0.entry(kind).or_default() += more;
        }
    }

    /// How many there are of a kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> u64 {
        self.0.get(&kind).copied().unwrap_or(0)
    }

    /// How many there are of all kinds together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Compares what a file tells, which this is, with what a store has counted.
    ///
    /// # Errors
    /// [`TransferError::Differs`] with the first kind of which there is another number.
    pub fn must_be(&self, counted: &Self) -> Result<(), TransferError> {
        match Kind::ALL.into_iter().find(|&kind| self.of(kind) != counted.of(kind)) {
            None => Ok(()),
            Some(kind) => {
                Err(TransferError::Differs { kind, told: self.of(kind), counted: counted.of(kind) })
            }
        }
    }
}
