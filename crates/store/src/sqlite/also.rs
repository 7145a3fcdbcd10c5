//! What follows from a change, stored in the writer's transaction: with the change, or neither.

use std::sync::Arc;

use muster_core::{
    callback::{Found, OwedCall},
    id::UserId,
    message::{Positions, StreamRef},
    store::{Also, StoreResult, StreamEvent},
};

use rusqlite::params_from_iter;

use super::{
    Memory, SqliteStore,
    cell::{Claimed, GroupCell},
    fault::{fault, misuse},
    groups::find_group,
    messages::{append_to_group, append_to_user, insert_event},
    readers::Readers,
    tables::numbered,
    tx::{Tx, UserPlace},
};
use crate::tables::{INSERT_CALL, values_of};

/// Whose stream an event goes to.
enum Target {
    /// A group's.
    Group(Arc<GroupCell>),
    /// A user's, by the key of the application and the user.
    User((i64, UserId)),
    /// That of a group which is not there, in the space of this key: the change has to make it.
    Unmade(i64),
    /// One of an application or channel that is not there.
    Nowhere,
}

/// What a change is to be stored with, and where it belongs.
#[derive(Default)]
pub(super) struct Following {
    events: Vec<(Target, StreamEvent)>,
    calls: Vec<OwedCall>,
    found: Option<Found>,
}

/// What a step of the writer has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// Nothing is changed, so nothing follows.
    Nothing,
    /// Something is changed.
    Change,
    /// The group of this key is made.
    Group(i64),
}

impl Made {
    pub(super) fn when(changed: bool) -> Self {
        if changed { Self::Change } else { Self::Nothing }
    }
}

impl Following {
    /// Finds where everything belongs.
    pub(super) async fn find(memory: &Memory, readers: &Readers, also: Also) -> StoreResult<Self> {
        let mut events = Vec::with_capacity(also.events.len());
        for event in also.events {
            let space = memory.spaces.get(event.stream.app(), readers).await?;
            let target = match (&event.stream, space) {
                (_, None) => Target::Nowhere,
                (StreamRef::User(_, user), Some(space)) => Target::User((space.key, user.clone())),
                (StreamRef::Group(at), Some(space)) => match memory.cells.get(at, readers).await? {
                    Some(cell) => Target::Group(cell),
                    None => Target::Unmade(space.key),
                },
            };
            events.push((target, event));
        }
        Ok(Self { events, calls: also.calls, found: also.found })
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.events.is_empty() && self.calls.is_empty() && self.found.is_none()
    }

    /// Whether all of it belongs to streams that are there and not closed.
    pub(super) fn has_streams(&self) -> bool {
        self.events.iter().all(|(target, _)| match target {
            Target::Group(cell) => !cell.lock().is_deleted(),
            Target::User(_) => true,
            Target::Unmade(_) | Target::Nowhere => false,
        })
    }

    /// Stores all of it, as the one place that does. The claims that are made on the way are taken back by whoever
    /// undoes the statements.
    pub(super) fn write(&self, tx: &mut Tx<'_>, made: Made) -> StoreResult<Positions> {
        let (mut positions, mut first) = (Vec::with_capacity(self.events.len()), 0);
        for (target, StreamEvent { stream, event, at }) in &self.events {
            let position = match (target, made) {
                (Target::User(of), _) => Some(append_to_user(tx, of, event, *at)?),
                (Target::Group(cell), _) => append_to_group(tx, cell, event, *at)?,
                (Target::Unmade(space), Made::Group(key)) if is_of(tx, *space, stream, key)? => {
                    first += 1;
                    insert_event(tx, *space, key, first, event, *at)?;
                    Some(first)
                }
                (Target::Unmade(_) | Target::Nowhere, _) => None,
            };
            match position {
                Some(position) => positions.push(position),
                None => {
                    return misuse(format!("what was to be stored with a change has no stream: {stream:?}"));
                }
            }
        }
        owe(tx, &self.calls)?;
        if let Made::Group(key) = made
            && first > 0
        {
            tx.execute("UPDATE figures SET sequence = ?2 WHERE group_key = ?1", [key, first.cast_signed()])?;
        }
        Ok(positions)
    }

    /// Whether something is owed for what the change finds.
    pub(super) fn finds(&self) -> bool {
        self.found.is_some()
    }

    /// Stores what is owed for something that the change has found, if anything is.
    pub(super) fn owe_found(
        &self,
        tx: &Tx<'_>,
        owed: impl FnOnce(&mut Found) -> Vec<OwedCall>,
    ) -> StoreResult<()> {
        let Some(mut found) = self.found.clone() else { return Ok(()) };
        owe(tx, &owed(&mut found))
    }

    /// What is claimed of everything that this touches, and of the group that the change is one of.
    fn claims(&self, tx: &mut Tx<'_>, own: Option<&Arc<GroupCell>>) -> Claims {
        let (mut cells, mut users) = (Vec::new(), Vec::new());
        let targets = self.events.iter().map(|(target, _)| target);
        for target in targets {
            match target {
                Target::Group(cell) => cells.push(cell),
                Target::User(of) => users.push((of.clone(), tx.user_places.get(of).copied())),
                Target::Unmade(_) | Target::Nowhere => {}
            }
        }
        let claimed = |cell: &Arc<GroupCell>| {
            tx.involve(cell);
            (Arc::clone(cell), cell.lock().claimed())
        };
        Claims { groups: own.into_iter().chain(cells).map(claimed).collect(), users }
    }
}

/// Stores that callbacks are owed.
fn owe(tx: &Tx<'_>, calls: &[OwedCall]) -> StoreResult<()> {
    for call in calls {
        tx.execute(&numbered(INSERT_CALL), params_from_iter(values_of(call)?))?;
    }
    Ok(())
}

/// Whether a stream is that of the group of this key, which the transaction has made.
fn is_of(tx: &Tx<'_>, space: i64, stream: &StreamRef, key: i64) -> StoreResult<bool> {
    let StreamRef::Group(at) = stream else { return Ok(false) };
    let found = find_group(tx.read(), space, at.group.as_str()).map_err(fault)?;
    Ok(found.is_some_and(|group| group.number == key))
}

/// What jobs of the running batch had claimed by a moment.
struct Claims {
    groups: Vec<(Arc<GroupCell>, Claimed)>,
    users: Vec<((i64, UserId), Option<UserPlace>)>,
}

impl Claims {
    /// Takes back what was claimed since.
    fn restore(self, tx: &mut Tx<'_>) {
        // The last first: what is named twice ends as it was before all.
        for (cell, claimed) in self.groups.into_iter().rev() {
            cell.lock().reclaim(claimed);
        }
        for (of, place) in self.users.into_iter().rev() {
            tx.restore_place(&of, place);
        }
    }
}

/// Makes a change of a group, or of none, and stores what follows from it: both or neither, in the database and of what
/// is claimed in memory. Where nothing follows the change is made as it is.
pub(super) fn together<P>(
    tx: &mut Tx<'_>,
    own: Option<&Arc<GroupCell>>,
    following: &Following,
    change: impl FnOnce(&mut Tx<'_>) -> StoreResult<(P, Made)>,
) -> StoreResult<(P, Positions)> {
    if following.is_nothing() {
        return Ok((change(tx)?.0, Positions::new()));
    }
    whole(tx, own, following, change)
}

/// The same for a change of several statements, which is made whole or not at all also where nothing follows.
pub(super) fn whole<P>(
    tx: &mut Tx<'_>,
    own: Option<&Arc<GroupCell>>,
    following: &Following,
    change: impl FnOnce(&mut Tx<'_>) -> StoreResult<(P, Made)>,
) -> StoreResult<(P, Positions)> {
    let before = following.claims(tx, own);
    let done = tx.atomically(|tx| {
        let (plan, made) = change(tx)?;
        let positions = if made == Made::Nothing { Positions::new() } else { following.write(tx, made)? };
        Ok((plan, positions))
    });
    if done.is_err() {
        before.restore(tx);
    }
    done
}

impl SqliteStore {
    /// Finds where what follows from a change belongs; at once where nothing does.
    pub(super) async fn following(&self, also: Also) -> StoreResult<Following> {
        if also.is_nothing() {
            return Ok(Following::default());
        }
        self.open_still()?;
        Following::find(&self.memory, &self.readers, also).await
    }
}
