//! Which groups are busy: messages of the last minute, counted by this node as it hears them.
//!
//! A node hears every message of a group that it has members of, and those that are sent through itself. So of several nodes
//! the one that counts the most of a group has counted all: where somebody reads, that node heard them all.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use muster_core::{
    bus::Notice,
    id::GroupRef,
    message::{Event, StreamRef},
};
use serde::{Deserialize, Serialize};

/// Spans of time that are added up: with those of the overview, a minute.
const SPANS: usize = 6;
/// Groups that are counted in a span at most, some 200 bytes each: those that speak first.
const COUNTED: usize = 50_000;
/// Groups that are kept of a span that is over: the busiest. What is busy in a minute is busy in some part of it.
const KEPT: usize = 500;

/// A group and its messages of the last minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Busy {
    app_id: String,
    group_id: String,
    messages: u64,
}

impl Busy {
    /// The group; `None` of names that are none here.
    pub(super) fn at(&self) -> Option<GroupRef> {
        Some(GroupRef::new(self.app_id.parse().ok()?, self.group_id.parse().ok()?))
    }

    /// Messages of the last minute.
    pub(super) fn messages(&self) -> u64 {
        self.messages
    }
}

#[derive(Default)]
struct Counted {
    now: HashMap<GroupRef, u64>,
    past: VecDeque<Vec<(GroupRef, u64)>>,
}

/// Counts the messages of each group.
#[derive(Default)]
pub(super) struct BusyGroups(Mutex<Counted>);

impl BusyGroups {
    /// Counts what is a message to a group.
    pub(super) fn hear(&self, notice: &Notice) {
        let Notice::Published { stream: StreamRef::Group(group), event, .. } = notice else { return };
        if !matches!(**event, Event::Message(_)) {
            return;
        }
        let counted = &mut self.counted().now;
        if let Some(count) = counted.get_mut(group) {
            *count += 1;
        } else if counted.len() < COUNTED {
            counted.insert(group.clone(), 1);
        }
    }

    /// Ends a span of time.
    pub(super) fn turn(&self) {
        let now = std::mem::take(&mut self.counted().now);
        let kept = most(now.into_iter().collect(), KEPT);
        let mut counted = self.counted();
        if counted.past.len() == SPANS {
            counted.past.pop_front();
        }
        counted.past.push_back(kept);
    }

    /// The busiest groups of the last minute, so many at most, the busiest first.
    pub(super) fn busiest(&self, limit: usize) -> Vec<Busy> {
        let mut sums: HashMap<GroupRef, u64> = HashMap::new();
        for (group, count) in self.counted().past.iter().flatten() {
            *sums.entry(group.clone()).or_default() += count;
        }
        let busy = |(GroupRef { app, group }, messages): (GroupRef, u64)| Busy {
            app_id: app.to_string(),
            group_id: group.to_string(),
            messages,
        };
        most(sums.into_iter().collect(), limit).into_iter().map(busy).collect()
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The `limit` largest counts, the largest first, equal ones by name.
fn most(mut counts: Vec<(GroupRef, u64)>, limit: usize) -> Vec<(GroupRef, u64)> {
    counts.sort_unstable_by(|(one, few), (other, many)| many.cmp(few).then_with(|| one.cmp(other)));
    counts.truncate(limit);
    counts
}

/// What several nodes have counted, as one: of each group what the node says that heard the most of it.
pub(super) fn together(told: impl IntoIterator<Item = Busy>) -> Vec<(GroupRef, u64)> {
    let mut counts: HashMap<GroupRef, u64> = HashMap::new();
    for busy in told {
        if let Some(at) = busy.at() {
            let held = counts.entry(at).or_default();
            *held = busy.messages().max(*held);
        }
    }
    most(counts.into_iter().collect(), usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use muster_core::{
        id::{AppId, GroupId, MessageId, UserId},
        message::{Level, Message, Sender, Weight},
        number::{RepeatCount, TypeCount},
        time::Millis,
    };

    use super::*;

    fn group(name: &str) -> GroupRef {
        GroupRef::new(AppId::new("a").unwrap(), GroupId::new(name).unwrap())
    }

    fn said(name: &str) -> Notice {
        let message = Message {
            id: MessageId::new("m").unwrap(),
            kind: 10_001,
            body: "x".into(),
            sender: Sender { user: UserId::new("u").unwrap(), info: None },
            at: Millis(1),
            weight: Weight(0),
            level: Level::NORMAL,
            repeat: RepeatCount::clamped(1),
            total: TypeCount::clamped(1),
            cached: false,
        };
        let event = Arc::new(Event::Message(message));
        Notice::Published { stream: StreamRef::Group(group(name)), sequence: None, event, at: Millis(1) }
    }

    fn busy(name: &str, messages: u64) -> Busy {
        Busy { app_id: "a".to_owned(), group_id: name.to_owned(), messages }
    }

    #[test]
    fn the_busiest_of_a_minute_come_first_and_a_minute_later_nobody_is() {
        let groups = BusyGroups::default();
        let speak = |name: &str, times: u64| (0..times).for_each(|_| groups.hear(&said(name)));
        speak("quiet", 1);
        speak("loud", 5);
        groups.hear(&Notice::Recounted { group: group("moved") });
        assert_eq!(groups.busiest(9), [], "a span counts when it is over");
        groups.turn();
        speak("quiet", 2);
        groups.turn();
        assert_eq!(groups.busiest(9), [busy("loud", 5), busy("quiet", 3)]);
        assert_eq!(groups.busiest(1), [busy("loud", 5)]);
        (0..5).for_each(|_| groups.turn());
        assert_eq!(groups.busiest(9), [busy("quiet", 2)]);
        groups.turn();
        assert_eq!(groups.busiest(9), []);
    }

    #[test]
    fn what_several_nodes_heard_of_a_group_is_counted_once() {
        let told = [busy("g", 3), busy("h", 2), busy("g", 7), busy("no group", 9)];
        assert_eq!(together(told), [(group("g"), 7), (group("h"), 2)]);
    }
}
