//! Counts what callers ask for and this server has not, by name.
//!
//! Anybody can ask for anything, so only so many names are kept: the ones that were asked for last. What was counted of a
//! name that is let go of counts as `other` from then on, as does what is no name.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Names that are kept.
const NAMES: usize = 64;
/// What everything else is counted as. No operation has a name in small letters.
pub(crate) const OTHER: &str = "other";

#[derive(Debug, Default)]
struct Counts {
    /// By name: how often it was asked for, and when last, by the count of all.
    names: HashMap<String, (u64, u64)>,
    other: u64,
    all: u64,
}

/// How often each name was asked for.
#[derive(Debug, Default)]
pub(crate) struct UnknownActions(Mutex<Counts>);

impl UnknownActions {
    /// Counts a request for an action that no product has; without a name when what was asked for has not the form of one.
    pub(crate) fn count(&self, name: Option<&str>) {
        let mut counts = self.counts();
        counts.all += 1;
        let now = counts.all;
        let Some(name) = name else {
            counts.other += 1;
            return;
        };
        if let Some((asked, last)) = counts.names.get_mut(name) {
            *asked += 1;
            *last = now;
            return;
        }
        if counts.names.len() >= NAMES {
            let oldest = counts.names.iter().min_by_key(|(_, (_, last))| *last);
            let oldest = oldest.map(|(name, _)| name.clone());
            let asked = oldest.and_then(|name| counts.names.remove(&name));
            counts.other += asked.map_or(0, |(asked, _)| asked);
        }
        counts.names.insert(name.to_owned(), (1, now));
    }

    /// The counts by name.
    pub(crate) fn by_name(&self) -> Vec<(String, u64)> {
        let counts = self.counts();
        let named = counts.names.iter().map(|(name, (asked, _))| (name.clone(), *asked));
        let mut all: Vec<_> = named.chain([(OTHER.to_owned(), counts.other)]).collect();
        all.sort();
        all
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(actions: &UnknownActions, name: &str) -> Option<u64> {
        actions.by_name().into_iter().find(|(known, _)| known == name).map(|(_, asked)| asked)
    }

    #[test]
    fn names_are_counted_and_what_is_none_is_counted_together() {
        let actions = UnknownActions::default();
        for name in [Some("ListFlow"), None, Some("ListFlow"), Some("SendSms")] {
            actions.count(name);
        }
        let expected = [("ListFlow", 2), ("SendSms", 1), (OTHER, 1)];
        assert_eq!(actions.by_name(), expected.map(|(name, asked)| (name.to_owned(), asked)));
    }

    #[test]
    fn the_names_that_were_asked_for_last_are_kept_and_none_is_counted_twice_or_lost() {
        let actions = UnknownActions::default();
        actions.count(Some("Often"));
        for n in 0..1_000 {
            actions.count(Some(&format!("Name{n}")));
            actions.count(Some("Often"));
        }
        assert_eq!(actions.by_name().len(), NAMES + 1);
        assert_eq!(counted(&actions, "Often"), Some(1_001));
        assert_eq!((counted(&actions, "Name0"), counted(&actions, "Name999")), (None, Some(1)));
        let all: u64 = actions.by_name().into_iter().map(|(_, asked)| asked).sum();
        assert_eq!(all, 2_001);
    }
}
