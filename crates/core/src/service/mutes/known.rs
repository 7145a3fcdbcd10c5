//! What this node knows of who may not talk, so that nothing is read for a message.
//!
//! A group's mutes are read once and believed until a notice says that they have changed, and for [`BELIEVED_FOR`] at
//! most: that bounds what a lost notice costs. Of groups that nobody on this node follows no notice comes, and the bound
//! is all there is.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    bus::{Listener, Notice},
    id::GroupRef,
    message::{Event, Sequence, StreamRef},
    mute::GroupMutes,
};

/// How long what was read is believed without being told otherwise.
const BELIEVED_FOR: Duration = Duration::from_secs(3);
/// Groups and mutes that are kept together, at most: some ten megabytes.
const KEPT: usize = 65_536;

/// The mutes of groups that were talked in of late.
#[derive(Default)]
pub(in crate::service) struct KnownMutes(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    groups: HashMap<GroupRef, (Duration, Arc<GroupMutes>)>,
    /// What they weigh together.
    weight: usize,
    /// Changes heard of.
    changes: u64,
}

/// The right to keep what was read since.
#[derive(Clone, Copy)]
pub(in crate::service) struct Ticket(u64);

impl KnownMutes {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a group at a time of the steady clock.
    pub(super) fn get(&self, group: &GroupRef, now: Duration) -> Option<Arc<GroupMutes>> {
        let kept = self.lock();
        let (read_at, mutes) = kept.groups.get(group)?;
        (now.saturating_sub(*read_at) < BELIEVED_FOR).then(|| Arc::clone(mutes))
    }

    /// What [`fill`](Self::fill) needs: taken before the mutes are read.
    pub(super) fn ticket(&self) -> Ticket {
        Ticket(self.lock().changes)
    }

    /// Keeps what was read, unless a change was heard of since the ticket was taken.
    pub(super) fn fill(&self, group: &GroupRef, mutes: &Arc<GroupMutes>, read_at: Duration, ticket: Ticket) {
        let mut kept = self.lock();
        if kept.changes != ticket.0 {
            return;
        }
        let weight = 1 + mutes.users.len();
        if kept.weight + weight > KEPT {
            kept.forget_all();
        }
        kept.weight += weight;
        if let Some((_, before)) = kept.groups.insert(group.clone(), (read_at, Arc::clone(mutes))) {
            kept.weight -= 1 + before.users.len();
        }
    }

    /// Forgets a group whose mutes were changed, or may have been.
    pub(super) fn forget(&self, group: &GroupRef) {
        let mut kept = self.lock();
        kept.changes += 1;
        if let Some((_, mutes)) = kept.groups.remove(group) {
            kept.weight -= 1 + mutes.users.len();
        }
    }

    fn forget_all(&self) {
        let mut kept = self.lock();
        kept.changes += 1;
        kept.forget_all();
    }
}

impl Kept {
    fn forget_all(&mut self) {
        self.groups.clear();
        self.weight = 0;
    }
}

/// Hears of changes.
pub(in crate::service) struct MuteListener(pub(in crate::service) Arc<KnownMutes>);

impl Listener for MuteListener {
    fn notice(&self, notice: &Notice) {
        if let Notice::Published { stream: StreamRef::Group(group), event, .. } = notice
            && let Event::MutesChanged(_) = **event
        {
            self.0.forget(group);
        }
    }

    fn reached(&self, stream: &StreamRef, _position: Sequence) {
        if let StreamRef::Group(group) = stream {
            self.0.forget(group);
        }
    }

    fn resumed(&self) {
        self.0.forget_all();
    }

    fn followed(&self, group: &GroupRef) {
        self.0.forget(group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AppId, GroupId};

    fn group(name: &str) -> GroupRef {
        GroupRef::new(AppId::new("a").unwrap(), GroupId::new(name).unwrap())
    }

    #[test]
    fn what_was_read_is_believed_for_a_moment_and_until_a_change() {
        let (known, g, mutes) = (KnownMutes::default(), group("g"), Arc::new(GroupMutes::default()));
        known.fill(&g, &mutes, Duration::ZERO, known.ticket());
        assert!(known.get(&g, BELIEVED_FOR - Duration::from_millis(1)).is_some());
        assert!(known.get(&g, BELIEVED_FOR).is_none());
        known.forget(&g);
        assert!(known.get(&g, Duration::ZERO).is_none());
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let (known, g, mutes) = (KnownMutes::default(), group("g"), Arc::new(GroupMutes::default()));
        let ticket = known.ticket();
        known.forget(&g);
        known.fill(&g, &mutes, Duration::ZERO, ticket);
        assert!(known.get(&g, Duration::ZERO).is_none());
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let (known, mutes) = (KnownMutes::default(), Arc::new(GroupMutes::default()));
        for n in 0..=KEPT {
            known.fill(&group(&n.to_string()), &mutes, Duration::ZERO, known.ticket());
            known.fill(&group(&n.to_string()), &mutes, Duration::ZERO, known.ticket());
        }
        let kept = known.lock();
        assert!(kept.groups.len() <= KEPT);
        assert_eq!(kept.weight, kept.groups.len());
    }
}
