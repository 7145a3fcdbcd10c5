//! What is hot: groups, rosters, streams and logins in plain maps.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::Arc,
};

use muster_core::{
    callback::OwedCall,
    group::{Group, GroupFilter, Order},
    id::{AppId, GroupId, GroupRef, MessageId, SessionRef, UserId},
    message::{Draft, Entry, Event, LIKES, Message, Positions, Sequence, StreamRef, StreamState, Verdict},
    number::TypeCount,
    store::{Also, StoreResult},
    time::Millis,
};

use super::rosters::Roster;
use crate::sqlite::misuse;

#[derive(Default)]
pub(super) struct State {
    /// Applications and channels.
    pub(super) spaces: HashMap<AppId, Space>,
    /// The number of the group made last.
    last_number: i64,
    pub(super) logins: HashMap<(AppId, UserId), SessionRef>,
    pub(super) purge_time: Option<Millis>,
    /// Callbacks that are owed and not written to the records yet.
    pub(super) owed: Vec<OwedCall>,
}

/// What ids of groups and users are unique in.
pub(super) struct Space {
    pub(super) epoch: String,
    pub(super) groups: HashMap<GroupId, GroupState>,
    /// Groups in the order of their creation.
    order: BTreeMap<i64, GroupId>,
    pub(super) users: HashMap<UserId, Stream>,
}

pub(super) struct GroupState {
    pub(super) record: Arc<Group>,
    pub(super) roster: Roster,
    pub(super) stream: Stream,
    pub(super) counts: BTreeMap<i64, TypeCount>,
}

impl GroupState {
    pub(super) fn is_deleted(&self) -> bool {
        self.record.deletion.is_some()
    }

    /// What a message comes to.
    pub(super) fn take(&self, draft: &Draft) -> Verdict {
        let Message { id, kind, .. } = &draft.message;
        let (chosen, total) = (self.stream.chosen.get(id).copied(), self.counts.get(kind).copied());
        let types = self.counts.len() - usize::from(self.counts.contains_key(&LIKES));
        StreamState { chosen, total, types }.take(draft)
    }
}

/// A stream's stored events.
#[derive(Default)]
pub(super) struct Stream {
    pub(super) entries: BTreeMap<Sequence, Entry>,
    /// The position of the last event that was stored.
    pub(super) sequence: Sequence,
    /// Where messages stand whose senders chose the id.
    pub(super) chosen: HashMap<MessageId, Sequence>,
}

impl Stream {
    pub(super) fn push(&mut self, event: Event, at: Millis) -> Sequence {
        self.sequence += 1;
        self.entries.insert(self.sequence, Entry { sequence: self.sequence, at, event });
        self.sequence
    }

    /// Stored events beyond a position, in an order.
    pub(super) fn beyond(
        &self,
        order: Order,
        position: Option<Sequence>,
    ) -> Box<dyn Iterator<Item = &Entry> + '_> {
        let position = position.map_or(Bound::Unbounded, Bound::Excluded);
        match order {
            Order::Ascending => {
                Box::new(self.entries.range((position, Bound::Unbounded)).map(|(_, entry)| entry))
            }
            Order::Descending => {
                Box::new(self.entries.range((Bound::Unbounded, position)).rev().map(|(_, entry)| entry))
            }
        }
    }

    /// Forgets up to `limit` events that a condition holds for; how many.
    pub(super) fn forget(&mut self, limit: u64, doomed: impl Fn(&Entry) -> bool) -> u64 {
        let mut gone = 0;
        self.entries.retain(|_, entry| {
            let goes = gone < limit && doomed(entry);
            gone += u64::from(goes);
            !goes
        });
        if gone > 0 {
            self.chosen.retain(|_, sequence| self.entries.contains_key(sequence));
        }
        gone
    }
}

impl Space {
    pub(super) fn new(epoch: &str) -> Self {
        Self {
            epoch: epoch.to_owned(),
            groups: HashMap::new(),
            order: BTreeMap::new(),
            users: HashMap::new(),
        }
    }

    /// The groups that a filter leaves, in an order.
    pub(super) fn groups(&self, filter: GroupFilter, order: Order) -> Vec<&GroupState> {
        let left = |group: &&GroupState| match filter {
            GroupFilter::All => true,
            GroupFilter::Existing => !group.is_deleted(),
            GroupFilter::Deleted => group.is_deleted(),
        };
        let mut groups: Vec<_> =
            self.order.values().filter_map(|id| self.groups.get(id)).filter(left).collect();
        if order == Order::Descending {
            groups.reverse();
        }
        groups
    }

    /// All streams.
    pub(super) fn streams(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.groups.values_mut().map(|group| &mut group.stream).chain(self.users.values_mut())
    }
}

impl State {
    pub(super) fn group(&self, at: &GroupRef) -> Option<&GroupState> {
        self.spaces.get(&at.app)?.groups.get(&at.group)
    }

    pub(super) fn group_mut(&mut self, at: &GroupRef) -> Option<&mut GroupState> {
        self.spaces.get_mut(&at.app)?.groups.get_mut(&at.group)
    }

    /// The group at this address unless it is deleted.
    pub(super) fn existing_mut(&mut self, at: &GroupRef) -> Option<&mut GroupState> {
        self.group_mut(at).filter(|group| !group.is_deleted())
    }

    /// Adds a group whose id is free; as it is then, or `None` without its application or channel.
    pub(super) fn add_group(&mut self, group: Group) -> Option<Group> {
        let space = self.spaces.get_mut(&group.at.app)?;
        self.last_number += 1;
        let made = Group { number: self.last_number, deletion: None, ..group };
        space.order.insert(made.number, made.at.group.clone());
        let state = GroupState {
            record: Arc::new(made.clone()),
            roster: Roster::default(),
            stream: Stream::default(),
            counts: BTreeMap::new(),
        };
        space.groups.insert(made.at.group.clone(), state);
        Some(made)
    }

    /// Removes a group with its roster and its stream.
    pub(super) fn remove_group(&mut self, at: &GroupRef) {
        if let Some(space) = self.spaces.get_mut(&at.app)
            && let Some(group) = space.groups.remove(&at.group)
        {
            space.order.remove(&group.record.number);
        }
    }

    /// A stream as it stands and the name of its positions; `None` without its group or application.
    pub(super) fn stream(&self, stream: &StreamRef) -> Option<(&str, Option<&Stream>)> {
        match stream {
            StreamRef::Group(at) => {
                self.group(at).map(|group| (group.record.epoch.as_str(), Some(&group.stream)))
            }
            StreamRef::User(app, user) => {
                self.spaces.get(app).map(|space| (space.epoch.as_str(), space.users.get(user)))
            }
        }
    }

    /// The stream of an event that can be stored; `None` without its group or application, and when the group is deleted.
    pub(super) fn open_stream(&mut self, stream: &StreamRef) -> Option<&mut Stream> {
        match stream {
            StreamRef::Group(group) => Some(&mut self.existing_mut(group)?.stream),
            StreamRef::User(app, user) => {
                Some(self.spaces.get_mut(app)?.users.entry(user.clone()).or_default())
            }
        }
    }

    /// Whether everything that follows from a change has a stream.
    pub(super) fn has_streams(&mut self, also: &Also) -> bool {
        also.events.iter().all(|event| self.open_stream(&event.stream).is_some())
    }

    /// Fails when something that follows from a change has no stream: asked before the change is made.
    pub(super) fn demand_streams(&mut self, also: &Also) -> StoreResult<()> {
        if self.has_streams(also) {
            return Ok(());
        }
        misuse("what was to be stored with a change has no stream".to_owned())
    }

    /// Stores what follows from a change, where [`demand_streams`](Self::demand_streams) found the streams.
    pub(super) fn follow(&mut self, also: Also) -> Positions {
        self.owed.extend(also.calls);
        let events = also.events.into_iter();
        let push = |one: muster_core::store::StreamEvent| {
            Some(self.open_stream(&one.stream)?.push(Event::clone(&one.event), one.at))
        };
        events.filter_map(push).collect()
    }
}
