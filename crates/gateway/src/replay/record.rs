//! What a guard remembers, to be kept while the process is not running.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{KeyNonces, LocalReplayGuard};

/// Every nonce that a guard remembers, with its floors. Nonces are told as marks: nothing of a key or a
/// secret can be found from them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonceRecord {
    floor: i64,
    /// The latest second that it has been: a clock that has been set back since is noticed by it.
    latest: i64,
    keys: BTreeMap<String, KeyRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeyRecord {
    floor: i64,
    /// The marks of each second, 32 hexadecimal digits each, one after the other.
    seconds: BTreeMap<i64, String>,
}

impl LocalReplayGuard {
    /// What it remembers now.
    pub fn record(&self) -> NonceRecord {
        let memory = self.lock();
        let keys = memory.keys.iter().map(|(id, key)| {
            let seconds = key.seconds.iter();
            let seconds = seconds
                .map(|(second, marks)| (*second, marks.iter().map(|mark| format!("{mark:032x}")).collect()));
            (id.to_string(), KeyRecord { floor: key.floor, seconds: seconds.collect() })
        });
        NonceRecord { floor: memory.floor, latest: memory.latest, keys: keys.collect() }
    }

    /// Remembers what was recorded. `false`, and nothing, when the record holds something else than marks.
    pub fn resume(&self, record: &NonceRecord) -> bool {
        let keys = record.keys.iter().map(|(id, key)| {
            let seconds: Option<BTreeMap<_, _>> =
                key.seconds.iter().map(|(second, text)| Some((*second, marks(text)?))).collect();
            let seconds = seconds?;
            let remembered = seconds.values().map(HashSet::len).sum();
            Some((id.as_str().into(), KeyNonces { seconds, remembered, floor: key.floor }))
        });
        let Some(keys) = keys.collect::<Option<_>>() else { return false };
        let mut memory = self.lock();
        memory.keys = keys;
        memory.floor = record.floor;
        memory.latest = record.latest;
        true
    }
}

fn marks(text: &str) -> Option<HashSet<u128>> {
    let digits = text.as_bytes().chunks(32);
    digits.map(|digits| u128::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()).collect()
}
