//! Who may not talk in a group, and whom silence spares.
//!
//! A group may be muted as a whole, and users may be muted one by one, for good or for a time. Whoever is spared may talk
//! while the whole group is muted. What a change comes to is decided here; stores write what was decided.

use std::collections::BTreeMap;

use crate::{
    id::{GroupRef, UserId},
    time::Millis,
};

/// What a [`Mute`] says of its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MuteKind {
    /// The user may not talk.
    Muted,
    /// The user may talk while the whole group is muted.
    Spared,
}

/// What holds for one user of a group. A user has one at most: the later one takes the place of the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mute {
    /// The group.
    pub at: GroupRef,
    /// The user.
    pub user: UserId,
    /// What it says.
    pub kind: MuteKind,
    /// When it ends by itself; never without.
    pub until: Option<Millis>,
    /// When it was put.
    pub put_at: Millis,
}

/// What holds for a whole group, from the first change of its mutes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMute {
    /// The group.
    pub at: GroupRef,
    /// Whether everybody is muted.
    pub everybody: bool,
    /// How often the group's mutes were changed.
    pub revision: MuteRevision,
    /// When they were changed last.
    pub changed_at: Millis,
}

/// How often a group's mutes were changed: whoever changes them says which state it has seen.
pub type MuteRevision = u64;

/// What holds for a user, in [`GroupMutes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserMute {
    /// What it says.
    pub kind: MuteKind,
    /// When it ends by itself; never without.
    pub until: Option<Millis>,
}

impl UserMute {
    fn holds(&self, now: Millis) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

/// All that holds in a group as of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupMutes {
    /// Whether everybody is muted.
    pub everybody: bool,
    /// What holds for single users, also when its time has passed.
    pub users: BTreeMap<UserId, UserMute>,
}

impl GroupMutes {
    /// Whether `user` may not talk. Whoever runs the group may always: that is asked elsewhere.
    #[must_use]
    pub fn silences(&self, user: &UserId, now: Millis) -> bool {
        match self.users.get(user).filter(|mute| mute.holds(now)) {
            Some(mute) => mute.kind == MuteKind::Muted,
            None => self.everybody,
        }
    }

    /// How `user` is muted. Whoever runs the group may talk all the same: that is asked elsewhere.
    #[must_use]
    pub fn silence(&self, user: &UserId, now: Millis) -> Silence {
        let kind = self.users.get(user).filter(|mute| mute.holds(now)).map(|mute| mute.kind);
        Silence {
            with_group: self.everybody && kind != Some(MuteKind::Spared),
            alone: kind == Some(MuteKind::Muted),
        }
    }

    /// The users that are muted one by one.
    pub fn muted(&self, now: Millis) -> impl Iterator<Item = &UserId> {
        self.of(MuteKind::Muted, now)
    }

    /// The users that may talk while everybody else is muted.
    pub fn spared(&self, now: Millis) -> impl Iterator<Item = &UserId> {
        self.of(MuteKind::Spared, now)
    }

    fn of(&self, kind: MuteKind, now: Millis) -> impl Iterator<Item = &UserId> {
        let told = move |(user, mute): (_, &UserMute)| (mute.kind == kind && mute.holds(now)).then_some(user);
        self.users.iter().filter_map(told)
    }

    /// What a change makes of this. Mutes whose time has passed are left out.
    #[must_use]
    pub fn after(&self, change: &MuteChange, now: Millis) -> Self {
        let mut next = self.clone();
        next.users.retain(|_, mute| mute.holds(now));
        match change {
            MuteChange::Mute { users, until } => next.put(users, MuteKind::Muted, *until),
            MuteChange::Unmute { users } => {
                let freed =
                    |user: &UserId, mute: &UserMute| mute.kind == MuteKind::Muted && users.contains(user);
                next.users.retain(|user, mute| !freed(user, mute));
            }
            MuteChange::MuteEverybody { sparing } => next.set(Some(true), None, sparing.as_deref()),
            MuteChange::UnmuteEverybody => next.set(Some(false), None, None),
            MuteChange::Set { everybody, muted, spared } => {
                next.set(*everybody, muted.as_deref(), spared.as_deref());
            }
        }
        next
    }

    fn put(&mut self, users: &[UserId], kind: MuteKind, until: Option<Millis>) {
        self.users.extend(users.iter().map(|user| (user.clone(), UserMute { kind, until })));
    }

    fn replace(&mut self, users: Option<&[UserId]>, kind: MuteKind) {
        if let Some(users) = users {
            self.users.retain(|_, mute| mute.kind != kind);
            self.put(users, kind, None);
        }
    }

    /// Sets what is given. Nobody is spared any more when the mute of everybody is lifted, unless users are given.
    fn set(&mut self, everybody: Option<bool>, muted: Option<&[UserId]>, spared: Option<&[UserId]>) {
        let lifted = (everybody == Some(false)).then_some(&[][..]);
        self.everybody = everybody.unwrap_or(self.everybody);
        self.replace(spared.or(lifted), MuteKind::Spared);
        self.replace(muted, MuteKind::Muted);
    }

    /// What a store has to write so that `self` becomes `next`.
    #[must_use]
    pub fn steps_to(&self, next: &Self) -> MuteSteps {
        let changed = |(user, mute): (&UserId, &UserMute)| {
            (self.users.get(user) != Some(mute)).then(|| (user.clone(), *mute))
        };
        MuteSteps {
            everybody: next.everybody,
            put: next.users.iter().filter_map(changed).collect(),
            removed: self.users.keys().filter(|user| !next.users.contains_key(*user)).cloned().collect(),
        }
    }
}

/// How a user of a group is muted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Silence {
    /// With everybody in the group.
    pub with_group: bool,
    /// One by one.
    pub alone: bool,
}

/// How the mutes of a group are to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MuteChange {
    /// These users may not talk, beside those who may not already.
    Mute {
        /// Who.
        users: Vec<UserId>,
        /// When it ends by itself; never without.
        until: Option<Millis>,
    },
    /// These users are not muted one by one any more.
    Unmute {
        /// Who.
        users: Vec<UserId>,
    },
    /// Nobody may talk.
    MuteEverybody {
        /// But these, instead of those who were spared before; those without.
        sparing: Option<Vec<UserId>>,
    },
    /// Everybody may talk who is not muted alone.
    UnmuteEverybody,
    /// What is given takes the place of what held before.
    Set {
        /// Whether everybody is muted.
        everybody: Option<bool>,
        /// Who is muted alone, for good.
        muted: Option<Vec<UserId>>,
        /// Who may talk while everybody is muted.
        spared: Option<Vec<UserId>>,
    },
}

/// A change of a group's mutes as a store writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MuteSteps {
    /// Whether everybody is muted afterwards.
    pub everybody: bool,
    /// What takes the place of what held for these users.
    pub put: Vec<(UserId, UserMute)>,
    /// For whom nothing holds any more.
    pub removed: Vec<UserId>,
}

#[cfg(test)]
#[path = "mute_tests.rs"]
mod tests;
