//! Streams and the messages in them.

use async_trait::async_trait;
use muster_core::{
    group::{Order, Slice},
    id::{AppId, GroupRef, MessageId, UserId},
    message::{
        Draft, Entry, Event, HistoryQuery, Message, Positions, Posted, Sequence, StreamRef, Top, Verdict,
    },
    store::{Also, Messages, StoreResult},
};

use super::MemoryStore;

/// Whether a query asks for an entry, apart from its place.
fn is_asked(query: &HistoryQuery, entry: &Entry) -> bool {
    let Event::Message(message) = &entry.event else { return false };
    query.kind.is_none_or(|kind| message.kind == kind)
        && query.from.is_none_or(|from| message.at >= from)
        && query.until.is_none_or(|until| message.at <= until)
}

impl MemoryStore {
    fn part(
        &self,
        stream: &StreamRef,
        order: Order,
        beyond: Option<Sequence>,
        limit: usize,
    ) -> StoreResult<Vec<Entry>> {
        let state = self.reading()?;
        let stream = state.stream(stream).and_then(|(_, stream)| stream);
        Ok(stream.map_or_else(Vec::new, |stream| stream.beyond(order, beyond).take(limit).cloned().collect()))
    }
}

#[async_trait]
impl Messages for MemoryStore {
    async fn post(&self, at: &GroupRef, draft: Draft, also: Also) -> StoreResult<Posted> {
        let mut state = self.changing()?;
        let Some(group) = state.existing_mut(at) else { return Ok(Posted::NoGroup) };
        let total = match group.take(&draft) {
            Verdict::Repeated(sequence) => return Ok(Posted::Repeated(sequence)),
            Verdict::TooManyTypes => return Ok(Posted::TooManyTypes),
            Verdict::Counted(total) => total,
        };
        state.demand_streams(&also)?;
        let Some(group) = state.existing_mut(at) else { return Ok(Posted::NoGroup) };
        let Draft { mut message, once, .. } = draft;
        group.counts.insert(message.kind, total);
        message.total = total;
        let (id, taken) = (message.id.clone(), message.at);
        let sequence = group.stream.push(Event::Message(message), taken);
        if once {
            group.stream.chosen.insert(id, sequence);
        }
        Ok(Posted::Done { sequence: Some(sequence), total, positions: state.follow(also) })
    }

    async fn post_to_user(
        &self,
        (app, user): (&AppId, &UserId),
        message: Message,
        once: bool,
        also: Also,
    ) -> StoreResult<Posted> {
        let (mut state, own) = (self.changing()?, StreamRef::User(app.clone(), user.clone()));
        let Some(stream) = state.open_stream(&own) else { return Ok(Posted::NoGroup) };
        if let Some(sequence) = stream.chosen.get(&message.id).filter(|_| once) {
            return Ok(Posted::Repeated(*sequence));
        }
        state.demand_streams(&also)?;
        let Some(stream) = state.open_stream(&own) else { return Ok(Posted::NoGroup) };
        let (id, taken, total) = (message.id.clone(), message.at, message.total);
        let sequence = stream.push(Event::Message(message), taken);
        if once {
            stream.chosen.insert(id, sequence);
        }
        Ok(Posted::Done { sequence: Some(sequence), total, positions: state.follow(also) })
    }

    async fn count_only(&self, at: &GroupRef, draft: Draft) -> StoreResult<Posted> {
        let mut state = self.changing()?;
        let Some(group) = state.existing_mut(at) else { return Ok(Posted::NoGroup) };
        Ok(match group.take(&draft) {
            Verdict::Repeated(sequence) => Posted::Repeated(sequence),
            Verdict::TooManyTypes => Posted::TooManyTypes,
            Verdict::Counted(total) => {
                group.counts.insert(draft.message.kind, total);
                Posted::Done { sequence: None, total, positions: Positions::new() }
            }
        })
    }

    async fn append(&self, also: Also) -> StoreResult<Option<Positions>> {
        let mut state = self.changing()?;
        Ok(state.has_streams(&also).then(|| state.follow(also)))
    }

    async fn top(&self, stream: &StreamRef) -> StoreResult<Option<Top>> {
        let state = self.reading()?;
        Ok(state.stream(stream).map(|(epoch, stream)| Top {
            epoch: epoch.to_owned(),
            sequence: stream.map_or(0, |stream| stream.sequence),
        }))
    }

    async fn entries(&self, stream: &StreamRef, after: Sequence, limit: usize) -> StoreResult<Vec<Entry>> {
        self.part(stream, Order::Ascending, Some(after), limit)
    }

    async fn entries_before(
        &self,
        stream: &StreamRef,
        before: Option<Sequence>,
        limit: usize,
    ) -> StoreResult<Vec<Entry>> {
        self.part(stream, Order::Descending, before, limit)
    }

    async fn find_message(&self, stream: &StreamRef, id: &MessageId) -> StoreResult<Option<Entry>> {
        let state = self.reading()?;
        let stream = state.stream(stream).and_then(|(_, stream)| stream);
        let is_it = |entry: &&Entry| matches!(&entry.event, Event::Message(message) if message.id == *id);
        Ok(stream.and_then(|stream| stream.entries.values().rev().find(is_it).cloned()))
    }

    async fn recall(
        &self,
        stream: &StreamRef,
        place: Sequence,
        tombstone: Event,
        also: Also,
    ) -> StoreResult<Option<Positions>> {
        let mut state = self.changing()?;
        let stands = |entry: &Entry| matches!(entry.event, Event::Message(_));
        if !state.open_stream(stream).and_then(|stream| stream.entries.get(&place)).is_some_and(stands) {
            return Ok(None);
        }
        state.demand_streams(&also)?;
        if let Some(entry) = state.open_stream(stream).and_then(|stream| stream.entries.get_mut(&place)) {
            if let Event::Message(message) = &entry.event {
                entry.at = message.at;
            }
            entry.event = tombstone;
        }
        Ok(Some(state.follow(also)))
    }

    async fn history(&self, at: &GroupRef, query: HistoryQuery) -> StoreResult<Slice<Entry>> {
        let state = self.reading()?;
        let Some(group) = state.group(at) else { return Ok(Slice { entries: Vec::new(), more: false }) };
        let asked =
            group.stream.beyond(query.order, query.after).filter(|entry| is_asked(&query, entry)).cloned();
        let asked = asked.skip(usize::try_from(query.skip).unwrap_or(usize::MAX));
        Ok(Slice::cut(asked.take(query.limit.saturating_add(1)).collect(), query.limit))
    }
}
