//! Looking at a group that one is in: who is there, and what was said.

use muster_core::{
    group::Order,
    id::{GroupId, GroupRef},
    message::{Entry, Sequence, StreamRef, Top},
    roster::{Member, WalkQuery},
};

use super::{Answer, Failure, Outcome, Session};
use crate::{
    events,
    hub::{Encoded, SMALL_GROUP},
    protocol::{ClientInfo, ErrorReply, HistoryRequest, HistoryResult, StreamPosition},
};

/// Publications that one question for history is answered with, at most: the reference server's bound.
const MAX_HISTORY: usize = 300;

impl Session {
    pub(super) async fn presence(&self, channel: &str) -> Outcome {
        let at = self.joined(channel)?;
        let rolls = self.hub.muster.rolls();
        if rolls.state(&at).await?.count > SMALL_GROUP {
            return Err(ErrorReply::NOT_AVAILABLE.into());
        }
        let limit = usize::try_from(SMALL_GROUP).unwrap_or(usize::MAX);
        let query = WalkQuery { order: Order::Ascending, after: None, limit };
        let members = rolls.walk(&at, query).await?;
        Ok(Answer::Presence(members.entries.iter().map(|member| self.client_of(&at, member)).collect()))
    }

    /// A member under its connection's id; one without a connection here under its own.
    fn client_of(&self, at: &GroupRef, member: &Member) -> ClientInfo {
        let connections = self.hub.connections_of(&at.app, &member.user);
        let session = connections.iter().find_map(|connection| connection.identity());
        let client = session.map_or(member.user.as_str(), |identity| identity.session.session.as_str());
        ClientInfo { user: member.user.to_string(), client: client.to_owned() }
    }

    pub(super) async fn presence_stats(&self, channel: &str) -> Outcome {
        let at = self.joined(channel)?;
        let state = self.hub.muster.rolls().state(&at).await?;
        Ok(Answer::PresenceStats { clients: state.count, users: state.count })
    }

    pub(super) async fn history(&self, request: &HistoryRequest<'_>) -> Outcome {
        let at = self.joined(&request.channel)?;
        let channel = events::group_channel(&at.group);
        let stream = StreamRef::Group(at);
        let messages = self.hub.muster.messages();
        let top = messages.top(&stream).await?.ok_or(ErrorReply::NO_GROUP)?;
        if request.since.as_ref().is_some_and(|since| !since.epoch.is_empty() && since.epoch != top.epoch) {
            return Err(ErrorReply::UNRECOVERABLE.into());
        }
        let entries = self.entries(&stream, request, &top).await?;
        let publication = |entry: &Entry| {
            Encoded::event(&channel, &stream, &entry.event, Some(entry.sequence)).publication()
        };
        Ok(Answer::History(HistoryResult {
            publications: entries.iter().map(publication).collect(),
            epoch: top.epoch,
            offset: top.sequence,
        }))
    }

    /// The entries that a question for history is answered with; none behind the end that the answer names.
    async fn entries(
        &self,
        stream: &StreamRef,
        request: &HistoryRequest<'_>,
        top: &Top,
    ) -> Result<Vec<Entry>, Failure> {
        let limit = usize::try_from(request.limit).unwrap_or(MAX_HISTORY).min(MAX_HISTORY);
        let messages = self.hub.muster.messages();
        if limit == 0 {
            return Ok(Vec::new());
        }
        let since: Option<Sequence> = request.since.as_ref().map(|StreamPosition { offset, .. }| *offset);
        if !request.reverse {
            let mut entries = messages.entries(stream, since.unwrap_or(0), limit).await?;
            entries.retain(|entry| entry.sequence <= top.sequence);
            return Ok(entries);
        }
        match since {
            Some(0) => Err(ErrorReply::BAD_REQUEST.into()),
            since => {
                let end = top.sequence.saturating_add(1);
                let before = since.map_or(end, |since| since.min(end));
                Ok(messages.entries_before(stream, Some(before), limit).await?)
            }
        }
    }

    /// The address of a group that this connection is subscribed to.
    fn joined(&self, channel: &str) -> Result<GroupRef, Failure> {
        let group: GroupId = Self::group_of(channel)?;
        match self.connection.subscribed(&group) {
            Some(_) => Ok(self.identity()?.group(&group)),
            None => Err(ErrorReply::PERMISSION_DENIED.into()),
        }
    }
}
