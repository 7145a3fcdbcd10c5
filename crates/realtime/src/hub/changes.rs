//! Who came to and went from one group since its members were last told.
//!
//! Small groups are told every name soon; large ones a few names a second; super groups now and then the count alone.
//! The last thing that a user did in the time counts: somebody who left and came back has come.

use std::{collections::HashMap, sync::Arc, time::Duration};

use muster_core::{id::UserId, roster::RosterState};

use crate::events::Comings;

/// Members up to which every name is told.
pub(crate) const SMALL_GROUP: u64 = 200;
/// Names that a larger group is told at a time, of those who came and those who went together.
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
    /// Whether something has changed since the last notice was begun.
    untold: bool,
    /// Whether somebody is going to tell: one task a group, however often it changes and however long it cannot be counted.
    telling: bool,
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
        self.note(user.clone(), Change::Joined(info.cloned()))
    }

    /// Notes a leave; when to tell, if nobody is going to yet.
    pub(crate) fn left(&mut self, user: &UserId) -> Option<Duration> {
        self.note(user.clone(), Change::Left)
    }

    fn note(&mut self, user: UserId, change: Change) -> Option<Duration> {
        self.noted += 1;
        if self.users.len() < REMEMBERED || self.users.contains_key(&user) {
            self.users.insert(user, (self.noted, change));
        }
        self.recounted()
    }

    /// Notes that the count changed by members whom nobody names; when to tell, if nobody is going to yet.
    pub(crate) fn recounted(&mut self) -> Option<Duration> {
        self.untold = true;
        let told_by_nobody = !std::mem::replace(&mut self.telling, true);
        told_by_nobody.then(|| self.delay())
    }

    /// How long changes are gathered.
    fn delay(&self) -> Duration {
        match self.size {
            RosterState { super_group: true, .. } => SUPER_DELAY,
            RosterState { count, .. } if count > SMALL_GROUP => LARGE_DELAY,
            _ => SMALL_DELAY,
        }
    }

    /// What has happened, in order. Whoever takes it says what became of it: [`Changes::told`] or [`Changes::put_back`].
    pub(crate) fn take(&mut self) -> Gathered {
        self.untold = false;
        self.noted = 0;
        let mut changes: Vec<_> = std::mem::take(&mut self.users)
            .into_iter()
            .map(|(user, (at, change))| (at, user, change))
            .collect();
        changes.sort_unstable_by_key(|(at, ..)| *at);
        Gathered(changes)
    }

    /// What was taken is told; when to tell what has happened since, if anything has.
    pub(crate) fn told(&mut self) -> Option<Duration> {
        self.telling = self.untold;
        self.untold.then(|| self.delay())
    }

    /// Takes back what could not be told, before what has happened since. Its teller goes on.
    pub(crate) fn put_back(&mut self, earlier: Gathered) {
        let later = self.take();
        for (_, user, change) in earlier.0.into_iter().chain(later.0) {
            self.note(user, change);
        }
        self.untold = true;
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
        for (_, user, change) in self.0.into_iter().take(most) {
            match change {
                Change::Joined(info) => comings.joined.push((user, info)),
                Change::Left => comings.left.push(user),
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
        assert_eq!(changes.told(), None);
        changes.resize(of(201, false));
        assert_eq!(changes.left(&user("a")), Some(LARGE_DELAY));
        changes.take();
        assert_eq!(changes.told(), None);
        changes.resize(of(3, true));
        assert_eq!(changes.left(&user("a")), Some(SUPER_DELAY));
    }

    #[test]
    fn what_changes_while_a_notice_is_on_its_way_is_told_after_it_by_the_same_teller() {
        let mut changes = Changes::default();
        changes.joined(&user("a"), None);
        changes.take();
        assert_eq!(changes.recounted(), None);
        assert_eq!(changes.told(), Some(SMALL_DELAY));
        changes.take();
        assert_eq!(changes.told(), None);
        assert_eq!(changes.recounted(), Some(SMALL_DELAY));
    }

    #[test]
    fn what_could_not_be_told_is_told_later_unless_the_user_did_something_else_since() {
        let mut changes = Changes::default();
        changes.joined(&user("a"), None);
        changes.joined(&user("b"), None);
        let untold = changes.take();
        assert_eq!(changes.left(&user("a")), None);
        changes.put_back(untold);
        assert_eq!(changes.joined(&user("c"), None), None, "one is going to tell");
        let comings = changes.take().names(of(3, false));
        let joined = vec![(user("b"), None), (user("c"), None)];
        assert_eq!(comings, Comings { joined, left: vec![user("a")] });
        let nobody = changes.take();
        changes.put_back(nobody);
        assert_eq!(changes.told(), Some(SMALL_DELAY), "the count is untold also where nobody is named");
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
        for (size, told) in [(of(200, false), 300), (of(201, false), 20), (of(201, true), 0)] {
            let mut changes = Changes::default();
            for number in 0..150 {
                changes.joined(&user(&format!("j{number}")), None);
                changes.left(&user(&format!("l{number}")));
            }
            let comings = changes.take().names(size);
            assert_eq!((comings.joined.len(), comings.left.len()), (told / 2, told / 2));
            assert!(comings.joined.is_empty() || comings.joined[0].0 == user("j0"));
        }
    }
}
