//! Which groups this node wants to hear of.
//!
//! [`follow`](Wishes::follow) only writes the wish down; a task compares wishes with subscriptions. So callers never
//! wait for NATS, wishes that cancel each other out cost nothing, and memory is bounded by the groups themselves.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use muster_core::id::GroupRef;

#[derive(Debug, Default)]
struct Inner {
    followed: HashSet<GroupRef>,
    changed: HashSet<GroupRef>,
}

/// The followed groups, and those whose wish has changed since they were last looked at.
#[derive(Debug, Default)]
pub(super) struct Wishes(Mutex<Inner>);

impl Wishes {
    /// Wants a group's notices. True when that is news.
    pub(super) fn follow(&self, group: &GroupRef) -> bool {
        let mut inner = self.lock();
        let news = inner.followed.insert(group.clone());
        if news {
            inner.changed.insert(group.clone());
        }
        news
    }

    /// Wants them no more. True when that is news.
    pub(super) fn unfollow(&self, group: &GroupRef) -> bool {
        let mut inner = self.lock();
        let news = inner.followed.remove(group);
        if news {
            inner.changed.insert(group.clone());
        }
        news
    }

    /// The groups whose wish has changed since the last call.
    pub(super) fn take_changed(&self) -> HashSet<GroupRef> {
        std::mem::take(&mut self.lock().changed)
    }

    /// Whether a group is wanted now.
    pub(super) fn wants(&self, group: &GroupRef) -> bool {
        self.lock().followed.contains(group)
    }

    /// How many groups are wanted now.
    pub(super) fn count(&self) -> usize {
        self.lock().followed.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use muster_core::id::{AppId, GroupId};

    use super::*;

    #[test]
    fn a_group_followed_twice_is_followed_once_and_given_up_once() {
        let wishes = Wishes::default();
        let group = GroupRef::new(AppId::new("a").unwrap(), GroupId::new("g").unwrap());
        assert!(wishes.follow(&group) && !wishes.follow(&group));
        assert_eq!(wishes.take_changed(), [group.clone()].into());
        assert!(wishes.wants(&group) && wishes.take_changed().is_empty());
        assert!(wishes.unfollow(&group) && !wishes.unfollow(&group));
        assert_eq!(wishes.count(), 0);
        assert!(!wishes.wants(&group) && wishes.take_changed() == [group].into());
    }
}
