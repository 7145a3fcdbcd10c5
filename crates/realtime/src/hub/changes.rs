//! Who came to and went from one group since its members were last told.
//!
//! Small groups are told every name soon; large ones a few names a second; super groups now and then the count alone.
//! The last thing that a user did in the time counts: somebody who left and came back has come.

use std::{collections::HashMap, sync::Arc, time::Duration};

use muster_core::{id::UserId, roster::RosterState};

use crate::events::Comings;

/// Members up to which every name is told.
pub(crate) const SMALL_GROUP: u64 = 200;
/// Names of each kind that a larger group is told at a time.
const NAMES_IN_LARGE: usize = 20;
/// Users remembered between two notices: more than a small group has, so that none of its names is lost.
const REMEMBERED: usize = 400;

const SMALL_DELAY: Duration = Duration::from_millis(150);
const LARGE_DELAY: Duration = Duration::from_secs(1);
const SUPER_DELAY: Duration = Duration::from_secs(5);

/// What a user did last.
#[derive(Debug)]
enum Change {
    Joined(Option<Arc<str>>),
    Left,
}

/// What is to be told of one group.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    users: HashMap<UserId, (usize, Change)>,
    noted: usize,
    pending: bool,
    /// The group's figures as they were last seen: they say how long changes are gathered.
    size: RosterState,
}

impl Changes {
    /// Notes the group's size.
    pub(crate) fn resize(&mut self, size: RosterState) {
        self.size = size;
    }

    /// Notes a join; when to tell, if nobody is going to yet.
    pub(crate) fn joined(&mut self, user: &UserId, info: Option<&Arc<str>>) -> Option<Duration> {
        self.note(user, Change::Joined(info.cloned()))
    }

    /// Notes a leave; when to tell, if nobody is going to yet.
    pub(crate) fn left(&mut self, user: &UserId) -> Option<Duration> {
        self.note(user, Change::Left)
    }

    fn note(&mut self, user: &UserId, change: Change) -> Option<Duration> {
        self.noted += 1;
        if self.users.len() < REMEMBERED || self.users.contains_key(user) {
            self.users.insert(user.clone(), (self.noted, change));
        }
        self.recounted()
    }

    /// Notes that the count changed by members whom nobody names; when to tell, if nobody is going to yet.
    pub(crate) fn recounted(&mut self) -> Option<Duration> {
        let delay = match self.size {
            RosterState { super_group: true, .. } => SUPER_DELAY,
            RosterState { count, .. } if count > SMALL_GROUP => LARGE_DELAY,
            _ => SMALL_DELAY,
        };
        (!std::mem::replace(&mut self.pending, true)).then_some(delay)
    }

    /// What has happened, in order; the next change begins anew.
    pub(crate) fn take(&mut self) -> Gathered {
        self.pending = false;
        self.noted = 0;
        let mut changes: Vec<_> = std::mem::take(&mut self.users)
            .into_iter()
            .map(|(user, (at, change))| (at, user, change))
            .collect();
        changes.sort_unstable_by_key(|(at, ..)| *at);
        Gathered(changes)
    }
}

/// Changes taken out to be told.
#[derive(Debug)]
pub(crate) struct Gathered(Vec<(usize, UserId, Change)>);

impl Gathered {
    /// The names that a group of this size is told.
    pub(crate) fn names(self, size: RosterState) -> Comings {
        let most = match size {
            RosterState { super_group: true, .. } => 0,
            RosterState { count, .. } if count > SMALL_GROUP => NAMES_IN_LARGE,
            _ => usize::MAX,
        };
        let mut comings = Comings::default();
        for (_, user, change) in self.0 {
            match change {
                Change::Joined(info) if comings.joined.len() < most => comings.joined.push((user, info)),
                Change::Left if comings.left.len() < most => comings.left.push(user),
                Change::Joined(_) | Change::Left => {}
            }
        }
        comings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        UserId::new(name).unwrap()
    }

    fn of(count: u64, super_group: bool) -> RosterState {
        RosterState { count, views: count, super_group }
    }

    #[test]
    fn only_the_first_change_since_the_last_notice_asks_for_one() {
        let mut changes = Changes::default();
        assert_eq!(changes.joined(&user("a"), None), Some(SMALL_DELAY));
        assert_eq!(changes.left(&user("b")), None);
        changes.take();
        changes.resize(of(201, false));
        assert_eq!(changes.left(&user("a")), Some(LARGE_DELAY));
        changes.take();
        changes.resize(of(3, true));
        assert_eq!(changes.left(&user("a")), Some(SUPER_DELAY));
    }

    #[test]
    fn the_last_thing_a_user_did_is_told() {
        let mut changes = Changes::default();
        changes.left(&user("a"));
        changes.joined(&user("b"), None);
        changes.joined(&user("a"), None);
        changes.left(&user("b"));
        let comings = changes.take().names(of(1, false));
        assert_eq!(comings, Comings { joined: vec![(user("a"), None)], left: vec![user("b")] });
        assert_eq!(changes.take().names(of(1, false)), Comings::default());
    }

    #[test]
    fn a_small_group_is_told_all_names_a_large_one_twenty_and_a_super_group_none() {
        for (size, told) in [(of(200, false), 150), (of(201, false), 20), (of(201, true), 0)] {
            let mut changes = Changes::default();
            for number in 0..150 {
                changes.joined(&user(&format!("j{number}")), None);
                changes.left(&user(&format!("l{number}")));
            }
            let comings = changes.take().names(size);
            assert_eq!((comings.joined.len(), comings.left.len()), (told, told));
            assert!(comings.joined.is_empty() || comings.joined[0].0 == user("j0"));
        }
    }
}
