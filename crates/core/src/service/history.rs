//! What logged-in users read again of a group.

use super::{MessageRules, Visit, rosters::membership};
use crate::{
    app::Generation,
    error::{Error, Result},
    group::Slice,
    message::{Entry, Event, HistoryQuery, Sequence, StreamRef},
};

/// Messages that the list of recent ones holds, at most (documented: 50).
pub const MAX_RECENT: usize = 50;
/// Events of the stream that are looked through for them: what was said with `NoCache`, mutes and the like stand among
/// them, and a list is not to cost more the more of those there are.
const LOOKED_THROUGH: usize = 1_000;
/// Events that are read at once.
const READ_AT_ONCE: usize = 100;

impl MessageRules<'_> {
    /// The newest messages of a group that belong into the list of recent ones, at most `limit` and [`MAX_RECENT`] of them
    /// and only those behind `after`, the oldest first. For who is in the group, and for those who run it.
    ///
    /// # Errors
    /// [`Error::NotMember`], or the store's.
    pub async fn recent(&self, visit: &Visit<'_>, after: Sequence, limit: usize) -> Result<Vec<Entry>> {
        let (user, at) = (visit.login().user(), &visit.group().at);
        if !visit.runs_it() && membership(&*self.0.store, at, user).await?.is_none() {
            return Err(Error::NotMember(user.clone()));
        }
        let (limit, stream) = (limit.min(MAX_RECENT), StreamRef::Group(at.clone()));
        let is_recent = |entry: &Entry| matches!(&entry.event, Event::Message(message) if message.cached);
        let (mut recent, mut before, mut looked) = (Vec::new(), None, 0);
        while recent.len() < limit && looked < LOOKED_THROUGH {
            let entries = self.0.store.entries_before(&stream, before, READ_AT_ONCE).await?;
            let Some(oldest) = entries.last().map(|entry| entry.sequence) else { break };
            let ends = entries.len() < READ_AT_ONCE || oldest <= after;
            looked += entries.len();
            before = Some(oldest);
            let newer = entries.into_iter().filter(|entry| entry.sequence > after && is_recent(entry));
            recent.extend(newer.take(limit - recent.len()));
            if ends {
                break;
            }
        }
        recent.reverse();
        Ok(recent)
    }

    /// Stored messages of a group, for those who run it; in generation 1 for anybody.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], or the store's.
    pub async fn history_for(&self, visit: &Visit<'_>, query: HistoryQuery) -> Result<Slice<Entry>> {
        if visit.login().app().generation == Generation::Two {
            visit.demand_right()?;
        }
        self.history(visit.group(), query).await
    }

    /// The same for anybody of the application, in the group or not: to see again what was said.
    ///
    /// # Errors
    /// The store's.
    pub async fn replay(&self, visit: &Visit<'_>, query: HistoryQuery) -> Result<Slice<Entry>> {
        self.history(visit.group(), query).await
    }
}
